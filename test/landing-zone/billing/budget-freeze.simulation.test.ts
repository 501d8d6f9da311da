import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CostAlerts } from '../../../src/landing-zone/billing/cost-alerts';
import { FROZEN_ACTIONS } from '../../../src/landing-zone/billing/freeze-statement';
import { HardStop } from '../../../src/landing-zone/billing/hard-stop';
import { decide, NamedPolicy } from '../../support/policy-simulation';
import { managementStack } from '../landing-zones';

/** Real requests, evaluated against the policy that a budget attaches to an account. The identity itself may do everything. */
const ACCOUNT = '222222222222';
const DEPLOYMENT = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`;
const KARPENTER = `arn:aws:iam::${ACCOUNT}:role/KarpenterController`;
const MANAGEMENT = `arn:aws:iam::${ACCOUNT}:role/OrganizationAccountAccessRole`;

const stack = managementStack();
new CostAlerts(stack, 'CostAlerts', {
  alertEmail: 'finance@innovate.example', encryptionKey: new kms.Key(stack, 'Key'), organizationId: 'o-exampleorgid',
}).addAccount({ name: 'staging', accountId: ACCOUNT, monthlyBudgetUsd: 800, hardStop: HardStop.atPercent(120) });
const [freeze] = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::Policy')).map(({ Properties }) => Properties as NamedPolicy);

function request(action: string, resource: string, principal: string): Promise<string> {
  return decide({
    principal, account: ACCOUNT, action, resource,
    serviceControl: [{ name: 'root', policies: [] }, { name: 'Workloads', policies: [] }, { name: 'account', policies: [freeze] }],
  });
}

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}`;

const NEW_OR_LARGER: [string, string, string][] = [
  ['a machine', 'ec2:RunInstances', arn('ec2', 'instance/i-1')],
  ['a fleet, as Karpenter makes one', 'ec2:CreateFleet', arn('ec2', 'fleet/fleet-1')],
  ['a stopped machine', 'ec2:StartInstances', arn('ec2', 'instance/i-1')],
  ['a larger auto scaling group', 'autoscaling:UpdateAutoScalingGroup', arn('autoscaling', 'autoScalingGroup:1:autoScalingGroupName/workers')],
  ['a larger node group', 'eks:UpdateNodegroupConfig', arn('eks', 'nodegroup/cluster/workers/1')],
  ['a cluster', 'eks:CreateCluster', '*'],
  ['a task', 'ecs:RunTask', arn('ecs', 'task-definition/app:1')],
  ['a database', 'rds:CreateDBInstance', arn('rds', 'db:app')],
  ['a larger database', 'rds:ModifyDBCluster', arn('rds', 'cluster:app')],
  ['a restored database', 'rds:RestoreDBClusterToPointInTime', arn('rds', 'cluster:app')],
  ['a cache', 'elasticache:CreateReplicationGroup', arn('elasticache', 'replicationgroup:app')],
];

test.each(NEW_OR_LARGER)('a frozen account gets no new machine, nor a larger one: %s', async (_, action, resource) => {
  expect(await request(action, resource, DEPLOYMENT)).toBe('BudgetOverrun');
  expect(await request(action, resource, KARPENTER)).toBe('BudgetOverrun');
});

test.each(NEW_OR_LARGER)('the administration role still decides: %s', async (_, action, resource) => {
  expect(await request(action, resource, MANAGEMENT)).toBe('Allowed');
});

test.each([
  ['a machine is terminated', 'ec2:TerminateInstances', arn('ec2', 'instance/i-1')],
  ['a machine is taken out of its group', 'autoscaling:TerminateInstanceInAutoScalingGroup', arn('autoscaling', 'autoScalingGroup:1:autoScalingGroupName/workers')],
  ['a group is deleted', 'autoscaling:DeleteAutoScalingGroup', arn('autoscaling', 'autoScalingGroup:1:autoScalingGroupName/workers')],
  ['a node group is deleted', 'eks:DeleteNodegroup', arn('eks', 'nodegroup/cluster/workers/1')],
  ['a database is stopped', 'rds:StopDBCluster', arn('rds', 'cluster:app')],
  ['a database is saved', 'rds:CreateDBClusterSnapshot', arn('rds', 'cluster:app')],
  ['a function runs', 'lambda:InvokeFunction', arn('lambda', 'function:app')],
  ['an object is written', 's3:PutObject', 'arn:aws:s3:::some-bucket/key'],
  ['a stack is deployed', 'cloudformation:UpdateStack', arn('cloudformation', 'stack/app/1')],
])('a frozen account keeps running, and can be made smaller: %s', async (_, action, resource) => {
  expect(await request(action, resource, DEPLOYMENT)).toBe('Allowed');
});

test.each(FROZEN_ACTIONS)('%s is an action of AWS', async action => {
  // the simulator refuses an action that it does not know; many resources at once are more than it decides in one answer
  const answer = await request(action, '*', DEPLOYMENT).catch((error: Error) => error.message);
  expect(answer).toMatch(/^(BudgetOverrun$|{"resultType":"wildcard")/);
});

test('the policy has the size that Organizations accepts, and names no action twice', () => {
  expect(JSON.stringify(freeze.Content).length).toBeLessThanOrEqual(5120);
  expect(new Set(FROZEN_ACTIONS).size).toBe(FROZEN_ACTIONS.length);
});
