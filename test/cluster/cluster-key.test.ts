import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { KarpenterCluster } from '../../src/cluster/karpenter-cluster';
import { NodeBudget } from '../../src/cluster/nodes/node-budget';
import { ACCOUNT, foreignVpc, REGION, testStack } from '../support/stacks';

const env = { account: ACCOUNT, region: REGION };
const SIDS = ['VolumesOfLaunchedInstances', 'GrantsForVolumesOfLaunchedInstances'];

function createCluster(stack: Stack, encryptionKey?: kms.IKey, vpc: ec2.IVpc = foreignVpc(stack)): KarpenterCluster {
  return new KarpenterCluster(stack, 'Cluster', { vpc, nodeBudget: NodeBudget.usdPerMonth(3000), encryptionKey });
}

function statementsOf(stack: Stack): any[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key')).flatMap(({ Properties }) => Properties.KeyPolicy.Statement);
}

test('the service-linked roles that start instances are admitted by conditions, because they may not exist yet', () => {
  const stack = testStack();
  createCluster(stack);
  const admitted = statementsOf(stack).filter(({ Sid }) => SIDS.includes(Sid));
  expect(admitted).toHaveLength(2);
  for (const statement of admitted) {
    expect(statement.Principal).toEqual({ AWS: '*' });
    expect(statement.Condition.StringEquals).toEqual({ 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': `ec2.${REGION}.amazonaws.com` });
    expect(JSON.stringify(statement.Condition.ArnEquals['aws:PrincipalArn'])).toMatch(/aws-service-role\/autoscaling\.amazonaws\.com\/AWSServiceRoleForAutoScaling"/);
  }
});

test('a key of another stack admits them too, without tying that stack to this one', () => {
  const app = new App();
  const keys = new Stack(app, 'Keys', { env });
  const encryptionKey = new kms.Key(keys, 'Key');
  const stack = new Stack(app, 'Test', { env });
  createCluster(stack, encryptionKey);
  expect(statementsOf(keys).map(({ Sid }) => Sid)).toEqual(expect.arrayContaining(SIDS));
  expect(keys.dependencies).toEqual([]);
  Template.fromStack(stack).resourceCountIs('AWS::KMS::Key', 0);
});

test('an imported key is left as it is and used for everything', () => {
  const stack = testStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Imported', `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`);
  createCluster(stack, encryptionKey);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::KMS::Key', 0);
  template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: encryptionKey.keyArn });
  template.hasResourceProperties('AWS::EKS::Cluster', { EncryptionConfig: [{ Provider: { KeyArn: encryptionKey.keyArn }, Resources: ['secrets'] }] });
});
