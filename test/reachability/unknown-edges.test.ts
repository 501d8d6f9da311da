/** Accelerators, VPC origins and distributions that name what the templates do not hold. */
import { CfnCondition, CfnParameter, CfnResource, Fn, Stack, Token } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { found, instance, openedNetwork, securityGroup } from './opened-network';
import { NetworkReachability } from '../../src/reachability/network-reachability';
import { PathEntrance } from '../../src/reachability/reachable-path';

const HTTP = { ipProtocol: 'tcp', fromPort: 80, toPort: 80 };
const FIREWALL = 'arn:aws:wafv2:us-east-1:222222222222:global/webacl/site/1';

const parameter = (stack: Stack) => new CfnParameter(stack, 'Given').valueAsString;

function accelerate(stack: Stack, endpoint: unknown): void {
  new CfnResource(stack, 'Accelerated', {
    type: 'AWS::GlobalAccelerator::EndpointGroup',
    properties: { EndpointGroupRegion: 'eu-west-1', ListenerArn: 'arn', EndpointConfigurations: [{ EndpointId: endpoint }] },
  });
}

function balancer(stack: Stack, port: number, ...rules: ec2.CfnSecurityGroup.IngressProperty[]): elbv2.CfnLoadBalancer {
  const network = openedNetwork(stack, { publicAddresses: false });
  const group = securityGroup(stack, network, ...rules).attrGroupId;
  const loadBalancer = new elbv2.CfnLoadBalancer(stack, 'Balancer', { scheme: 'internal', subnets: [network.subnet.ref], securityGroups: [group] });
  new elbv2.CfnListener(stack, 'Listener', { loadBalancerArn: loadBalancer.ref, port, protocol: 'HTTP', defaultActions: [{ type: 'fixed-response' }] });
  return loadBalancer;
}

describe('Global Accelerator', () => {
  test.each<[string, (stack: Stack) => unknown]>([
    ['a parameter', parameter],
    ['an import', () => Fn.importValue('balancer')],
    ['the ARN of somebody else\'s load balancer', () => 'arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/app/a/b'],
  ])('an endpoint by %s is open', (_what, endpoint) => {
    const [path] = found(stack => accelerate(stack, endpoint(stack)));
    expect(path).toMatchObject({ entrance: PathEntrance.GLOBAL_ACCELERATOR, destination: 'Test/Accelerated', certain: false });
    expect(path.hops[2]).toContain('[unknown: an endpoint that is not in these stacks, taken as open; if you know better, declare it in trusted]');
  });

  test('an elastic address is an endpoint of the instance that has it', () => {
    expect(found(stack => {
      const network = openedNetwork(stack, { publicAddresses: false, route: false });
      const server = instance(stack, network, securityGroup(stack, network, { ...HTTP, cidrIp: '0.0.0.0/0' }).attrGroupId);
      accelerate(stack, new ec2.CfnEIP(stack, 'Address', { instanceId: server.ref }).attrAllocationId);
    }).map(({ destination }) => destination)).toEqual(['Test/Instance']);
  });

  test('the group of the accelerator, which templates know by its id only, admits it', () => {
    const admitting = (sourceSecurityGroupId: (stack: Stack) => string) => found(stack => {
      accelerate(stack, balancer(stack, 80, { ...HTTP, sourceSecurityGroupId: sourceSecurityGroupId(stack) }).ref);
    });
    expect(admitting(parameter)).toHaveLength(1);
    expect(admitting(stack => new ec2.CfnSecurityGroup(stack, 'Peer', { groupDescription: 'peer' }).attrGroupId)).toEqual([]);
  });

  test('another account\'s accelerator may point at what is lent to it', () => {
    const [path] = found(stack => {
      new CfnResource(stack, 'Lent', {
        type: 'AWS::GlobalAccelerator::CrossAccountAttachment', properties: { Name: 'lent', Resources: [{ EndpointId: balancer(stack, 80, { ...HTTP, cidrIp: '0.0.0.0/0' }).ref }] },
      });
    });
    expect(path).toMatchObject({ entrance: PathEntrance.GLOBAL_ACCELERATOR, destination: 'Test/Balancer' });
  });
});

describe('VPC origins', () => {
  const origin = (stack: Stack, arn: string, config: object = {}) => new CfnResource(stack, 'Origin', {
    type: 'AWS::CloudFront::VpcOrigin', properties: { VpcOriginEndpointConfig: { Arn: arn, Name: 'api', OriginProtocolPolicy: 'http-only', ...config } },
  });
  const site = (stack: Stack, originId: string, webAclId?: unknown) => new CfnResource(stack, 'Site', {
    type: 'AWS::CloudFront::Distribution',
    properties: { DistributionConfig: { Enabled: true, WebACLId: webAclId, Origins: [{ Id: 'o', DomainName: 'x', VpcOriginConfig: { VpcOriginId: originId } }] } },
  });

  test('that no distribution here uses are for one of somebody else', () => {
    const [path] = found(stack => { origin(stack, balancer(stack, 80, { ...HTTP, cidrIp: '0.0.0.0/0' }).ref); });
    expect(path).toMatchObject({ entrance: PathEntrance.CLOUDFRONT, webAcl: undefined, certain: false, destination: 'Test/Balancer' });
    expect(path.hops[1]).toContain('[unknown: a distribution that is not in these stacks, taken as open');
  });

  test.each<[string, (stack: Stack) => unknown]>([
    ['not known', stack => ({ Ref: parameter(stack) && 'Given' })],
    ['one of two', () => Fn.conditionIf('Other', 81, 8080)],
  ])('a port that is %s', (_what, port) => {
    expect(found(stack => {
      const loadBalancer = balancer(stack, 8080, { ...HTTP, fromPort: 8080, toPort: 8080, cidrIp: '0.0.0.0/0' });
      site(stack, origin(stack, loadBalancer.ref, { HTTPPort: port(stack) }).ref, FIREWALL);
    }).map(({ destination }) => destination)).toEqual(['Test/Balancer']);
  });

  test('a load balancer that does not say where it is', () => {
    expect(found(stack => {
      const loadBalancer = balancer(stack, 80, { ...HTTP, cidrIp: '0.0.0.0/0' });
      loadBalancer.subnets = undefined;
      site(stack, origin(stack, loadBalancer.ref).ref, FIREWALL);
    })).toHaveLength(1);
  });

  test('a web ACL of the load balancer is a guard, not the distribution\'s', () => {
    expect(() => {
      const build = (stack: Stack) => {
        const loadBalancer = balancer(stack, 80, { ...HTTP, cidrIp: '0.0.0.0/0' });
        new wafv2.CfnWebACLAssociation(stack, 'Firewall', { resourceArn: loadBalancer.ref, webAclArn: 'arn:aws:wafv2:eu-west-1:222222222222:regional/webacl/a/b' });
        site(stack, origin(stack, loadBalancer.ref).ref);
      };
      const stack = new Stack(undefined, 'Test');
      build(stack);
      NetworkReachability.of(stack).expectOnlyThroughFirewall();
    }).toThrow('every path has to enter through a CloudFront distribution with a web ACL');
  });
});

describe('load balancers', () => {
  const facing = (port: unknown, links: (stack: Stack, loadBalancer: elbv2.CfnLoadBalancer) => void = () => {}) => found(stack => {
    const loadBalancer = balancer(stack, 80, { ...HTTP, fromPort: 443, toPort: 443, cidrIp: '0.0.0.0/0' });
    loadBalancer.scheme = 'internet-facing';
    (stack.node.findChild('Listener') as elbv2.CfnListener).port = Token.asNumber(port);
    links(stack, loadBalancer);
  });

  test('a listener\'s port that is one of two', () => {
    expect(facing(80)).toEqual([]);
    expect(facing(Fn.conditionIf('Plain', 80, 443))).toHaveLength(1);
  });

  test('a listener of a load balancer that is not known', () => {
    expect(facing(80, stack => new elbv2.CfnListener(stack, 'Other', { loadBalancerArn: parameter(stack), port: 443, protocol: 'HTTPS', defaultActions: [{ type: 'fixed-response' }] })))
      .toMatchObject([{ certain: false, destination: 'Test/Balancer' }]);
  });

  test('a target group of somebody else ends at the load balancer, and says so', () => {
    const [path] = facing(443, stack => {
      (stack.node.findChild('Listener') as elbv2.CfnListener).defaultActions = [{ type: 'forward', targetGroupArn: parameter(stack) }];
    });
    expect(path.hops.join('\n')).toContain('target group the parameter Given of Test [unknown: the targets of a group that is not in these stacks');
  });

  test('a type that is not known may have no group', () => {
    const typed = (type: (stack: Stack) => string) => found(stack => {
      const network = openedNetwork(stack, { publicAddresses: false });
      new elbv2.CfnLoadBalancer(stack, 'Balancer', { type: type(stack), scheme: 'internet-facing', subnets: [network.subnet.ref] });
    }).length;
    expect(typed(parameter)).toBe(1);
    expect(typed(() => 'application')).toBe(0);
  });

  const associated = (stack: Stack, loadBalancer: elbv2.CfnLoadBalancer, webAclArn = 'arn:aws:wafv2:eu-west-1:222222222222:regional/webacl/a/b') =>
    new wafv2.CfnWebACLAssociation(stack, 'Firewall', { resourceArn: loadBalancer.ref, webAclArn });

  test('a web ACL that may be left out is no guard, nor is one whose association may', () => {
    const guards = (build: (stack: Stack, loadBalancer: elbv2.CfnLoadBalancer) => void) => facing(443, build)[0].guards;
    expect(guards((stack, loadBalancer) => associated(stack, loadBalancer))).toHaveLength(1);
    expect(guards((stack, loadBalancer) => associated(stack, loadBalancer, Token.asString(Fn.conditionIf('Guarded', FIREWALL, { Ref: 'AWS::NoValue' }))))).toEqual([]);
    expect(guards((stack, loadBalancer) => { associated(stack, loadBalancer).cfnOptions.condition = new CfnCondition(stack, 'Guarded'); })).toEqual([]);
  });

  test('a group that takes its traffic by a source', () => {
    expect(facing(443, (stack, loadBalancer) => {
      const targets = new elbv2.CfnTargetGroup(stack, 'Targets', {});
      (stack.node.findChild('Listener') as elbv2.CfnListener).defaultActions = [{ type: 'forward', targetGroupArn: targets.ref }];
      new CfnResource(stack, 'Servers', {
        type: 'AWS::AutoScaling::AutoScalingGroup',
        properties: { MinSize: '1', MaxSize: '1', VPCZoneIdentifier: loadBalancer.subnets, LaunchConfigurationName: 'x', TrafficSources: [{ Identifier: targets.ref, Type: 'elbv2' }] },
      });
    }).filter(({ hops }) => hops.includes('target group Test/Targets')).map(({ destination }) => destination)).toEqual(['Test/Servers']);
  });
});

test('a distribution reaches a bucket of these stacks by its name, too', () => {
  expect(found(stack => {
    new s3.CfnBucket(stack, 'Bucket', { bucketName: 'innovate-site' });
    new cloudfront.CfnDistribution(stack, 'Site', {
      distributionConfig: {
        enabled: true, origins: [{ id: 'o', domainName: 'innovate-site.s3.eu-west-1.amazonaws.com', originAccessControlId: 'E1', s3OriginConfig: {} }],
        defaultCacheBehavior: { targetOriginId: 'o', viewerProtocolPolicy: 'https-only' },
      },
    });
  }).map(({ destination }) => destination)).toEqual(['Test/Bucket']);
});
