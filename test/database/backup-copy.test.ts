import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { DataRetention } from '../../src/database/data-retention';
import { BackupCopy } from '../../src/database/retention/backup-copy';
import { BackupCopyVault, BackupCopyVaultProps } from '../../src/database/retention/backup-copy-vault';
import { LegalMinimum } from '../../src/database/retention/legal-minimum';
import { FIRST_RUN_METADATA } from '../../src/private/first-run';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION } from '../support/stacks';

const OTHER_ACCOUNT = '333333333333';
const OTHER_REGION = 'eu-central-1';

/** A database, and a vault elsewhere in the same app. */
function copying(env: { account: string; region: string }, copyTo: (vault: BackupCopyVault) => BackupCopy, props?: BackupCopyVaultProps) {
  const app = new App();
  const there = new Stack(app, 'There', { env });
  const vault = new BackupCopyVault(there, 'Copies', props);
  const here = new Stack(app, 'Here', { env: { account: ACCOUNT, region: REGION } });
  const database = new AuroraPostgres(here, 'Database', { vpc: foreignVpc(here), retention: DataRetention.standard({ copies: [copyTo(vault)] }) });
  return { here, there, vault, database, template: Template.fromStack(here), vaultTemplate: Template.fromStack(there) };
}

function rules(template: Template): any[] {
  return Object.values(template.findResources('AWS::Backup::BackupPlan'))[0].Properties.BackupPlan.BackupPlanRule;
}

function steps(stack: Stack): Record<string, any> {
  return stack.templateOptions.metadata![FIRST_RUN_METADATA];
}

const plain = (value: unknown) => JSON.stringify(value).replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g, '"arn:aws$1"');

describe('to another region', () => {
  const { here, there, template, vaultTemplate, database } = copying({ account: ACCOUNT, region: OTHER_REGION }, vault => BackupCopy.toRegion(vault));

  test('every tier is copied and kept as long as it is', () => {
    const [name] = Object.values(vaultTemplate.findResources('AWS::Backup::BackupVault')).map(({ Properties }) => Properties.BackupVaultName);
    expect(rules(template).map(({ CopyActions, Lifecycle }) => JSON.parse(plain([CopyActions, Lifecycle])))).toEqual([35, 84, 365].map(DeleteAfterDays => [
      [{ DestinationBackupVaultArn: `arn:aws:backup:${OTHER_REGION}:${ACCOUNT}:backup-vault:${name}`, Lifecycle: { DeleteAfterDays } }], { DeleteAfterDays },
    ]));
  });

  test('the vault has a key of its own and is kept', () => {
    vaultTemplate.hasResource('AWS::Backup::BackupVault', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: { EncryptionKeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CopiesKey'), 'Arn'] }, LockConfiguration: Match.absent() },
    });
    vaultTemplate.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
  });

  test('the database key is shared with nobody', () => {
    const principals = Object.values(template.findResources('AWS::KMS::Key')).flatMap(({ Properties }) => Properties.KeyPolicy.Statement)
      .flatMap(({ Principal }: any) => Principal.AWS ?? []);
    expect([...new Set(principals.map(plain))]).toEqual([`"arn:aws:iam::${ACCOUNT}:root"`]);
  });

  test('both regions are opted in', () => {
    expect(Object.keys(steps(here))).toContain(`backup-aurora-${ACCOUNT}-${REGION}`);
    expect(Object.keys(steps(there))).toEqual([`backup-aurora-${ACCOUNT}-${OTHER_REGION}`]);
    expect(Object.keys(steps(here))).not.toContain('backup-across-accounts');
  });

  test('failed copies are told', () => {
    const { eventPattern } = database._backup!.failures.find(({ id }) => id === 'CopyFailed')!;
    expect(here.resolve(eventPattern)).toMatchObject({ detailType: ['Copy Job State Change'], detail: { state: ['FAILED'] } });
  });

  test('leaves no warning', () => expectNoAnnotations(here));
});

describe('to another account', () => {
  const { here, template, vaultTemplate } = copying({ account: OTHER_ACCOUNT, region: REGION },
    vault => BackupCopy.toAccount(vault, { tiers: ['monthly'], retention: Duration.days(90) }), { sourceAccounts: ['444444444444'] });

  test('the named tier alone is copied, for as long as it says', () => {
    expect(rules(template).map(({ CopyActions }) => CopyActions?.[0].Lifecycle.DeleteAfterDays)).toEqual([undefined, undefined, 90]);
  });

  test('the vault admits the source accounts and nobody else', () => {
    const [{ Properties: { AccessPolicy } }] = Object.values(vaultTemplate.findResources('AWS::Backup::BackupVault'));
    expect(JSON.parse(plain(AccessPolicy.Statement))).toEqual(['444444444444', ACCOUNT].map(account => (
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'backup:CopyIntoBackupVault', Resource: '*' }
    )));
  });

  test('the management account and both accounts have a step', () => {
    expect(steps(here)['backup-across-accounts']).toMatchObject({
      account: '{managementAccount}',
      check: { command: ['backup', 'describe-global-settings', '--query', 'GlobalSettings.isCrossAccountBackupEnabled'], expected: 'true' },
    });
  });

  test('leaves no warning', () => expectNoAnnotations(here));
});

test('a database of two copies makes two independent actions', () => {
  const app = new App();
  const at = (id: string, env: { account: string; region: string }) => new BackupCopyVault(new Stack(app, id, { env }), 'Vault');
  const copies = [
    BackupCopy.toRegion(at('Region', { account: ACCOUNT, region: OTHER_REGION })), BackupCopy.toAccount(at('Account', { account: OTHER_ACCOUNT, region: REGION })),
  ];
  const here = new Stack(app, 'Here', { env: { account: ACCOUNT, region: REGION } });
  new AuroraPostgres(here, 'Database', { vpc: foreignVpc(here), retention: DataRetention.gdpr({ copies }) });
  expect(rules(Template.fromStack(here))[0].CopyActions).toHaveLength(2);
});

test('an imported vault is opted in from here, and an imported key is warned of', () => {
  const app = new App();
  const here = new Stack(app, 'Here', { env: { account: ACCOUNT, region: REGION } });
  const vault = imported(here, `arn:aws:backup:${REGION}:${OTHER_ACCOUNT}:backup-vault:databases`);
  new AuroraPostgres(here, 'Database', {
    vpc: foreignVpc(here),
    encryptionKey: kms.Key.fromKeyArn(here, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/k`),
    retention: DataRetention.standard({ copies: [BackupCopy.toAccount(vault)] }),
  });
  expect(steps(here)[`backup-aurora-${OTHER_ACCOUNT}-${REGION}`]).toMatchObject({ account: OTHER_ACCOUNT, region: REGION });
  const messages = app.synth().getStackArtifact(here.artifactId).messages.filter(({ level }) => level === SynthesisMessageLevel.WARNING);
  expect(messages.map(({ entry }) => entry.data)).toEqual([expect.stringContaining(`copies into account ${OTHER_ACCOUNT} fail until`)]);
});

function imported(scope: Stack, backupVaultArn: string, encryptionKeyArn = `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/0`) {
  return BackupCopyVault.fromBackupCopyVaultAttributes(scope, `Vault${scope.node.children.length}`, { backupVaultArn, encryptionKeyArn });
}

const refusing = new Stack(new App(), 'Here', { env: { account: ACCOUNT, region: REGION } });
const vpc = foreignVpc(refusing);
const vaultArn = (account: string, region: string) => `arn:aws:backup:${region}:${account}:backup-vault:databases`;

test.each<[string, () => BackupCopy[], RegExp]>([
  ['a copy to itself', () => [BackupCopy.toRegion(imported(refusing, vaultArn(ACCOUNT, REGION)))], /the vault is in the account and region of the database itself/],
  ['another account for another region', () => [BackupCopy.toRegion(imported(refusing, vaultArn(OTHER_ACCOUNT, REGION)))],
    /`retention.copies\[0\]` is ".*", but the vault is in another account and its region. Use toRegion\(\)/],
  ['another region for another account', () => [BackupCopy.toAccount(imported(refusing, vaultArn(ACCOUNT, OTHER_REGION)))],
    /but the vault is in the account of the database and another region/],
  ['both at once by accident', () => [BackupCopy.toAccount(imported(refusing, vaultArn(OTHER_ACCOUNT, OTHER_REGION)))],
    /but the vault is in another account and another region/],
  ['what is no vault', () => [BackupCopy.toAccount(imported(refusing, 'arn:aws:s3:::databases'))], /`retention.copies\[0\].backupVaultArn` .* not the ARN of a backup vault/],
  ['a key that AWS manages', () => [BackupCopy.toAccount(imported(refusing, vaultArn(OTHER_ACCOUNT, REGION), 'alias/aws/backup'))],
    /`retention.copies\[0\].encryptionKeyArn` is "alias\/aws\/backup", but it is not the ARN of a customer key/],
  ['a tier that does not exist', () => [BackupCopy.toAccount(imported(refusing, vaultArn(OTHER_ACCOUNT, REGION)), { tiers: ['hourly'] })],
    /`retention.copies\[0\].tiers` is "hourly", but there is no such tier to copy. Name some of: daily, weekly, monthly/],
  ['half days', () => [BackupCopy.toAccount(imported(refusing, vaultArn(OTHER_ACCOUNT, REGION)), { retention: Duration.hours(36) })],
    /`retention.copies\[0\].retention` is 1.5/],
  ['one vault twice', () => {
    const vault = imported(refusing, vaultArn(OTHER_ACCOUNT, REGION));
    return [BackupCopy.toAccount(vault), BackupCopy.toAccount(vault, { tiers: ['weekly'] })];
  }, /`retention.copies` is ".*databases", but two entries have this vault for the tier "weekly"/],
  ['copies shorter than the lock of their vault', () => {
    const there = new Stack(refusing.node.root as App, 'Locked', { env: { account: OTHER_ACCOUNT, region: REGION } });
    return [BackupCopy.toAccount(new BackupCopyVault(there, 'Vault', { legalMinimum: LegalMinimum.governance(Duration.days(100)) }), { tiers: ['weekly'] })];
  }, /`retention.copies\[0\].retention` is "84 days", but the legal minimum is 100 days/],
])('refuses %s', (what, copies, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, retention: DataRetention.standard({ copies: copies() }) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test.each<[string, BackupCopyVaultProps, RegExp]>([
  ['an account that is none', { sourceAccounts: ['4444'] }, /`sourceAccounts\[0\]` is "4444"/],
  ['a lock and no intention to keep', { legalMinimum: LegalMinimum.governance(Duration.days(1)), removalPolicy: RemovalPolicy.DESTROY },
    /`removalPolicy` is "destroy", but a locked vault cannot be deleted/],
  ['a lock of half days', { legalMinimum: LegalMinimum.governance(Duration.hours(36)) }, /`legalMinimum.period` is 1.5/],
])('the vault refuses %s', (what, props, message) => {
  expect(() => new BackupCopyVault(refusing, what, props)).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test('a locked vault of copies', () => {
  const { vaultTemplate } = copying({ account: ACCOUNT, region: OTHER_REGION }, vault => BackupCopy.toRegion(vault),
    { legalMinimum: LegalMinimum.compliance(Duration.days(30), { changeableFor: Duration.days(7) }) });
  vaultTemplate.hasResourceProperties('AWS::Backup::BackupVault', { LockConfiguration: { MinRetentionDays: 30, ChangeableForDays: 7 } });
});
