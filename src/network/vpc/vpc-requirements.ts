import { Aspects, Stack, Tag } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, IConstruct } from 'constructs';
import { VpcFinding } from './vpc-finding';
import { isDeployTime } from '../../private/validation';

/** What is examined. */
export interface ExaminedVpc {
  readonly scope: Construct;
  readonly vpc: ec2.IVpc;
  readonly applicationSubnets: ec2.ISubnet[];
  readonly dataSubnets: ec2.ISubnet[];
  readonly karpenterCluster?: string;
}

/** What is to be true, and what does not work without it. */
type Rule = Pick<VpcFinding, 'id' | 'requirement' | 'why'>;

/** A finding whose commands are lists: the arguments after `aws`. */
export interface Examined extends Omit<VpcFinding, 'check' | 'commands'> {
  readonly check: string[];
  readonly commands: string[][];
}

/** How a rule is judged and mended. */
interface Evidence extends Pick<Examined, 'check' | 'expected' | 'commands' | 'code'> {
  /** What the app has of it. */
  readonly seen: boolean;
  /** Whether seeing it is good; otherwise it is to be absent. */
  readonly wanted: boolean;
}

/** What the route tables of subnets have to have, or must not have. */
interface RouteRule {
  readonly wanted: boolean;
  readonly is: (route: ec2.CfnRoute) => boolean;
  /** The same as `is`, of a route that EC2 describes. */
  readonly condition: string;
  readonly command: (table: string) => string[];
  readonly code: string;
}

/** What the VPC lacks as far as the app sees; of an imported one also what is to be asked about. */
export function examine(examined: ExaminedVpc): Examined[] {
  return new Examination(examined).findings();
}

class Examination {
  private readonly ofTheApp: boolean;
  private readonly vpc: ec2.IVpc;
  private readonly vpcId: string;
  private readonly routes: ec2.CfnRoute[];
  private readonly s3Endpoints: ec2.CfnVPCEndpoint[];
  private readonly nodes: IConstruct[];

  constructor(private readonly examined: ExaminedVpc) {
    this.vpc = examined.vpc;
    this.ofTheApp = this.vpc instanceof ec2.Vpc;
    this.vpcId = idOr(this.vpc.vpcId, 'vpc-id');
    this.nodes = examined.scope.node.root.node.findAll();
    this.routes = this.nodes.filter(node => node instanceof ec2.CfnRoute);
    this.s3Endpoints = this.nodes.filter(node => node instanceof ec2.CfnVPCEndpoint).filter(node => node.vpcEndpointType === 'Gateway'
      && same(node, node.vpcId, this.vpc.vpcId) && /\.s3"/.test(resolved(node, node.serviceName ?? '')));
  }

  public findings(): Examined[] {
    return this.rules().flatMap(([rule, evidence]) => this.judge(rule, evidence));
  }

  private rules(): [Rule, Evidence][] {
    const { applicationSubnets, dataSubnets, karpenterCluster } = this.examined;
    return [
      [{
        id: 'internal-load-balancer-tags',
        requirement: 'the application subnets are tagged for internal load balancers',
        why: 'The load balancer controller places internal load balancers by this tag.',
      }, tagged(applicationSubnets, 'kubernetes.io/role/internal-elb', '1')],
      [{
        id: 'no-public-load-balancer-tags',
        requirement: 'the application subnets are not tagged for public load balancers',
        why: 'The load balancer controller would place public load balancers among the workloads.',
      }, tagged(applicationSubnets, 'kubernetes.io/role/elb', undefined)],
      ...karpenterCluster ? [[{
        id: 'karpenter-tags',
        requirement: `the application subnets are tagged for Karpenter of ${karpenterCluster}`,
        why: 'A node class that selects its subnets by this tag finds none.',
      }, tagged(applicationSubnets, 'karpenter.sh/discovery', karpenterCluster)] satisfies [Rule, Evidence]] : [],
      [{
        id: 'way-out',
        requirement: 'the application subnets have a route to the internet, through NAT',
        why: 'Nodes pull images and call AWS by it, where no endpoints are.',
      }, this.routed(applicationSubnets, {
        wanted: true,
        is: isDefaultRoute,
        condition: "DestinationCidrBlock=='0.0.0.0/0' && State=='active'",
        command: table => ec2Call('create-route', '--route-table-id', table, '--destination-cidr-block', '0.0.0.0/0', '--nat-gateway-id', '<nat-gateway-id>'),
        code: 'subnet.addRoute(\'DefaultRoute\', { routerType: ec2.RouterType.NAT_GATEWAY, routerId: \'<nat-gateway-id>\' }) for',
      })],
      [{
        id: 'no-internet-gateway-routes',
        requirement: 'no application or data subnet has a route to an internet gateway',
        why: 'A host there with a public address is on the internet.',
      }, this.routed([...applicationSubnets, ...dataSubnets], {
        wanted: false,
        is: leadsToInternetGateway,
        condition: "GatewayId && starts_with(GatewayId, 'igw-')",
        command: table => ec2Call('delete-route', '--route-table-id', table, '--destination-cidr-block', '<destination-of-the-route>'),
        code: 'select private and isolated subnets instead of',
      })],
      [{
        id: 'isolated-data',
        requirement: 'the data subnets have no route to the internet',
        why: 'Databases have no business there.',
      }, this.routed(dataSubnets, {
        wanted: false,
        is: route => isDefaultRoute(route) || route.destinationIpv6CidrBlock === '::/0',
        condition: "DestinationCidrBlock=='0.0.0.0/0' || DestinationIpv6CidrBlock=='::/0'",
        command: table => ec2Call('delete-route', '--route-table-id', table, '--destination-cidr-block', '0.0.0.0/0'),
        code: 'select isolated subnets instead of',
      })],
      [{
        id: 's3-endpoint',
        requirement: 'the application and data subnets have a gateway endpoint for S3',
        why: 'Objects and image layers pass NAT without it, and pay for it.',
      }, this.s3Endpoint()],
      [{
        id: 'internet-gateway',
        requirement: 'an internet gateway is attached',
        why: 'CloudFront\'s VPC origins ask for one, although no route leads to it.',
      }, this.internetGateway()],
      [{
        id: 'dns-host-names',
        requirement: 'the VPC gives its hosts names',
        why: 'EKS and the private names of interface endpoints need it.',
      }, this.hostNames()],
    ];
  }

  /** What the app does not have may still be there, where the VPC is not of the app. */
  private judge(rule: Rule, { seen, wanted, code, ...evidence }: Evidence): Examined[] {
    const known = this.ofTheApp || seen;
    if (known && seen === wanted) { return []; }
    return [{ ...rule, ...evidence, missing: known, ...this.ofTheApp && { code } }];
  }

  private routed(subnets: ec2.ISubnet[], { wanted, is, condition, command, code }: RouteRule): Evidence {
    const wrong = subnets.filter(subnet => this.routesOf(subnet).some(is) !== wanted);
    const mended = wrong.length ? wrong : subnets;
    return {
      ...verdict(wrong, wanted),
      check: ec2Call('describe-route-tables', '--route-table-ids', ...tableIds(subnets), '--query', `length(RouteTables[?Routes[?${condition}]])`),
      expected: `${wanted ? tableIds(subnets).length : 0}`,
      commands: tableIds(mended).map(command),
      code: `${code} ${paths(wrong)}`,
    };
  }

  private s3Endpoint(): Evidence {
    const { scope, applicationSubnets, dataSubnets } = this.examined;
    const service = `com.amazonaws.${idOr(Stack.of(scope).region, 'region')}.s3`;
    const tables = tableIds([...applicationSubnets, ...dataSubnets]);
    const filters = [`Name=vpc-id,Values=${this.vpcId}`, `Name=service-name,Values=${service}`, 'Name=vpc-endpoint-type,Values=Gateway'];
    return {
      seen: [...applicationSubnets, ...dataSubnets].every(subnet => this.hasS3Route(subnet)),
      wanted: true,
      check: ec2Call('describe-vpc-endpoints', '--filters', ...filters, '--query', `length(VpcEndpoints[].RouteTableIds[] | [?${tables.map(id => `@=='${id}'`).join(' || ')}])`),
      expected: `${tables.length}`,
      commands: [ec2Call(
        'create-vpc-endpoint', '--vpc-id', this.vpcId, '--vpc-endpoint-type', 'Gateway', '--service-name', service, '--route-table-ids', ...tables)],
      code: 'vpc.addGatewayEndpoint(\'S3\', { service: ec2.GatewayVpcEndpointAwsService.S3 })',
    };
  }

  /** Whether a gateway endpoint of the app gives the subnet's route table its route. */
  private hasS3Route({ routeTable: { routeTableId } }: ec2.ISubnet): boolean {
    return this.s3Endpoints.some(endpoint =>
      (Stack.of(endpoint).resolve(endpoint.routeTableIds) ?? []).some((id: unknown) => JSON.stringify(id) === resolved(endpoint, routeTableId)));
  }

  private internetGateway(): Evidence {
    return {
      seen: this.nodes.some(node => node instanceof ec2.CfnVPCGatewayAttachment && node.internetGatewayId !== undefined
        && same(node, node.vpcId, this.vpc.vpcId)),
      wanted: true,
      check: ec2Call('describe-internet-gateways', '--filters', `Name=attachment.vpc-id,Values=${this.vpcId}`, '--query', 'length(InternetGateways)'),
      expected: '1',
      commands: [
        ec2Call('create-internet-gateway', '--query', 'InternetGateway.InternetGatewayId'),
        ec2Call('attach-internet-gateway', '--internet-gateway-id', '<internet-gateway-id>', '--vpc-id', this.vpcId),
      ],
      code: 'createInternetGateway: true of the ec2.Vpc',
    };
  }

  private hostNames(): Evidence {
    const resource = this.vpc.node.defaultChild;
    return {
      seen: resource instanceof ec2.CfnVPC && resource.enableDnsHostnames === true && resource.enableDnsSupport !== false,
      wanted: true,
      check: ec2Call('describe-vpc-attribute', '--vpc-id', this.vpcId, '--attribute', 'enableDnsHostnames', '--query', 'EnableDnsHostnames.Value'),
      expected: 'true',
      commands: [
        ec2Call('modify-vpc-attribute', '--vpc-id', this.vpcId, '--enable-dns-support'),
        ec2Call('modify-vpc-attribute', '--vpc-id', this.vpcId, '--enable-dns-hostnames'),
      ],
      code: 'enableDnsHostnames: true and enableDnsSupport: true of the ec2.Vpc',
    };
  }

  private routesOf(subnet: ec2.ISubnet): ec2.CfnRoute[] {
    return this.routes.filter(route => same(route, route.routeTableId, subnet.routeTable.routeTableId));
  }
}

/** Subnets have to have the tag with the value; where no value is given, they must not have the tag. */
function tagged(subnets: ec2.ISubnet[], key: string, value: string | undefined): Evidence {
  const wanted = value !== undefined;
  const wrong = subnets.filter(subnet => tagValue(subnet, key) !== value);
  const ids = subnetIds(wrong.length ? wrong : subnets);
  const condition = wanted ? `Key=='${key}' && Value=='${value}'` : `Key=='${key}'`;
  return {
    ...verdict(wrong, wanted),
    check: ec2Call('describe-subnets', '--subnet-ids', ...subnetIds(subnets), '--query', `length(Subnets[?Tags[?${condition}]])`),
    expected: `${wanted ? subnets.length : 0}`,
    commands: [wanted
      ? ec2Call('create-tags', '--resources', ...ids, '--tags', `Key=${key},Value=${value}`)
      : ec2Call('delete-tags', '--resources', ...ids, '--tags', `Key=${key}`)],
    code: wanted ? `Tags.of(subnet).add('${key}', '${value}') for ${paths(wrong)}` : `Tags.of(subnet).remove('${key}') for ${paths(wrong)}`,
  };
}

/** Of something wanted, the app sees it where no subnet is wrong; of something unwanted, where one is. */
function verdict(wrong: ec2.ISubnet[], wanted: boolean): Pick<Evidence, 'seen' | 'wanted'> {
  return { seen: wanted === (wrong.length === 0), wanted };
}

/** The value that the tag will have in the template: aspects add tags only when their turn comes, which may be after this one's. */
function tagValue(subnet: ec2.ISubnet, key: string): string | undefined {
  const resource = subnet.node.defaultChild;
  if (!(resource instanceof ec2.CfnSubnet)) { return undefined; }
  const tags = resource.node.scopes.flatMap(scope => Aspects.of(scope).all).filter(aspect => aspect instanceof Tag && aspect.key === key) as Tag[];
  return tags[tags.length - 1]?.value ?? resource.tags.tagValues()[key];
}

function isDefaultRoute(route: ec2.CfnRoute): boolean {
  return route.destinationCidrBlock === '0.0.0.0/0';
}

/** Besides internet gateways, a route can name a VPN's, and the VPC itself. */
function leadsToInternetGateway({ gatewayId }: ec2.CfnRoute): boolean {
  return gatewayId !== undefined && !/^(vgw-|local$)/.test(gatewayId);
}

/** Whether two values, which may be references, are the same. */
function same(scope: IConstruct, a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && resolved(scope, a) === resolved(scope, b);
}

function resolved(scope: IConstruct, value: string): string {
  return JSON.stringify(Stack.of(scope).resolve(value));
}

function tableIds(subnets: ec2.ISubnet[]): string[] {
  return [...new Set(subnets.map(subnet => idOr(subnet.routeTable.routeTableId, 'route-table-id')))];
}

function subnetIds(subnets: ec2.ISubnet[]): string[] {
  return [...new Set(subnets.map(subnet => idOr(subnet.subnetId, 'subnet-id')))];
}

function ec2Call(...command: string[]): string[] {
  return ['ec2', ...command];
}

function paths(subnets: ec2.ISubnet[]): string {
  return subnets.map(subnet => subnet.node.path).join(', ');
}

/** An id as a command can have it: one that only the deployment knows, or that the VPC was imported without, stands in angle brackets. */
function idOr(value: string | undefined, what: string): string {
  return value === undefined || isDeployTime(value) ? `<${what}>` : value;
}
