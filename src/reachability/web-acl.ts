/** Web ACLs, which guard a distribution, a load balancer or an API. */
import { PathEntrance } from './reachable-path';
import { Route, Step } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Alternatives, Unknown, describe, names, valuesAt } from './template-values';

type Guard = Omit<Step, 'hop'>;

/** The web ACL of a load balancer or an API, where it is certainly there. Behind CloudFront it guards, but the distribution's counts. */
export function webAclOf(app: StackTemplates, resource: TemplateResource, { entrance }: Route): Guard {
  const association = app.ofType('AWS::WAFv2::WebACLAssociation')
    .find(found => found.existsWith(resource) && found.at('ResourceArn').every(arn => names(arn, resource)));
  const found = association ? webAclGuard(association.at('WebACLArn')) : {};
  return entrance === PathEntrance.CLOUDFRONT ? { guard: found.guard } : found;
}

/** The guard where every alternative is one. One that lets everything pass is none, nor is one that nobody knows. */
export function webAclGuard(values: readonly unknown[]): Guard {
  const guards = values.map(guardOf);
  return guards.length > 0 && guards.every(({ guard }) => guard !== undefined) ? guards[0] : {};
}

function guardOf(value: unknown): Guard {
  if (value === undefined || value === '' || value instanceof Unknown) { return {}; }
  const acl = resourceOf(value, 'AWS::WAFv2::WebACL');
  return !acl || blocksSome(acl) ? { guard: `web ACL ${acl?.path ?? describe(value)}`, webAcl: acl?.path ?? describe(value) } : {};
}

/** The hop of a web ACL that has rules and blocks nothing. */
export function countingHop(values: readonly unknown[]): Step | undefined {
  const acl = values.map(value => resourceOf(value, 'AWS::WAFv2::WebACL')).find(found => found !== undefined && !blocksSome(found) && found.given('Rules').length > 0);
  return acl && { hop: `web ACL ${acl.path} (counts only)`, unknown: acl.given('Rules').find((rule): rule is Unknown => rule instanceof Unknown)?.why };
}

function blocksSome(acl: TemplateResource): boolean {
  return isGiven(acl.at('DefaultAction', 'Block')) || hasBlockingRule(acl.property('Rules'));
}

/** Whether some rule blocks for certain, in each alternative. */
function hasBlockingRule(rules: unknown): boolean {
  if (rules instanceof Alternatives) { return rules.values.every(hasBlockingRule); }
  return Array.isArray(rules) && rules.some(rule => valuesAt(rule, []).every(blocks));
}

/** A group does what its own rules say, unless its results are overridden. */
function blocks(rule: unknown): boolean {
  const group = resourceOf(valuesAt(rule, ['Statement', 'RuleGroupReferenceStatement', 'Arn'])[0], 'AWS::WAFv2::RuleGroup');
  return ['Block', 'Captcha', 'Challenge'].some(action => isGiven(valuesAt(rule, ['Action', action])))
    || (isGiven(valuesAt(rule, ['OverrideAction', 'None'])) && (!group || hasBlockingRule(group.property('Rules'))));
}

function isGiven(values: unknown[]): boolean {
  return values.length > 0 && values.every(value => value !== undefined && !(value instanceof Unknown));
}
