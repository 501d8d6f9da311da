/** What network ACLs let into a subnet, and its answers out. */
import { addressRange, covers, touches } from './address-range';
import { Ports, Step, commonPorts, portsFrom, printPorts } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { describe, identityOf } from './template-values';

/** Traffic of one family from somewhere outside. */
export interface Inbound {
  readonly family: 4 | 6;
  readonly range: string;
  readonly ports: Ports;
}

const EPHEMERAL: Ports = { protocol: '-1', from: 1024, to: 65535 };

/** Through any of the ACLs that the subnet may have; without one of its own, the default one lets everything pass. */
export function aclStep(app: StackTemplates, subnet: TemplateResource, inbound: Inbound): Step | undefined {
  const associations = app.attachedTo(subnet, 'AWS::EC2::SubnetNetworkAclAssociation', 'SubnetId');
  const hasOwn = associations.some(association => association.at('SubnetId').some(id => identityOf(id) === subnet.id) && association.existsWith(subnet));
  if (!hasOwn) { return { hop: 'network ACL: the default one, which allows all' }; }
  for (const acl of associations.flatMap(association => association.at('NetworkAclId'))) {
    const resource = resourceOf(acl, 'AWS::EC2::NetworkAcl');
    if (!resource) { return { hop: `network ACL ${describe(acl)}`, unknown: 'the entries of an ACL that is not in these stacks' }; }
    const entries = app.attachedTo(resource, 'AWS::EC2::NetworkAclEntry', 'NetworkAclId');
    const entrance = firstAllowing(resource, entries.filter(entry => mayBeEgress(entry, false)), inbound);
    // ACLs keep no state: answers need a rule of their own
    const answers = firstAllowing(resource, entries.filter(entry => mayBeEgress(entry, true)), { ...inbound, ports: EPHEMERAL });
    if (entrance && answers) { return { hop: `network ACL ${describe(acl)} allows ${printPorts(inbound.ports)} (${entrance.path})` }; }
  }
  return undefined;
}

/** Whether an entry lets some of the traffic in that no earlier entry denies for certain. */
function firstAllowing(acl: TemplateResource, entries: TemplateResource[], { family, range, ports }: Inbound): TemplateResource | undefined {
  const property = family === 4 ? 'CidrBlock' : 'Ipv6CidrBlock';
  // what may come first does
  const number = (entry: TemplateResource) => isGiven(entry, 'RuleNumber') ? Number(entry.property('RuleNumber')) : 0;
  let open: Ports[] = [ports];
  for (const entry of [...entries].sort((a, b) => number(a) - number(b))) {
    const cidr = entry.property(property);
    if (cidr === undefined) { continue; }
    const own = portsFrom(entry.at('Protocol'), entry.at('PortRange', 'From'), entry.at('PortRange', 'To'));
    const isDeny = entry.at('RuleAction').every(action => action === 'deny');
    if (!isDeny && open.some(part => commonPorts(part, own)) && mayAdmit(cidr, range)) { return entry; }
    if (isDeny && isCertain(entry, acl) && typeof cidr === 'string' && covers(cidr, range)) { open = open.flatMap(part => without(part, own)); }
  }
  return undefined;
}

function mayAdmit(cidr: unknown, range: string): boolean {
  return addressRange(cidr).scope !== 'inside' && (typeof cidr !== 'string' || touches(cidr, range));
}

/** Whether a denial says for certain what it denies, where, and in which order. */
function isCertain(entry: TemplateResource, acl: TemplateResource): boolean {
  const ports = [...entry.given('PortRange', 'From'), ...entry.given('PortRange', 'To')];
  return entry.existsWith(acl) && ['NetworkAclId', 'RuleNumber', 'Protocol'].every(property => isGiven(entry, property)) && entry.at('Egress').length === 1
    && (ports.length === 0 || (ports.length === 2 && ports.every(isText)));
}

function isGiven(entry: TemplateResource, property: string): boolean {
  const values = entry.at(property);
  return values.length === 1 && (isText(values[0]) || identityOf(values[0]) !== undefined);
}

function isText(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}

function without(part: Ports, taken: Ports): Ports[] {
  const common = commonPorts(part, taken);
  // a denied protocol among several leaves the others
  if (!common || (part.protocol === '-1' && taken.protocol !== '-1')) { return [part]; }
  return [{ ...part, to: common.from - 1 }, { ...part, from: common.to + 1 }].filter(({ from, to }) => from <= to);
}

function mayBeEgress(entry: TemplateResource, egress: boolean): boolean {
  return entry.at('Egress').some(value => ['true', 'false', 'undefined'].includes(String(value)) ? (String(value) === 'true') === egress : true);
}
