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

/** A finding before it is known whether the app can see it. */
interface Requirement extends Omit<VpcFinding, 'missing'> {
  /** What the app has of it. */
  readonly seen: boolean;
  /** Whether seeing it is good; otherwise it is to be absent. */
  readonly wanted: boolean;
}

/** What the VPC lacks as far as the app sees; of an imported one also what is to be asked about. */
export function findings(examined: ExaminedVpc): VpcFinding[] {
  return new Examination(examined).findings();
}

class Examination {
  private readonly ofTheApp: boolean;
  private readonly vpc: ec2.IVpc;
  private readonly vpcId: string;
  private readonly routes: ec2.CfnRoute[];
  private readonly nodes: IConstruct[];

  constructor(private readonly examined: ExaminedVpc) {
    this.vpc = examined.vpc;
    this.ofTheApp = this.vpc instanceof ec2.Vpc;
    this.vpcId = idOr(this.vpc.vpcId, 'vpc-id');
    this.nodes = examined.scope.node.root.node.findAll();
    this.routes = this.nodes.filter(node => node instanceof ec2.CfnRoute);
  }

  public findings(): VpcFinding[] {
    return [
      this.loadBalancerTags(),
      this.publicLoadBalancerTags(),
      ...this.examined.karpenterCluster ? [this.karpenterTags(this.examined.karpenterCluster)] : [],
      this.wayOut(),
      this.internetGatewayRoutes(),
      this.isolation(),
      this.s3Endpoint(),
      this.internetGateway(),
      this.hostNames(),
    ].flatMap(requirement => this.judge(requirement));
  }

  /** What the app does not have may still be there, where the VPC is not of the app. */
  private judge({ seen, wanted, code, ...finding }: Requirement): VpcFinding[] {
    const known = this.ofTheApp || seen;
    if (known && seen === wanted) { return []; }
    return [{ ...finding, missing: known, ...this.ofTheApp && { code } }];
  }

  private loadBalancerTags(): Requirement {
    return {
      id: 'internal-load-balancer-tags',
      requirement: 'the application subnets are tagged for internal load balancers',
      why: 'The load balancer controller places internal load balancers by this tag.',
      ...this.tags('kubernetes.io/role/internal-elb', '1'),
    };
  }

  private karpenterTags(cluster: string): Requirement {
    return {
      id: 'karpenter-tags',
      requirement: `the application subnets are tagged for Karpenter of ${cluster}`,
      why: 'A node class that selects its subnets by this tag finds none.',
      ...this.tags('karpenter.sh/discovery', cluster),
    };
  }

  private tags(key: string, value: string) {
    const { applicationSubnets } = this.examined;
    const untagged = applicationSubnets.filter(subnet => tagValue(subnet, key) !== value);
    return {
      seen: untagged.length === 0,
      wanted: true,
      check: `aws ec2 describe-subnets --subnet-ids ${subnetIds(applicationSubnets)} `
        + `--query "length(Subnets[?Tags[?Key=='${key}' && Value=='${value}']])" --output text`,
      expected: `${applicationSubnets.length}`,
      commands: [`aws ec2 create-tags --resources ${subnetIds(untagged)} --tags Key=${key},Value=${value}`],
      code: `Tags.of(subnet).add('${key}', '${value}') for ${paths(untagged)}`,
    };
  }

  private publicLoadBalancerTags(): Requirement {
    const { applicationSubnets } = this.examined;
    const key = 'kubernetes.io/role/elb';
    const tagged = applicationSubnets.filter(subnet => tagValue(subnet, key) !== undefined);
    return {
      id: 'no-public-load-balancer-tags',
      requirement: 'the application subnets are not tagged for public load balancers',
      why: 'The load balancer controller would place public load balancers among the workloads.',
      seen: tagged.length > 0,
      wanted: false,
      check: `aws ec2 describe-subnets --subnet-ids ${subnetIds(applicationSubnets)} --query "length(Subnets[?Tags[?Key=='${key}']])" --output text`,
      expected: '0',
      commands: [`aws ec2 delete-tags --resources ${subnetIds(tagged.length ? tagged : applicationSubnets)} --tags Key=${key}`],
      code: `Tags.of(subnet).remove('${key}') for ${paths(tagged)}`,
    };
  }

  private wayOut(): Requirement {
    const { applicationSubnets } = this.examined;
    const enclosed = applicationSubnets.filter(subnet => !this.routesOf(subnet).some(isDefaultRoute));
    return {
      id: 'way-out',
      requirement: 'the application subnets have a route to the internet, through NAT',
      why: 'Nodes pull images and call AWS by it, where no endpoints are.',
      seen: enclosed.length === 0,
      wanted: true,
      check: routeTablesCheck(applicationSubnets, "DestinationCidrBlock=='0.0.0.0/0' && State=='active'"),
      expected: `${tableIds(applicationSubnets).length}`,
      commands: tableIds(enclosed).map(table =>
        `aws ec2 create-route --route-table-id ${table} --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <nat-gateway-id>`),
      code: `subnet.addRoute('DefaultRoute', { routerType: ec2.RouterType.NAT_GATEWAY, routerId: '<nat-gateway-id>' }) for ${paths(enclosed)}`,
    };
  }

  private internetGatewayRoutes(): Requirement {
    const subnets = [...this.examined.applicationSubnets, ...this.examined.dataSubnets];
    const open = subnets.filter(subnet => this.routesOf(subnet).some(leadsToInternetGateway));
    return {
      id: 'no-internet-gateway-routes',
      requirement: 'no application or data subnet has a route to an internet gateway',
      why: 'A host there with a public address is on the internet.',
      seen: open.length > 0,
      wanted: false,
      check: routeTablesCheck(subnets, "GatewayId && starts_with(GatewayId, 'igw-')"),
      expected: '0',
      commands: tableIds(open.length ? open : subnets).map(table =>
        `aws ec2 delete-route --route-table-id ${table} --destination-cidr-block <destination-of-the-route>`),
      code: `select private and isolated subnets instead of ${paths(open)}`,
    };
  }

  private isolation(): Requirement {
    const { dataSubnets } = this.examined;
    const open = dataSubnets.filter(subnet => this.routesOf(subnet).some(isDefaultRoute));
    return {
      id: 'isolated-data',
      requirement: 'the data subnets have no route to the internet',
      why: 'Databases have no business there.',
      seen: open.length > 0,
      wanted: false,
      check: routeTablesCheck(dataSubnets, "DestinationCidrBlock=='0.0.0.0/0'"),
      expected: '0',
      commands: tableIds(open.length ? open : dataSubnets).map(table =>
        `aws ec2 delete-route --route-table-id ${table} --destination-cidr-block 0.0.0.0/0`),
      code: `select isolated subnets instead of ${paths(open)}`,
    };
  }

  private s3Endpoint(): Requirement {
    const { scope, applicationSubnets, dataSubnets } = this.examined;
    const service = `com.amazonaws.${idOr(Stack.of(scope).region, 'region')}.s3`;
    const tables = tableIds([...applicationSubnets, ...dataSubnets]).join(' ');
    const filters = `Name=vpc-id,Values=${this.vpcId} Name=service-name,Values=${service} Name=vpc-endpoint-type,Values=Gateway`;
    return {
      id: 's3-endpoint',
      requirement: 'there is a gateway endpoint for S3',
      why: 'Objects and image layers pass NAT without it, and pay for it.',
      seen: this.nodes.some(node => node instanceof ec2.CfnVPCEndpoint && node.vpcEndpointType === 'Gateway'
        && same(node, node.vpcId, this.vpc.vpcId) && /\.s3"/.test(resolved(node, node.serviceName ?? ''))),
      wanted: true,
      check: `aws ec2 describe-vpc-endpoints --filters ${filters} --query "length(VpcEndpoints)" --output text`,
      expected: '1',
      commands: [`aws ec2 create-vpc-endpoint --vpc-id ${this.vpcId} --vpc-endpoint-type Gateway --service-name ${service} --route-table-ids ${tables}`],
      code: 'vpc.addGatewayEndpoint(\'S3\', { service: ec2.GatewayVpcEndpointAwsService.S3 })',
    };
  }

  private internetGateway(): Requirement {
    return {
      id: 'internet-gateway',
      requirement: 'an internet gateway is attached',
      why: 'CloudFront\'s VPC origins ask for one, although no route leads to it.',
      seen: this.nodes.some(node => node instanceof ec2.CfnVPCGatewayAttachment && node.internetGatewayId !== undefined
        && same(node, node.vpcId, this.vpc.vpcId)),
      wanted: true,
      check: `aws ec2 describe-internet-gateways --filters Name=attachment.vpc-id,Values=${this.vpcId} --query "length(InternetGateways)" --output text`,
      expected: '1',
      commands: [
        'aws ec2 create-internet-gateway --query InternetGateway.InternetGatewayId --output text',
        `aws ec2 attach-internet-gateway --internet-gateway-id <internet-gateway-id> --vpc-id ${this.vpcId}`,
      ],
      code: 'createInternetGateway: true of the ec2.Vpc',
    };
  }

  private hostNames(): Requirement {
    const resource = this.vpc.node.defaultChild;
    return {
      id: 'dns-host-names',
      requirement: 'the VPC gives its hosts names',
      why: 'EKS and the private names of interface endpoints need it.',
      seen: resource instanceof ec2.CfnVPC && resource.enableDnsHostnames === true && resource.enableDnsSupport !== false,
      wanted: true,
      check: `aws ec2 describe-vpc-attribute --vpc-id ${this.vpcId} --attribute enableDnsHostnames --query EnableDnsHostnames.Value --output text`,
      expected: 'True',
      commands: [
        `aws ec2 modify-vpc-attribute --vpc-id ${this.vpcId} --enable-dns-support`,
        `aws ec2 modify-vpc-attribute --vpc-id ${this.vpcId} --enable-dns-hostnames`,
      ],
      code: 'enableDnsHostnames: true and enableDnsSupport: true of the ec2.Vpc',
    };
  }

  private routesOf(subnet: ec2.ISubnet): ec2.CfnRoute[] {
    return this.routes.filter(route => same(route, route.routeTableId, subnet.routeTable.routeTableId));
  }
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

/** Counts the route tables of the subnets that have a route of which the condition is true. */
function routeTablesCheck(subnets: ec2.ISubnet[], condition: string): string {
  return `aws ec2 describe-route-tables --route-table-ids ${tableIds(subnets).join(' ')} --query "length(RouteTables[?Routes[?${condition}]])" --output text`;
}

function tableIds(subnets: ec2.ISubnet[]): string[] {
  return [...new Set(subnets.map(subnet => idOr(subnet.routeTable.routeTableId, 'route-table-id')))];
}

function subnetIds(subnets: ec2.ISubnet[]): string {
  return [...new Set(subnets.map(subnet => idOr(subnet.subnetId, 'subnet-id')))].join(' ');
}

function paths(subnets: ec2.ISubnet[]): string {
  return subnets.map(subnet => subnet.node.path).join(', ');
}

/** An id as a command can have it: one that only the deployment knows, or that the VPC was imported without, stands in angle brackets. */
function idOr(value: string | undefined, what: string): string {
  return value === undefined || isDeployTime(value) ? `<${what}>` : value;
}
