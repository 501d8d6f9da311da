import { App, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DataPerimeter } from '../../../src/network/vpc/data-perimeter';
import { DnsQueryLogs } from '../../../src/network/vpc/dns-query-logs';
import { FlowLogs } from '../../../src/network/vpc/flow-logs';
import { Ipv6 } from '../../../src/network/vpc/ipv6';
import { NatGateways } from '../../../src/network/vpc/nat-gateways';
import { NetworkAcls } from '../../../src/network/vpc/network-acls';
import { PrivateEndpoint } from '../../../src/network/vpc/private-endpoint';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { SecureVpcProps } from '../../../src/network/vpc/secure-vpc-props';
import { VpcBlockPublicAccess } from '../../../src/network/vpc/vpc-block-public-access';
import { createOnly } from '../../support/replacements';
import { ACCOUNT, expectNoAnnotations, REGION, testStack } from '../../support/stacks';

function synthesize(props?: SecureVpcProps, region?: string): { stack: Stack; network: SecureVpc; template: Template } {
  const stack = testStack(region);
  const network = new SecureVpc(stack, 'Network', props);
  return { stack, network, template: Template.fromStack(stack) };
}

/** The one region with six zones. */
const LARGE_REGION = 'us-east-1';

/** Logical id to CIDR of every subnet. */
function subnetCidrs(template: Template): Record<string, string> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::EC2::Subnet')).map(([id, { Properties }]) => [id, Properties.CidrBlock]));
}

function defaultRoutes(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::EC2::Route', { Properties: { DestinationCidrBlock: '0.0.0.0/0' } })).map(route => route.Properties);
}

describe('with the defaults', () => {
  const { stack, network, template } = synthesize();

  test('it spans three zones with a subnet for applications, data and the entrance each, and no public subnet', () => {
    expect(Object.values(subnetCidrs(template)).sort()).toEqual([
      '10.0.0.0/19', '10.0.192.0/22', '10.0.196.0/22', '10.0.200.0/22', '10.0.217.128/26', '10.0.217.192/26', '10.0.218.0/26', '10.0.32.0/19', '10.0.64.0/19',
    ]);
    expect(network.vpc.publicSubnets).toEqual([]);
    expect(network.vpc.selectSubnets(network.applicationSubnets).subnets).toHaveLength(3);
    expect(network.vpc.selectSubnets(network.dataSubnets).subnets).toHaveLength(3);
    expect(network.vpc.selectSubnets(network.entranceSubnets).subnets).toHaveLength(3);
  });

  test('its zones are the first of the region, without a look-up', () => {
    expect(stack.resolve(network.vpc.availabilityZones)).toEqual([0, 1, 2].map(zone => ({ 'Fn::Select': [zone, { 'Fn::GetAZs': '' }] })));
    const app = new App();
    new SecureVpc(new Stack(app, 'Network', { env: { account: ACCOUNT, region: REGION } }), 'Network');
    expect(app.synth().manifest.missing).toBeUndefined();
  });

  test('the stack can still tell its own zones', () => {
    expect(stack.availabilityZones.length).toBeGreaterThan(0);
  });

  test('one regional NAT gateway takes what leaves the application subnets, after the internet gateway is attached', () => {
    const gateways = template.findResources('AWS::EC2::NatGateway');
    expect(Object.keys(gateways)).toHaveLength(1);
    const [[id, gateway]] = Object.entries(gateways);
    expect(gateway.Properties).toMatchObject({ AvailabilityMode: 'regional', ConnectivityType: 'public', VpcId: stack.resolve(network.vpc.vpcId) });
    expect(gateway.Properties).not.toHaveProperty('SubnetId');
    expect(gateway.Properties).not.toHaveProperty('AllocationId');
    expect(gateway.DependsOn).toEqual(Object.keys(template.findResources('AWS::EC2::VPCGatewayAttachment')));
    const applicationTables = network.vpc.selectSubnets(network.applicationSubnets).subnets.map(subnet => stack.resolve(subnet.routeTable.routeTableId));
    expect(defaultRoutes(template)).toEqual(applicationTables.map(RouteTableId => ({
      DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: { Ref: id }, RouteTableId,
    })));
    template.resourceCountIs('AWS::EC2::EIP', 0);
  });

  test('the flow log has all traffic, in an encrypted log group with a retention', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      ResourceType: 'VPC', TrafficType: 'ALL', MaxAggregationInterval: 60, LogGroupName: stack.resolve(network.flowLogGroup!.logGroupName),
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: stack.resolve(network.encryptionKey.keyArn), RetentionInDays: 365 });
  });

  test('only flow logs of this account take the role, which writes to that log group alone', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [Match.objectLike({
          Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnLike: { 'aws:SourceArn': Match.anyValue() } },
        })],
      },
    });
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: {
        Statement: [{
          Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Effect: 'Allow',
          Resource: stack.resolve(network.flowLogGroup!.logGroupArn),
        }],
      },
    });
    template.resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('the default security group is closed and there is no other', () => {
    template.resourceCountIs('Custom::VpcRestrictDefaultSG', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('only application subnets are offered to internal load balancers', () => {
    const tagged = template.findResources('AWS::EC2::Subnet', {
      Properties: { Tags: Match.arrayWith([{ Key: 'kubernetes.io/role/internal-elb', Value: '1' }]) },
    });
    expect(Object.values(tagged).map(subnet => subnet.Properties.CidrBlock)).toEqual(['10.0.0.0/19', '10.0.32.0/19', '10.0.64.0/19']);
  });

  test('S3 is reached past the NAT gateway from the application and the data subnets', () => {
    const { subnets } = network.vpc.selectSubnets();
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      VpcEndpointType: 'Gateway',
      RouteTableIds: [...subnets, ...network.vpc.isolatedSubnets].map(subnet => stack.resolve(subnet.routeTable.routeTableId)),
    });
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('every choice at once', () => {
  const stack = testStack(LARGE_REGION);
  const encryptionKey = new kms.Key(stack, 'Key');
  const network = new SecureVpc(stack, 'Network', {
    cidr: '172.16.16.0/20',
    connectedCidrs: ['10.0.0.0/16'],
    maxAzs: 6,
    natGateways: NatGateways.perZone(),
    ipv6: Ipv6.egressOnly(),
    networkAcls: NetworkAcls.perTier(),
    blockPublicAccess: VpcBlockPublicAccess.accountIngress(),
    endpoints: PrivateEndpoint.forPrivateCluster(),
    dataPerimeter: DataPerimeter.organization('o-a1b2c3d4e5'),
    flowLogs: FlowLogs.cloudWatch(),
    dnsQueryLogs: DnsQueryLogs.cloudWatch(),
    encryptionKey,
    logRetention: logs.RetentionDays.ONE_MONTH,
  });
  const template = Template.fromStack(stack);
  const cidrs = Object.values(subnetCidrs(template));
  expect(cidrs).toHaveLength(24);
  expect(cidrs).toEqual(expect.arrayContaining(['172.16.16.0/23', '172.16.26.0/23', '172.16.28.0/26', '172.16.29.64/26', '172.16.29.128/28', '172.16.29.208/28', '172.16.30.0/26', '172.16.31.64/26']));
  template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  template.resourceCountIs('AWS::EC2::NatGateway', 6);
  expect(network.encryptionKey).toBe(encryptionKey);
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: stack.resolve(encryptionKey.keyArn), RetentionInDays: 30 });
  expectNoAnnotations(stack);
});

describe('NAT gateways', () => {
  test.each([
    ['single', NatGateways.single(), 1, 3, 6],
    ['perZone', NatGateways.perZone(), 3, 3, 6],
    ['none', NatGateways.none(), 0, 0, 0],
  ])('%s', (_, natGateways, gateways, egressSubnets, routes) => {
    const { network, template } = synthesize({ natGateways });
    template.resourceCountIs('AWS::EC2::NatGateway', gateways);
    expect(network.vpc.publicSubnets).toHaveLength(egressSubnets);
    expect(defaultRoutes(template)).toHaveLength(routes);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  test.each([
    ['regional', NatGateways.regional()], ['single', NatGateways.single()], ['perZone', NatGateways.perZone()], ['none', NatGateways.none()],
  ])('%s: data subnets have no default route', (_, natGateways) => {
    const { stack, network, template } = synthesize({ natGateways });
    const routed = defaultRoutes(template).map(route => route.RouteTableId);
    for (const subnet of network.vpc.isolatedSubnets) {
      expect(routed).not.toContainEqual(stack.resolve(subnet.routeTable.routeTableId));
    }
  });
});

describe('the address plan', () => {
  test.each<[string, SecureVpcProps, SecureVpcProps]>([
    ['a third zone', { maxAzs: 2 }, { maxAzs: 3 }],
    ['all zones', { maxAzs: 2 }, { maxAzs: 6 }],
    ['zonal NAT gateways', {}, { natGateways: NatGateways.perZone() }],
    ['another zone with an egress subnet', { maxAzs: 2, natGateways: NatGateways.perZone() }, { maxAzs: 3, natGateways: NatGateways.perZone() }],
  ])('%s moves no subnet and renames none', (_, before, after) => {
    expect(subnetCidrs(synthesize(after, LARGE_REGION).template)).toMatchObject(subnetCidrs(synthesize(before, LARGE_REGION).template));
  });

  test.each<[string, SecureVpcProps, SecureVpcProps]>([
    ['a third zone', { maxAzs: 2 }, { maxAzs: 3 }],
    ['a third zone, with everything',
      { maxAzs: 2, ipv6: Ipv6.egressOnly(), networkAcls: NetworkAcls.perTier(), endpoints: PrivateEndpoint.forPrivateCluster() },
      { maxAzs: 3, ipv6: Ipv6.egressOnly(), networkAcls: NetworkAcls.perTier(), endpoints: PrivateEndpoint.forPrivateCluster() }],
    ['IPv6', {}, { ipv6: Ipv6.egressOnly() }],
    ['IPv6 beside network ACLs', { networkAcls: NetworkAcls.perTier() }, { networkAcls: NetworkAcls.perTier(), ipv6: Ipv6.egressOnly() }],
    ['one more tier', {}, { natGateways: NatGateways.perZone() }],
    ['network ACLs', {}, { networkAcls: NetworkAcls.perTier() }],
    ['one more endpoint', { endpoints: [PrivateEndpoint.KMS] }, { endpoints: [PrivateEndpoint.STS, PrivateEndpoint.KMS, PrivateEndpoint.DYNAMODB] }],
    ['a block of public access', {}, { blockPublicAccess: VpcBlockPublicAccess.accountIngress() }],
    ['DNS query logs', {}, { dnsQueryLogs: DnsQueryLogs.s3() }],
  ])('%s replaces nothing', (_, before, after) => {
    const updated = synthesize(after).template.toJSON().Resources;
    const kept = Object.entries<any>(synthesize(before).template.toJSON().Resources).filter(([id, { Type }]) =>
      // of a NAT gateway and its way out another one takes over; everything else has to stay
      before.natGateways === after.natGateways || Type !== 'AWS::EC2::NatGateway' || updated[id]);
    expect(kept.length).toBeGreaterThan(20);
    for (const [id, { Type, Properties = {} }] of kept) {
      expect(updated).toHaveProperty([id, 'Type'], Type);
      for (const property of createOnly(Type)) { expect([id, property, updated[id].Properties?.[property]]).toEqual([id, property, Properties[property]]); }
    }
  });

  test('the check of replacements knows what replaces', () => {
    expect(createOnly('AWS::EC2::Subnet')).toEqual(expect.arrayContaining(['AvailabilityZone', 'CidrBlock', 'Ipv6CidrBlock', 'VpcId']));
  });

  test('other NAT gateways change the default routes in place', () => {
    const [before, after] = [{}, { natGateways: NatGateways.perZone() }].map(props => Object.keys(synthesize(props).template.findResources('AWS::EC2::Route')));
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test.each([16, 17, 18, 19, 20])('six zones of every tier fit into a /%d without overlap', prefix => {
    const { template } = synthesize({ cidr: `10.0.0.0/${prefix}`, maxAzs: 6, natGateways: NatGateways.perZone() }, LARGE_REGION);
    const ranges = Object.values(subnetCidrs(template)).map(cidr => {
      const [address, length] = cidr.split('/');
      const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
      expect(Number(length)).toBeLessThanOrEqual(28);
      return [first, first + 2 ** (32 - Number(length))];
    }).sort(([a], [b]) => a - b);
    ranges.slice(1).forEach(([first], index) => expect(first).toBeGreaterThanOrEqual(ranges[index][1]));
    expect(ranges[ranges.length - 1][1]).toBeLessThanOrEqual(10 * 2 ** 24 + 2 ** (32 - prefix));
  });
});

test.each<[string, SecureVpcProps, RegExp]>([
  ['no CIDR', { cidr: '10.0.0.0' }, /`cidr` is "10.0.0.0", but it is not an IPv4 range in CIDR notation/],
  ['host bits', { cidr: '10.0.0.1/16' }, /`cidr` is "10.0.0.1\/16", but/],
  ['a public range', { cidr: '52.0.0.0/16' }, /it is not inside a private range/],
  ['too large', { cidr: '10.0.0.0/15' }, /prefix between \/16 and \/20/],
  ['too small', { cidr: '10.0.0.0/21' }, /prefix between \/16 and \/20/],
  ['a token for the range', { cidr: Lazy.string({ produce: () => '10.0.0.0/16' }) }, /`cidr` is .* made at synthesis/],
  ['one zone', { maxAzs: 1 }, /`maxAzs` is 1, but it has to be between 2 and 6 zones/],
  ['seven zones', { maxAzs: 7 }, /`maxAzs` is 7/],
  ['more zones than the region has', { maxAzs: 4 }, /`maxAzs` is 4, but eu-west-1 has 3 zones. Give a number of zones from 2 to 3/],
  ['a connected range that overlaps', { connectedCidrs: ['10.1.0.0/16', '10.0.128.0/17'] }, /`connectedCidrs\[1\]` is "10.0.128.0\/17", but it overlaps `cidr`, 10.0.0.0\/16/],
  ['a connected range that is none', { connectedCidrs: ['office'] }, /`connectedCidrs\[0\]` is "office", but it is not an IPv4 range/],
  ['NAT without an internet gateway', { internetGateway: false }, /`internetGateway` is false, but NAT gateways need one/],
  ['a block that stops NAT', { blockPublicAccess: VpcBlockPublicAccess.accountBidirectional({ excludeVpc: false }) },
    /`blockPublicAccess` is .* has a NAT or an egress-only gateway/],
  ['a wrong organization', { dataPerimeter: DataPerimeter.organization('Innovate') }, /`dataPerimeter` is "Innovate", but it is not the id of an organization/],
  ['an endpoint with a wrong name', { endpoints: [PrivateEndpoint.of('my endpoint', ec2.InterfaceVpcEndpointAwsService.SNS)] }, /`endpoints` is "my endpoint"/],
  ['two endpoints of one name', {
    endpoints: [PrivateEndpoint.of('Bus', ec2.InterfaceVpcEndpointAwsService.SNS), PrivateEndpoint.of('Bus', ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE)],
  }, /`endpoints\[1\]` is "Bus", but another endpoint has this name/],
  ['an endpoint that takes the name of S3\'s', { endpoints: [PrivateEndpoint.of('S3', ec2.InterfaceVpcEndpointAwsService.SNS)] },
    /`endpoints\[0\]` is "S3", but another endpoint has this name/],
  ['leading zeros', { cidr: '010.0.0.0/16' }, /`cidr` is "010.0.0.0\/16", but it is not an IPv4 range/],
  ['half a zone', { maxAzs: 2.5 }, /`maxAzs` is 2.5/],
  ['a token for the zones', { maxAzs: Token.asNumber({ Ref: 'Zones' }) }, /`maxAzs` is .* made at synthesis/],
])('%s is refused before anything is made', (_, props, message) => {
  const stack = testStack();
  expect(() => new SecureVpc(stack, 'Network', props)).toThrow(message);
  expect(stack.node.findChild('Network').node.children).toEqual([]);
});

test('it gives the same template twice', () => {
  expect(synthesize().template.toJSON()).toEqual(synthesize().template.toJSON());
});

test('an unknown region is not asked how many zones it has', () => {
  expect(() => new SecureVpc(new Stack(), 'Network', { maxAzs: 6 })).not.toThrow();
});

test('without NAT the VPC can do without an internet gateway', () => {
  const { template } = synthesize({ natGateways: NatGateways.none(), internetGateway: false });
  template.resourceCountIs('AWS::EC2::InternetGateway', 0);
  template.resourceCountIs('AWS::EC2::VPCGatewayAttachment', 0);
  synthesize({ natGateways: NatGateways.none() }).template.resourceCountIs('AWS::EC2::VPCGatewayAttachment', 1);
});

describe('the tag of Karpenter', () => {
  test('is on the application subnets', () => {
    const stack = testStack();
    const network = new SecureVpc(stack, 'Network');
    network.tagForKarpenter('innovate-staging');
    network.tagForKarpenter('innovate-staging');
    const tagged = Template.fromStack(stack).findResources('AWS::EC2::Subnet', {
      Properties: { Tags: Match.arrayWith([{ Key: 'karpenter.sh/discovery', Value: 'innovate-staging' }]) },
    });
    expect(Object.values(tagged).map(subnet => subnet.Properties.CidrBlock)).toEqual(['10.0.0.0/19', '10.0.32.0/19', '10.0.64.0/19']);
  });

  test('is of one cluster, and written out', () => {
    const network = new SecureVpc(testStack(), 'Network');
    network.tagForKarpenter('blue');
    expect(() => network.tagForKarpenter('green')).toThrow(/`clusterName` is "green", but the subnets are tagged for "blue" already/);
    expect(() => network.tagForKarpenter(Token.asString({ Ref: 'Cluster' }))).toThrow(/depend on its own cluster/);
  });
});
