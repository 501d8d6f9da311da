import { Aws } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { KarpenterClusterAttributes } from '../../src/cluster/karpenter-cluster-attributes';
import { foreignVpc, testStack } from '../support/stacks';

const LOAD_BALANCER_ARN = 'arn:aws:elasticloadbalancing:eu-west-1:222222222222:loadbalancer/app/shop/0123456789abcdef';

function importCluster(attributes: Partial<KarpenterClusterAttributes> = {}) {
  const stack = testStack();
  const cluster = KarpenterCluster.fromKarpenterClusterAttributes(stack, 'Cluster', {
    clusterName: 'shop',
    vpc: foreignVpc(stack),
    clusterSecurityGroupId: 'sg-0c1a55',
    loadBalancerArn: LOAD_BALANCER_ARN,
    loadBalancerDnsName: 'internal-shop.eu-west-1.elb.amazonaws.com',
    loadBalancerSecurityGroupId: 'sg-0a1b',
    ...attributes,
  });
  return { stack, cluster };
}

test('what others need of it is known: name, network, load balancer, metrics', () => {
  const { cluster } = importCluster();
  expect(cluster.clusterName).toBe('shop');
  expect(cluster.cluster.clusterSecurityGroupId).toBe('sg-0c1a55');
  expect(cluster.cluster.vpc).toBeDefined();
  expect(cluster.loadBalancer.loadBalancerDnsName).toBe('internal-shop.eu-west-1.elb.amazonaws.com');
  expect(cluster.metricLoadBalancerErrors().dimensions).toEqual({ LoadBalancer: 'app/shop/0123456789abcdef' });
  expect(cluster.metricServiceErrors().metricName).toBe('HTTPCode_Target_5XX_Count');
  expect(cluster.metricResponseTime().metricName).toBe('TargetResponseTime');
  expect(cluster.metricUnschedulablePods().dimensions).toEqual({ ClusterName: 'shop' });
});

test('its groups are opened from here', () => {
  const { stack, cluster } = importCluster();
  const caller = new ec2.SecurityGroup(stack, 'Caller', { vpc: cluster.cluster.vpc, allowAllOutbound: false });
  cluster.connections.allowDefaultPortFrom(caller);
  cluster.loadBalancer.connections.allowFrom(caller, ec2.Port.HTTPS);
  const template = Template.fromStack(stack);
  for (const GroupId of ['sg-0c1a55', 'sg-0a1b']) { template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId, FromPort: 443 }); }
});

test('a role reads the namespaces that are named', () => {
  const { stack, cluster } = importCluster();
  cluster.grantView(iam.Role.fromRoleArn(stack, 'Developer', 'arn:aws:iam::222222222222:role/developer'), ['app']);
  Template.fromStack(stack).hasResourceProperties('AWS::EKS::AccessEntry', {
    ClusterName: 'shop', PrincipalArn: 'arn:aws:iam::222222222222:role/developer', AccessPolicies: [{ AccessScope: { Type: 'namespace', Namespaces: ['app'] } }],
  });
});

test('nobody knows the namespaces of its services here', () => {
  const { stack, cluster } = importCluster();
  cluster.grantView(iam.Role.fromRoleArn(stack, 'Developer', 'arn:aws:iam::222222222222:role/developer'));
  expect(() => Template.fromStack(stack)).toThrow(/`namespaces` is missing, but the web services of an imported cluster are not known here\. Name them/);
});

test('a name that is known at deployment is refused', () => {
  expect(() => importCluster({ clusterName: Aws.STACK_NAME })).toThrow(/`clusterName` is "a deploy-time value"/);
});
