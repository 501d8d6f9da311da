/** Which subnets the internet has a way into: gateways, route tables, network ACLs. */
import { addressRange, prefixListRanges } from './address-range';
import { DeclaredFacts } from './declared-facts';
import { Inbound, aclStep } from './network-acl';
import { Step, Way } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Reference, Unknown, describe, identityOf } from './template-values';

const FACT = 'privateSubnetIds';
const OPEN_BLOCK_MODES = ['block-bidirectional', 'block-ingress'];

/** Next hops that pass traffic on to something that looks at it. */
const INSPECTORS = ['VpcEndpointId', 'NetworkInterfaceId', 'InstanceId'];

export class SubnetRouting {
  constructor(private readonly app: StackTemplates, private readonly facts: DeclaredFacts) {}

  /** From the internet into a subnet: gateway, route, network ACL. */
  public into(subnet: unknown, inbound: Inbound): Way {
    const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
    const way = resource ? this.intoKnown(resource, inbound)
      : [{ hop: `a route to ${describe(subnet)}`, unknown: 'the routes of a subnet that is not in these stacks', fact: FACT }];
    return way?.some(({ unknown }) => unknown !== undefined) && this.facts.isPrivate(subnet) ? undefined : way;
  }

  /** Whether the network of a subnet has an internet gateway, which VPC origins and accelerators ask for. */
  public hasGateway(subnet: unknown): boolean {
    const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
    return !resource || this.gatewayOf(resource) !== undefined;
  }

  private intoKnown(subnet: TemplateResource, inbound: Inbound): Way {
    if (this.isBlocked(subnet)) { return undefined; }
    const gateway = this.gatewayOf(subnet);
    const route = gateway && this.routeOf(subnet, inbound.family);
    const acl = route && aclStep(this.app, subnet, inbound);
    return acl && [gateway, route, acl];
  }

  private gatewayOf(subnet: TemplateResource): Step | undefined {
    const vpc = subnet.property('VpcId');
    const network = resourceOf(vpc, 'AWS::EC2::VPC');
    const attachments = network ? this.app.attachedTo(network, 'AWS::EC2::VPCGatewayAttachment', 'VpcId') : this.app.with(vpc, 'AWS::EC2::VPCGatewayAttachment', 'VpcId');
    const steps = attachments.flatMap(attachment => attachment.given('InternetGatewayId').map(gateway => ({
      hop: `internet gateway ${describe(gateway)}`, ...network && doubtOf(attachment, 'VpcId', network),
    })));
    const elsewhere: Step = { hop: `internet gateway of ${describe(vpc)}`, unknown: 'the gateways of a network that is not in these stacks', fact: FACT };
    return surest(steps) ?? (network ? undefined : elsewhere);
  }

  private routeOf(subnet: TemplateResource, family: 4 | 6): Step | undefined {
    const associations = this.app.attachedTo(subnet, 'AWS::EC2::SubnetRouteTableAssociation', 'SubnetId');
    const isAssociated = associations.some(association => !doubtOf(association, 'SubnetId', subnet) && association.existsWith(subnet));
    const associated = associations.flatMap(association => association.at('RouteTableId').filter(table => mayBeInNetworkOf(subnet, table)).map(table =>
      doubted(this.throughTable(table, family), doubtOf(association, 'SubnetId', subnet))));
    return surest([...associated, ...isAssociated ? [] : [this.throughMainTable(subnet, family)]]);
  }

  private throughTable(table: unknown, family: 4 | 6): Step | undefined {
    const resource = resourceOf(table, 'AWS::EC2::RouteTable');
    if (!resource) { return { hop: `route table ${describe(table)}`, unknown: 'the routes of a table that is not in these stacks', fact: FACT }; }
    return surest(this.app.attachedTo(resource, 'AWS::EC2::Route', 'RouteTableId').map(route => doubted(admitting(route, family), doubtOf(route, 'RouteTableId', resource))));
  }

  /** CloudFormation cannot name the main table of a network that it makes; custom code or an id that is written out can. */
  private throughMainTable(subnet: TemplateResource, family: 4 | 6): Step | undefined {
    const vpc = subnet.property('VpcId');
    const unknown = `the routes of the main table of ${describe(vpc)}`;
    if (!resourceOf(vpc, 'AWS::EC2::VPC')) { return { hop: `main route table of ${describe(vpc)}`, unknown, fact: FACT }; }
    const routes = this.app.ofType('AWS::EC2::Route').filter(route => !route.at('RouteTableId').every(table => table instanceof Reference));
    const step = surest(routes.map(route => admitting(route, family)));
    return step && { ...step, unknown: step.unknown ?? unknown, fact: FACT };
  }

  /** VPC Block Public Access, where the app sets it for certain and excludes nothing. */
  private isBlocked(subnet: TemplateResource): boolean {
    const isKnown = subnet.stack.account !== undefined && subnet.stack.region !== undefined;
    const here = ({ stack }: TemplateResource) => stack === subnet.stack || (isKnown && stack.environment === subnet.stack.environment);
    const blocks = this.app.ofType('AWS::EC2::VPCBlockPublicAccessOptions').filter(options => here(options) && options.existsWith(subnet))
      .some(options => options.at('InternetGatewayBlockMode').every(mode => OPEN_BLOCK_MODES.includes(String(mode))));
    return blocks && !this.app.ofType('AWS::EC2::VPCBlockPublicAccessExclusion').some(here);
  }
}

/** A route that leads to the internet gateway, and so lets answers out. */
function admitting(route: TemplateResource, family: 4 | 6): Step | undefined {
  const inspectors = INSPECTORS.flatMap(property => route.given(property));
  const targets = [...route.given('GatewayId').filter(leadsToInternet), ...inspectors];
  const destinations = [
    ...route.given('DestinationCidrBlock').map(cidr => addressRange(cidr, 4)), ...route.given('DestinationIpv6CidrBlock').map(cidr => addressRange(cidr, 6)),
    ...route.given('DestinationPrefixListId').flatMap(list => prefixListRanges(list)),
  ].filter(range => range.family === family && range.scope !== 'inside');
  if (targets.length === 0 || destinations.length === 0) { return undefined; }
  const [destination] = [...destinations.filter(({ unknown }) => unknown === undefined), ...destinations];
  const target = targets.find(candidate => !(candidate instanceof Unknown)) ?? targets[0];
  return {
    hop: `route ${destination.text} to ${describe(target)} (${route.path})`, fact: FACT,
    unknown: target instanceof Unknown ? target.why : destination.unknown ?? (inspectors.includes(target) && !route.isWritten('VpcEndpointId') ? 'what it forwards' : undefined),
    guard: inspectors.includes(target) ? `inspection behind ${describe(target)}` : undefined,
  };
}

/** Why a resource may, and need not, be attached to a target. */
function doubtOf(resource: TemplateResource, property: string, target: TemplateResource): Pick<Step, 'unknown' | 'fact'> | undefined {
  const values = resource.at(property);
  return values.some(value => identityOf(value) === target.id) ? undefined : { unknown: `${property} of ${resource.path}: ${describe(values[0])}`, fact: FACT };
}

function doubted(step: Step | undefined, doubt?: Pick<Step, 'unknown' | 'fact'>): Step | undefined {
  return step && step.unknown === undefined ? { ...step, ...doubt } : step;
}

/** The first step that is certain, or else the first. */
function surest(steps: readonly (Step | undefined)[]): Step | undefined {
  return steps.find(step => step && step.unknown === undefined) ?? steps.find(step => step !== undefined);
}

/** A subnet and what is attached to it are in the same network. */
function mayBeInNetworkOf(subnet: TemplateResource, attached: unknown): boolean {
  const [own, other] = [subnet.property('VpcId'), resourceOf(attached)?.property('VpcId')].map(identityOf);
  return own === undefined || other === undefined || own === other;
}

/** Of the targets in `GatewayId`, the local route and VPN gateways lead nowhere else. */
function leadsToInternet(target: unknown): boolean {
  const resource = resourceOf(target);
  return resource ? resource.type === 'AWS::EC2::InternetGateway' : !/^(local|vgw-|eigw-|vpce-)/.test(identityOf(target) ?? '');
}
