/**
 * One cluster, brought to it by the strategy that `BOOTSTRAP` names; with `LESS`, as it is after a node pool and a web service were taken out of the code,
 * the only one of its namespace.
 */
import * as path from 'node:path';
import { App, Size, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ClusterBootstrap, KarpenterCluster, NodeBudget, SecureVpc } from 'cdk-innovate-platform';

const app = new App();
const stack = new Stack(app, 'Bootstrapped', { env: { account: '111111111111', region: 'eu-west-1' } });

/** kubectl and Helm are found on the PATH here: the layer is a folder that is not looked into. */
const layer = () => new lambda.LayerVersion(stack, 'Kubectl', { code: lambda.Code.fromAsset(path.join(__dirname, 'toolbox')) });
const bootstrap = process.env.BOOTSTRAP === 'kubectl' ? ClusterBootstrap.kubectl(layer(), { kubectlMinor: 36 }) : ClusterBootstrap.pipeline();

const { vpc, applicationSubnets: vpcSubnets } = new SecureVpc(stack, 'Network');
const cluster = new KarpenterCluster(stack, 'Cluster', {
  vpc, vpcSubnets, bootstrap, clusterName: 'bootstrapped', nodeBudget: NodeBudget.usdPerMonth(800), plainHttp: true, deletionProtection: false,
});
const api = cluster.addWebService('Api', { port: 8443, scaling: { minReplicas: 2, maxReplicas: 4 } });
api.addEnvironment('LOAD_BALANCER', cluster.loadBalancer.loadBalancerDnsName);
if (!process.env.LESS) {
  cluster.addNodePool('Batch', { nodeBudget: NodeBudget.usdPerMonth(800), nodeVolumeSize: Size.gibibytes(60), taints: [{ key: 'example.com/batch' }] });
  cluster.addWebService('Reports', { port: 8443, namespace: 'reports', paths: ['/reports/*'], scaling: { minReplicas: 2, maxReplicas: 4 } });
}
app.synth();
