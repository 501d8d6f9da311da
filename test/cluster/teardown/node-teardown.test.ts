import { Match, Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ClusterBootstrap } from '../../../src/cluster/bootstrap/cluster-bootstrap';
import { ClusterCompute } from '../../../src/cluster/cluster-compute';
import { KarpenterCluster } from '../../../src/cluster/karpenter-cluster';
import { KarpenterClusterProps } from '../../../src/cluster/karpenter-cluster-props';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { foreignVpc, testStack } from '../../support/stacks';

/** The logical ids that a resource waits for, directly or through others; they are deleted after it. */
function waitsFor(template: Template, id: string): Set<string> {
  const resources = template.toJSON().Resources as Record<string, any>;
  const found = new Set<string>();
  const visit = (logicalId: string) => {
    const { DependsOn = [], ...rest } = resources[logicalId];
    const referenced = [...JSON.stringify(rest).matchAll(/\{"(?:Ref|Fn::GetAtt)":(?:"|\[")([A-Za-z0-9]+)"/g)].map(match => match[1]);
    for (const other of [...[DependsOn].flat(), ...referenced]) {
      if (resources[other] && !found.has(other)) { found.add(other); visit(other); }
    }
  };
  visit(id);
  return found;
}

function synthesize(props: Partial<KarpenterClusterProps> = {}): { template: Template; teardown: string } {
  const stack = testStack();
  const cluster = new KarpenterCluster(stack, 'Cluster', { vpc: foreignVpc(stack), clusterName: 'shop', nodeBudget: NodeBudget.usdPerMonth(1000), plainHttp: true, ...props });
  cluster.addWebService('Api', { port: 8443 });
  const template = Template.fromStack(stack);
  return { template, teardown: Object.keys(template.findResources('Custom::NodeTeardown'))[0] };
}

function idsOf(template: Template, type: string, filter: (id: string) => boolean = () => true): string[] {
  return Object.keys(template.findResources(type)).filter(filter);
}

describe('with the pipeline', () => {
  const { template, teardown } = synthesize();

  test('nothing that makes NodePools is left when it works', () => {
    const [pipeline] = idsOf(template, 'AWS::CodePipeline::Pipeline');
    expect(waitsFor(template, pipeline)).toContain(teardown);
  });

  test('everything that Karpenter needs is still there: cluster, workers, add-ons, role, queue, access, and a way out of the network', () => {
    const needed = ['AWS::EKS::Cluster', 'AWS::EKS::Nodegroup', 'AWS::EKS::Addon', 'AWS::EKS::PodIdentityAssociation', 'AWS::SQS::Queue', 'AWS::EC2::Route', 'AWS::EC2::NatGateway']
      .flatMap(type => idsOf(template, type, id => !/ApiIdentity/.test(id)));
    expect([...waitsFor(template, teardown)]).toEqual(expect.arrayContaining(needed));
  });

  test('the function lives in the network and reaches the endpoint of the cluster', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'], Timeout: 840, VpcConfig: { SubnetIds: [Match.anyValue(), Match.anyValue()], SecurityGroupIds: [Match.anyValue()] },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      Description: 'Teardown of nodes', FromPort: 443, ToPort: 443, GroupId: { 'Fn::GetAtt': [Match.anyValue(), 'ClusterSecurityGroupId'] },
    });
    template.hasResourceProperties('Custom::NodeTeardown', { ClusterName: 'shop', SweepsInstances: 'true', EndsLogs: 'true', ServiceTimeout: '2700' });
  });

  test('it enters the cluster as a group that may delete NodePools, and no more', () => {
    template.hasResourceProperties('AWS::EKS::AccessEntry', { KubernetesGroups: ['innovate:node-teardown'], AccessPolicies: Match.absent() });
  });

  test('it ends and deletes what is tagged as Karpenter\'s or the network add-on\'s only', () => {
    const statement = (sid: string) => Object.values(template.findResources('AWS::IAM::Policy')).flatMap(policy => policy.Properties.PolicyDocument.Statement)
      .find(({ Sid }: any) => Sid === sid);
    expect(statement('EndMachines')).toMatchObject({
      Action: ['ec2:TerminateInstances', 'ec2:DeleteLaunchTemplate'],
      Condition: { StringEquals: { 'aws:ResourceTag/kubernetes.io/cluster/shop': 'owned' }, StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' } },
    });
    expect(statement('DeleteInterfacesOfMachines').Condition).toMatchObject({ StringLike: { 'aws:ResourceTag/node.k8s.amazonaws.com/instance_id': 'i-*' } });
    expect(statement('JoinNetwork').Condition).toEqual({ Null: { 'lambda:SourceFunctionArn': 'true' } });
  });
});

test('with kubectl it goes before the NodePools, and after everything that holds nodes', () => {
  const stack = testStack();
  const layer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:222222222222:layer:kubectl:1');
  const cluster = new KarpenterCluster(stack, 'Cluster', {
    vpc: foreignVpc(stack), nodeBudget: NodeBudget.usdPerMonth(1000), plainHttp: true, bootstrap: ClusterBootstrap.kubectl(layer),
  });
  cluster.addWebService('Api', { port: 8443 });
  const template = Template.fromStack(stack);
  const [teardown] = idsOf(template, 'Custom::NodeTeardown');
  const idsOfReleases = Object.fromEntries(Object.entries(template.findResources('Custom::AWSCDK-EKS-HelmChart')).map(([id, { Properties: { Release } }]) => [Release, id]));
  const { 'innovate-namespaces': namespaces, 'innovate-web-services': services, ...others } = idsOfReleases;
  expect(Object.keys(others)).toEqual(expect.arrayContaining(['innovate-nodes', 'innovate-teardown', 'karpenter', 'karpenter-crd']));
  expect([...waitsFor(template, teardown)]).toEqual(expect.arrayContaining(Object.values(others)));
  for (const id of [namespaces, services]) { expect(waitsFor(template, id)).toContain(teardown); }
});

test('the log group of the control plane goes after the cluster, and the cluster after the teardown, which ends the logs', () => {
  const { template, teardown } = synthesize();
  const [group] = Object.entries(template.findResources('AWS::Logs::LogGroup')).find(([, { Properties }]) => Properties.LogGroupName === '/aws/eks/shop/cluster')!;
  const [cluster] = idsOf(template, 'AWS::EKS::Cluster');
  expect(waitsFor(template, cluster)).toContain(group);
  expect(waitsFor(template, teardown)).toContain(cluster);
});

test('without a bootstrap of ours it is there all the same', () => {
  const { teardown } = synthesize({ bootstrap: ClusterBootstrap.none() });
  expect(teardown).toBeDefined();
});

test('with EKS Auto Mode it leaves the machines to EKS', () => {
  const { template } = synthesize({ compute: ClusterCompute.autoMode() });
  template.hasResourceProperties('Custom::NodeTeardown', { SweepsInstances: 'false' });
});

test('it is the only function', () => {
  const { template } = synthesize();
  template.resourceCountIs('AWS::Lambda::Function', 1);
});
