import { Template } from 'aws-cdk-lib/assertions';
import { inlinePolicies, synthesize } from './accesses';
import { decide as evaluate, NamedPolicy, PolicyDocument } from '../../support/policy-simulation';
import { landingZone, managementStack } from '../landing-zones';

/** Real requests, evaluated by a policy simulator against the synthesized permission sets, in an account for workloads and in management. */
const ACCOUNT = '222222222222';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

const inline = inlinePolicies(synthesize());

/** `AdministratorAccess`, and more than any other policy of AWS can ever allow. */
const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

/** A key's own policy, which leaves it to the identities of the account who may use it. */
const KEY_POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }] };

type SetName = 'Administrator' | 'Developer' | 'DeveloperView' | 'ReleaseApprover' | 'Billing' | 'Auditor';
const GUARDED: SetName[] = ['Developer', 'DeveloperView', 'ReleaseApprover', 'Billing', 'Auditor'];

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
  readonly resourcePolicy?: PolicyDocument;
}

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}`;
const roleOf = (set: SetName) => `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Innovate${set}_0123456789abcdef`;

/** Allowed, the ids of the statements that deny the request, or ImplicitlyDenied. */
function decide(set: SetName, request: Request, ...further: PolicyDocument[]): Promise<string> {
  const own = inline[`Innovate${set}`];
  return evaluate({ ...request, principal: roleOf(set), account: ACCOUNT, identityPolicies: [...own ? [own] : [], ...further] });
}

const bastionRole = (account: string) => ({
  action: 'sts:AssumeRole', resource: `arn:aws:iam::${account}:role/bastion-developers/app-Bastion`,
  context: { 'aws:ResourceAccount': account, 'aws:PrincipalAccount': ACCOUNT },
});
const pipeline = (action: string, stage = '') => ({ action: `codepipeline:${action}`, resource: arn('codepipeline', `release${stage}`) });
const role = (action: string) => ({ action: `iam:${action}`, resource: `arn:aws:iam::${ACCOUNT}:role/app` });
const GUARDRAIL = 'arn:aws:organizations::111111111111:policy/o-exampleorgid/service_control_policy/p-abcdefgh';
const user = (action: string) => ({ action: `iam:${action}`, resource: `arn:aws:iam::${ACCOUNT}:user/someone` });
const log = (action: string) => ({ action: `logs:${action}`, resource: arn('logs', 'log-group:/app/api') });
const stream = { action: 'logs:GetLogEvents', resource: arn('logs', 'log-group:/app/api:log-stream:pod') };
const BILLING_VIEW = `arn:aws:billing::${ACCOUNT}:billingview/primary`;
const everywhere = (action: string) => ({ action, resource: '*' });

/** Contents of stores, and the ways onto machines where they can be had. */
const DATA: [string, Request][] = [
  ['an object', { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/key' }],
  ['an old version of an object', { action: 's3:GetObjectVersion', resource: 'arn:aws:s3:::some-bucket/key' }],
  ['a secret', { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:database-abcdef') }],
  ['all secrets at once', everywhere('secretsmanager:BatchGetSecretValue')],
  ['a SecureString', { action: 'ssm:GetParameter', resource: arn('ssm', 'parameter/app/password') }],
  ['parameters by their path', { action: 'ssm:GetParametersByPath', resource: arn('ssm', 'parameter/app') }],
  ['an item', { action: 'dynamodb:GetItem', resource: arn('dynamodb', 'table/orders') }],
  ['items by SQL', { action: 'dynamodb:PartiQLSelect', resource: arn('dynamodb', 'table/orders') }],
  ['a table as a file', { action: 'dynamodb:ExportTableToPointInTime', resource: arn('dynamodb', 'table/orders') }],
  ['rows through the data API', { action: 'rds-data:ExecuteStatement', resource: arn('rds', 'cluster:app') }],
  ['rows with a token of IAM', { action: 'rds-db:connect', resource: arn('rds-db', 'dbuser:cluster-ABC/admin') }],
  ['a snapshot as a file', { action: 'rds:StartExportTask', resource: arn('rds', 'cluster-snapshot:app') }],
  ['a copy of the database', { action: 'rds:RestoreDBClusterFromSnapshot', resource: arn('rds', 'cluster:copy') }],
  ['the database\'s log', { action: 'rds:DownloadDBLogFilePortion', resource: arn('rds', 'db:app') }],
  ['records of a stream', { action: 'kinesis:GetRecords', resource: arn('kinesis', 'stream/events') }],
  ['a message', { action: 'sqs:ReceiveMessage', resource: arn('sqs', 'queue') }],
  ['blocks of a snapshot', { action: 'ebs:GetSnapshotBlock', resource: 'arn:aws:ec2:eu-west-1::snapshot/snap-1' }],
  ['results of a query', { action: 'athena:GetQueryResults', resource: arn('athena', 'workgroup/primary') }],
  ['a restored backup', { action: 'backup:StartRestoreJob', resource: `arn:aws:backup:eu-west-1:${ACCOUNT}:recovery-point:1` }],
  ['plain text', { action: 'kms:Decrypt', resource: arn('kms', 'key/abc'), resourcePolicy: KEY_POLICY }],
  ['a key for somebody else', { action: 'kms:CreateGrant', resource: arn('kms', 'key/abc'), resourcePolicy: KEY_POLICY }],
  ['the code of a function', { action: 'lambda:GetFunction', resource: arn('lambda', 'function:app') }],
  ['a masked log line', { action: 'logs:Unmask', resource: arn('logs', 'log-group:/app/api') }],
  ['a shell on a machine', { action: 'ssm:StartSession', resource: arn('ec2', 'instance/i-1') }],
  ['a command on a machine', { action: 'ssm:SendCommand', resource: arn('ec2', 'instance/i-1') }],
  ['a shell in a container', { action: 'ecs:ExecuteCommand', resource: arn('ecs', 'task/app/1') }],
  ['credentials of a pipeline\'s job', { action: 'codepipeline:GetJobDetails', resource: '*' }],
];

/** Changes of who may do what. */
const ACCESS_CHANGES: [string, Request][] = [
  ['creates an IAM user', user('CreateUser')],
  ['creates an access key', user('CreateAccessKey')],
  ['creates a role', role('CreateRole')],
  ['widens a role', role('PutRolePolicy')],
  ['opens a role to somebody', role('UpdateAssumeRolePolicy')],
  ['passes a role', role('PassRole')],
  ['opens a root session', { action: 'sts:AssumeRoot', resource: 'arn:aws:iam::333333333333:root' }],
  ['detaches a guardrail', { action: 'organizations:DetachPolicy', resource: GUARDRAIL }],
  ['rewrites a guardrail', { action: 'organizations:UpdatePolicy', resource: GUARDRAIL }],
  ['leaves the organization', everywhere('organizations:LeaveOrganization')],
  ['widens a permission set', { action: 'sso:PutInlinePolicyToPermissionSet', resource: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef' }],
  ['joins a group', { action: 'identitystore:CreateGroupMembership', resource: 'arn:aws:identitystore:::group/1' }],
];

describe.each(GUARDED)('%s, whatever else allows it', set => {
  test.each(DATA)('never reads %s', async (_, request) => {
    expect(await decide(set, request, EVERYTHING)).toBe('NoData');
  });

  test.each(ACCESS_CHANGES)('never %s', async (_, request) => {
    expect(await decide(set, request, EVERYTHING)).toBe('NoAccessChanges');
  });

  test.each([`role/cdk-hnb659fds-deploy-role-${ACCOUNT}-eu-west-1`, 'role/vendor-bastion/acme', 'role/app/bastion-developers/app'])('never takes %s', async resource => {
    const context = { 'aws:ResourceAccount': ACCOUNT, 'aws:PrincipalAccount': ACCOUNT };
    expect(await decide(set, { action: 'sts:AssumeRole', resource: `arn:aws:iam::${ACCOUNT}:${resource}`, context }, EVERYTHING)).toBe('NoOtherRole');
  });

  test('never takes a role of another account, a bastion\'s neither', async () => {
    expect(await decide(set, bastionRole('444455556666'), EVERYTHING)).toBe('NoOtherAccount');
  });

  test.each<[string, Request]>([
    ['the log', stream], ['the log by a query', log('StartQuery')], ['the log as it is written', log('StartLiveTail')],
    ['traces', everywhere('xray:BatchGetTraces')], ['requests at the edge', { action: 'wafv2:GetSampledRequests', resource: arn('wafv2', 'regional/webacl/edge/1') }],
  ])('reads %s as a developer in non-production only', async (_, request) => {
    expect(await decide(set, request, EVERYTHING)).toBe(set === 'Developer' ? 'Allowed' : 'NoTelemetry');
  });
});

test('a bucket that admits everybody does not give its objects to developers', async () => {
  const resourcePolicy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' }] };
  const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/key', resourcePolicy };
  expect(await decide('Developer', request)).toBe('NoData');
  expect(await decide('Administrator', request)).toBe('Allowed');
});

const ALLOWED = 'Allowed';
const NOT = 'ImplicitlyDenied';

/** What is done, by developers in non-production, by developers in production, by release approvers. */
test.each<[string, Request, string, string, string]>([
  ['sees pipelines', everywhere('codepipeline:ListPipelines'), ALLOWED, ALLOWED, ALLOWED],
  ['sees a pipeline\'s state', pipeline('GetPipelineState'), ALLOWED, ALLOWED, ALLOWED],
  ['sees what a build tested', { action: 'codebuild:BatchGetBuilds', resource: arn('codebuild', 'project/app') }, ALLOWED, ALLOWED, ALLOWED],
  ['starts a pipeline', pipeline('StartPipelineExecution'), ALLOWED, NOT, NOT],
  ['retries a stage', pipeline('RetryStageExecution', '/Deploy'), ALLOWED, NOT, NOT],
  ['stops a pipeline', pipeline('StopPipelineExecution'), ALLOWED, NOT, NOT],
  ['approves a release', pipeline('PutApprovalResult', '/Approve/Release'), NOT, NOT, ALLOWED],
  ['changes a pipeline', pipeline('UpdatePipeline'), NOT, NOT, NOT],
  ['skips a stage\'s gate', pipeline('EnableStageTransition', '/Deploy'), NOT, NOT, NOT],
  ['builds with other commands', { action: 'codebuild:StartBuild', resource: arn('codebuild', 'project/app') }, NOT, NOT, NOT],
  ['sees a cluster', { action: 'eks:DescribeCluster', resource: arn('eks', 'cluster/app') }, ALLOWED, ALLOWED, NOT],
  ['looks into a cluster', { action: 'eks:AccessKubernetesApi', resource: arn('eks', 'cluster/app') }, ALLOWED, NOT, NOT],
  ['admits itself to a cluster', { action: 'eks:CreateAccessEntry', resource: arn('eks', 'cluster/app') }, NOT, NOT, NOT],
  ['pulls an image', { action: 'ecr:BatchGetImage', resource: arn('ecr', 'repository/app') }, ALLOWED, NOT, NOT],
  ['pushes an image', { action: 'ecr:PutImage', resource: arn('ecr', 'repository/app') }, NOT, NOT, NOT],
  ['sees metrics', everywhere('cloudwatch:GetMetricWidgetImage'), ALLOWED, ALLOWED, NOT],
  ['sees alarms', { action: 'cloudwatch:DescribeAlarms', resource: arn('cloudwatch', 'alarm:app') }, ALLOWED, ALLOWED, NOT],
  ['silences an alarm', { action: 'cloudwatch:DisableAlarmActions', resource: arn('cloudwatch', 'alarm:app') }, NOT, NOT, NOT],
  ['sees the stack', { action: 'cloudformation:DescribeStacks', resource: arn('cloudformation', 'stack/app/1') }, ALLOWED, ALLOWED, NOT],
  ['changes the stack', { action: 'cloudformation:UpdateStack', resource: arn('cloudformation', 'stack/app/1') }, NOT, NOT, NOT],
  ['restarts the database', { action: 'rds:RebootDBInstance', resource: arn('rds', 'db:app') }, ALLOWED, NOT, NOT],
  ['deletes the database', { action: 'rds:DeleteDBCluster', resource: arn('rds', 'cluster:app') }, NOT, NOT, NOT],
  ['empties the edge\'s cache', { action: 'cloudfront:CreateInvalidation', resource: `arn:aws:cloudfront::${ACCOUNT}:distribution/E1` }, ALLOWED, NOT, NOT],
  ['sees which secrets there are', everywhere('secretsmanager:ListSecrets'), ALLOWED, ALLOWED, NOT],
  ['sees a bucket\'s settings', { action: 's3:GetBucketVersioning', resource: 'arn:aws:s3:::some-bucket' }, ALLOWED, ALLOWED, NOT],
  ['lists objects', { action: 's3:ListBucket', resource: 'arn:aws:s3:::some-bucket' }, ALLOWED, NOT, NOT],
  ['writes an object', { action: 's3:PutObject', resource: 'arn:aws:s3:::some-bucket/key' }, NOT, NOT, NOT],
  ['reads records of a dataset', everywhere('cloudwatch:GetRecords'), 'NoData', 'NoData', 'NoData'],
  ['sees costs', { action: 'ce:GetCostAndUsage', resource: BILLING_VIEW }, NOT, NOT, NOT],
  ['comes in at the bastion', bastionRole(ACCOUNT), ALLOWED, NOT, NOT],
  ['comes in at a bastion of another account', bastionRole('444455556666'), ...Array<string>(3).fill('NoOtherAccount') as [string, string, string]],
])('a developer, one in production, a release approver: %s', async (_, request, developer, view, approver) => {
  expect([await decide('Developer', request), await decide('DeveloperView', request), await decide('ReleaseApprover', request)]).toEqual([developer, view, approver]);
});

test.each<[string, Request, string]>([
  ['sees costs', { action: 'ce:GetCostAndUsage', resource: BILLING_VIEW }, ALLOWED],
  ['sees an invoice', everywhere('invoicing:ListInvoiceSummaries'), ALLOWED],
  ['pays', everywhere('payments:MakePayment'), ALLOWED],
  ['sees a budget', { action: 'budgets:ViewBudget', resource: `arn:aws:budgets::${ACCOUNT}:budget/staging` }, ALLOWED],
  ['raises a budget', { action: 'budgets:ModifyBudget', resource: `arn:aws:budgets::${ACCOUNT}:budget/staging` }, NOT],
  ['lifts the hard stop', { action: 'budgets:ExecuteBudgetAction', resource: `arn:aws:budgets::${ACCOUNT}:budget/staging/action/1` }, NOT],
  ['switches off anomaly alerts', { action: 'ce:DeleteAnomalySubscription', resource: `arn:aws:ce::${ACCOUNT}:anomalysubscription/1` }, NOT],
  ['opens billing to others', everywhere('billing:UpdateIAMAccessPreference'), NOT],
  ['sees machines', everywhere('ec2:DescribeInstances'), NOT],
  ['starts a machine', { action: 'ec2:RunInstances', resource: arn('ec2', 'instance/i-1') }, NOT],
  ['lists buckets', everywhere('s3:ListAllMyBuckets'), NOT],
  ['sees roles', everywhere('iam:ListRoles'), NOT],
])('finance: %s', async (_, request, decision) => {
  expect(await decide('Billing', request)).toBe(decision);
});

test.each<[string, Request, string]>([
  ['finds outside access', everywhere('access-analyzer:ListAnalyzers'), ALLOWED],
  ['looks up events', everywhere('cloudtrail:LookupEvents'), ALLOWED],
  ['reads the trail\'s settings', { action: 'cloudtrail:GetTrailStatus', resource: arn('cloudtrail', 'trail/audit') }, ALLOWED],
  ['reads recorded configuration', everywhere('config:GetResourceConfigHistory'), ALLOWED],
  ['reads findings', everywhere('guardduty:GetFindings'), ALLOWED],
  ['reads controls', { action: 'securityhub:GetFindings', resource: arn('securityhub', 'hub/default') }, ALLOWED],
  ['reads a role', role('GetRolePolicy'), ALLOWED],
  ['reads guardrails', { action: 'organizations:DescribePolicy', resource: GUARDRAIL }, ALLOWED],
  ['reads who is in a group', { action: 'identitystore:ListGroupMemberships', resource: 'arn:aws:identitystore:::group/1' }, ALLOWED],
  ['stops the trail', { action: 'cloudtrail:StopLogging', resource: arn('cloudtrail', 'trail/audit') }, NOT],
  ['archives a finding', everywhere('guardduty:ArchiveFindings'), NOT],
  ['stops recording', { action: 'config:StopConfigurationRecorder', resource: arn('config', 'configuration-recorder/default/1') }, NOT],
  ['starts a pipeline', pipeline('StartPipelineExecution'), NOT],
])('auditors, by the statements of the library: %s', async (_, request, decision) => {
  expect(await decide('Auditor', request)).toBe(decision);
});

describe('administrators', () => {
  const stack = managementStack();
  landingZone(stack);
  const guardrails: NamedPolicy[] = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::Policy', { Properties: { Type: 'SERVICE_CONTROL_POLICY' } }))
    .map(({ Properties }) => ({ Name: Properties.Description, Content: Properties.Content }));
  const inProduction = [{ name: 'root', policies: [] }, { name: 'unit', policies: guardrails }, { name: 'account', policies: [] }];

  test.each<[string, Request, string]>([
    ['changes a role', role('PutRolePolicy'), ALLOWED],
    ['reads an object', { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/key' }, ALLOWED],
    ['creates an IAM user', user('CreateUser'), 'DenyIamUsers'],
    ['stops the trail', { action: 'cloudtrail:StopLogging', resource: arn('cloudtrail', 'trail/audit') }, 'ProtectAudit'],
    ['deletes the database', { action: 'rds:DeleteDBCluster', resource: arn('rds', 'cluster:app') }, 'ProtectData'],
    ['leaves the organization', everywhere('organizations:LeaveOrganization'), 'DenyLeaving'],
  ])('in production, under its guardrails: %s', async (_, { context, ...request }, decision) => {
    expect(await evaluate({
      ...request, principal: roleOf('Administrator'), account: ACCOUNT, identityPolicies: [EVERYTHING], serviceControl: inProduction,
      context: { 'aws:RequestedRegion': 'eu-west-1', ...context },
    })).toBe(decision);
  });
});
