import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as fs from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../src/cluster/node-budget';
import { bundleOf } from './bundle';
import { testStack } from '../support/stacks';
test('x', () => {
  const app = new App({ outdir: '/tmp/cluster-helper/out2' });
  const data = new Stack(app, 'Data', { env: { account: '222222222222', region: 'eu-west-1' } });
  const stack = new Stack(app, 'Imp', { env: { account: '222222222222', region: 'eu-west-1' } });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
    vpcId: 'vpc-1', vpcCidrBlock: '10.9.0.0/16', availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-a', 'subnet-b'], privateSubnetRouteTableIds: ['rtb-a', 'rtb-b'],
  });
  const c = new KarpenterCluster(stack, 'Cluster', { vpc, nodeBudget: NodeBudget.usdPerMonth(3000) });
  const bucket = new (require('aws-cdk-lib/aws-s3').Bucket)(data, 'B');
  const api = c.addWebService('Api', { port: 8443 }); api.addEnvironment('B', bucket.bucketName); api.addEnvironment('U', `https://${bucket.bucketRegionalDomainName}/x`);
  const b = bundleOf(stack);
  for (const e of stack.node.findAll()) { for (const m of e.node.metadata) { if (m.type.includes('warn')||m.type.includes('err')) console.log(e.node.path, m.data); } }
  fs.mkdirSync('/tmp/cluster-helper/manifests', { recursive: true });
  for (const [k, v] of Object.entries(b)) if (k.startsWith('manifests/')) fs.writeFileSync('/tmp/cluster-helper/' + k, v);
  const t = JSON.parse(fs.readFileSync('/tmp/cluster-helper/out2/Imp.template.json', 'utf8'));
  console.log(JSON.stringify(Object.values<any>(t.Resources).find(r => r.Type === 'AWS::CodePipeline::Pipeline').Properties.Stages.at(-1).Actions[0].Configuration.EnvironmentVariables));
});
