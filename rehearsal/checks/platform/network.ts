import {
  DescribeRouteTablesCommand, DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client, type RouteTable, type SecurityGroup, type Subnet,
} from '@aws-sdk/client-ec2';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf, models, unmet } from './resources';

const INTERNET = ['0.0.0.0/0', '::/0'];

export const nobodyIsAdmitted: Check = {
  name: 'nobody is admitted from the internet',
  proves: 'No security group has a rule for the internet, the default group is empty, and no subnet gives out public addresses.',
  needs: [/\/Network$/],
  async run(context) {
    const problems: string[] = [];
    let count = 0;
    for (const { stack, resource } of await deployed(context, 'AWS::EC2::VPC')) {
      const client = context.client(EC2Client, stack);
      const filter = { Filters: [{ Name: 'vpc-id', Values: [resource.physicalId] }] };
      const groups = (await client.send(new DescribeSecurityGroupsCommand(filter))).SecurityGroups ?? [];
      const subnets = (await client.send(new DescribeSubnetsCommand(filter))).Subnets ?? [];
      count += groups.length;
      for (const group of groups) {
        problems.push(...unmet({
          'admits the internet': !sourcesOf(group).some(source => INTERNET.includes(source)),
          'is the default group and has rules': group.GroupName !== 'default' || (group.IpPermissions ?? []).length + (group.IpPermissionsEgress ?? []).length === 0,
        }, `${environmentOf(stack)}, ${group.GroupName}`));
      }
      problems.push(...subnets.filter(subnet => subnet.MapPublicIpOnLaunch).map(subnet => `${subnet.SubnetId} gives out public addresses`));
    }
    return unlessProblems(problems, `DescribeSecurityGroups: ${count} groups, none admits the internet`);
  },
};

export const tiersAreRoutedApart: Check = {
  name: 'tiers are routed apart',
  proves: 'Application subnets reach out through the NAT gateway, data and entrance subnets reach nothing outside the VPC.',
  needs: [/\/Network$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::EC2::VPC')) {
      const client = context.client(EC2Client, stack);
      const filter = { Filters: [{ Name: 'vpc-id', Values: [resource.physicalId] }] };
      const subnets = (await client.send(new DescribeSubnetsCommand(filter))).Subnets ?? [];
      const tables = (await client.send(new DescribeRouteTablesCommand(filter))).RouteTables ?? [];
      for (const subnet of subnets) {
        const route = defaultRoute(tables, subnet);
        const tier = tierOf(subnet);
        if (tier === 'application' && !route?.NatGatewayId) { problems.push(`${subnet.SubnetId} (${tier}) has no way out through a NAT gateway`); }
        if (tier !== 'application' && route) { problems.push(`${subnet.SubnetId} (${tier}) has a default route`); }
      }
      evidence.push(`${environmentOf(stack)}: ${subnets.length} subnets in ${new Set(subnets.map(subnet => subnet.AvailabilityZone)).size} zones`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const trafficIsLogged: Check = {
  name: 'traffic is logged',
  proves: 'Each VPC has a flow log of all its traffic.',
  needs: [/\/Network$/],
  async run(context) {
    const vpcs = await deployed(context, 'AWS::EC2::VPC');
    const flowLogs = await models(context, 'AWS::EC2::FlowLog');
    const problems = vpcs.filter(({ resource }) => !flowLogs.some(({ model }) => model.ResourceId === resource.physicalId && model.TrafficType === 'ALL'))
      .map(({ stack }) => `${environmentOf(stack)} has no flow log`);
    return unlessProblems(problems, `${flowLogs.length} flow logs for ${vpcs.length} VPCs`);
  },
};

function sourcesOf(group: SecurityGroup): string[] {
  return (group.IpPermissions ?? []).flatMap(rule => [
    ...(rule.IpRanges ?? []).map(range => range.CidrIp!),
    ...(rule.Ipv6Ranges ?? []).map(range => range.CidrIpv6!),
  ]);
}

function defaultRoute(tables: RouteTable[], subnet: Subnet) {
  const own = tables.find(table => table.Associations?.some(association => association.SubnetId === subnet.SubnetId));
  return own?.Routes?.find(route => INTERNET.includes(route.DestinationCidrBlock ?? ''));
}

function tierOf(subnet: Subnet): string | undefined {
  return subnet.Tags?.find(tag => tag.Key === 'aws-cdk:subnet-name')?.Value;
}
