/** Web ACLs, which guard a distribution, a load balancer or an API. */
import { PathEntrance } from './reachable-path';
import { Route, Step } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, names } from './template-values';

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
  const acl = resourceOf(value, 'AWS::WAFv2::WebACL');
  const isIdle = acl && acl.given('Rules').every(rule => rule instanceof Unknown) && acl.given('DefaultAction', 'Block').length === 0;
  if (value === undefined || value === '' || value instanceof Unknown || isIdle) { return {}; }
  return { guard: `web ACL ${acl?.path ?? describe(value)}`, webAcl: acl?.path ?? describe(value) };
}
