/** Whom security groups admit. */
import { AddressRange, addressRange, prefixListRanges } from './address-range';
import { DeclaredFacts } from './declared-facts';
import { ALL_PORTS, Ports, Step, portsFrom, printPorts } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { OTHER_IDENTITIES, Reference, Unknown, describe, identityOf, valuesAt } from './template-values';

/** One rule of a group: ports for a range or for the members of a group. */
export interface Admission {
  readonly ports: Ports;
  readonly range?: AddressRange;
  /** The group whose members are admitted. */
  readonly peer?: unknown;
  readonly step: Step;
}

export class SecurityGroups {
  constructor(private readonly app: StackTemplates, private readonly facts: DeclaredFacts) {}

  /** All that the groups of one interface admit; a group that these stacks do not hold admits everybody. */
  public admissions(groups: readonly unknown[]): Admission[] {
    return groups.flatMap(group => this.ofGroup(group));
  }

  private ofGroup(group: unknown): Admission[] {
    const name = `security group ${describe(group)}`;
    const resource = resourceOf(group);
    const rules = this.app.ofType('AWS::EC2::SecurityGroupIngress').flatMap(rule => {
      const targets = [...rule.given('GroupId'), ...rule.given('GroupName')];
      if (targets.some(target => isSame(target, group) || isNameOf(target, resource))) { return this.ofRule(name, propertiesOf(rule), rule.path); }
      const doubt = targets.find((target): target is Unknown => target instanceof Unknown);
      return doubt ? this.ofRule(name, propertiesOf(rule), rule.path, `whether ${rule.path} is of this group: ${doubt.why}`) : [];
    });
    // the groups that AWS makes with a network or a cluster admit their own members
    if (isMadeByAws(group)) { return rules; }
    if (resource?.type !== 'AWS::EC2::SecurityGroup') {
      if (this.facts.isClosed(group)) { return rules; }
      const unknown = 'the rules of a group that is not in these stacks';
      return [...rules, ...([4, 6] as const).map(family => anybody(family, { hop: name, unknown, fact: 'closedSecurityGroupIds' }))];
    }
    return [...rules, ...resource.given('SecurityGroupIngress').flatMap(rule => this.ofRule(name, rule, resource.path))];
  }

  private ofRule(name: string, rule: unknown, path: string, doubt?: string): Admission[] {
    if (rule instanceof Unknown || rule instanceof Reference) {
      return ([4, 6] as const).map(family => anybody(family, { hop: name, unknown: describe(rule) }));
    }
    const at = (property: string) => valuesAt(rule, [property]);
    const ports = portsFrom(at('IpProtocol'), at('FromPort'), at('ToPort'));
    const given = (property: string) => at(property).filter(value => value !== undefined);
    const ranges = [
      ...given('CidrIp').map(cidr => addressRange(cidr, 4)),
      ...given('CidrIpv6').map(cidr => addressRange(cidr, 6)),
      ...given('SourcePrefixListId').flatMap(list => prefixListRanges(list)),
    ];
    const peers = [...given('SourceSecurityGroupId'), ...given('SourceSecurityGroupName')];
    const step = (whom: string, unknown?: string): Step => ({ hop: `${name} admits ${printPorts(ports)} from ${whom} (rule in ${path})`, unknown: unknown ?? doubt });
    return [
      ...ranges.map(range => ({ ports, range, step: step(range.text, range.unknown) })),
      ...peers.map(peer => ({ ports, peer, step: step(`the members of ${describe(peer)}`) })),
    ];
  }
}

function isMadeByAws(group: unknown): boolean {
  return group instanceof Reference && OTHER_IDENTITIES.includes(group.attribute);
}

/** A rule of a default network may name its group instead of giving its id. */
function isNameOf(target: unknown, group?: TemplateResource): boolean {
  return typeof target === 'string' && (group?.given('GroupName').includes(target) ?? false);
}

/** Whether two values name the same group; what is not known may. */
export function isSame(a: unknown, b: unknown): boolean {
  const [first, second] = [identityOf(a), identityOf(b)];
  return first !== undefined && first === second;
}

function anybody(family: 4 | 6, step: Step): Admission {
  return { ports: ALL_PORTS, range: { text: family === 4 ? '0.0.0.0/0' : '::/0', family, scope: 'internet', unknown: step.unknown }, step };
}

function propertiesOf(rule: TemplateResource): Record<string, unknown> {
  const names = ['IpProtocol', 'FromPort', 'ToPort', 'CidrIp', 'CidrIpv6', 'SourcePrefixListId', 'SourceSecurityGroupId', 'SourceSecurityGroupName'];
  return Object.fromEntries(names.map(name => [name, rule.property(name)]));
}
