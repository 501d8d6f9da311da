import { Aws, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Karpenter } from '../../../src/cluster/karpenter/karpenter';
import { KarpenterProps } from '../../../src/cluster/karpenter/karpenter-props';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { NodeImage } from '../../../src/cluster/nodes/node-image';
import { expectNoAnnotations, foreignVpc, testStack } from '../../support/stacks';
import { bundleOf, objectOf } from '../bootstrap/bundle';

const nodeBudget = NodeBudget.usdPerMonth(1000);
const kubernetesVersion = eks.KubernetesVersion.V1_35;

function importCluster(stack: Stack, attributes: Partial<eks.ClusterAttributes> = {}): eks.ICluster {
  return eks.Cluster.fromClusterAttributes(stack, 'Shop', { clusterName: 'shop', clusterSecurityGroupId: 'sg-0c1a55', ...attributes });
}

function install(stack: Stack, props: Partial<KarpenterProps> = {}): Karpenter {
  const cluster = props.cluster ?? importCluster(stack, { vpc: foreignVpc(stack) });
  return Karpenter.install(stack, 'Karpenter', { kubernetesVersion, nodeBudget, ...props, cluster });
}

describe('on an imported cluster, with the fewest props', () => {
  const stack = testStack();
  const karpenter = install(stack);
  const template = Template.fromStack(stack);
  const statement = (sid: string) => Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement).find(({ Sid }) => Sid === sid);

  test('the cluster stays as it is: no cluster, add-on, node group, load balancer or web service is made', () => {
    for (const type of ['AWS::EKS::Cluster', 'AWS::EKS::Addon', 'AWS::EKS::Nodegroup', 'AWS::ElasticLoadBalancingV2::LoadBalancer']) { template.resourceCountIs(type, 0); }
  });

  test('Karpenter has its role by Pod Identity, its queue, five rules, and nodes that may join', () => {
    template.hasResourceProperties('AWS::EKS::PodIdentityAssociation', {
      ClusterName: 'shop', Namespace: 'kube-system', ServiceAccount: 'karpenter', RoleArn: stack.resolve(karpenter.controllerRole.roleArn),
    });
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'shop', KmsMasterKeyId: stack.resolve(karpenter.encryptionKey.keyArn) });
    const [queue] = Object.entries(template.findResources('AWS::SQS::Queue')).find(([, { Properties }]) => Properties.QueueName === 'shop')!;
    template.resourcePropertiesCountIs('AWS::Events::Rule', { Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [queue, 'Arn'] } })] }, 5);
    template.hasResourceProperties('AWS::EKS::AccessEntry', { ClusterName: 'shop', Type: 'EC2_LINUX', PrincipalArn: stack.resolve(karpenter.nodeRole.roleArn) });
    template.hasResourceProperties('AWS::IAM::InstanceProfile', { Roles: [stack.resolve(karpenter.nodeRole.roleName)] });
  });

  test('it launches in the cluster\'s private subnets and security group only, for this cluster only', () => {
    expect(JSON.stringify(statement('LaunchFrom').Resource)).toContain('security-group/sg-0c1a55');
    expect(statement('EndOwnNodes').Condition.StringEquals).toEqual({ 'aws:ResourceTag/kubernetes.io/cluster/shop': 'owned' });
  });

  test('the teardown leaves the cluster\'s logs alone', () => {
    template.hasResourceProperties('Custom::NodeTeardown', { ClusterName: 'shop', EndsLogs: 'false' });
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('UpdateClusterConfig');
  });

  test('the bundle has definitions, Karpenter and node pools, and nothing else', () => {
    const bundle = bundleOf(stack);
    const charts = [...new Set(Object.keys(bundle).filter(file => file.startsWith('charts/')).map(file => file.split('/')[1]))].sort();
    expect(charts).toEqual(['innovate-nodes', 'innovate-teardown', 'karpenter', 'karpenter-crd']);
    const { vcpus, memoryGib, nodes } = karpenter.nodeCapacity;
    expect(objectOf(bundle, 'NodePool').spec.limits).toEqual({ cpu: `${vcpus}`, memory: `${memoryGib}Gi`, nodes: `${nodes}` });
    expect(objectOf(bundle, 'EC2NodeClass').spec.securityGroupSelectorTerms).toEqual([{ id: 'sg-0c1a55' }]);
  });

  test('its budget pays no baseline workers: they are the cluster\'s', () => {
    expect(karpenter.nodeCapacity.monthlyUsd).toBeLessThanOrEqual(1000);
    Annotations.fromStack(stack).hasInfo('/Test/Karpenter', Match.stringLikeRegexp(`^The budget pays for at most \\$${karpenter.nodeCapacity.monthlyUsd} a month`));
  });

  test('its machines go before what they need, when the stack is deleted', () => {
    const [teardown] = Object.keys(template.findResources('Custom::NodeTeardown'));
    template.hasResource('AWS::CodePipeline::Pipeline', { DependsOn: Match.arrayWith([teardown]) });
    template.hasResource('Custom::NodeTeardown', { DependsOn: Match.arrayWith([...Object.keys(template.findResources('AWS::IAM::InstanceProfile'))]) });
  });

  test('no warning', () => { expectNoAnnotations(stack); });
});

test('with every prop', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const encryptionKey = new kms.Key(stack, 'MyKey');
  const alerts = new sns.Topic(stack, 'Alerts');
  const karpenter = install(stack, {
    cluster: importCluster(stack, { clusterSecurityGroupId: undefined }),
    clusterName: 'shop',
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, availabilityZones: ['eu-west-1a'] },
    securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Nodes', 'sg-0abcde'),
    nodeImage: NodeImage.al2023(),
    nodePool: { labels: { team: 'shop' } },
    encryptionKey,
    alerts,
  });
  karpenter.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(500) });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::KMS::Key', 1);
  expect(Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => [Properties.MetricName, Properties.AlarmActions]).sort()).toEqual([
    'ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'ExecutionsFailed', 'scheduler_pending_pods_UNSCHEDULABLE',
  ].map(name => [name, [stack.resolve(alerts.topicArn)]]));
  expect(karpenter.nodePools.map(({ name }) => name)).toEqual(['default', 'batch']);
  expect(karpenter.metricUnschedulablePods().dimensions).toEqual({ ClusterName: 'shop' });
  const bundle = bundleOf(stack);
  expect(objectOf(bundle, 'NodePool', 'batch').spec.limits.cpu).toMatch(/^\d+$/);
  expect(objectOf(bundle, 'EC2NodeClass', 'default').spec).toMatchObject({ subnetSelectorTerms: [{ id: expect.anything() }], securityGroupSelectorTerms: [{ id: 'sg-0abcde' }] });
  expectNoAnnotations(stack);
});

describe('on a cluster of the same stack', () => {
  const stack = testStack();
  const cluster = new eks.Cluster(stack, 'Cluster', {
    clusterName: 'shop', version: kubernetesVersion, vpc: foreignVpc(stack), defaultCapacityType: eks.DefaultCapacityType.NODEGROUP,
  });

  test('the name has to be given, because the cluster\'s own is a deploy-time value', () => {
    expect(() => Karpenter.install(stack, 'Unnamed', { cluster, kubernetesVersion, nodeBudget })).toThrow(/`clusterName` is "a deploy-time value", but it is a condition key/);
    stack.node.tryRemoveChild('Unnamed');
  });

  test('its workers outlive the machines of Karpenter', () => {
    install(stack, { cluster, clusterName: 'shop' });
    const template = Template.fromStack(stack);
    template.hasResource('Custom::NodeTeardown', { DependsOn: Match.arrayWith(Object.keys(template.findResources('AWS::EKS::Nodegroup'))) });
    template.hasResourceProperties('AWS::EKS::AccessEntry', { ClusterName: stack.resolve(cluster.clusterName), Type: 'EC2_LINUX' });
  });
});

test.each<[string, (stack: Stack) => Partial<KarpenterProps>, RegExp]>([
  ['a name that is not the cluster\'s', () => ({ clusterName: 'payroll' }), /`clusterName` is "payroll", but the cluster is called "shop"/],
  ['a name that is known at deployment', stack => ({ cluster: importCluster(stack, { clusterName: Aws.STACK_NAME }) }), /`clusterName` is "a deploy-time value"/],
  ['a cluster whose network is unknown', stack => ({ cluster: importCluster(stack) }), /`vpc` is missing, but the network of the cluster is not known either\. Give the prop, or import/],
  [
    'a cluster whose security group is unknown',
    stack => ({ cluster: importCluster(stack, { vpc: foreignVpc(stack), clusterSecurityGroupId: undefined }) }),
    /`securityGroup` is missing, but the security group of the cluster is not known either/,
  ],
  ['an old Kubernetes', () => ({ kubernetesVersion: eks.KubernetesVersion.V1_30 }), /`kubernetesVersion` is "1.30", but Karpenter .* runs on 1.31 to 1.36\. Upgrade the cluster first/],
  ['a new Kubernetes', () => ({ kubernetesVersion: eks.KubernetesVersion.of('1.40') }), /`kubernetesVersion` is "1.40".*Take a newer version of this library/],
  ['a budget that pays for nothing', () => ({ nodeBudget: NodeBudget.usdPerMonth(5) }), /`nodeBudget` is 5/],
])('%s is refused', (_, propsOf, message) => {
  const stack = testStack();
  expect(() => install(stack, propsOf(stack))).toThrow(message);
  expect(stack.node.findChild('Karpenter').node.children).toEqual([]);
});
