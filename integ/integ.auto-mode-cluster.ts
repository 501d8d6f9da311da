import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { integApp } from './integ-app';
import { ClusterCompute } from '../src/cluster/cluster-compute';
import { KarpenterCluster } from '../src/cluster/karpenter-cluster';
import { NodeBudget } from '../src/cluster/nodes/node-budget';

/** The same cluster as EKS Auto Mode, under the same budget. */
const app = integApp();
const stack = new Stack(app, 'AutoModeCluster', { env: { region: 'eu-west-1' } });
const vpc = new ec2.Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 1,
  restrictDefaultSecurityGroup: false,
});
const cluster = new KarpenterCluster(stack, 'Cluster', {
  vpc, nodeBudget: NodeBudget.usdPerMonth(600), compute: ClusterCompute.autoMode(), plainHttp: true, deletionProtection: false,
});
cluster.addWebService('Api', { port: 8443, scaling: { minReplicas: 2, maxReplicas: 4 } });

const integ = new IntegTest(app, 'AutoModeClusterTest', {
  testCases: [stack],
  regions: ['eu-west-1'],
  assertionStack: new Stack(app, 'AutoModeClusterAssertions', { env: { region: 'eu-west-1' } }),
});
integ.assertions.awsApiCall('EKS', 'describeCluster', { name: cluster.clusterName }).expect(ExpectedResult.objectLike({
  cluster: { status: 'ACTIVE', computeConfig: { enabled: true, nodePools: [] }, storageConfig: { blockStorage: { enabled: true } } },
}));
