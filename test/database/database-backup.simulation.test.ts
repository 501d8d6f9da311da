import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { DataRetention } from '../../src/database/data-retention';
import { BackupCopy } from '../../src/database/retention/backup-copy';
import { BackupCopyVault } from '../../src/database/retention/backup-copy-vault';
import { decide, PolicyDocument } from '../support/policy-simulation';
import { ACCOUNT, foreignVpc, REGION } from '../support/stacks';

/** Real requests of AWS Backup, RDS and EventBridge Scheduler, evaluated by a policy simulator against the synthesized roles. */
const OTHER_ACCOUNT = '333333333333';
const OTHER_REGION = 'eu-central-1';

const app = new App();
const vaultAt = (id: string, account: string, region: string) => new BackupCopyVault(new Stack(app, id, { env: { account, region } }), 'Copies');
const inRegion = vaultAt('Region', ACCOUNT, OTHER_REGION);
const inAccount = vaultAt('Account', OTHER_ACCOUNT, REGION);
const stack = new Stack(app, 'Here', { env: { account: ACCOUNT, region: REGION } });
new AuroraPostgres(stack, 'Database', {
  vpc: foreignVpc(stack),
  retention: DataRetention.standard({
    copies: [BackupCopy.toRegion(inRegion), BackupCopy.toAccount(inAccount)],
    archive: { retention: Duration.days(3650) },
    restoreTesting: {},
  }),
});

/** References as the names that they stand for: here, the logical ids, or the ARN of the resource. */
function deployed(value: any, resources: Record<string, any>): any {
  if (Array.isArray(value)) { return value.map(each => deployed(each, resources)); }
  if (typeof value !== 'object' || value === null) { return value; }
  if (value['Fn::Join']) { return deployed(value['Fn::Join'][1], resources).join(value['Fn::Join'][0]); }
  if (value.Ref) { return value.Ref === 'AWS::Partition' ? 'aws' : String(value.Ref).toLowerCase(); }
  if (value['Fn::GetStackOutput']) { return `arn:aws:kms:${OTHER_REGION}:${ACCOUNT}:key/copies`; }
  if (value['Fn::GetAtt']) {
    const [id] = value['Fn::GetAtt'];
    const kinds: Record<string, string> = {
      'AWS::KMS::Key': `arn:aws:kms:${REGION}:${ACCOUNT}:key/database`,
      'AWS::S3::Bucket': `arn:aws:s3:::${id.toLowerCase()}`,
      'AWS::IAM::Role': `arn:aws:iam::${ACCOUNT}:role/${id}`,
      'AWS::Backup::BackupVault': `arn:aws:backup:${REGION}:${ACCOUNT}:backup-vault:${id}`,
    };
    return kinds[resources[id].Type] ?? id;
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deployed(each, resources)]));
}

const { Resources } = Template.fromStack(stack).toJSON();

function only(type: string, pattern = /./): [string, any] {
  const found = Object.entries<any>(Resources).filter(([id, { Type }]) => Type === type && pattern.test(id));
  expect(found).toHaveLength(1);
  return found[0];
}

function policiesOf(role: RegExp): PolicyDocument[] {
  const [id] = only('AWS::IAM::Role', role);
  return Object.values<any>(Resources)
    .filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some((each: any) => each.Ref === id))
    .map(({ Properties }) => deployed(Properties.PolicyDocument, Resources));
}

const KEY_POLICY: PolicyDocument = deployed(only('AWS::KMS::Key', /^DatabaseKey/)[1].Properties.KeyPolicy, Resources);
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/database`;
const CLUSTER = deployed(only('AWS::Backup::BackupSelection')[1].Properties.BackupSelection.Resources[0], Resources);
const VAULT = `arn:aws:backup:${REGION}:${ACCOUNT}:backup-vault:${only('AWS::Backup::BackupVault')[0]}`;
const BUCKET = `arn:aws:s3:::${only('AWS::S3::Bucket')[0].toLowerCase()}`;
const rds = (resource: string, region = REGION) => `arn:aws:rds:${region}:${ACCOUNT}:${resource}`;
const SNAPSHOT = rds('cluster-snapshot:awsbackup:job-1');
const FOR_AWS = { 'kms:GrantIsForAWSResource': 'true' };
const copyVault = (vault: BackupCopyVault) => deployed(Stack.of(vault).resolve(vault.backupVaultArn), {});

type Asked = [action: string, resource: string, context?: Record<string, string>];

function may(role: RegExp, [action, resource, context]: Asked, resourcePolicy = resource === KEY ? KEY_POLICY : undefined): Promise<string> {
  return decide({
    principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${only('AWS::IAM::Role', role)[0]}/service`,
    account: ACCOUNT,
    action,
    resource,
    context,
    identityPolicies: policiesOf(role),
    resourcePolicy,
  });
}

const BACKUP_ROLE = /^DatabaseBackupRole/;
const RESTORE_ROLE = /^DatabaseBackupRestoreTestsRole/;
const EXPORT_ROLE = /^DatabaseBackupArchiveExportRole/;
const SCHEDULER_ROLE = /^DatabaseBackupArchiveSchedulerRole/;

describe('the role of the plan', () => {
  test.each<Asked>([
    ['rds:CreateDBClusterSnapshot', CLUSTER],
    ['rds:CreateDBClusterSnapshot', SNAPSHOT],
    ['rds:AddTagsToResource', SNAPSHOT],
    ['rds:DeleteDBClusterSnapshot', SNAPSHOT],
    ['rds:DescribeDBClusters', CLUSTER],
    ['rds:ModifyDBClusterSnapshotAttribute', SNAPSHOT],
    ['rds:CopyDBClusterSnapshot', SNAPSHOT],
    ['rds:CopyDBClusterSnapshot', rds('cluster-snapshot:awsbackup:copyjob-1', OTHER_REGION)],
    ['backup:CopyFromBackupVault', SNAPSHOT],
    ['backup:CopyIntoBackupVault', VAULT],
    ['backup:CopyIntoBackupVault', copyVault(inRegion)],
    ['kms:DescribeKey', KEY],
    ['kms:CreateGrant', KEY, FOR_AWS],
    ['kms:CreateGrant', `arn:aws:kms:${OTHER_REGION}:${ACCOUNT}:key/copies`, FOR_AWS],
  ])('may %s on %s', async (...asked) => {
    // a grant needs no context of the copy's own key policy, which is the default one
    expect(await decideWithOwnKey(BACKUP_ROLE, asked)).toBe('Allowed');
  });

  test.each<Asked>([
    ['rds:DeleteDBCluster', CLUSTER],
    ['rds:ModifyDBCluster', CLUSTER],
    ['rds:RestoreDBClusterFromSnapshot', SNAPSHOT],
    ['rds:CreateDBClusterSnapshot', rds('cluster:payroll')],
    ['rds:DeleteDBClusterSnapshot', rds('cluster-snapshot:payroll-before-migration')],
    ['rds:DeleteDBClusterSnapshot', rds('cluster-snapshot:rds:payroll-2026-11-23')],
    ['rds:ModifyDBClusterSnapshotAttribute', rds('cluster-snapshot:payroll-before-migration')],
    ['rds:DeleteDBClusterSnapshot', rds('cluster-snapshot:awsbackup:copyjob-1', OTHER_REGION)],
    ['backup:CopyIntoBackupVault', `arn:aws:backup:${OTHER_REGION}:${ACCOUNT}:backup-vault:somebody-elses`],
    ['backup:DeleteRecoveryPoint', SNAPSHOT],
    ['kms:CreateGrant', KEY, { 'kms:GrantIsForAWSResource': 'false' }],
    ['kms:Decrypt', KEY],
    ['kms:CreateGrant', `arn:aws:kms:${REGION}:${ACCOUNT}:key/payroll`, FOR_AWS],
  ])('may not %s on %s', async (...asked) => {
    expect(await decideWithOwnKey(BACKUP_ROLE, asked)).toBe('ImplicitlyDenied');
  });

  test('copies into the other account with the consent of its vault', async () => {
    const resource = copyVault(inAccount);
    const [vault] = Object.values(Template.fromStack(Stack.of(inAccount)).findResources('AWS::Backup::BackupVault'));
    const ask = (resourcePolicy?: PolicyDocument, account = ACCOUNT) => decide({
      principal: `arn:aws:sts::${account}:assumed-role/${only('AWS::IAM::Role', BACKUP_ROLE)[0]}/service`,
      account: OTHER_ACCOUNT,
      action: 'backup:CopyIntoBackupVault',
      resource,
      identityPolicies: policiesOf(BACKUP_ROLE),
      resourcePolicy,
    });
    const consent = deployed(vault.Properties.AccessPolicy, {});
    expect(await ask(consent)).toBe('Allowed');
    expect(await ask()).toBe('ImplicitlyDenied');
    expect(await ask(consent, '555555555555')).toBe('ImplicitlyDenied');
  });
});

/** Another key than the database's has the default policy. */
function decideWithOwnKey(role: RegExp, asked: Asked): Promise<string> {
  const [, resource] = asked;
  return resource.startsWith('arn:aws:kms:') && resource !== KEY ? may(role, asked, DEFAULT_KEY_POLICY) : may(role, asked);
}

const DEFAULT_KEY_POLICY = {
  Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
};

describe('the database key', () => {
  const backupService = (account: string) => `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForBackup/service`;
  const ask = (action: string, context: Record<string, string>, account = OTHER_ACCOUNT) => decide({
    principal: backupService(account), account: ACCOUNT, action, resource: KEY, context,
    identityPolicies: [{ Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } }], resourcePolicy: KEY_POLICY,
  });
  const viaRds = { 'kms:ViaService': `rds.${REGION}.amazonaws.com` };

  test('lets the backup service of the copy\'s account read snapshots through RDS', async () => {
    expect(await ask('kms:DescribeKey', {})).toBe('Allowed');
    expect(await ask('kms:ReEncryptFrom', viaRds)).toBe('Allowed');
    expect(await ask('kms:CreateGrant', { ...viaRds, ...FOR_AWS })).toBe('Allowed');
  });

  test('lets it do nothing else, and no third account anything', async () => {
    expect(await ask('kms:Decrypt', viaRds)).toBe('ImplicitlyDenied');
    expect(await ask('kms:ReEncryptFrom', { 'kms:ViaService': `s3.${REGION}.amazonaws.com` })).toBe('ImplicitlyDenied');
    expect(await ask('kms:CreateGrant', { ...viaRds, 'kms:GrantIsForAWSResource': 'false' })).toBe('ImplicitlyDenied');
    expect(await ask('kms:ScheduleKeyDeletion', {})).toBe('ImplicitlyDenied');
    expect(await ask('kms:DescribeKey', {}, '555555555555')).toBe('ImplicitlyDenied');
  });
});

describe('the role of the restore tests', () => {
  const RESTORED = rds('cluster:awsbackup-restore-test-0123');
  const viaRds = { 'kms:ViaService': `rds.${REGION}.amazonaws.com` };

  test.each<Asked>([
    ['rds:RestoreDBClusterFromSnapshot', SNAPSHOT],
    ['rds:RestoreDBClusterFromSnapshot', RESTORED],
    ['rds:RestoreDBClusterFromSnapshot', rds('cluster-pg:default.aurora-postgresql17')],
    ['rds:AddTagsToResource', RESTORED],
    ['rds:DeleteDBCluster', RESTORED],
    ['rds:DescribeDBClusters', RESTORED],
    ['kms:Decrypt', KEY, viaRds],
    ['kms:CreateGrant', KEY, FOR_AWS],
  ])('may %s on %s', async (...asked) => expect(await may(RESTORE_ROLE, asked)).toBe('Allowed'));

  test.each<Asked>([
    ['rds:DeleteDBCluster', CLUSTER],
    ['rds:DeleteDBCluster', rds('cluster:payroll')],
    ['rds:RestoreDBClusterFromSnapshot', rds('cluster:payroll')],
    ['rds:RestoreDBClusterFromSnapshot', rds('subgrp:public')],
    ['rds:DeleteDBClusterSnapshot', SNAPSHOT],
    ['rds:AddTagsToResource', CLUSTER],
    ['rds:ModifyDBClusterSnapshotAttribute', SNAPSHOT],
    ['kms:Decrypt', KEY],
    ['kms:Decrypt', KEY, { 'kms:ViaService': `s3.${REGION}.amazonaws.com` }],
  ])('may not %s on %s', async (...asked) => expect(await may(RESTORE_ROLE, asked)).toBe('ImplicitlyDenied'));
});

describe('the role that writes the archive', () => {
  test.each<Asked>([
    ['s3:PutObject', `${BUCKET}/exports/archive-1/app/1/part-0.gz.parquet`],
    ['s3:GetObject', `${BUCKET}/exports/archive-1/export_info.json`],
    ['s3:DeleteObject', `${BUCKET}/exports/archive-1/test`],
    ['s3:ListBucket', BUCKET],
    ['s3:GetBucketLocation', BUCKET],
    ['kms:GenerateDataKey', KEY],
    ['kms:Decrypt', KEY],
  ])('may %s on %s', async (...asked) => expect(await may(EXPORT_ROLE, asked)).toBe('Allowed'));

  test.each<Asked>([
    ['s3:GetObject', `${BUCKET}/reports/salaries.csv`],
    ['s3:PutObject', `${BUCKET}/reports/salaries.csv`],
    ['s3:GetObject', 'arn:aws:s3:::somebody-elses/exports/archive-1/export_info.json'],
    ['s3:DeleteBucket', BUCKET],
    ['s3:PutLifecycleConfiguration', BUCKET],
    ['kms:CreateGrant', KEY],
    ['rds:StartExportTask', CLUSTER],
  ])('may not %s on %s', async (...asked) => expect(await may(EXPORT_ROLE, asked)).toBe('ImplicitlyDenied'));

  test('is for RDS, and for this account', () => {
    const [, { Properties }] = only('AWS::IAM::Role', EXPORT_ROLE);
    expect(deployed(Properties.AssumeRolePolicyDocument.Statement, Resources)).toEqual([{
      Effect: 'Allow',
      Principal: { Service: 'export.rds.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnLike: { 'aws:SourceArn': `arn:aws:rds:${REGION}:${ACCOUNT}:*` } },
    }]);
  });
});

describe('the role that starts exports', () => {
  const exportRole = `arn:aws:iam::${ACCOUNT}:role/${only('AWS::IAM::Role', EXPORT_ROLE)[0]}`;
  const viaRds = { 'kms:ViaService': `rds.${REGION}.amazonaws.com` };
  const toRds = { 'iam:PassedToService': 'export.rds.amazonaws.com' };

  test.each<Asked>([
    ['rds:StartExportTask', CLUSTER],
    ['iam:PassRole', exportRole, toRds],
    ['kms:DescribeKey', KEY],
    ['kms:CreateGrant', KEY, viaRds],
    ['kms:Decrypt', KEY, viaRds],
  ])('may %s on %s', async (...asked) => expect(await may(SCHEDULER_ROLE, asked)).toBe('Allowed'));

  test.each<Asked>([
    ['rds:StartExportTask', rds('cluster:payroll')],
    ['rds:StartExportTask', SNAPSHOT],
    ['rds:DeleteDBCluster', CLUSTER],
    ['iam:PassRole', exportRole, { 'iam:PassedToService': 'lambda.amazonaws.com' }],
    ['iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/admin`, toRds],
    ['s3:GetObject', `${BUCKET}/exports/archive-1/export_info.json`],
    ['kms:Decrypt', KEY],
    ['kms:CreateGrant', KEY],
    ['kms:ScheduleKeyDeletion', KEY],
  ])('may not %s on %s', async (...asked) => expect(await may(SCHEDULER_ROLE, asked)).toBe('ImplicitlyDenied'));

  test('is for the schedules of this archive', () => {
    const [, { Properties }] = only('AWS::IAM::Role', SCHEDULER_ROLE);
    const [group] = only('AWS::Scheduler::ScheduleGroup');
    expect(Properties.AssumeRolePolicyDocument.Statement[0].Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] } },
    });
  });
});
