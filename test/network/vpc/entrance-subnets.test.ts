import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AuroraPostgres } from '../../../src/database/aurora-postgres';
import { FlowLogs } from '../../../src/network/vpc/flow-logs';
import { Ipv6 } from '../../../src/network/vpc/ipv6';
import { NatGateways } from '../../../src/network/vpc/nat-gateways';
import { NetworkAcls } from '../../../src/network/vpc/network-acls';
import { PrivateEndpoint } from '../../../src/network/vpc/private-endpoint';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { SecureVpcProps } from '../../../src/network/vpc/secure-vpc-props';
import { NetworkReachability } from '../../../src/reachability/network-reachability';
import { ACCOUNT, expectNoAnnotations, testStack } from '../../support/stacks';

const EVERYTHING: SecureVpcProps = {
  natGateways: NatGateways.perZone(), ipv6: Ipv6.egressOnly(), networkAcls: NetworkAcls.perTier(), endpoints: [PrivateEndpoint.STS, PrivateEndpoint.DYNAMODB],
  flowLogs: FlowLogs.parquetToS3(),
};
const LARGE_REGION = 'us-east-1';

function networkOf(stack: Stack, props?: SecureVpcProps): { vpc: ec2.IVpc; network: SecureVpc; entrance: ec2.ISubnet[] } {
  const network = new SecureVpc(stack, 'Network', props);
  return { network, vpc: network.vpc, entrance: network.vpc.selectSubnets(network.entranceSubnets).subnets };
}

/** Properties of all resources of a type that name one of the subnets or its route table. */
function naming(stack: Stack, type: string, subnets: ec2.ISubnet[]): unknown[] {
  const ids = subnets.flatMap(subnet => [subnet.subnetId, subnet.routeTable.routeTableId]).map(id => JSON.stringify(stack.resolve(id)));
  return Object.values(Template.fromStack(stack).findResources(type)).map(({ Properties }) => Properties)
    .filter(properties => ids.some(id => JSON.stringify(properties).includes(id)));
}

describe.each([['the defaults', {}], ['everything', EVERYTHING]])('with %s', (_, props) => {
  const stack = testStack();
  const { network, vpc, entrance } = networkOf(stack, props);
  network.tagForKarpenter('innovate');
  new AuroraPostgres(stack, 'Database', { vpc });

  test('no selection by type or name catches the entrance', () => {
    for (const selection of [
      {}, { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, network.applicationSubnets, network.dataSubnets,
    ]) {
      const caught = vpc.selectSubnets(selection).subnets;
      expect(caught).toHaveLength(3);
      entrance.forEach(subnet => expect(caught).not.toContain(subnet));
    }
    entrance.forEach(subnet => expect([...vpc.isolatedSubnets, ...vpc.privateSubnets, ...vpc.publicSubnets]).not.toContain(subnet));
    expect(() => vpc.selectSubnets({ subnetGroupName: 'entrance' })).toThrow(/no subnet groups with name 'entrance'/);
  });

  test('each zone has one, with a route table of its own that has the local route only', () => {
    expect(entrance.map(subnet => stack.resolve(subnet.availabilityZone))).toEqual(stack.resolve(vpc.availabilityZones));
    expect(naming(stack, 'AWS::EC2::SubnetRouteTableAssociation', entrance)).toEqual(entrance.map(subnet => ({
      SubnetId: stack.resolve(subnet.subnetId), RouteTableId: stack.resolve(subnet.routeTable.routeTableId),
    })));
    expect(naming(stack, 'AWS::EC2::Route', entrance)).toEqual([]);
    expect(naming(stack, 'AWS::EC2::VPCEndpoint', entrance)).toEqual([]);
    expect(naming(stack, 'AWS::EC2::NatGateway', entrance)).toEqual([]);
  });

  test('no controller places anything there', () => {
    const tagged = Object.values(Template.fromStack(stack).findResources('AWS::EC2::Subnet')).map(({ Properties }) => Properties)
      .filter(({ Tags }) => Tags.some(({ Value }: { Value: string }) => Value === 'entrance'));
    expect(tagged.map(({ MapPublicIpOnLaunch, Tags }) => [MapPublicIpOnLaunch, Tags.map(({ Key }: { Key: string }) => Key)]))
      .toEqual(entrance.map(() => [false, ['aws-cdk:subnet-name', 'aws-cdk:subnet-type', 'Name']]));
  });

  test('a database without a choice of subnets is not there', () => {
    expect(naming(stack, 'AWS::RDS::DBSubnetGroup', entrance)).toEqual([]);
    expect(naming(stack, 'AWS::RDS::DBSubnetGroup', vpc.isolatedSubnets)).toHaveLength(1);
  });

  test('the flow log has its traffic, as of the whole VPC, and nobody is warned', () => {
    expect(Object.values(Template.fromStack(stack).findResources('AWS::EC2::FlowLog')).map(({ Properties }) => [Properties.ResourceType, Properties.TrafficType]))
      .toEqual([['VPC', 'ALL']]);
    expectNoAnnotations(stack);
  });
});

test.each([16, 17, 18, 19, 20])('in a /%d each subnet has room for a load balancer that grows, on the boundary of its range, behind all other tiers', prefix => {
  const stack = testStack(LARGE_REGION);
  const { vpc, entrance } = networkOf(stack, { cidr: `10.0.0.0/${prefix}`, maxAzs: 6, natGateways: NatGateways.perZone() });
  const first = (cidr: string) => cidr.split('/')[0].split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const others = [...vpc.privateSubnets, ...vpc.isolatedSubnets, ...vpc.publicSubnets].map(({ ipv4CidrBlock }) => first(ipv4CidrBlock));
  expect(entrance).toHaveLength(6);
  for (const { ipv4CidrBlock } of entrance) {
    expect(ipv4CidrBlock).toMatch(/\/26$/);
    expect(first(ipv4CidrBlock) % 64).toBe(0);
    expect(first(ipv4CidrBlock)).toBeGreaterThan(Math.max(...others));
  }
});

test('a network from before the entrance keeps every resource as it is', () => {
  const [stack, older] = [testStack(), testStack()];
  networkOf(stack, EVERYTHING);
  const before = networkOf(older, EVERYTHING);
  before.network.node.tryRemoveChild('EntranceAcl');
  before.entrance.forEach(subnet => before.vpc.node.tryRemoveChild(subnet.node.id));
  const [now, then] = [stack, older].map(each => Object.entries(Template.fromStack(each).toJSON().Resources));
  const kept = new Map(then);
  const added = now.filter(([id]) => !kept.has(id)).map(([id]) => id);
  expect(added.filter(id => !/entranceSubnet|EntranceAcl/.test(id))).toEqual([]);
  expect(added).toHaveLength(3 * ['subnet', 'table', 'its association', 'IPv6 range', 'ACL association'].length + 1 + 5);
  expect(now.filter(([id]) => kept.has(id))).toEqual(then);
});

describe('what is put there', () => {
  function openEntrance(publicRoute: boolean): NetworkReachability {
    const app = new App();
    const stack = new Stack(app, 'Open', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    const { network, vpc, entrance } = networkOf(stack, { networkAcls: NetworkAcls.none() });
    const securityGroup = new ec2.SecurityGroup(stack, 'Everybody', { vpc });
    securityGroup.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443));
    const loadBalancer = new elbv2.CfnLoadBalancer(stack, 'LoadBalancer', {
      scheme: 'internet-facing', type: 'application', subnets: entrance.map(({ subnetId }) => subnetId), securityGroups: [securityGroup.securityGroupId],
    });
    new elbv2.CfnListener(stack, 'Listener', {
      loadBalancerArn: loadBalancer.ref, port: 443, protocol: 'HTTPS', defaultActions: [{ type: 'fixed-response', fixedResponseConfig: { statusCode: '200' } }],
    });
    if (publicRoute) {
      entrance.forEach((subnet, zone) => new ec2.CfnRoute(stack, `Public${zone}`, {
        routeTableId: subnet.routeTable.routeTableId, destinationCidrBlock: '0.0.0.0/0', gatewayId: (network.vpc as ec2.Vpc).internetGatewayId,
      }));
    }
    return NetworkReachability.of(app);
  }

  test('has no path from the internet, were it ever so open', () => expect(openEntrance(false).pathsFromInternet()).toEqual([]));

  test('has one once somebody adds a route', () => expect(openEntrance(true).pathsFromInternet()).not.toEqual([]));
});
