/** Whom security groups admit. */
import { AddressRange, addressRange, prefixListRanges } from './address-range';
import { ALL_PORTS, Ports, Step, printPorts, protocolName } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Reference, Unknown, describe, identityOf, valuesAt } from './template-values';

/** One rule of a group: ports for a range or for the members of a group. */
export interface Admission {
  readonly ports: Ports;
  readonly range?: AddressRange;
  /** The group whose members are admitted. */
  readonly peer?: unknown;
  readonly step: Step;
}

export class SecurityGroups {
  constructor(private readonly app: StackTemplates) {}

  /** All that the groups of one interface admit; a group that these stacks do not hold admits everybody. */
  public admissions(groups: readonly unknown[]): Admission[] {
    return groups.flatMap(group => this.ofGroup(group));
  }

  private ofGroup(group: unknown): Admission[] {
    const name = `security group ${describe(group)}`;
    const resource = resourceOf(group);
    const standalone = this.app.ofType('AWS::EC2::SecurityGroupIngress')
      .filter(rule => rule.given('GroupId').concat(rule.given('GroupName')).some(target => target instanceof Unknown || isSame(target, group)));
    const rules = standalone.flatMap(rule => this.ofRule(name, propertiesOf(rule), rule.path));
    // the groups that AWS makes with a network or a cluster admit their own members
    if (resource && group instanceof Reference && resource.type !== 'AWS::EC2::SecurityGroup') { return rules; }
    if (!resource) {
      const unknown = 'the rules of a group that is not in these stacks';
      return [...rules, ...([4, 6] as const).map(family => anybody(family, { hop: name, unknown }))];
    }
    return [...rules, ...resource.given('SecurityGroupIngress').flatMap(rule => this.ofRule(name, rule, resource.path))];
  }

  private ofRule(name: string, rule: unknown, path: string): Admission[] {
    if (rule instanceof Unknown || rule instanceof Reference) {
      return ([4, 6] as const).map(family => anybody(family, { hop: name, unknown: describe(rule) }));
    }
    const ports = portsOf(rule);
    const given = (property: string) => valuesAt(rule, [property]).filter(value => value !== undefined);
    const ranges = [
      ...given('CidrIp').map(cidr => addressRange(cidr, 4)),
      ...given('CidrIpv6').map(cidr => addressRange(cidr, 6)),
      ...given('SourcePrefixListId').flatMap(list => prefixListRanges(list)),
    ];
    const peers = [...given('SourceSecurityGroupId'), ...given('SourceSecurityGroupName')];
    const step = (whom: string, unknown?: string): Step => ({ hop: `${name} admits ${printPorts(ports)} from ${whom} (rule in ${path})`, unknown });
    return [
      ...ranges.map(range => ({ ports, range, step: step(range.text, range.unknown) })),
      ...peers.map(peer => ({ ports, peer, step: step(`the members of ${describe(peer)}`) })),
    ];
  }
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

function portsOf(rule: unknown): Ports {
  const [protocol, from, to] = ['IpProtocol', 'FromPort', 'ToPort'].map(name => valuesAt(rule, [name])[0]);
  const isPort = (value: unknown) => Number(value) >= 0 && Number(value) <= 65535;
  const name = protocolName(protocol);
  // ICMP writes types into the ports, and -1 means all
  return isPort(from) && isPort(to) && !name.startsWith('icmp') ? { protocol: name, from: Number(from), to: Number(to) } : { ...ALL_PORTS, protocol: name };
}
