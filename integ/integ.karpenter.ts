import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import { integApp } from './integ-app';
import { Karpenter } from '../src/cluster/karpenter/karpenter';
import { NodeBudget } from '../src/cluster/nodes/node-budget';
import { NodePurchase } from '../src/cluster/nodes/node-pool-options';

/** Karpenter with a second, tainted pool on a plain cluster of aws-cdk-lib, with workers and add-ons of its own. */
const app = integApp();
const stack = new Stack(app, 'Karpenter', { env: { region: 'eu-west-1' } });
const vpc = new ec2.Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 1,
  restrictDefaultSecurityGroup: false,
});
const kubernetesVersion = eks.KubernetesVersion.V1_35;
const cluster = new eks.Cluster(stack, 'Cluster', {
  clusterName: 'integ-karpenter',
  version: kubernetesVersion,
  vpc,
  defaultCapacityType: eks.DefaultCapacityType.NODEGROUP,
  defaultCapacity: 2,
});
const agent = new eks.Addon(stack, 'PodIdentityAgent', { cluster, addonName: 'eks-pod-identity-agent' });
const karpenter = Karpenter.install(stack, 'Nodes', {
  cluster, clusterName: 'integ-karpenter', kubernetesVersion, vpc, nodeBudget: NodeBudget.usdPerMonth(400),
});
karpenter.node.addDependency(agent);
karpenter.addNodePool('Batch', {
  nodeBudget: NodeBudget.usdPerMonth(300), purchases: [NodePurchase.SPOT], taints: [{ key: 'example.com/batch' }],
});

const integ = new IntegTest(app, 'KarpenterTest', {
  testCases: [stack],
  regions: ['eu-west-1'],
  assertionStack: new Stack(app, 'KarpenterAssertions', { env: { region: 'eu-west-1' } }),
});
integ.assertions.awsApiCall('SQS', 'getQueueUrl', { QueueName: karpenter.clusterName }).expect(ExpectedResult.objectLike({}));
integ.assertions.awsApiCall('EKS', 'listPodIdentityAssociations', { clusterName: karpenter.clusterName })
  .expect(ExpectedResult.objectLike({ associations: [{ namespace: 'kube-system', serviceAccount: 'karpenter' }] }));
