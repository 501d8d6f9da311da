import { Template } from 'aws-cdk-lib/assertions';
import { landingZone, managementStack } from '../landing-zones';
import { decide as evaluate, PolicyDocument } from '../../support/policy-simulation';

/**
 * Real requests, evaluated by a policy simulator against the synthesized policies: the identity itself may do
 * everything, so that whatever is denied is denied by a guardrail.
 */
const ACCOUNT = '222222222222';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADMIN = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
const DEPLOYMENT = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`;
const MANAGEMENT = `arn:aws:iam::${ACCOUNT}:role/OrganizationAccountAccessRole`;

/** A key's own policy, without which nobody may use it. */
const KEY_POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }] };

interface Request {
  readonly principal?: string;
  readonly action: string;
  readonly resource: string;
  readonly region?: string;
  readonly context?: Record<string, string>;
  readonly resourcePolicy?: PolicyDocument;
}

const stack = managementStack();
landingZone(stack);
const synthesized = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::Policy')).map(policy => policy.Properties as never);
const isOfProduction = ({ Description }: { Description: string }) => Description === 'protect production data';
const ofProduction = synthesized.filter(isOfProduction);
const ofWorkloads = synthesized.filter(policy => !isOfProduction(policy));

/** Allowed, or the id of the statement that denies the request. */
function decide(unit: 'Production' | 'NonProduction', { principal = ADMIN, region = 'eu-west-1', context, ...request }: Request): Promise<string> {
  return evaluate({
    ...request,
    principal,
    account: ACCOUNT,
    context: { 'aws:RequestedRegion': region, ...context },
    serviceControl: [
      { name: 'root', policies: [] }, { name: 'Workloads', policies: ofWorkloads },
      { name: unit, policies: unit === 'Production' ? ofProduction : [] }, { name: 'account', policies: [] },
    ],
  });
}

const bucket = { action: 's3:CreateBucket', resource: 'arn:aws:s3:::some-bucket' };
const object = { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/key' };
const machine = (region: string) => ({ action: 'ec2:RunInstances', resource: `arn:aws:ec2:${region}:${ACCOUNT}:instance/i-1`, region });
const volume = (encrypted: string) => ({
  action: 'ec2:CreateVolume', resource: `arn:aws:ec2:eu-west-1:${ACCOUNT}:volume/vol-1`, context: { 'ec2:Encrypted': encrypted },
});
const database = (engine: string, encrypted: string) => ({
  action: 'rds:CreateDBInstance', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:db:some-db`,
  context: { 'rds:DatabaseEngine': engine, 'rds:StorageEncrypted': encrypted },
});
const cluster = (encrypted: string) => ({
  action: 'rds:CreateDBCluster', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster:some-db`, context: { 'rds:StorageEncrypted': encrypted },
});
const fileSystem = (encrypted: string) => ({ action: 'elasticfilesystem:CreateFileSystem', resource: '*', context: { 'elasticfilesystem:Encrypted': encrypted } });
const trail = (action: string) => ({ action: `cloudtrail:${action}`, resource: `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/some-trail` });
const detector = (action: string) => ({ action: `guardduty:${action}`, resource: `arn:aws:guardduty:eu-west-1:${ACCOUNT}:detector/abc` });
const trust = (role: string) => ({ action: 'iam:UpdateAssumeRolePolicy', resource: role });
const snapshot = (name: string) => ({ action: 'rds:DeleteDBClusterSnapshot', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster-snapshot:${name}` });
const dropCluster = { action: 'rds:DeleteDBCluster', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster:some-db` };
const dropBucket = { action: 's3:DeleteBucket', resource: 'arn:aws:s3:::some-bucket' };

test.each<[string, Request, string]>([
  ['root creates a bucket', { ...bucket, principal: ROOT }, 'DenyRootUser'],
  ['an administrator creates a bucket', bucket, 'Allowed'],
  ['the management account opens a root session', { ...bucket, principal: ROOT, context: { 'aws:AssumedRoot': 'true' } }, 'Allowed'],

  ['an administrator leaves the organization', { action: 'organizations:LeaveOrganization', resource: '*' }, 'DenyLeaving'],
  ['an administrator looks at the organization', { action: 'organizations:DescribeOrganization', resource: '*' }, 'Allowed'],

  ['an object is read outside the permitted regions', { ...object, region: 'ap-south-1' }, 'DenyOtherRegions'],
  ['an object is read at home', object, 'Allowed'],
  ['a machine starts outside the permitted regions', machine('eu-north-1'), 'DenyOtherRegions'],
  ['a machine starts in us-east-1', machine('us-east-1'), 'DenyWorkloadsInGlobalRegion'],
  ['a machine starts at home', machine('eu-west-1'), 'Allowed'],
  ['the edge stack is created in us-east-1', {
    action: 'cloudformation:CreateStack', resource: `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/edge/1`, region: 'us-east-1',
  }, 'Allowed'],
  ['a role is made through the endpoint in us-east-1', { action: 'iam:CreateRole', resource: `arn:aws:iam::${ACCOUNT}:role/app`, region: 'us-east-1' }, 'Allowed'],
  ['a distribution is made', { action: 'cloudfront:CreateDistribution', resource: '*', region: 'us-east-1' }, 'Allowed'],

  ['the deploy role stops the trail', { ...trail('StopLogging'), principal: DEPLOYMENT }, 'ProtectAudit'],
  ['an administrator deletes the trail', trail('DeleteTrail'), 'ProtectAudit'],
  ['the management account stops a trail', { ...trail('StopLogging'), principal: MANAGEMENT }, 'Allowed'],
  ['an administrator reads the trail', trail('GetTrailStatus'), 'Allowed'],
  ['an administrator changes the detector', detector('UpdateDetector'), 'ProtectAuditSettings'],
  ['the deploy role changes the detector', { ...detector('UpdateDetector'), principal: DEPLOYMENT }, 'Allowed'],
  ['the deploy role deletes the detector', { ...detector('DeleteDetector'), principal: DEPLOYMENT }, 'ProtectAudit'],

  ['an administrator takes over the administration role', trust(MANAGEMENT), 'ProtectAdministrationRole'],
  ['the deploy role makes an administration role', { action: 'iam:CreateRole', resource: MANAGEMENT, principal: DEPLOYMENT }, 'ProtectAdministrationRole'],
  ['an administrator changes another role', trust(`arn:aws:iam::${ACCOUNT}:role/app`), 'Allowed'],

  ['a volume without encryption', volume('false'), 'EncryptedVolumes'],
  ['an encrypted volume', volume('true'), 'Allowed'],
  ['a cluster without encryption', cluster('false'), 'EncryptedClusters'],
  ['an encrypted cluster', cluster('true'), 'Allowed'],
  ['a database without encryption', database('postgres', 'false'), 'EncryptedInstances'],
  ['an encrypted database', database('postgres', 'true'), 'Allowed'],
  ['an instance of an Aurora cluster', database('aurora-postgresql', 'false'), 'Allowed'],
  ['a file system without encryption', fileSystem('false'), 'EncryptedFileSystems'],
  ['an encrypted file system', fileSystem('true'), 'Allowed'],
  ['encryption by default is switched off', { action: 'ec2:DisableEbsEncryptionByDefault', resource: '*' }, 'EncryptedVolumesByDefault'],

  ['an IAM user', { action: 'iam:CreateUser', resource: `arn:aws:iam::${ACCOUNT}:user/someone` }, 'DenyIamUsers'],
  ['an access key', { action: 'iam:CreateAccessKey', resource: `arn:aws:iam::${ACCOUNT}:user/someone`, principal: DEPLOYMENT }, 'DenyIamUsers'],
  ['a role', { action: 'iam:CreateRole', resource: `arn:aws:iam::${ACCOUNT}:role/app` }, 'Allowed'],
])('in both units: %s', async (_, request, decision) => {
  expect(await decide('NonProduction', request)).toBe(decision);
  expect(await decide('Production', request)).toBe(decision);
});

test.each<[string, Request, string]>([
  ['an administrator deletes the database', dropCluster, 'ProtectData'],
  ['the deploy role deletes the database', { ...dropCluster, principal: DEPLOYMENT }, 'ProtectData'],
  ['the management account deletes the database', { ...dropCluster, principal: MANAGEMENT }, 'Allowed'],
  ['the deploy role deletes a bucket', { ...dropBucket, principal: DEPLOYMENT }, 'ProtectData'],
  ['an administrator deletes a snapshot', snapshot('by-hand'), 'ProtectSnapshots'],
  ['AWS Backup expires its own snapshot', snapshot('awsbackup:job-1'), 'Allowed'],
  ['a key is scheduled for deletion', {
    action: 'kms:ScheduleKeyDeletion', resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/abc`, resourcePolicy: KEY_POLICY,
  }, 'ProtectData'],
])('in production: %s', async (_, request, decision) => {
  expect(await decide('Production', request)).toBe(decision);
  expect(await decide('NonProduction', request)).toBe('Allowed');
});
