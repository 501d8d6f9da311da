import { Template } from 'aws-cdk-lib/assertions';
import { decide as evaluate, PolicyDocument } from '../../support/policy-simulation';
import { landingZone, managementStack } from '../landing-zones';

/**
 * Real requests, evaluated by a policy simulator against the synthesized policies: the identity itself may do
 * everything, so that whatever is denied is denied by a guardrail.
 */
const ACCOUNT = '222222222222';

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADMIN = `arn:aws:iam::${ACCOUNT}:role/Administrator`;
const DEPLOYMENT = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`;
const MANAGEMENT = `arn:aws:iam::${ACCOUNT}:role/OrganizationAccountAccessRole`;
/** A role that an administrator makes to be taken for CloudFormation's. */
const FORGED = `arn:aws:iam::${ACCOUNT}:role/cdk-x-cfn-exec-role-x`;
const BACKUP = `arn:aws:iam::${ACCOUNT}:role/innovate-landing-zone-backup`;

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
const synthesized = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::Policy', { Properties: { Type: 'SERVICE_CONTROL_POLICY' } }))
  .map(policy => policy.Properties as never);
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
const launch = (context: Record<string, string>) => ({ ...machine('eu-west-1'), context });
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
const cache = (encrypted: string) => ({
  action: 'elasticache:CreateReplicationGroup', resource: `arn:aws:elasticache:eu-west-1:${ACCOUNT}:replicationgroup:some-cache`,
  context: { 'elasticache:AtRestEncryptionEnabled': encrypted },
});
const publicDatabase = (reachable: string, action = 'CreateDBInstance') => ({
  action: `rds:${action}`, resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:db:some-db`, context: { 'rds:PubliclyAccessible': reachable },
});
const share = (external: string) => ({ action: 'ram:CreateResourceShare', resource: '*', context: { 'ram:RequestedAllowsExternalPrincipals': external } });
const contact = { action: 'account:PutAlternateContact', resource: `arn:aws:account::${ACCOUNT}:account` };
const provider = { action: 'iam:CreateOpenIDConnectProvider', resource: `arn:aws:iam::${ACCOUNT}:oidc-provider/some.example` };
const metadata = { action: 'ec2:ModifyInstanceMetadataOptions', resource: `arn:aws:ec2:eu-west-1:${ACCOUNT}:instance/i-1` };
const sharedSnapshot = { action: 'rds:ModifyDBSnapshotAttribute', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:snapshot:some-snapshot` };
const trail = (action: string) => ({ action: `cloudtrail:${action}`, resource: `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/some-trail` });
const detector = (action: string) => ({ action: `guardduty:${action}`, resource: `arn:aws:guardduty:eu-west-1:${ACCOUNT}:detector/abc` });
const trust = (role: string) => ({ action: 'iam:UpdateAssumeRolePolicy', resource: role });
const role = (action: string, resource = FORGED, principal = ADMIN) => ({ action: `iam:${action}`, resource, principal });
const detection = (action: string, region = 'eu-west-1') => ({ action, resource: '*', region });
const snapshot = (name: string) => ({ action: 'rds:DeleteDBClusterSnapshot', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster-snapshot:${name}` });
const dropCluster = { action: 'rds:DeleteDBCluster', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster:some-db` };
const dropKubernetes = { action: 'eks:DeleteCluster', resource: `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/some-cluster` };
const dropInstance = (engine: string) => ({
  action: 'rds:DeleteDBInstance', resource: `arn:aws:rds:eu-west-1:${ACCOUNT}:db:some-db`, context: { 'rds:DatabaseEngine': engine },
});
const drop = (action: string, resource: string) => {
  const [service] = action.split(':');
  return { action, resource: `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}` };
};
const volumeSnapshot = { action: 'ec2:DeleteSnapshot', resource: 'arn:aws:ec2:eu-west-1::snapshot/snap-1' };
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
  ['GuardDuty watches the events of global services', detection('guardduty:CreateDetector', 'us-east-1'), 'Allowed'],
  ['Security Hub is switched on for global services', {
    action: 'securityhub:EnableSecurityHub', resource: `arn:aws:securityhub:us-east-1:${ACCOUNT}:hub/default`, region: 'us-east-1',
  }, 'Allowed'],
  ['Inspector is switched on in us-east-1', detection('inspector2:Enable', 'us-east-1'), 'Allowed'],
  ['an analyzer is made in us-east-1', {
    action: 'access-analyzer:CreateAnalyzer', resource: `arn:aws:access-analyzer:us-east-1:${ACCOUNT}:analyzer/some-analyzer`, region: 'us-east-1',
  }, 'Allowed'],
  ['more distributions are asked for', {
    action: 'servicequotas:RequestServiceQuotaIncrease', resource: `arn:aws:servicequotas:us-east-1:${ACCOUNT}:cloudfront/L-24B04930`, region: 'us-east-1',
  }, 'Allowed'],
  ['GuardDuty is switched on outside the permitted regions', detection('guardduty:CreateDetector', 'ap-south-1'), 'DenyOtherRegions'],
  ['Inspector is switched on outside the permitted regions', detection('inspector2:Enable', 'eu-north-1'), 'DenyOtherRegions'],
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

  ['an administrator switches GuardDuty off by its members', { action: 'guardduty:StopMonitoringMembers', resource: '*' }, 'ProtectAudit'],
  ['an administrator suppresses findings of GuardDuty', { ...detector('CreateFilter'), resource: `${detector('').resource}/filter/all` }, 'ProtectAuditSettings'],
  ['the deploy role suppresses findings of GuardDuty', {
    ...detector('CreateFilter'), resource: `${detector('').resource}/filter/all`, principal: DEPLOYMENT,
  }, 'Allowed'],
  ['an administrator trusts addresses', detection('guardduty:CreateIPSet'), 'ProtectAuditSettings'],
  ['an administrator archives a finding', detection('guardduty:ArchiveFindings'), 'Allowed'],
  ['an administrator switches a control off', {
    action: 'securityhub:UpdateStandardsControl', resource: `arn:aws:securityhub:eu-west-1:${ACCOUNT}:hub/default`,
  }, 'ProtectAuditSettings'],
  ['an administrator switches controls off', detection('securityhub:BatchUpdateStandardsControlAssociations'), 'ProtectAuditSettings'],
  ['the deploy role switches controls off', { ...detection('securityhub:BatchUpdateStandardsControlAssociations'), principal: DEPLOYMENT }, 'Allowed'],
  ['an administrator suppresses findings of Security Hub', detection('securityhub:CreateAutomationRule'), 'ProtectAuditSettings'],
  ['an administrator suppresses findings of Inspector', {
    action: 'inspector2:CreateFilter', resource: `arn:aws:inspector2:eu-west-1:${ACCOUNT}:owner/${ACCOUNT}/filter/all`,
  }, 'ProtectAuditSettings'],
  ['an administrator reads the filters of Inspector', { action: 'inspector2:ListFilters', resource: '*' }, 'Allowed'],
  ['an administrator archives what an analyzer finds', {
    action: 'access-analyzer:CreateArchiveRule', resource: `arn:aws:access-analyzer:eu-west-1:${ACCOUNT}:analyzer/a/archive-rule/all`,
  }, 'ProtectAuditSettings'],
  ['the deploy role switches Inspector off', { ...detection('inspector2:Disable'), principal: DEPLOYMENT }, 'ProtectAudit'],
  ['the deploy role takes an account out of GuardDuty', { ...detection('guardduty:DeleteMembers'), principal: DEPLOYMENT }, 'ProtectAudit'],
  ['a workload switches its own rule off', {
    action: 'events:DisableRule', resource: `arn:aws:events:eu-west-1:${ACCOUNT}:rule/some-rule`,
  }, 'Allowed'],
  ['an administrator switches Macie off', { action: 'macie2:DisableMacie', resource: '*' }, 'ProtectAudit'],
  ['an administrator deletes the flow log', { action: 'ec2:DeleteFlowLogs', resource: `arn:aws:ec2:eu-west-1:${ACCOUNT}:vpc-flow-log/fl-1` }, 'ProtectAuditSettings'],

  ['an administrator redirects the security contact', contact, 'ProtectAccountSettings'],
  ['the deploy role sets the security contact', { ...contact, principal: DEPLOYMENT }, 'Allowed'],
  ['an administrator opens the account for public buckets', { action: 's3:PutAccountPublicAccessBlock', resource: '*' }, 'ProtectAccountSettings'],
  ['an administrator reads the security contact', { ...contact, action: 'account:GetAlternateContact' }, 'Allowed'],

  ['a machine starts with version 1 of the metadata service', launch({ 'ec2:MetadataHttpTokens': 'optional' }), 'DenyImdsV1'],
  ['a machine starts with version 2 of the metadata service', launch({ 'ec2:MetadataHttpTokens': 'required' }), 'Allowed'],
  ['keys from version 1 of the metadata service', launch({ 'ec2:RoleDelivery': '1.0' }), 'DenyImdsV1Credentials'],
  ['keys from version 2 of the metadata service', launch({ 'ec2:RoleDelivery': '2.0' }), 'Allowed'],
  ['an administrator brings version 1 back', metadata, 'DenyImdsChange'],
  ['the deploy role sets the metadata service', { ...metadata, principal: DEPLOYMENT }, 'Allowed'],

  ['a database with a public address', publicDatabase('true'), 'DenyPublicDatabases'],
  ['a database without a public address', publicDatabase('false'), 'Allowed'],
  ...['CreateDBInstanceReadReplica', 'RestoreDBInstanceFromDBSnapshot', 'RestoreDBInstanceFromS3', 'RestoreDBInstanceToPointInTime']
    .flatMap<[string, Request, string]>(action => [
      [`a public address by ${action}`, publicDatabase('true', action), 'DenyPublicDatabases'],
      [`no public address by ${action}`, publicDatabase('false', action), 'Allowed'],
    ]),
  ['an administrator shares a snapshot', sharedSnapshot, 'DenySharedSnapshots'],
  ['the management account shares a snapshot', { ...sharedSnapshot, principal: MANAGEMENT }, 'Allowed'],
  ['a share with strangers', share('true'), 'DenyExternalShares'],
  ['a share inside the organization', share('false'), 'Allowed'],

  ['an administrator makes an identity provider', provider, 'ProtectIdentityProviders'],
  ['the deploy role makes an identity provider', { ...provider, principal: DEPLOYMENT }, 'Allowed'],

  ['an administrator takes over the backup role', trust(BACKUP), 'ProtectBackupRole'],
  ['the deploy role makes the backup role', { action: 'iam:CreateRole', resource: BACKUP, principal: DEPLOYMENT }, 'Allowed'],
  ['an administrator takes over the administration role', trust(MANAGEMENT), 'ProtectPrivilegedRoles'],
  ['the deploy role makes an administration role', role('CreateRole', MANAGEMENT, DEPLOYMENT), 'ProtectPrivilegedRoles'],
  ['an administrator changes another role', trust(`arn:aws:iam::${ACCOUNT}:role/app`), 'Allowed'],

  // whoever has the name passes, so that nobody may get it
  ['a forged deploy role changes the detector', { ...detector('UpdateDetector'), principal: FORGED }, 'Allowed'],
  ['a forged deploy role takes over the backup role', { ...trust(BACKUP), principal: FORGED }, 'Allowed'],
  ['an administrator makes the forged role', role('CreateRole'), 'ProtectPrivilegedRoles'],
  ['an administrator makes the forged role below a path', role('CreateRole', `arn:aws:iam::${ACCOUNT}:role/cdk-x/y-cfn-exec-role-x`), 'ProtectPrivilegedRoles'],
  ['the deploy role makes the forged role', role('CreateRole', FORGED, DEPLOYMENT), 'ProtectPrivilegedRoles'],
  ['an administrator takes over the deploy role', trust(DEPLOYMENT), 'ProtectPrivilegedRoles'],
  ['the deploy role opens itself to others', { ...trust(DEPLOYMENT), principal: DEPLOYMENT }, 'ProtectPrivilegedRoles'],
  ...['AttachRolePolicy', 'DeleteRole', 'DeleteRolePermissionsBoundary', 'DeleteRolePolicy', 'DetachRolePolicy', 'PutRolePermissionsBoundary',
    'PutRolePolicy', 'UpdateRole'].map<[string, Request, string]>(action => [
    `an administrator changes the deploy role by ${action}`, role(action, DEPLOYMENT), 'ProtectPrivilegedRoles',
  ]),
  ['the management account bootstraps', role('CreateRole', DEPLOYMENT, MANAGEMENT), 'Allowed'],
  ['the management account bootstraps again', role('AttachRolePolicy', DEPLOYMENT, MANAGEMENT), 'Allowed'],
  ['an administrator looks at the deploy role', role('GetRolePolicy', DEPLOYMENT), 'Allowed'],
  ['an administrator deploys by the deploy role', role('PassRole', DEPLOYMENT), 'Allowed'],

  ['a volume without encryption', volume('false'), 'EncryptedVolumes'],
  ['an encrypted volume', volume('true'), 'Allowed'],
  ['a cluster without encryption', cluster('false'), 'EncryptedClusters'],
  ['an encrypted cluster', cluster('true'), 'Allowed'],
  ['a database without encryption', database('postgres', 'false'), 'EncryptedInstances'],
  ['an encrypted database', database('postgres', 'true'), 'Allowed'],
  ...['custom-oracle-ee', 'db2-se', 'mariadb', 'mysql', 'oracle-se2', 'sqlserver-ex'].map<[string, Request, string]>(engine => [
    `a database of ${engine} without encryption`, database(engine, 'false'), 'EncryptedInstances',
  ]),
  ...['aurora-mysql', 'aurora-postgresql', 'docdb', 'neptune'].map<[string, Request, string]>(engine => [
    `an instance of a cluster of ${engine}`, database(engine, 'false'), 'Allowed',
  ]),
  ['a database from files without encryption', { ...database('mysql', 'false'), action: 'rds:RestoreDBInstanceFromS3' }, 'EncryptedInstances'],
  ['an encrypted database from files', { ...database('mysql', 'true'), action: 'rds:RestoreDBInstanceFromS3' }, 'Allowed'],
  ['a cluster from files without encryption', { ...cluster('false'), action: 'rds:RestoreDBClusterFromS3' }, 'EncryptedClusters'],
  ['an encrypted cluster from files', { ...cluster('true'), action: 'rds:RestoreDBClusterFromS3' }, 'Allowed'],
  ['a file system without encryption', fileSystem('false'), 'EncryptedFileSystems'],
  ['an encrypted file system', fileSystem('true'), 'Allowed'],
  ['a cache without encryption', cache('false'), 'EncryptedCaches'],
  ['an encrypted cache', cache('true'), 'Allowed'],
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
  ['the backup role expires a volume snapshot', { ...volumeSnapshot, principal: BACKUP }, 'Allowed'],
  ['an administrator deletes a volume snapshot', volumeSnapshot, 'ProtectBackups'],
  ['the deploy role deletes a volume snapshot', { ...volumeSnapshot, principal: DEPLOYMENT }, 'ProtectBackups'],
  ...([
    ['dynamodb:DeleteBackup', 'table/some-table/backup/01'], ['rds:DeleteDBClusterAutomatedBackup', 'cluster-auto-backup:ab-1'],
    ['rds:DeleteDBInstanceAutomatedBackup', 'auto-backup:ab-1'], ['redshift:DeleteClusterSnapshot', 'snapshot:some-cluster/some-snapshot'],
    ['fsx:DeleteBackup', 'backup/backup-1'],
  ] as const).flatMap<[string, Request, string]>(([action, resource]) => [
    [`an administrator: ${action}`, drop(action, resource), 'ProtectBackups'],
    [`the backup role: ${action}`, { ...drop(action, resource), principal: BACKUP }, 'Allowed'],
  ]),
  ['an administrator deletes a standalone database', dropInstance('postgres'), 'ProtectInstances'],
  ['the deploy role deletes a standalone database', { ...dropInstance('sqlserver-se'), principal: DEPLOYMENT }, 'ProtectInstances'],
  ['the management account deletes a standalone database', { ...dropInstance('mysql'), principal: MANAGEMENT }, 'Allowed'],
  ['the deploy role deletes an instance of an Aurora cluster', { ...dropInstance('aurora-postgresql'), principal: DEPLOYMENT }, 'Allowed'],
  ['an administrator deletes an instance of a DocumentDB cluster', dropInstance('docdb'), 'Allowed'],
  ...([
    ['aoss:DeleteCollection', 'collection/abc'], ['cognito-idp:DeleteUserPool', 'userpool/eu-west-1_abc'], ['docdb-elastic:DeleteCluster', 'cluster/abc'],
    ['dsql:DeleteCluster', 'cluster/abc'], ['dynamodb:DeleteTable', 'table/some-table'], ['elasticache:DeleteReplicationGroup', 'replicationgroup:some-cache'],
    ['elasticache:DeleteServerlessCache', 'serverlesscache:some-cache'], ['es:DeleteDomain', 'domain/some-domain'],
    ['fsx:DeleteFileSystem', 'file-system/fs-1'], ['fsx:DeleteVolume', 'volume/fs-1/vol-1'], ['kafka:DeleteCluster', 'cluster/some-cluster/abc'],
    ['memorydb:DeleteCluster', 'cluster/some-cluster'], ['neptune-graph:DeleteGraph', 'graph/abc'], ['redshift:DeleteCluster', 'cluster:some-cluster'],
    ['redshift-serverless:DeleteNamespace', 'namespace/abc'], ['s3tables:DeleteTableBucket', 'bucket/some-bucket'],
  ] as const).flatMap<[string, Request, string]>(([action, resource]) => [
    [`the deploy role: ${action}`, { ...drop(action, resource), principal: DEPLOYMENT }, 'ProtectData'],
    [`the management account: ${action}`, { ...drop(action, resource), principal: MANAGEMENT }, 'Allowed'],
  ]),
  ['the deploy role deletes the cluster', { ...dropKubernetes, principal: DEPLOYMENT }, 'ProtectData'],
  ['an administrator deletes a recovery point', {
    action: 'backup:DeleteRecoveryPoint', resource: `arn:aws:backup:eu-west-1:${ACCOUNT}:recovery-point:abc`,
  }, 'ProtectData'],
  ['a key is scheduled for deletion', {
    action: 'kms:ScheduleKeyDeletion', resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/abc`, resourcePolicy: KEY_POLICY,
  }, 'ProtectData'],
])('in production: %s', async (_, request, decision) => {
  expect(await decide('Production', request)).toBe(decision);
  expect(await decide('NonProduction', request)).toBe('Allowed');
});
