/** Which subnets the internet has a way into: gateways, route tables, network ACLs. */
import { addressRange, covers, prefixListRanges, touches } from './address-range';
import { Ports, Step, Way, commonPorts, printPorts, protocolName } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, identityOf } from './template-values';

/** Traffic of one family from somewhere outside. */
export interface Inbound {
  readonly family: 4 | 6;
  readonly range: string;
  readonly ports: Ports;
}

const EPHEMERAL: Ports = { protocol: '-1', from: 1024, to: 65535 };

export class SubnetRouting {
  constructor(private readonly app: StackTemplates) {}

  /** From the internet into a subnet: gateway, route, network ACL. */
  public into(subnet: unknown, inbound: Inbound): Way {
    const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
    if (!resource) { return [{ hop: `subnet ${describe(subnet)}`, unknown: 'the routes of a subnet that is not in these stacks' }]; }
    if (this.isBlocked(resource)) { return undefined; }
    const gateway = this.gatewayOf(resource.property('VpcId'));
    const route = gateway && this.routeOf(resource, inbound.family);
    const acl = route && this.acl(resource, inbound);
    return acl && [gateway, route, acl];
  }

  /** Whether the network of a subnet has an internet gateway, which VPC origins and accelerators ask for. */
  public hasGateway(subnet: unknown): boolean {
    const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
    return !resource || this.gatewayOf(resource.property('VpcId')) !== undefined;
  }

  private gatewayOf(vpc: unknown): Step | undefined {
    const [attached] = this.app.with(vpc, 'AWS::EC2::VPCGatewayAttachment', 'VpcId').flatMap(attachment => attachment.given('InternetGatewayId'));
    if (attached !== undefined) { return { hop: `internet gateway ${describe(attached)}` }; }
    if (resourceOf(vpc, 'AWS::EC2::VPC')) { return undefined; }
    return { hop: `internet gateway of ${describe(vpc)}`, unknown: 'the gateways of a network that is not in these stacks' };
  }

  private routeOf(subnet: TemplateResource, family: 4 | 6): Step | undefined {
    const [table] = this.app.with(subnet.reference, 'AWS::EC2::SubnetRouteTableAssociation', 'SubnetId').flatMap(association => association.at('RouteTableId'));
    if (table === undefined) {
      // CloudFormation can add no route to the main table of a network that it makes
      if (resourceOf(subnet.property('VpcId'), 'AWS::EC2::VPC')) { return undefined; }
      return { hop: `main route table of ${describe(subnet.property('VpcId'))}`, unknown: 'its routes' };
    }
    if (!resourceOf(table, 'AWS::EC2::RouteTable')) { return { hop: `route table ${describe(table)}`, unknown: 'the routes of a table that is not in these stacks' }; }
    return this.app.with(table, 'AWS::EC2::Route', 'RouteTableId').map(route => this.admitting(route, family)).find(step => step !== undefined);
  }

  /** A route that leads to the internet gateway, and so lets answers out. */
  private admitting(route: TemplateResource, family: 4 | 6): Step | undefined {
    const targets = [...route.given('GatewayId').filter(leadsToInternet), ...route.given('VpcEndpointId')];
    const destination = [
      ...[...route.given('DestinationCidrBlock').map(cidr => addressRange(cidr, 4)), ...route.given('DestinationIpv6CidrBlock').map(cidr => addressRange(cidr, 6))],
      ...route.given('DestinationPrefixListId').flatMap(list => prefixListRanges(list)),
    ].find(range => range.family === family && range.scope !== 'inside');
    if (targets.length === 0 || !destination) { return undefined; }
    const inspected = route.isWritten('VpcEndpointId');
    const unknown = targets.find((target): target is Unknown => target instanceof Unknown)?.why ?? destination.unknown;
    return {
      hop: `route ${destination.text} to ${describe(targets[0])} (${route.path})`, unknown,
      guard: inspected ? `inspection behind ${describe(targets[0])}` : undefined,
    };
  }

  private acl(subnet: TemplateResource, inbound: Inbound): Step | undefined {
    const [acl] = this.app.with(subnet.reference, 'AWS::EC2::SubnetNetworkAclAssociation', 'SubnetId').flatMap(association => association.at('NetworkAclId'));
    if (acl === undefined) { return { hop: 'network ACL: the default one, which allows all' }; }
    if (!resourceOf(acl, 'AWS::EC2::NetworkAcl')) { return { hop: `network ACL ${describe(acl)}`, unknown: 'the entries of an ACL that is not in these stacks' }; }
    const entries = this.app.with(acl, 'AWS::EC2::NetworkAclEntry', 'NetworkAclId');
    const entrance = firstAllowing(entries.filter(entry => !isEgress(entry)), inbound);
    // ACLs keep no state: answers need a rule of their own
    const answers = firstAllowing(entries.filter(isEgress), { ...inbound, ports: EPHEMERAL });
    return entrance && answers && { hop: `network ACL ${describe(acl)} allows ${printPorts(inbound.ports)} (${entrance.path})` };
  }

  /** VPC Block Public Access, where the app sets it and excludes nothing. */
  private isBlocked(subnet: TemplateResource): boolean {
    const here = (resource: TemplateResource) => resource.stack.environment === subnet.stack.environment;
    const blocks = this.app.ofType('AWS::EC2::VPCBlockPublicAccessOptions').filter(here)
      .some(options => options.at('InternetGatewayBlockMode').every(mode => mode === 'block-bidirectional' || mode === 'block-ingress'));
    return blocks && !this.app.ofType('AWS::EC2::VPCBlockPublicAccessExclusion').some(here);
  }
}

/** Whether an entry lets some of the traffic in that no earlier entry denies. */
function firstAllowing(entries: TemplateResource[], { family, range, ports }: Inbound): TemplateResource | undefined {
  const property = family === 4 ? 'CidrBlock' : 'Ipv6CidrBlock';
  let open: Ports[] = [ports];
  for (const entry of [...entries].sort((a, b) => Number(a.property('RuleNumber')) - Number(b.property('RuleNumber')))) {
    const cidr = entry.property(property);
    if (cidr === undefined) { continue; }
    const own = entryPorts(entry);
    const isDeny = entry.at('RuleAction').every(action => action === 'deny');
    if (!isDeny && open.some(part => commonPorts(part, own)) && mayAdmit(cidr, range)) { return entry; }
    if (isDeny && isKnown(entry) && typeof cidr === 'string' && covers(cidr, range)) { open = open.flatMap(part => without(part, own)); }
  }
  return undefined;
}

function mayAdmit(cidr: unknown, range: string): boolean {
  return addressRange(cidr).scope !== 'inside' && (typeof cidr !== 'string' || touches(cidr, range));
}

function entryPorts(entry: TemplateResource): Ports {
  const [from, to] = [entry.at('PortRange', 'From')[0], entry.at('PortRange', 'To')[0]].map(Number);
  return { protocol: protocolName(entry.at('Protocol')[0]), from: from >= 0 ? from : 0, to: to >= 0 ? to : 65535 };
}

/** Whether a denial says for certain what it denies, and in which order. */
function isKnown(entry: TemplateResource): boolean {
  const given = [...entry.at('RuleNumber'), ...entry.at('Protocol'), ...entry.given('PortRange', 'From'), ...entry.given('PortRange', 'To')];
  return given.every(value => typeof value === 'number' || typeof value === 'string');
}

function without(part: Ports, taken: Ports): Ports[] {
  const common = commonPorts(part, taken);
  // a denied protocol among several leaves the others
  if (!common || (part.protocol === '-1' && taken.protocol !== '-1')) { return [part]; }
  return [{ ...part, to: common.from - 1 }, { ...part, from: common.to + 1 }].filter(({ from, to }) => from <= to);
}

function isEgress(entry: TemplateResource): boolean {
  return entry.at('Egress').some(value => String(value) === 'true');
}

/** Of the targets in `GatewayId`, the local route and VPN gateways lead nowhere else. */
function leadsToInternet(target: unknown): boolean {
  const resource = resourceOf(target);
  return resource ? resource.type === 'AWS::EC2::InternetGateway' : !/^(local|vgw-|eigw-|vpce-)/.test(identityOf(target) ?? '');
}
