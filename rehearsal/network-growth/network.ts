/** A VPC as EC2 describes it. */
import {
  DescribeAddressesCommand, DescribeEgressOnlyInternetGatewaysCommand, DescribeInternetGatewaysCommand, DescribeNatGatewaysCommand, DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand, DescribeSubnetsCommand, DescribeVpcEndpointsCommand, DescribeVpcsCommand, type EC2Client, type RouteTable,
  type Subnet as DescribedSubnet, type VpcEndpoint,
} from '@aws-sdk/client-ec2';

export interface Subnet {
  readonly tier: string;
  readonly zone: string;
  readonly range: string;
  readonly ipv6Range?: string;
  /** What its default routes lead to, by destination. */
  readonly waysOut: Readonly<Record<string, string>>;
}

export interface Network {
  /** Everything that has an id, with what must never change of it. */
  readonly lasting: ReadonlyMap<string, string>;
  readonly ipv6Range?: string;
  readonly subnets: readonly Subnet[];
  readonly natGateways: readonly { readonly id: string; /** @default - the whole VPC */ readonly zone?: string }[];
  /** Each with the number of zones in which it has an address, or whose route tables all lead to it. */
  readonly endpoints: readonly { readonly id: string; readonly zones: number }[];
  /** Rules of the default security group. */
  readonly defaultRules: number;
}

export async function readNetwork(ec2: EC2Client, vpcId: string): Promise<Network> {
  const ofVpc = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const [{ Vpcs: [vpc] = [] }, { Subnets = [] }, { RouteTables = [] }, { NatGateways = [] }, { SecurityGroups = [] }] = await Promise.all([
    ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] })),
    ec2.send(new DescribeSubnetsCommand(ofVpc)),
    ec2.send(new DescribeRouteTablesCommand(ofVpc)),
    ec2.send(new DescribeNatGatewaysCommand({ Filter: ofVpc.Filters })),
    ec2.send(new DescribeSecurityGroupsCommand(ofVpc)),
  ]);
  const [{ VpcEndpoints = [] }, { Addresses = [] }, { InternetGateways = [] }, { EgressOnlyInternetGateways = [] }] = await Promise.all([
    ec2.send(new DescribeVpcEndpointsCommand({})),
    ec2.send(new DescribeAddressesCommand({})),
    ec2.send(new DescribeInternetGatewaysCommand({})),
    ec2.send(new DescribeEgressOnlyInternetGatewaysCommand({})),
  ]);
  const lasting = new Map<string, string>();
  const add = (id: string | undefined, ...facts: (string | undefined)[]) => lasting.set(id!, facts.join(' '));

  add(vpcId, vpc.CidrBlock);
  vpc.Ipv6CidrBlockAssociationSet?.forEach(each => add(each.AssociationId, each.Ipv6CidrBlock));
  for (const subnet of Subnets) {
    add(subnet.SubnetId, subnet.CidrBlock, subnet.AvailabilityZone, tierOf(subnet), tableOf(RouteTables, subnet)?.RouteTableId);
    subnet.Ipv6CidrBlockAssociationSet?.forEach(each => add(each.AssociationId, each.Ipv6CidrBlock, subnet.SubnetId));
  }
  for (const table of RouteTables) {
    add(table.RouteTableId, vpcId);
    table.Associations?.forEach(each => add(each.RouteTableAssociationId, each.RouteTableId, each.SubnetId));
  }
  const natGateways = NatGateways.filter(({ State }) => State === 'available');
  natGateways.forEach(each => add(each.NatGatewayId, each.AvailabilityMode, each.SubnetId, each.NatGatewayAddresses?.[0]?.AllocationId));
  const endpoints = VpcEndpoints.filter(each => each.VpcId === vpcId);
  endpoints.forEach(each => add(each.VpcEndpointId, each.VpcEndpointType, each.ServiceName));
  Addresses.forEach(each => add(each.AllocationId, each.PublicIp));
  [...InternetGateways, ...EgressOnlyInternetGateways].filter(({ Attachments }) => Attachments?.some(each => each.VpcId === vpcId))
    .forEach(each => add('InternetGatewayId' in each ? each.InternetGatewayId : (each as { EgressOnlyInternetGatewayId?: string }).EgressOnlyInternetGatewayId, vpcId));
  SecurityGroups.forEach(each => add(each.GroupId, each.GroupName));

  const defaultGroup = SecurityGroups.find(({ GroupName }) => GroupName === 'default');
  return {
    lasting,
    ipv6Range: vpc.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock,
    subnets: Subnets.map(subnet => ({
      tier: tierOf(subnet),
      zone: subnet.AvailabilityZone!,
      range: subnet.CidrBlock!,
      ipv6Range: subnet.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock,
      waysOut: waysOut(tableOf(RouteTables, subnet)),
    })),
    natGateways: natGateways.map(({ NatGatewayId, SubnetId }) => ({
      id: NatGatewayId!, zone: Subnets.find(subnet => SubnetId && subnet.SubnetId === SubnetId)?.AvailabilityZone,
    })),
    endpoints: endpoints.map(each => ({ id: each.VpcEndpointId!, zones: zonesOf(each, Subnets, RouteTables) })),
    defaultRules: (defaultGroup?.IpPermissions?.length ?? 0) + (defaultGroup?.IpPermissionsEgress?.length ?? 0),
  };
}

/** What a VPC leaves behind, by id. */
export async function leftOf(ec2: EC2Client, vpcId: string): Promise<string[]> {
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}));
  if (Vpcs.some(vpc => vpc.VpcId === vpcId)) { return [...(await readNetwork(ec2, vpcId)).lasting.keys()]; }
  const [{ Subnets = [] }, { Addresses = [] }, { VpcEndpoints = [] }, { NatGateways = [] }] = await Promise.all([
    ec2.send(new DescribeSubnetsCommand({})),
    ec2.send(new DescribeAddressesCommand({})),
    ec2.send(new DescribeVpcEndpointsCommand({})),
    ec2.send(new DescribeNatGatewaysCommand({})),
  ]);
  return [
    ...Subnets.filter(each => each.VpcId === vpcId).map(each => each.SubnetId!),
    ...Addresses.map(each => each.AllocationId!),
    ...VpcEndpoints.filter(each => each.VpcId === vpcId).map(each => each.VpcEndpointId!),
    ...NatGateways.filter(each => each.VpcId === vpcId && each.State !== 'deleted').map(each => each.NatGatewayId!),
  ];
}

function zonesOf({ SubnetIds = [], RouteTableIds = [] }: VpcEndpoint, subnets: readonly DescribedSubnet[], tables: readonly RouteTable[]): number {
  const workloads = subnets.filter(subnet => ['application', 'data'].includes(tierOf(subnet)));
  const unserved = workloads.filter(subnet => !RouteTableIds.includes(tableOf(tables, subnet)?.RouteTableId ?? '')).map(subnet => subnet.AvailabilityZone);
  const served = RouteTableIds.length > 0
    ? workloads.filter(subnet => !unserved.includes(subnet.AvailabilityZone))
    : workloads.filter(subnet => SubnetIds.includes(subnet.SubnetId!));
  return new Set(served.map(subnet => subnet.AvailabilityZone)).size;
}

function tierOf(subnet: DescribedSubnet): string {
  return subnet.Tags?.find(({ Key }) => Key === 'aws-cdk:subnet-name')?.Value ?? 'none';
}

function tableOf(tables: readonly RouteTable[], subnet: DescribedSubnet): RouteTable | undefined {
  return tables.find(({ Associations }) => Associations?.some(({ SubnetId }) => SubnetId === subnet.SubnetId));
}

function waysOut(table?: RouteTable): Record<string, string> {
  const routes = (table?.Routes ?? []).map(route => [
    route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? '',
    route.NatGatewayId ?? route.EgressOnlyInternetGatewayId ?? route.GatewayId ?? 'nowhere',
  ]);
  return Object.fromEntries(routes.filter(([destination]) => destination === '0.0.0.0/0' || destination === '::/0'));
}
