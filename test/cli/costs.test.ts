import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnCondition, CfnParameter, CfnResource, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { temporaryDirectory } from './local-assembly';
import { readStacks } from '../../src/cli/assembly';
import { CostRow, Estimate, estimate } from '../../src/cli/costs/estimate';
import * as table from '../../src/cli/costs/prices.json';
import { BILLED_BY_USE, FREE } from '../../src/cli/costs/uses';
import { BastionHost } from '../../src/network/bastion/bastion-host';
import { VendorBastion } from '../../src/network/bastion/vendor-bastion';
import { VendorTarget } from '../../src/network/bastion/vendor-target';
import { NatGateways } from '../../src/network/vpc/nat-gateways';
import { PrivateEndpoint } from '../../src/network/vpc/private-endpoint';
import { SecureVpc } from '../../src/network/vpc/secure-vpc';

const ROOT = path.join(__dirname, '..', '..');
const directory = temporaryDirectory();
let assemblies = 0;

/** Synthesizes a stack and works out what it costs. */
function costsOf(fill: (stack: Stack) => void, { region = 'eu-west-1', option }: { region?: string; option?: string } = {}): Estimate {
  const outdir = path.join(directory, `cdk.out-${assemblies++}`);
  const app = new App({ outdir });
  fill(new Stack(app, 'Test', region === 'unknown' ? {} : { env: { account: '222222222222', region } }));
  app.synth();
  return estimate(readStacks(outdir), option);
}

function rowsOf({ environments }: Estimate): CostRow[] {
  return environments.flatMap(({ stacks }) => stacks).flatMap(({ items }) => items);
}

/** `item: quantity, dollars` of each row; what could not be counted with its reason. */
function summary(result: Estimate): string[] {
  return rowsOf(result).map(({ item, quantity, monthlyUsd, problem }) => `${item}: ${monthlyUsd === undefined ? problem : `${quantity}, $${monthlyUsd}`}`);
}

/** The rows of single resources, by their types and properties. */
function costsOfResources(resources: Record<string, [string, object?]>, region?: string): string[] {
  return summary(costsOf(stack => {
    for (const [id, [type, properties]] of Object.entries(resources)) { new CfnResource(stack, id, { type, properties }); }
  }, { region }));
}

function network(stack: Stack, zones: number, natGateways: NatGateways, endpoints: PrivateEndpoint[] = []): SecureVpc {
  return new SecureVpc(stack, 'Network', { maxAzs: zones, natGateways, endpoints });
}

describe('networks', () => {
  test.each([
    // 10 endpoints × zones × $0.011 × 730 h
    [2, '20, $160.6'],
    [3, '30, $240.9'],
  ])('interface endpoints are billed in each of %i zones', (zones, expected) => {
    const rows = summary(costsOf(stack => network(stack, zones, NatGateways.none(), PrivateEndpoint.forPrivateCluster())));
    expect(rows).toContain(`Interface endpoint: ${expected}`);
    expect(rows).toContain('Gateway endpoint: 1, $0');
  });

  test.each<[string, NatGateways, string[]]>([
    // $0.048 × 730 h = $35.04 a zone; an address $0.005 × 730 h = $3.65
    ['regional', NatGateways.regional(), ['Public IPv4 address: 3, $10.95', 'Regional NAT gateway: 3, $105.12']],
    ['perZone', NatGateways.perZone(), ['NAT gateway: 3, $105.12', 'Public IPv4 address: 3, $10.95']],
    ['single', NatGateways.single(), ['NAT gateway: 1, $35.04', 'Public IPv4 address: 1, $3.65']],
    ['none', NatGateways.none(), []],
  ])('NAT gateways: %s', (_, natGateways, expected) => {
    const rows = summary(costsOf(stack => network(stack, 3, natGateways)));
    expect(rows.filter(row => /NAT|IPv4/.test(row))).toEqual(expected);
  });

  test('a regional NAT gateway of two zones', () => {
    expect(summary(costsOf(stack => network(stack, 2, NatGateways.regional())))).toContain('Regional NAT gateway: 2, $70.08');
  });

  test.each<[string, Record<string, [string, object?]>, string[]]>([
    ['a regional NAT gateway with addresses of its own', {
      Nat: ['AWS::EC2::NatGateway', { AvailabilityMode: 'regional', VpcId: 'vpc-1', AvailabilityZoneAddresses: [{ AllocationIds: ['eipalloc-1'] }] }],
    }, ['Regional NAT gateway: 1, $35.04']],
    ['a regional NAT gateway of somebody else\'s VPC', { Nat: ['AWS::EC2::NatGateway', { AvailabilityMode: 'regional', VpcId: 'vpc-1' }] }, [
      'Public IPv4 address: the subnets of its VPC are not in the same template',
      'Regional NAT gateway: the subnets of its VPC are not in the same template',
    ]],
    ['an endpoint whose subnets another stack knows', {
      Endpoint: ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: Fn.split(',', Fn.importValue('Subnets')) }],
    }, ['Interface endpoint: its subnets are not in the template']],
    ['an endpoint for a firewall', { Endpoint: ['AWS::EC2::VPCEndpoint', { VpcEndpointType: 'GatewayLoadBalancer' }] }, ['GatewayLoadBalancer endpoint: no price known']],
    ['an endpoint that says nothing is a gateway', { Endpoint: ['AWS::EC2::VPCEndpoint', { ServiceName: 'com.amazonaws.eu-west-1.s3' }] }, ['Gateway endpoint: 1, $0']],
    ['addresses', { Address: ['AWS::EC2::EIP'] }, ['Public IPv4 address: 1, $3.65']],
    // $0.0252 × 730 h
    ['an internal load balancer', { Balancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' }] }, ['Application Load Balancer: 1, $18.4']],
    ['a public network load balancer', { Balancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network', Subnets: ['a', 'b'] }] }, [
      'Network Load Balancer: 1, $18.4', 'Public IPv4 address: 2, $7.3',
    ]],
    ['a public load balancer with its own addresses', {
      Balancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network', SubnetMappings: [{ SubnetId: 'a', AllocationId: 'eipalloc-1' }] }],
    }, ['Network Load Balancer: 1, $18.4']],
    ['a gateway load balancer', { Balancer: ['AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'gateway', Scheme: 'internal' }] }, ['Load balancer of type gateway: no price known']],
  ])('%s', (_, resources, expected) => {
    expect(costsOfResources(resources)).toEqual(expected);
  });
});

describe('the vendor bastion', () => {
  function costsOfBastion(host: BastionHost): string[] {
    return summary(costsOf(stack => {
      const { vpc } = network(stack, 2, NatGateways.none());
      new VendorBastion(stack, 'Bastion', { vpc, host, vendors: [], developers: [{ permissionSet: 'Developer', targets: [VendorTarget.host('reports', '10.0.80.17', 8443)] }] });
    })).filter(row => /Instance|volume|Task/.test(row));
  }

  test('an instance with its disk', () => {
    // $0.0046 × 730 h; 8 GiB × $0.088
    expect(costsOfBastion(BastionHost.instance())).toEqual(['EBS volume gp3: 8, $0.7', 'Instance t4g.nano: 1, $3.36']);
  });

  test('a container', () => {
    // a quarter of $0.03238 × 730 h; half of $0.00356 × 730 h
    expect(costsOfBastion(BastionHost.container())).toEqual(['Task memory, ARM: 0.5, $1.3', 'Task vCPU, ARM: 0.25, $5.91']);
  });
});

describe('machines and containers', () => {
  const disk = (Ebs: object) => ({ DeviceName: '/dev/xvda', Ebs });
  const launchTemplate = (data: object): [string, object] => ['AWS::EC2::LaunchTemplate', { LaunchTemplateData: data }];
  const group = (properties: object): [string, object] =>
    ['AWS::AutoScaling::AutoScalingGroup', { LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } }, ...properties }];
  const nodes = (properties: object): [string, object] => ['AWS::EKS::Nodegroup', { ScalingConfig: { MinSize: 2, DesiredSize: 3 }, ...properties }];
  const task = (properties: object): [string, object] => ['AWS::ECS::TaskDefinition', { Cpu: '1024', Memory: '2048', ...properties }];
  const service = (properties: object = {}): [string, object] => ['AWS::ECS::Service', { LaunchType: 'FARGATE', TaskDefinition: { Ref: 'Task' }, ...properties }];

  test.each<[string, Record<string, [string, object?]>, string[]]>([
    ['a group that scales counts with its minimum', {
      Template: launchTemplate({ InstanceType: 'm7g.large', BlockDeviceMappings: [disk({ VolumeSize: '10', VolumeType: 'gp3' }), disk({ VolumeSize: 5 })] }),
      Group: group({ MinSize: '2', MaxSize: '9' }),
      // 2 × $0.091 × 730 h; 20 GiB × $0.088; 10 GiB × $0.11
    }, ['EBS volume gp2: 10, $1.1', 'EBS volume gp3: 20, $1.76', 'Instance m7g.large: 2, $132.86']],
    ['a group with public addresses, whose disk is the image\'s', {
      Template: launchTemplate({ InstanceType: 't4g.nano', NetworkInterfaces: [{ AssociatePublicIpAddress: true, DeviceIndex: 0 }] }),
      Group: group({ MinSize: '1', MaxSize: '1' }),
    }, ['Instance t4g.nano: 1, $3.36', 'Root volume: its size is the image\'s', 'Public IPv4 address: 1, $3.65']],
    ['Spot has no price', {
      Template: launchTemplate({ InstanceType: 't4g.nano', InstanceMarketOptions: { MarketType: 'spot' }, BlockDeviceMappings: [disk({ VolumeSize: 8, VolumeType: 'gp3' })] }),
      Group: group({ MinSize: '1', MaxSize: '1' }),
    }, ['EBS volume gp3: 8, $0.7', 'Spot instance t4g.nano: no price known']],
    ['a group of unknown size', {
      Template: launchTemplate({ InstanceType: 't4g.nano', BlockDeviceMappings: [disk({ VolumeSize: 8, VolumeType: 'gp3' })] }),
      Group: group({ MinSize: Fn.importValue('Size') }),
    }, ['EBS volume gp3: the size is not in the template', 'Instance t4g.nano: the number of instances is not in the template']],
    ['a group whose launch template is elsewhere', { Group: group({ LaunchTemplate: { LaunchTemplateId: 'lt-1' }, MinSize: '1' }) }, [
      'Instances of an auto scaling group: it has no launch template in the same template',
    ]],
    ['an instance whose price the table lacks', { Instance: ['AWS::EC2::Instance', { InstanceType: 'x9z.huge', BlockDeviceMappings: [disk({ VolumeSize: 1, VolumeType: 'io2' })] }] }, [
      'EBS volume io2: no price known', 'Instance x9z.huge: no price known in eu-west-1',
    ]],
    ['an instance of a launch template', {
      Template: launchTemplate({ InstanceType: 't4g.nano', BlockDeviceMappings: [disk({ VolumeSize: 8, VolumeType: 'gp3' })] }),
      Instance: ['AWS::EC2::Instance', { LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' }, Version: '1' } }],
    }, ['EBS volume gp3: 8, $0.7', 'Instance t4g.nano: 1, $3.36']],
    ['a volume', { Volume: ['AWS::EC2::Volume', { Size: 100, VolumeType: 'gp3' }] }, ['EBS volume gp3: 100, $8.8']],
    // $0.10 × 730 h
    ['a cluster', { Cluster: ['AWS::EKS::Cluster'] }, ['Cluster, standard support: 1, $73']],
    ['nodes of one type', {
      Template: launchTemplate({ BlockDeviceMappings: [disk({ VolumeSize: 20, VolumeType: 'gp3' })] }),
      Nodes: nodes({ InstanceTypes: ['m7g.large'], LaunchTemplate: { Id: { Ref: 'Template' } } }),
    }, ['EBS volume gp3: 40, $3.52', 'Instance m7g.large: 2, $132.86']],
    // 2 × $0.0456 × 730 h; 2 × 20 GiB
    ['nodes of EKS\'s choice', { Nodes: nodes({}) }, ['EBS volume gp3: 40, $3.52', 'Instance t3.medium: 2, $66.58']],
    ['nodes of several types', { Nodes: nodes({ InstanceTypes: ['m7g.large', 'c7g.large'] }) }, [
      'EBS volume gp3: 40, $3.52', 'Instance whose type is not in the template: no price known',
    ]],
    ['Spot nodes', { Nodes: nodes({ CapacityType: 'SPOT', InstanceTypes: ['m7g.large'] }) }, ['EBS volume gp3: 40, $3.52', 'Spot instance m7g.large: no price known']],
    // 3 × $0.04048 × 730 h; 6 × $0.004445 × 730 h
    ['tasks on x86 with public addresses', {
      Task: task({}), Service: service({ DesiredCount: 3, NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'ENABLED' } } }),
    }, ['Task memory, x86: 6, $19.47', 'Task vCPU, x86: 3, $88.65', 'Public IPv4 address: 3, $10.95']],
    ['a service has one task where it says nothing', { Task: task({ RuntimePlatform: { CpuArchitecture: 'ARM64' } }), Service: service() }, [
      'Task memory, ARM: 2, $5.2', 'Task vCPU, ARM: 1, $23.64',
    ]],
    ['tasks on Windows', { Task: task({ RuntimePlatform: { OperatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }), Service: service() }, ['Windows task: no price known']],
    ['tasks on Spot', { Task: task({}), Service: service({ LaunchType: undefined, CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE_SPOT' }] }) }, [
      'Spot task: the price of Spot changes',
    ]],
    ['tasks on instances cost what the instances cost', { Task: task({}), Service: service({ LaunchType: 'EC2' }) }, []],
    ['tasks that another stack defines', { Service: service({ TaskDefinition: 'arn' }) }, ['Task: its task definition is not in the same template']],
  ])('%s', (_, resources, expected) => {
    expect(costsOfResources(resources)).toEqual(expected);
  });
});

describe('services', () => {
  const cluster = (properties: object = {}): [string, object] =>
    ['AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 }, ...properties }];
  const reader: [string, object] = ['AWS::RDS::DBInstance', { DBInstanceClass: 'db.serverless', DBClusterIdentifier: { Ref: 'Cluster' } }];
  const managedRule = (Name: string, VendorName = 'AWS') => ({ Name, Priority: 0, Statement: { ManagedRuleGroupStatement: { Name, VendorName } } });
  const metric = (Period: number) => ({ MetricStat: { Period, Metric: { MetricName: 'Errors' } } });

  test.each<[string, Record<string, [string, object?]>, string[]]>([
    // 2 instances × 0.5 ACU × $0.14 × 730 h; RDS keeps the password in a secret of $0.40
    ['a serverless database with its reader', { Cluster: cluster({ ManageMasterUserPassword: true }), Writer: reader, Reader: reader }, [
      'Aurora Serverless v2, minimum capacity: 1, $102.2', 'Secret: 1, $0.4',
    ]],
    ['advanced insights', { Cluster: cluster({ DatabaseInsightsMode: 'advanced' }), Writer: reader }, [
      'Aurora Serverless v2, minimum capacity: 0.5, $51.1', 'Database Insights, advanced: no price known',
    ]],
    ['an instance class without a price', { Database: ['AWS::RDS::DBInstance', { DBInstanceClass: 'db.r8g.large' }] }, ['Database instance db.r8g.large: no price known']],
    ['instances of a class in an I/O-Optimized cluster', {
      Cluster: cluster({ StorageType: 'aurora-iopt1', DatabaseInsightsMode: 'advanced' }),
      Writer: ['AWS::RDS::DBInstance', { DBInstanceClass: 'db.r8g.large', DBClusterIdentifier: { Ref: 'Cluster' } }],
    }, ['Database Insights of instances db.r8g.large, I/O-Optimized: no price known', 'Database instance db.r8g.large, I/O-Optimized: no price known']],
    ['a proxy in front of a database', { Proxy: ['AWS::RDS::DBProxy', { DBProxyName: 'p' }] }, ['Proxy: no price known']],
    ['an instance of a cluster elsewhere', { Writer: ['AWS::RDS::DBInstance', { DBInstanceClass: 'db.serverless', DBClusterIdentifier: 'cluster' }] }, [
      'Aurora Serverless v2, minimum capacity: the minimum capacity is not in the same template',
    ]],
    ['keys', { Key: ['AWS::KMS::Key'], Replica: ['AWS::KMS::ReplicaKey'] }, ['Customer key: 2, $2']],
    ['secrets, with their copies', { Secret: ['AWS::SecretsManager::Secret', { ReplicaRegions: [{ Region: 'eu-west-2' }] }] }, ['Secret: 2, $0.8']],
    ['zones', { Zone: ['AWS::Route53::HostedZone', { Name: 'example.com' }] }, ['Hosted zone: 1, $0.5']],
    ['a firewall', { Acl: ['AWS::WAFv2::WebACL', { Rules: [managedRule('AWSManagedRulesCommonRuleSet'), managedRule('AWSManagedRulesSQLiRuleSet')] }] }, [
      'Rule or managed rule group: 2, $2', 'Web ACL: 1, $5',
    ]],
    ['a firewall with paid groups', {
      Acl: ['AWS::WAFv2::WebACL', { Rules: [managedRule('AWSManagedRulesBotControlRuleSet'), managedRule('Rules', 'Somebody'), managedRule('AWSManagedRulesAntiDDoSRuleSet')] }],
    }, ['Rule or managed rule group: 3, $3', 'Subscription of a managed rule group: no price known', 'Web ACL: 1, $5']],
    ['a rule group', { Group: ['AWS::WAFv2::RuleGroup', { Rules: [{}, {}, {}] }] }, ['Rule or managed rule group: 3, $3']],
    ['an alarm', { Alarm: ['AWS::CloudWatch::Alarm', { MetricName: 'Errors', Period: 300 }] }, ['Alarm, standard resolution: 1, $0.1']],
    ['an alarm on two metrics', { Alarm: ['AWS::CloudWatch::Alarm', { Metrics: [metric(300), metric(60), { Expression: 'm1/m2' }] }] }, ['Alarm, standard resolution: 2, $0.2']],
    ['an alarm on an anomaly', { Alarm: ['AWS::CloudWatch::Alarm', { Metrics: [metric(300), { Expression: 'ANOMALY_DETECTION_BAND(m1)' }], ThresholdMetricId: 'band' }] }, [
      'Alarm, standard resolution: 3, $0.3',
    ]],
    ['an alarm on a search', { Alarm: ['AWS::CloudWatch::Alarm', { Metrics: [{ Expression: 'SUM(SEARCH(\'x\'))' }] }] }, [
      'Alarm, standard resolution: how many metrics it watches is not in the template',
    ]],
    ['a composite alarm', { Alarm: ['AWS::CloudWatch::CompositeAlarm', { AlarmRule: 'TRUE' }] }, ['Composite alarm: no price known']],
    ['parameters', { Standard: ['AWS::SSM::Parameter', {}], Advanced: ['AWS::SSM::Parameter', { Tier: 'Advanced' }] }, ['Advanced parameter: no price known in eu-west-1']],
  ])('%s', (_, resources, expected) => {
    expect(costsOfResources(resources)).toEqual(expected);
  });

  test.each<[string, string, Record<string, [string, object?]>, string[]]>([
    ['an alarm that looks every ten seconds', 'us-east-1', { Alarm: ['AWS::CloudWatch::Alarm', { MetricName: 'Errors', Period: 10 }] }, ['Alarm, high resolution: 1, $0.3']],
    ['a dashboard', 'us-east-1', { Dashboard: ['AWS::CloudWatch::Dashboard', {}] }, ['Dashboard: 1, $3']],
    ['an advanced parameter', 'eu-west-2', { Advanced: ['AWS::SSM::Parameter', { Tier: 'Advanced' }] }, ['Advanced parameter: 1, $0.05']],
    // 0.5 ACU × $0.19 × 730 h
    ['an I/O-optimized database', 'eu-west-2', { Cluster: cluster({ StorageType: 'aurora-iopt1' }), Writer: reader }, [
      'Aurora Serverless v2 I/O-Optimized, minimum capacity: 0.5, $69.35',
    ]],
  ])('%s', (_, region, resources, expected) => {
    expect(costsOfResources(resources, region)).toEqual(expected);
  });
});

describe('regions', () => {
  const endpoint = (stack: Stack) => { new CfnResource(stack, 'Nat', { type: 'AWS::EC2::NatGateway', properties: { SubnetId: 'a' } }); };

  test.each([
    ['eu-west-1', '1, $35.04'],
    ['eu-central-1', '1, $37.96'],
    ['sa-east-1', '1, $67.89'],
    ['cn-north-1', 'no price known in cn-north-1'],
  ])('%s has prices of its own', (region, expected) => {
    expect(summary(costsOf(endpoint, { region }))).toEqual([`NAT gateway: ${expected}`]);
  });

  test('data through an interface endpoint has a price by use', () => {
    const [use] = costsOf(stack => { new CfnResource(stack, 'Endpoint', { type: 'AWS::EC2::VPCEndpoint', properties: { VpcEndpointType: 'Interface', SubnetIds: ['a'] } }); }).byUse;
    expect(use.unitPrices).toEqual([{ region: 'eu-west-1', item: 'Interface endpoint, data', unit: 'GB', usd: 0.01 }]);
  });

  test('a price that is not known is in no sum', () => {
    const result = costsOf(endpoint, { region: 'cn-north-1' });
    expect(result.monthlyUsd).toBe(0);
    expect(rowsOf(result)[0]).not.toHaveProperty('monthlyUsd', expect.anything());
  });

  test('a stack without a region takes the one of the option', () => {
    expect(summary(costsOf(endpoint, { region: 'unknown', option: 'us-east-1' }))).toEqual(['NAT gateway: 1, $32.85']);
    expect(summary(costsOf(endpoint, { region: 'unknown' }))).toEqual(['NAT gateway: the region is not known: name it with --region']);
    expect(summary(costsOf(endpoint, { region: 'eu-west-1', option: 'us-east-1' }))).toEqual(['NAT gateway: 1, $35.04']);
  });
});

describe('templates', () => {
  function addressIf(stack: Stack, expression: (parameter: CfnParameter) => CfnCondition): void {
    const parameter = new CfnParameter(stack, 'Size', { default: 'small' });
    new CfnResource(stack, 'Address', { type: 'AWS::EC2::EIP' }).cfnOptions.condition = expression(parameter);
  }
  const condition = (stack: Stack, expression: any) => new CfnCondition(stack, 'Wanted', { expression });

  test('a resource whose condition does not hold by the parameters\' defaults is left out', () => {
    expect(summary(costsOf(stack => addressIf(stack, ({ valueAsString }) => condition(stack, Fn.conditionEquals(valueAsString, 'large')))))).toEqual([]);
    const held = costsOf(stack => addressIf(stack, ({ valueAsString }) => condition(stack, Fn.conditionNot(Fn.conditionEquals(valueAsString, 'large')))));
    expect(summary(held)).toEqual(['Public IPv4 address: 1, $3.65']);
    expect(held.notices).toEqual(['Test: its parameters are taken to have their default values']);
  });

  test('a resource whose condition the deployment decides is counted and named', () => {
    const result = costsOf(stack => addressIf(stack, () => condition(stack, Fn.conditionEquals(Fn.importValue('Size'), 'large'))));
    expect(summary(result)).toEqual(['Public IPv4 address: 1, $3.65']);
    expect(result.notices).toContain('Test: Address is counted, although the deployment decides its condition Wanted');
  });

  test('Fn::If chooses by the parameters\' defaults; a list that the deployment decides is not counted', () => {
    const endpoint = (stack: Stack, expression: any) => {
      new CfnParameter(stack, 'Zones', { default: 'two' });
      condition(stack, expression);
      const SubnetIds = ['a', { 'Fn::If': ['Wanted', 'b', { Ref: 'AWS::NoValue' }] }];
      new CfnResource(stack, 'Endpoint', { type: 'AWS::EC2::VPCEndpoint', properties: { VpcEndpointType: 'Interface', SubnetIds } });
    };
    expect(summary(costsOf(stack => endpoint(stack, { 'Fn::Equals': [{ Ref: 'Zones' }, 'two'] })))).toEqual(['Interface endpoint: 2, $16.06']);
    expect(summary(costsOf(stack => endpoint(stack, { 'Fn::Equals': [{ Ref: 'Zones' }, 'one'] })))).toEqual(['Interface endpoint: 1, $8.03']);
    expect(summary(costsOf(stack => endpoint(stack, { 'Fn::Equals': [Fn.importValue('Zones'), 'one'] })))).toEqual(['Interface endpoint: its subnets are not in the template']);
  });

  test('nested stacks are part of their stack and get its parameters', () => {
    const result = costsOf(stack => {
      const nested = new NestedStack(stack, 'Nested', { parameters: { Size: '30' } });
      new CfnParameter(nested, 'Size', { type: 'Number', default: 10 });
      new CfnResource(nested, 'Volume', { type: 'AWS::EC2::Volume', properties: { Size: { Ref: 'Size' }, VolumeType: 'gp3' } });
    });
    expect(summary(result)).toEqual(['EBS volume gp3: 30, $2.64']);
    expect(result.notPriced).toEqual([]);
  });

  test('a nested stack that the assembly does not hold is not taken for free', () => {
    const result = costsOf(stack => { new CfnResource(stack, 'Nested', { type: 'AWS::CloudFormation::Stack', properties: { TemplateURL: 'https://bucket/template.json' } }); });
    expect(result.notPriced).toEqual([{ type: 'AWS::CloudFormation::Stack', count: 1 }]);
  });

  test('every type is counted, listed by use, free, or named as not priced', () => {
    const result = costsOf(stack => {
      for (const type of ['AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster', 'AWS::S3::Bucket', 'AWS::IAM::Role', 'AWS::KMS::Key', 'Custom::Anything']) {
        new CfnResource(stack, type.replace(/\W/g, ''), { type });
      }
      new CfnResource(stack, 'Another', { type: 'AWS::MSK::Cluster' });
    });
    expect(result.notPriced).toEqual([{ type: 'AWS::MSK::Cluster', count: 2 }, { type: 'AWS::MSK::ServerlessCluster', count: 1 }]);
    expect(result.byUse.map(({ type }) => type)).toEqual(['AWS::KMS::Key', 'AWS::S3::Bucket']);
    expect(result.byUse[1]).toEqual({
      type: 'AWS::S3::Bucket', count: 1, counted: 'stored GB and requests',
      unitPrices: [{ region: 'eu-west-1', item: 'Objects, first 50 TB', unit: 'GB-month', usd: 0.023 }],
    });
    expect(summary(result)).toEqual(['Customer key: 1, $1']);
  });
});

describe('environments', () => {
  const outdir = path.join(directory, 'environments');
  const app = new App({ outdir });
  const key = (stack: Stack, id: string) => new CfnResource(stack, id, { type: 'AWS::KMS::Key' });
  key(new Stack(app, 'Alone', { env: { account: '111111111111', region: 'eu-west-1' } }), 'Key');
  const staging = new Stage(app, 'Staging', { env: { account: '222222222222', region: 'eu-west-1' } });
  key(new Stack(staging, 'Network'), 'Key');
  const edge = new Stack(staging, 'Edge', { env: { region: 'us-east-1' } });
  key(edge, 'One');
  key(edge, 'Two');
  new CfnResource(edge, 'Acl', { type: 'AWS::WAFv2::WebACL', properties: { Rules: [] } });
  app.synth();
  const result = estimate(readStacks(outdir), undefined);

  test('are the places of the app, or accounts, with sums by stack and service', () => {
    expect(result.environments.map(({ name, monthlyUsd, byService }) => ({ name, monthlyUsd, byService }))).toEqual([
      { name: 'Staging', monthlyUsd: 8, byService: { KMS: 3, WAF: 5 } },
      { name: '111111111111', monthlyUsd: 1, byService: { KMS: 1 } },
    ]);
    expect(result.environments[0].stacks.map(({ name, account, region, monthlyUsd }) => [name, account, region, monthlyUsd])).toEqual([
      ['Network', '222222222222', 'eu-west-1', 1], ['Edge', '222222222222', 'us-east-1', 7],
    ]);
    expect(result.monthlyUsd).toBe(9);
    expect(result.environments[0].stacks[1].items[0]).toEqual({
      service: 'KMS', item: 'Customer key', resources: ['One', 'Two'], unit: 'key', per: 'month', quantity: 2, unitUsd: 1, monthlyUsd: 2, problem: undefined,
    });
  });

  test('name the sources of the prices that were used, and no other', () => {
    expect(result.sources).toEqual([table.sources.extract, table.sources.waf]);
  });
});

describe('the command', () => {
  const assembly = path.join(directory, 'command');
  const app = new App({ outdir: assembly });
  const stack = new Stack(app, 'Network', { env: { account: '222222222222', region: 'eu-west-1' } });
  new CfnResource(stack, 'Nat', { type: 'AWS::EC2::NatGateway', properties: { SubnetId: 'a' } });
  new CfnResource(stack, 'Machine', { type: 'AWS::EC2::Instance', properties: { InstanceType: 't4g.nano' } });
  new CfnResource(stack, 'Queue', { type: 'AWS::SQS::Queue' });
  new CfnResource(stack, 'Kafka', { type: 'AWS::MSK::Cluster' });
  app.synth();

  /** Runs the command where no AWS credentials and no `aws` are. */
  function run(...args: string[]) {
    const command = ['--import', 'tsx', path.join(ROOT, 'src/cli/cdk-innovate-platform.ts'), 'costs', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8', env: { PATH: path.dirname(process.execPath) } });
    return { status, stdout, stderr };
  }

  test('prints a table, what is not in it, the assumptions and the prices\' dates', () => {
    const { status, stdout } = run('--app', assembly);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 8)).toEqual([
      '222222222222: $38.40 a month',
      '  EC2 $3.36, VPC $35.04',
      '  Network (222222222222, eu-west-1): $38.40',
      '    EC2  Instance t4g.nano  1 × $0.0046 per instance and hour       $3.36',
      '    EC2  Root volume        ? × no price                       not counted: its size is the image\'s',
      '    VPC  NAT gateway        1 × $0.048 per gateway and hour        $35.04',
      '',
      'Total: $38.40 a month, without the line that could not be counted',
    ]);
    expect(stdout).toContain('\nBy use, not counted:\n  AWS::EC2::NatGateway (1): GB; $0.048 per GB in eu-west-1\n  AWS::SQS::Queue (1): requests; $0.40 per million requests in eu-west-1\n');
    expect(stdout).toContain('\nNot priced: this command does not know these types:\n  AWS::MSK::Cluster (1)\n');
    expect(stdout).toContain('\nAssumptions:\n  A month has 730 hours;');
    expect(stdout).toContain('\nPrices:\n  2026-09-21  AWS Price List API');
  });

  test('prints the same as JSON', () => {
    const { status, stdout } = run('--app', assembly, '--json');
    expect(status).toBe(0);
    const { currency, hoursPerMonth, monthlyUsd, environments, byUse, notPriced, assumptions, priceSources } = JSON.parse(stdout);
    expect({ currency, hoursPerMonth, monthlyUsd }).toEqual({ currency: 'USD', hoursPerMonth: 730, monthlyUsd: 38.4 });
    expect(environments[0].stacks[0].items).toEqual([
      { service: 'EC2', item: 'Instance t4g.nano', resources: ['Machine'], unit: 'instance', per: 'hour', quantity: 1, unitUsd: 0.0046, monthlyUsd: 3.36 },
      { service: 'EC2', item: 'Root volume', resources: ['Machine'], unit: 'unit', per: 'hour', problem: 'its size is the image\'s' },
      { service: 'VPC', item: 'NAT gateway', resources: ['Nat'], unit: 'gateway', per: 'hour', quantity: 1, unitUsd: 0.048, monthlyUsd: 35.04 },
    ]);
    expect(byUse.map(({ type }: { type: string }) => type)).toEqual(['AWS::EC2::NatGateway', 'AWS::SQS::Queue']);
    expect(notPriced).toEqual([{ type: 'AWS::MSK::Cluster', count: 1 }]);
    expect(assumptions).toContain('A regional NAT gateway is billed in every zone of its VPC, with one public address in each.');
    expect(priceSources.map(({ date }: { date: string }) => date)).toEqual(['2026-09-21', '2025-05-28']);
  });

  test.each<[string, string[], RegExp]>([
    ['an assembly that is not there', ['--app', '/nowhere'], /^\/nowhere is not a cloud assembly; synthesize the app first \(`npx cdk synth`\), or name its directory with --app\.\n$/],
    ['a region without prices', ['--app', assembly, '--region', 'eu-west-11'], /^--region eu-west-11: no price of this region is known\. Give one of af-south-1, .*, us-west-2\.\n$/],
    ['an unknown option', ['--prices'], /^Unknown option '--prices'[^]*cdk-innovate-platform costs \[options\]/],
  ])('refuses %s', (_, args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  /** An app of stacks with a NAT gateway each, in these regions. */
  function assemblyOf(...regions: (string | undefined)[]): string {
    const outdir = path.join(directory, `regions-${regions.join('-')}`);
    const regional = new App({ outdir });
    regions.forEach((region, index) => {
      const { node } = new CfnResource(new Stack(regional, `Stack${index}`, { env: { region } }), 'Nat', { type: 'AWS::EC2::NatGateway', properties: { SubnetId: 'a' } });
      new CfnResource(node.scope!, 'Address', { type: 'AWS::EC2::EIP' });
    });
    regional.synth();
    return outdir;
  }

  test('refuses an app of which no stack names a region, and prices it by --region', () => {
    const nowhere = assemblyOf(undefined, undefined);
    const { status, stdout, stderr } = run('--app', nowhere);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(`No stack of ${nowhere} names a region, and prices are by region: name --region, for example --region eu-west-1.\n`);
    expect(run('--app', nowhere, '--region', 'eu-west-1').stdout).toContain('Total: $77.38 a month\n');
  });

  test('says first which stacks have no region', () => {
    const { status, stdout } = run('--app', assemblyOf('eu-west-1', undefined));
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 4)).toEqual(['Without a region, so not counted where prices are by region; name it with --region:', '  Stack1', '', expect.stringMatching(/^any account: /)]);
    expect(JSON.parse(run('--app', assemblyOf('eu-west-1', undefined), '--json').stdout).withoutRegion).toEqual(['Stack1']);
    expect(run('--app', assembly).stdout).not.toContain('Without a region');
  });

  test('explains itself', () => {
    expect(run('--help').stdout).toMatch(/^Says what the resources of an app that stand still cost in a month[^]*--region <region>/);
  });
});

describe('the tables', () => {
  interface ListedItem { priceList: string; prices: { source: string; usd: number | Record<string, number> }[] }
  const items = Object.entries({ ...table.fixed, ...table.byUse }) as [string, ListedItem][];

  test.each(items)('%s has the line of AWS\'s price list, sources and each region once', (_, { priceList, prices }) => {
    expect(priceList).not.toBe('');
    expect(Object.keys(table.sources)).toEqual(expect.arrayContaining(prices.map(({ source }) => source)));
    const regions = prices.flatMap(({ usd }) => typeof usd === 'number' ? ['every'] : Object.keys(usd));
    expect(new Set(regions).size).toBe(regions.length);
  });

  test('no source is left over', () => {
    const used = new Set(items.flatMap(([, { prices }]) => prices.map(({ source }) => source)));
    expect(Object.keys(table.sources).filter(source => !used.has(source))).toEqual([]);
  });

  test('what is billed by use is not free', () => {
    expect(Object.keys(BILLED_BY_USE).filter(type => FREE.test(type))).toEqual([]);
  });

  test('the types of every integ app are known', () => {
    const types = fs.readdirSync(path.join(ROOT, 'integ'), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.template.json') && !file.includes('DeployAssert') && !file.includes('DefaultTest'))
      .flatMap(file => Object.entries<any>(JSON.parse(fs.readFileSync(path.join(ROOT, 'integ', file), 'utf8')).Resources ?? {}).map(([, { Type }]) => Type as string));
    const result = costsOf(stack => { for (const type of new Set(types)) { new CfnResource(stack, type.replace(/\W/g, ''), { type }); } });
    expect(types.length).toBeGreaterThan(100);
    expect(result.notPriced).toEqual([]);
  });
});
