import { App, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { ForeignVpc, ForeignVpcProps } from '../../../src/network/vpc/foreign-vpc';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { FIRST_RUN_METADATA, RecordedStep } from '../../../src/private/first-run';
import { expectNoAnnotations, foreignVpc, testStack } from '../../support/stacks';

function imported(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
    vpcId: 'vpc-0123',
    vpcCidrBlock: '10.40.0.0/16',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-a', 'subnet-b'],
    privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
    isolatedSubnetIds: ['subnet-c', 'subnet-d'],
    isolatedSubnetRouteTableIds: ['rtb-c', 'rtb-c'],
  });
}

function ids(network: ForeignVpc): string[] {
  return network.findings.map(({ id }) => id);
}

function messages(stack: Stack, level: SynthesisMessageLevel): string[] {
  return (stack.node.root as App).synth().stacks.flatMap(artifact => artifact.messages).filter(message => message.level === level).map(({ entry }) => `${entry.data}`);
}

describe('a VPC of the app', () => {
  test('what is missing is a warning with the line that mends it', () => {
    const stack = testStack();
    const network = SecureVpc.fromVpc(stack, 'Network', { vpc: foreignVpc(stack) });
    expect(network.findings).toEqual([
      expect.objectContaining({ id: 'internal-load-balancer-tags', missing: true, code: expect.stringContaining("Tags.of(subnet).add('kubernetes.io/role/internal-elb', '1')") }),
      expect.objectContaining({ id: 's3-endpoint', missing: true, code: expect.stringContaining('vpc.addGatewayEndpoint') }),
    ]);
    expect(messages(stack, SynthesisMessageLevel.WARNING)).toEqual([
      expect.stringMatching(/Not so: the application subnets are tagged .* Mend it: Tags\.of.*Test\/ForeignVpc\/privateSubnet1/),
      expect.stringContaining('the application and data subnets have a gateway endpoint for S3'),
    ]);
  });

  test('what is added later counts, wherever it is added', () => {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    const network = SecureVpc.fromVpc(stack, 'Network', { vpc, karpenterCluster: 'innovate' });
    expect(ids(network)).toEqual(['internal-load-balancer-tags', 'karpenter-tags', 's3-endpoint']);
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    vpc.privateSubnets.forEach(subnet => Tags.of(subnet).add('kubernetes.io/role/internal-elb', '1'));
    Tags.of(stack).add('karpenter.sh/discovery', 'innovate');
    expectNoAnnotations(stack);
    expect(network.findings).toEqual([]);
  });

  test('an endpoint for S3 that the data subnets do not have is not enough, and a way out over IPv6 is one', () => {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3, subnets: [{ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }] });
    const network = SecureVpc.fromVpc(stack, 'Network', { vpc });
    expect(ids(network)).toContain('s3-endpoint');
    expect(ids(network)).not.toContain('isolated-data');
    new ec2.CfnRoute(stack, 'Out', { routeTableId: vpc.isolatedSubnets[0].routeTable.routeTableId, destinationIpv6CidrBlock: '::/0', natGatewayId: 'nat-0123' });
    expect(ids(network)).toContain('isolated-data');
  });

  test('one untagged subnet is named alone', () => {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    Tags.of(vpc.privateSubnets[0]).add('kubernetes.io/role/internal-elb', '1');
    const [finding] = SecureVpc.fromVpc(stack, 'Network', { vpc }).findings;
    expect(finding.code).toMatch(/for Test\/ForeignVpc\/privateSubnet2$/);
  });

  test.each<[string, (vpc: ec2.Vpc) => Partial<ForeignVpcProps>, string[]]>([
    ['public subnets for applications', () => ({ applicationSubnets: { subnetType: ec2.SubnetType.PUBLIC } }), ['no-internet-gateway-routes']],
    ['isolated subnets for applications', () => ({ applicationSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }), ['way-out']],
    ['private subnets for data', () => ({ dataSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } }), ['isolated-data']],
    ['a tag for public load balancers', vpc => {
      Tags.of(vpc.privateSubnets[1]).add('kubernetes.io/role/elb', '1');
      return {};
    }, ['no-public-load-balancer-tags']],
  ])('%s', (_, props, expected) => {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    expect(ids(SecureVpc.fromVpc(stack, 'Network', { vpc, ...props(vpc) }))).toEqual(expect.arrayContaining(expected));
  });

  test('without host names and internet gateway', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', {
      availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      enableDnsHostnames: false,
      createInternetGateway: false,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    });
    const network = SecureVpc.fromVpc(stack, 'Network', { vpc, applicationSubnets: { subnetGroupName: 'isolated' } });
    expect(ids(network)).toEqual(['internal-load-balancer-tags', 'way-out', 's3-endpoint', 'internet-gateway', 'dns-host-names']);
  });

  test('a network of this library lacks nothing', () => {
    const stack = testStack();
    const { vpc, applicationSubnets, dataSubnets } = new SecureVpc(stack, 'Own');
    expect(SecureVpc.fromVpc(stack, 'Network', { vpc, applicationSubnets, dataSubnets }).findings).toEqual([]);
  });
});

describe('an imported VPC', () => {
  const stack = testStack();
  const network = SecureVpc.fromVpc(stack, 'Network', { vpc: imported(stack), karpenterCluster: 'innovate' });

  test('each requirement has the commands that ask and mend, and none is said to be missing', () => {
    expect(network.findings.map(({ id, missing, code }) => [id, missing, code])).toEqual([
      'internal-load-balancer-tags', 'no-public-load-balancer-tags', 'karpenter-tags', 'way-out', 'no-internet-gateway-routes', 'isolated-data', 's3-endpoint',
      'internet-gateway', 'dns-host-names',
    ].map(id => [id, false, undefined]));
  });

  test.each([
    ['internal-load-balancer-tags',
      'aws ec2 describe-subnets --subnet-ids subnet-a subnet-b --query "length(Subnets[?Tags[?Key==\'kubernetes.io/role/internal-elb\' && Value==\'1\']])" --output json', '2',
      ['aws ec2 create-tags --resources subnet-a subnet-b --tags Key=kubernetes.io/role/internal-elb,Value=1']],
    ['way-out',
      'aws ec2 describe-route-tables --route-table-ids rtb-a rtb-b --query '
        + '"length(RouteTables[?Routes[?DestinationCidrBlock==\'0.0.0.0/0\' && State==\'active\']])" --output json', '2',
      ['rtb-a', 'rtb-b'].map(id => `aws ec2 create-route --route-table-id ${id} --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <nat-gateway-id>`)],
    ['isolated-data',
      'aws ec2 describe-route-tables --route-table-ids rtb-c --query "length(RouteTables[?Routes[?DestinationCidrBlock==\'0.0.0.0/0\' || DestinationIpv6CidrBlock==\'::/0\']])" --output json', '0',
      ['aws ec2 delete-route --route-table-id rtb-c --destination-cidr-block 0.0.0.0/0']],
    ['s3-endpoint',
      'aws ec2 describe-vpc-endpoints --filters Name=vpc-id,Values=vpc-0123 Name=service-name,Values=com.amazonaws.eu-west-1.s3 '
        + 'Name=vpc-endpoint-type,Values=Gateway --query "length(VpcEndpoints[].RouteTableIds[] | [?@==\'rtb-a\' || @==\'rtb-b\' || @==\'rtb-c\'])" --output json', '3',
      ['aws ec2 create-vpc-endpoint --vpc-id vpc-0123 --vpc-endpoint-type Gateway --service-name com.amazonaws.eu-west-1.s3 --route-table-ids rtb-a rtb-b rtb-c']],
  ])('%s', (id, check, expected, commands) => {
    expect(network.findings.find(finding => finding.id === id)).toMatchObject({ check, expected, commands });
  });

  test('the first-run checklist asks AWS, and mends by itself what only adds', () => {
    const steps: Record<string, RecordedStep> = Template.fromStack(stack).toJSON().Metadata[FIRST_RUN_METADATA];
    expect(Object.keys(steps)).toEqual(network.findings.map(({ id }) => `vpc-${id}-Test/Network`));
    expect(steps['vpc-internal-load-balancer-tags-Test/Network']).toMatchObject({
      title: 'The application subnets are tagged for internal load balancers',
      check: { command: expect.arrayContaining(['ec2', 'describe-subnets', '--query']), expected: '2' },
      commands: [['ec2', 'create-tags', '--resources', 'subnet-a', 'subnet-b', '--tags', 'Key=kubernetes.io/role/internal-elb,Value=1']],
      beforeDeployment: true,
    });
    for (const id of ['no-public-load-balancer-tags', 'way-out', 'no-internet-gateway-routes', 'isolated-data', 'internet-gateway']) {
      expect(steps[`vpc-${id}-Test/Network`]).toMatchObject({ manual: expect.stringMatching(/^`aws ec2 [^`]*`/) });
      expect(steps[`vpc-${id}-Test/Network`].commands).toBeUndefined();
    }
  });

  test('a step whose ids only the deployment knows is told and not asked for', () => {
    const other = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(other, 'Imported', {
      vpcId: 'vpc-0123', availabilityZones: ['eu-west-1a', 'eu-west-1b'],
      privateSubnetIds: ['subnet-a', 'subnet-b'], isolatedSubnetIds: ['subnet-c', 'subnet-d'],
    });
    SecureVpc.fromVpc(other, 'Network', { vpc });
    expect(Object.keys(Template.fromStack(other).toJSON().Metadata[FIRST_RUN_METADATA])).toEqual(
      ['internal-load-balancer-tags', 'no-public-load-balancer-tags', 'internet-gateway', 'dns-host-names'].map(id => `vpc-${id}-Test/Network`));
  });

  test('it is told, not warned of', () => {
    expectNoAnnotations(stack);
    expect(messages(stack, SynthesisMessageLevel.INFO)).toHaveLength(9);
  });

  test('what the app adds is known', () => {
    const other = testStack();
    const vpc = imported(other);
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    new ec2.CfnRoute(other, 'Open', { routeTableId: 'rtb-a', destinationCidrBlock: '0.0.0.0/0', gatewayId: 'igw-0123' });
    const { findings } = SecureVpc.fromVpc(other, 'Network', { vpc });
    expect(findings.map(({ id }) => id)).not.toContain('s3-endpoint');
    expect(findings.find(({ id }) => id === 'no-internet-gateway-routes')).toMatchObject({ missing: true });
  });
});

test.each<[string, Partial<ForeignVpcProps>, RegExp]>([
  ['no data subnets', { dataSubnets: { subnetGroupName: 'Data' } }, /`dataSubnets` is 0, but that is how many zones the selected subnets are in/],
  ['applications in one zone', { applicationSubnets: { availabilityZones: ['eu-west-1a'] } }, /`applicationSubnets` is 1, but that is how many zones/],
])('%s is refused', (_, props, message) => {
  const stack = testStack();
  expect(() => SecureVpc.fromVpc(stack, 'Network', { vpc: imported(stack), ...props })).toThrow(message);
});
