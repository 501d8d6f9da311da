import { CfnResource, Fn, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancing';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as targets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as globalaccelerator from 'aws-cdk-lib/aws-globalaccelerator';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { ANYBODY, found, instance, onlyHops, openedNetwork, securityGroup } from './opened-network';
import { PathEntrance } from '../../src/reachability/reachable-path';

const HTTP = { ipProtocol: 'tcp', fromPort: 80, toPort: 80 };

interface Balancer {
  /** @default - not given */
  readonly scheme?: string;
  readonly type?: string;
  /** @default 0.0.0.0/0 */
  readonly rule?: ec2.CfnSecurityGroup.IngressProperty;
  readonly gateway?: boolean;
  readonly port?: number;
  readonly actions?: elbv2.CfnListener.ActionProperty[];
}

/** A load balancer in front of an instance that admits its members only. */
function balancer(stack: Stack, { scheme, type, rule = { ...HTTP, cidrIp: '0.0.0.0/0' }, gateway, port = 80, actions = [] }: Balancer = {}): elbv2.CfnLoadBalancer {
  const network = openedNetwork(stack, { publicAddresses: false, gateway });
  const group = securityGroup(stack, network, rule).attrGroupId;
  const inner = new ec2.CfnSecurityGroup(stack, 'Inner', {
    groupDescription: 'server', vpcId: network.vpc.ref, securityGroupIngress: [{ ...HTTP, sourceSecurityGroupId: group }],
  });
  const server = instance(stack, network, inner.attrGroupId);
  const loadBalancer = new elbv2.CfnLoadBalancer(stack, 'Balancer', { scheme, type, subnets: [network.subnet.ref], securityGroups: type ? undefined : [group] });
  const targetGroup = new elbv2.CfnTargetGroup(stack, 'Targets', { port: 80, protocol: 'HTTP', vpcId: network.vpc.ref, targets: [{ id: server.ref }] });
  new elbv2.CfnListener(stack, 'Listener', {
    loadBalancerArn: loadBalancer.ref, port, protocol: 'HTTP', defaultActions: [...actions, { type: 'forward', targetGroupArn: targetGroup.ref }],
  });
  return loadBalancer;
}

function vpcOrigin(stack: Stack, loadBalancer: elbv2.CfnLoadBalancer, webAcl?: string): void {
  const origin = new cloudfront.CfnVpcOrigin(stack, 'Origin', {
    vpcOriginEndpointConfig: { arn: loadBalancer.ref, name: 'api', httpPort: 80, httpsPort: 443, originProtocolPolicy: 'http-only' },
  });
  const cached = cloudfront.VpcOrigin.fromVpcOriginId(stack, 'Imported', origin.ref);
  new cloudfront.Distribution(stack, 'Site', {
    defaultBehavior: { origin: origins.VpcOrigin.withVpcOrigin(cached, { domainName: loadBalancer.attrDnsName }) }, webAclId: webAcl,
  });
}

test.each(['internet-facing', undefined])('a load balancer with the scheme %s, through to its target', scheme => {
  expect(onlyHops(stack => balancer(stack, { scheme }))).toEqual([
    '0.0.0.0/0, tcp 80',
    'internet gateway Test/Gateway',
    'route 0.0.0.0/0 to Test/Gateway (Test/Route)',
    'network ACL: the default one, which allows all',
    'subnet Test/Subnet',
    `public address by Scheme ${scheme ?? '(not given: internet-facing)'}`,
    'security group Test/Group admits tcp 80 from 0.0.0.0/0 (rule in Test/Group)',
    'load balancer Test/Balancer',
    'listener Test/Listener, port 80',
    'target group Test/Targets',
    'security group Test/Inner admits tcp 80 from the members of Test/Group (rule in Test/Inner)',
    'instance Test/Instance',
  ]);
});

test.each<[string, Balancer]>([
  ['an internal one', { scheme: 'internal' }],
  ['one whose group admits no listener', { port: 8080 }],
  ['one that admits the inside', { rule: { ...HTTP, cidrIp: '10.0.0.0/8' } }],
  ['one in a network without a gateway', { gateway: false }],
])('%s is no path', (_what, props) => {
  expect(found(stack => balancer(stack, props))).toEqual([]);
});

test('a classic load balancer faces the internet where nothing else is said', () => {
  const classic = (scheme?: string) => found(stack => {
    const network = openedNetwork(stack, { publicAddresses: false });
    const group = securityGroup(stack, network, { ...HTTP, cidrIp: '0.0.0.0/0' }).attrGroupId;
    const listeners = [{ instancePort: '80', loadBalancerPort: '80', protocol: 'HTTP' }];
    const instances = [instance(stack, network, group).ref];
    new elb.CfnLoadBalancer(stack, 'Classic', { scheme, listeners, instances, subnets: [network.subnet.ref], securityGroups: [group] });
  });
  expect(classic().map(({ destination }) => destination)).toEqual(['Test/Instance']);
  expect(classic('internal')).toEqual([]);
});

test('tasks of ECS behind a load balancer, by its group', () => {
  const [path] = found(stack => {
    balancer(stack);
    const { ref } = stack.node.findChild('Subnet') as ec2.CfnSubnet;
    const group = (stack.node.findChild('Inner') as ec2.CfnSecurityGroup).attrGroupId;
    const targetGroup = stack.node.findChild('Targets') as elbv2.CfnTargetGroup;
    targetGroup.targets = undefined;
    new ecs.CfnService(stack, 'Tasks', {
      loadBalancers: [{ containerPort: 80, targetGroupArn: targetGroup.ref }],
      networkConfiguration: { awsvpcConfiguration: { subnets: [ref], securityGroups: [group] } },
    });
  });
  expect(path.destination).toBe('Test/Tasks');
});

test('the target has to admit the load balancer', () => {
  expect(found(stack => {
    balancer(stack);
    (stack.node.findChild('Inner') as ec2.CfnSecurityGroup).securityGroupIngress = [{ ...HTTP, sourceSecurityGroupId: 'sg-other' }];
  })).toEqual([]);
});

test('a network load balancer without groups admits what its listeners take', () => {
  const paths = found(stack => {
    balancer(stack, { type: 'network', scheme: 'internet-facing' });
    (stack.node.findChild('Inner') as ec2.CfnSecurityGroup).securityGroupIngress = [{ ...HTTP, cidrIp: '0.0.0.0/0' }];
  });
  expect(paths.map(({ destination, traffic, hops }) => [destination, traffic, hops.includes('no security group on Test/Balancer')]))
    .toEqual([['Test/Instance', 'any protocol 80', true]]);
});

test('a sign-in and a web ACL are guards', () => {
  const [path] = found(stack => {
    const loadBalancer = balancer(stack, { actions: [{ type: 'authenticate-oidc' }] });
    new wafv2.CfnWebACLAssociation(stack, 'Firewall', { resourceArn: loadBalancer.ref, webAclArn: 'arn:aws:wafv2:eu-west-1:222222222222:regional/webacl/a/b' });
  });
  expect(path.guards).toEqual(['web ACL arn:aws:wafv2:eu-west-1:222222222222:regional/webacl/a/b', 'authenticate-oidc']);
});

test('the CDK\'s own load balancer in a public subnet', () => {
  const paths = (internetFacing: boolean) => found(stack => {
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing });
    const server = new ec2.Instance(stack, 'Server', {
      vpc, instanceType: new ec2.InstanceType('t4g.nano'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-1' }),
    });
    loadBalancer.addListener('Http', { port: 80 }).addTargets('Server', { port: 80, targets: [new targets.InstanceTarget(server)] });
    server.connections.allowFrom(loadBalancer, ec2.Port.tcp(80));
  });
  expect(paths(true).map(({ destination }) => destination)).toEqual(['Test/Server']);
  expect(paths(false)).toEqual([]);
});

describe('CloudFront', () => {
  const FIREWALL = 'arn:aws:wafv2:us-east-1:222222222222:global/webacl/site/1';
  const onlyCloudFront = { ...HTTP, sourcePrefixListId: 'pl-4fa04526' };

  test('reaches an internal load balancer by a VPC origin, behind the web ACL of the distribution', () => {
    const [path] = found(stack => vpcOrigin(stack, balancer(stack, { scheme: 'internal', rule: onlyCloudFront }), FIREWALL));
    expect(path).toMatchObject({ entrance: PathEntrance.CLOUDFRONT, source: 'internet', destination: 'Test/Instance', traffic: 'tcp 80', webAcl: FIREWALL, certain: true });
    expect(path.hops).toEqual([
      'internet',
      'CloudFront distribution Test/Site',
      `web ACL ${FIREWALL}`,
      'VPC origin Test/Origin',
      'security group Test/Group admits tcp 80 from CloudFront\'s prefix list pl-4fa04526 (rule in Test/Group)',
      'load balancer Test/Balancer',
      'listener Test/Listener, port 80',
      'target group Test/Targets',
      'security group Test/Inner admits tcp 80 from the members of Test/Group (rule in Test/Inner)',
      'instance Test/Instance',
    ]);
  });

  test('without a web ACL is said to have none', () => {
    const [path] = found(stack => vpcOrigin(stack, balancer(stack, { scheme: 'internal', rule: onlyCloudFront })));
    expect(path.webAcl).toBeUndefined();
    expect(path.hops).toContain('no web ACL');
  });

  test.each<[string, Balancer]>([
    ['a group that does not admit it', { scheme: 'internal', rule: { ...HTTP, sourceSecurityGroupId: 'sg-1', fromPort: 81, toPort: 81 } }],
    ['another port', { scheme: 'internal', rule: { ...onlyCloudFront, fromPort: 443, toPort: 443 } }],
    ['a network without a gateway', { scheme: 'internal', rule: onlyCloudFront, gateway: false }],
  ])('does not pass %s', (_what, props) => {
    expect(found(stack => vpcOrigin(stack, balancer(stack, props), FIREWALL))).toEqual([]);
  });

  test('of anybody reaches a public load balancer that admits CloudFront', () => {
    const [path] = found(stack => balancer(stack, { rule: onlyCloudFront }));
    expect(path).toMatchObject({ entrance: PathEntrance.INTERNET_GATEWAY, source: 'CloudFront, by a distribution of anybody (CloudFront\'s prefix list pl-4fa04526)' });
  });
});

test('a Global Accelerator reaches an internal load balancer', () => {
  const accelerate = (rule: ec2.CfnSecurityGroup.IngressProperty) => found(stack => {
    const loadBalancer = balancer(stack, { scheme: 'internal', rule });
    new globalaccelerator.CfnEndpointGroup(stack, 'Accelerated', {
      endpointGroupRegion: 'eu-west-1', listenerArn: 'arn:aws:globalaccelerator::222222222222:accelerator/a/listener/b', endpointConfigurations: [{ endpointId: loadBalancer.ref }],
    });
  });
  const open = accelerate({ ...HTTP, cidrIp: '0.0.0.0/0' });
  expect(open.map(({ entrance, hops }) => [entrance, hops[1]])).toEqual([[PathEntrance.GLOBAL_ACCELERATOR, 'Global Accelerator endpoint group Test/Accelerated']]);
  expect(accelerate({ ...ANYBODY, cidrIp: '10.0.0.0/8' })).toEqual([]);
});

describe('an internal load balancer with IPv6', () => {
  const OPEN = [{ Key: 'ipv6.deny_all_igw_traffic', Value: 'false' }];
  const internal = (LoadBalancerAttributes?: unknown, more: object = {}) => found(stack => {
    const network = openedNetwork(stack, { route: { destinationCidrBlock: undefined, destinationIpv6CidrBlock: '::/0' } });
    new CfnResource(stack, 'Balancer', {
      type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      properties: {
        Scheme: 'internal', IpAddressType: 'dualstack', Subnets: [network.subnet.ref], LoadBalancerAttributes,
        SecurityGroups: [securityGroup(stack, network, { ...HTTP, cidrIpv6: '::/0' }, { ...HTTP, cidrIp: '0.0.0.0/0' }).attrGroupId], ...more,
      },
    });
  });

  test('is reached where internet gateways are not denied', () => {
    expect(internal(OPEN)).toMatchObject([{ source: '::/0', destination: 'Test/Balancer', certain: true }]);
    expect(internal(OPEN)[0].hops).toContain('IPv6 address, with ipv6.deny_all_igw_traffic off');
    expect(internal([{ Key: 'ipv6.deny_all_igw_traffic', Value: Fn.importValue('deny') }])).toMatchObject([{ certain: false }]);
    expect(internal(Fn.importValue('attributes'))).toMatchObject([{ certain: false }]);
  });

  test.each<[string, unknown, object]>([
    ['they are denied', [{ Key: 'ipv6.deny_all_igw_traffic', Value: 'true' }], {}],
    ['nothing is said', undefined, {}],
    ['another attribute is off', [{ Key: 'deletion_protection.enabled', Value: 'false' }], {}],
    ['it has no IPv6', OPEN, { IpAddressType: 'ipv4' }],
    ['its addresses are of IPv4 by default', OPEN, { IpAddressType: undefined }],
  ])('is not reached where %s', (_what, attributes, more) => {
    expect(internal(attributes, more)).toEqual([]);
  });
});
