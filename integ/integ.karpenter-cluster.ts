import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { integApp } from './integ-app';
import { KarpenterCluster } from '../src/cluster/karpenter-cluster';
import { NodeBudget } from '../src/cluster/nodes/node-budget';

/** The smallest sensible cluster in somebody else's VPC, whose bootstrap pipeline has installed Karpenter and a web service. */
const app = integApp();
const stack = new Stack(app, 'KarpenterCluster', { env: { region: 'eu-west-1' } });
const vpc = new ec2.Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 1,
  restrictDefaultSecurityGroup: false,
});
const cluster = new KarpenterCluster(stack, 'Cluster', { vpc, nodeBudget: NodeBudget.usdPerMonth(600), plainHttp: true, deletionProtection: false });
const api = cluster.addWebService('Api', { port: 8443, scaling: { minReplicas: 2, maxReplicas: 4 } });
api.addEnvironment('LOAD_BALANCER', cluster.loadBalancer.loadBalancerDnsName);

const integ = new IntegTest(app, 'KarpenterClusterTest', {
  testCases: [stack],
  regions: ['eu-west-1'],
  assertionStack: new Stack(app, 'KarpenterClusterAssertions', { env: { region: 'eu-west-1' } }),
});

integ.assertions.awsApiCall('EKS', 'describeCluster', { name: cluster.clusterName }).expect(ExpectedResult.objectLike({
  cluster: { status: 'ACTIVE', deletionProtection: false, resourcesVpcConfig: { endpointPrivateAccess: true, endpointPublicAccess: false } },
}));

integ.assertions.awsApiCall('ElasticLoadBalancingV2', 'describeTargetGroups', { TargetGroupArns: [api.targetGroup.targetGroupArn] })
  .expect(ExpectedResult.objectLike({ TargetGroups: [{ Protocol: 'HTTPS', Port: 8443, TargetType: 'ip' }] }));
