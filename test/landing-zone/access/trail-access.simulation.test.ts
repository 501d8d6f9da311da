import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { accessControl, inlinePolicies, PRODUCTION, STAGING } from './accesses';
import { AccountScope } from '../../../src/landing-zone/access/account-scope';
import { AccessAssignment } from '../../../src/landing-zone/access/identity-center';
import { PermissionSet } from '../../../src/landing-zone/access/permission-set';
import { decide as evaluate, PolicyDocument } from '../../support/policy-simulation';
import { REGION } from '../../support/stacks';
import { auditTrail } from '../audit/audit-trails';
import { MANAGEMENT, managementStack } from '../landing-zones';

/** The one thing that auditors read, evaluated by a policy simulator in the management account, with and without everything allowed beside it. */
const KEY = 'key/11111111-2222-3333-4444-555555555555';
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${MANAGEMENT}:${resource}`;

const basedOnAuditor = PermissionSet.custom({
  name: 'LeadAuditor', description: 'Leads an audit', basedOn: PermissionSet.AUDITOR,
  statements: [new iam.PolicyStatement({ actions: ['securityhub:BatchUpdateFindings'], resources: ['*'] })],
});
const assignments: AccessAssignment[] = [PermissionSet.AUDITOR, basedOnAuditor, PermissionSet.BILLING].map(permissionSet => (
  { group: permissionSet.name, permissionSet, accounts: AccountScope.MANAGEMENT }
));

const stack = managementStack();
accessControl(stack, { assignments }, [STAGING, PRODUCTION], {
  bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'trail'),
  logGroup: logs.LogGroup.fromLogGroupName(stack, 'Logs', 'trail'),
  encryptionKey: kms.Key.fromKeyArn(stack, 'Key', arn('kms', KEY)),
});

/** As deployed in the partition `aws`. */
const inline = inlinePolicies(Template.fromJSON(JSON.parse(JSON.stringify(Template.fromStack(stack).toJSON(), (_, value) => (
  value?.['Fn::Join'] ? value['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'aws').join(value['Fn::Join'][0]) : value
)))));

const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
const KEY_POLICY: PolicyDocument = {
  Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${MANAGEMENT}:root` }, Action: 'kms:*', Resource: '*' }],
};

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
  readonly resourcePolicy?: PolicyDocument;
}

function decide(set: string, request: Request, ...further: PolicyDocument[]): Promise<string> {
  const principal = `arn:aws:iam::${MANAGEMENT}:role/aws-reserved/sso.amazonaws.com/${REGION}/AWSReservedSSO_${set}_0123456789abcdef`;
  return evaluate({ ...request, principal, account: MANAGEMENT, identityPolicies: [inline[set]!, ...further] });
}

const object = (action: string, key: string) => ({ action: `s3:${action}`, resource: `arn:aws:s3:::${key}` });
const log = (action: string, resource: string) => ({ action: `logs:${action}`, resource: arn('logs', `log-group:${resource}`) });
const decrypt = (key: string, service?: string) => ({
  action: 'kms:Decrypt', resource: arn('kms', key), resourcePolicy: KEY_POLICY, context: service ? { 'kms:ViaService': service } : undefined,
});
const FILE = 'trail/AWSLogs/o-exampleorgid/222222222222/CloudTrail/eu-west-1/2026/01/01/events.json.gz';

const READABLE: [string, Request][] = [
  ['a file', object('GetObject', FILE)],
  ['a file as it was', object('GetObjectVersion', FILE)],
  ['the names of files', object('ListBucket', 'trail')],
  ['a query', log('StartQuery', 'trail')],
  ['a query, by the ARN that CloudWatch Logs asks with', log('StartQuery', 'trail:log-stream:')],
  ['the results of a query', log('GetQueryResults', 'trail')],
  ['a record of a result', log('GetLogRecord', 'trail')],
  ['the fields of the log', log('GetLogGroupFields', 'trail')],
  ['a search', log('FilterLogEvents', 'trail')],
  ['a stream', log('GetLogEvents', 'trail:log-stream:o-exampleorgid_222222222222')],
  ['plain text of a file', decrypt(KEY, `s3.${REGION}.amazonaws.com`)],
  ['plain text of the log', decrypt(KEY, `logs.${REGION}.amazonaws.com`)],
];

const UNREADABLE: [string, Request, string][] = [
  ['a file of another bucket', object('GetObject', 'other/AWSLogs/o-exampleorgid/events.json.gz'), 'NoDataButTrail'],
  ['a bucket whose name begins the same', object('GetObject', 'trail-2/AWSLogs/events.json.gz'), 'NoDataButTrail'],
  ['an old version in another bucket', object('GetObjectVersion', 'other/key'), 'NoDataButTrail'],
  ['what else is in the bucket', object('GetObject', 'trail/else'), 'NoDataButTrail'],
  ['a query of another log', log('StartQuery', '/app/api'), 'NoTelemetryButTrail'],
  ['a log whose name begins the same', log('StartQuery', 'trail-2'), 'NoTelemetryButTrail'],
  ['the results of another query', log('GetQueryResults', '/app/api'), 'NoTelemetryButTrail'],
  ['a search of another log', log('FilterLogEvents', '/app/api'), 'NoTelemetryButTrail'],
  ['a stream of another log', log('GetLogEvents', '/app/api:log-stream:pod'), 'NoTelemetryButTrail'],
  ['a log as it is written', log('StartLiveTail', 'trail'), 'NoTelemetry'],
  ['a masked line of the log', log('Unmask', 'trail'), 'NoData'],
  ['plain text of another key', decrypt('key/other', `s3.${REGION}.amazonaws.com`), 'NoDataButTrail'],
  ['plain text, asked of the key itself', decrypt(KEY), 'NoDataButTrailKey'],
  ['plain text of what another service encrypted', decrypt(KEY, `secretsmanager.${REGION}.amazonaws.com`), 'NoDataButTrailKey'],
  ['a secret', { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:database-abcdef') }, 'NoData'],
  ['results of Athena', { action: 'athena:GetQueryResults', resource: arn('athena', 'workgroup/primary') }, 'NoData'],
];

describe.each(['InnovateAuditor', 'LeadAuditor'])('%s', set => {
  test.each(READABLE)('reads of the trail %s, by its own statements', async (_, request) => {
    expect(await decide(set, request)).toBe('Allowed');
  });

  test.each(UNREADABLE)('never reads %s, whatever else allows it', async (_, request, decision) => {
    expect(await decide(set, request, EVERYTHING)).toBe(decision);
  });

  test('changes nothing of the trail', async () => {
    expect(await decide(set, object('DeleteObject', FILE))).toBe('ImplicitlyDenied');
    expect(await decide(set, log('DeleteLogGroup', 'trail'))).toBe('ImplicitlyDenied');
  });
});

test('nobody else reads the trail', async () => {
  for (const [, request] of READABLE.filter(([name]) => !/names|fields/.test(name))) {
    expect(await decide('InnovateBilling', request, EVERYTHING)).toMatch(/^No(Data|Telemetry)$/);
  }
});

test('a landing zone has its own trail readable, by names that only the deployment knows', () => {
  const management = managementStack();
  const trail = auditTrail(management);
  accessControl(management, { assignments }, [STAGING, PRODUCTION], trail);
  const { Statement } = inlinePolicies(Template.fromStack(management)).InnovateAuditor as { Statement: Record<string, unknown>[] };
  const notDenied = (sid: string) => Statement.find(({ Sid }) => Sid === sid)!.NotResource;
  const [bucketArn, keyArn, logGroupName] = management.resolve([trail.bucket.bucketArn, trail.encryptionKey.keyArn, trail.logGroup.logGroupName]);
  const logGroup = ['arn:', { Ref: 'AWS::Partition' }, `:logs:${REGION}:${MANAGEMENT}:log-group:`, logGroupName];
  expect(notDenied('NoDataButTrail')).toEqual([{ 'Fn::Join': ['', [bucketArn, '/AWSLogs/*']] }, keyArn]);
  expect(notDenied('NoTelemetryButTrail')).toEqual([{ 'Fn::Join': ['', logGroup] }, { 'Fn::Join': ['', [...logGroup, ':*']] }]);
});
