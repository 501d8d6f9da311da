import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { App, CfnOutput, CfnParameter, CfnResource, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { temporaryDirectory } from './local-assembly';
import { AssemblyStack } from '../../src/cli/assembly';
import { EncryptionTable, encryptionTable, isUnencrypted } from '../../src/cli/encryption/encryption-table';
import { hopCells, storeCells } from '../../src/cli/encryption/encryption-text';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { ConnectionPooling } from '../../src/database/connection-pooling';
import { DataRetention } from '../../src/database/data-retention';
import { RestoreSource } from '../../src/database/restore-source';
import { BackupCopy } from '../../src/database/retention/backup-copy';
import { BackupCopyVault } from '../../src/database/retention/backup-copy-vault';
import { ACCOUNT, foreignVpc, REGION, testStack } from '../support/stacks';

const ROOT = path.join(__dirname, '..', '..');
/** A key in another account that this app does not make. */
const FOREIGN_KEY = `arn:aws:kms:${REGION}:111111111111:key/0`;

function assemblyStack(stack: Stack, template: object = Template.fromStack(stack).toJSON()): AssemblyStack {
  return { path: stack.node.path, account: stack.account, region: stack.region, template, directory: '' };
}

function tableOf(...stacks: Stack[]): EncryptionTable {
  return encryptionTable(stacks.map(stack => assemblyStack(stack)));
}

/** `what: key` and `from → to: protocol, certificate`, without the hashes of logical ids. */
function lines({ stores, hops }: EncryptionTable): string[] {
  return [
    ...stores.map(storeCells).map(([, resource, store, key]) => `${resource} ${store}: ${key}`),
    ...hops.map(hopCells).map(([, resource, from, to, protocol, certificate]) => `${resource} ${from} → ${to}: ${protocol}, ${certificate}`),
  ].map(line => line.replace(/(?<=[A-Za-z]\d?)[0-9A-F]{8}\b/g, ''));
}

/** The database with everything that keeps or sends something. */
function maximal(): { stack: Stack; elsewhere: Stack } {
  const stack = testStack();
  const elsewhere = new Stack(stack.node.root as App, 'Elsewhere', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const database = new AuroraPostgres(stack, 'Database', {
    vpc: foreignVpc(stack),
    pooling: ConnectionPooling.rdsProxy(),
    retention: DataRetention.sevenYears({
      copies: [BackupCopy.toRegion(new BackupCopyVault(elsewhere, 'Copies'), { tiers: ['yearly'] })], archive: { retention: Duration.days(3650) },
    }),
  });
  database.grantConnect(new iam.Role(stack, 'Application', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }), 'app_user');
  return { stack, elsewhere };
}

describe('a database with everything', () => {
  const { stack, elsewhere } = maximal();
  const template = Template.fromStack(stack).toJSON();
  const table = tableOf(stack, elsewhere);
  const own = 'customer key DatabaseKey, rotated';

  test('every store has a customer key', () => {
    expect(lines({ ...table, hops: [] }).sort()).toEqual([
      `CopiesVault backups of the vault: ${'customer key CopiesKey, rotated'}`,
      `DatabaseBackupArchiveBucket objects: ${own}`,
      `DatabaseBackupLegalVault backups of the vault: ${own}`,
      'DatabaseBackupPlan copies of yearly snapshots: customer key CopiesKey, rotated',
      `DatabaseBackupVault backups of the vault: ${own}`,
      `DatabaseCluster administrator's password: ${own}`,
      `DatabaseCluster exported log postgresql: ${own}`,
      `DatabaseCluster insights: ${own}`,
      `DatabaseCluster storage, snapshots and automated backups: ${own}`,
      `DatabaseClusterReader1 insights: ${own}`,
      `DatabaseClusterWriter insights: ${own}`,
      `DatabaseLog log: ${own}`,
      `DatabaseProxyLog log: ${own}`,
      `DatabaseProxy log of the proxy: ${own}`,
      `DatabaseUsersLog log: ${own}`,
    ].sort());
  });

  test('every hop is TLS, with the certificate of an authority that the template names', () => {
    const byAws = 'by AWS, without a setting';
    expect(lines({ ...table, stores: [] }).sort()).toEqual([
      `DatabaseBackupArchiveBucket clients → bucket: TLS 1.2 or newer, refused without, ${byAws}`,
      `DatabaseBackupPlan yearly snapshots → copies: ${byAws}, ${byAws}`,
      'DatabaseCluster clients → cluster: TLS 1.2 or newer, refused without, rds-ca-rsa2048-g1',
      `DatabaseCluster cluster → CloudWatch Logs: ${byAws}, ${byAws}`,
      `DatabaseCluster callers → Data API: HTTPS, ${byAws}`,
      'DatabaseProxy clients → proxy: TLS, refused without, AWS Certificate Manager',
      'DatabaseProxy proxy → cluster: TLS, refused without, rds-ca-rsa2048-g1',
    ].sort());
  });

  test('nothing of the database is left unexamined', () => {
    expect(table.notExamined.map(({ type }) => type).filter(type => !/^AWS::EC2::/.test(type))).toEqual([]);
    expect([...table.stores, ...table.hops].filter(isUnencrypted)).toEqual([]);
  });

  /** What stands at a path of a resource of the type is taken away, or changed: the lines that are not encrypted any more, with whatever follows. */
  test.each<[string, RegExp, string, unknown, string[]]>([
    ['AWS::RDS::DBCluster', /./, 'KmsKeyId', undefined, ['DatabaseCluster storage, snapshots and automated backups: none']],
    ['AWS::RDS::DBCluster', /./, 'StorageEncrypted', undefined, ['DatabaseCluster storage, snapshots and automated backups: none']],
    ['AWS::RDS::DBCluster', /./, 'StorageEncrypted', false, ['DatabaseCluster storage, snapshots and automated backups: none']],
    ['AWS::RDS::DBCluster', /./, 'MasterUserSecret', undefined, ['DatabaseCluster administrator\'s password: none']],
    ['AWS::RDS::DBCluster', /./, 'MasterUserSecret.KmsKeyId', undefined, ['DatabaseCluster administrator\'s password: none']],
    ['AWS::RDS::DBCluster', /./, 'ManageMasterUserPassword', undefined, ['DatabaseCluster administrator\'s password: none']],
    ['AWS::RDS::DBCluster', /./, 'PerformanceInsightsKmsKeyId', undefined, ['DatabaseCluster insights: none']],
    ['AWS::RDS::DBCluster', /./, 'DBClusterParameterGroupName', undefined, ['DatabaseCluster clients → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBInstance', /Writer/, 'PerformanceInsightsKMSKeyId', undefined, ['DatabaseClusterWriter insights: none']],
    ['AWS::RDS::DBClusterParameterGroup', /./, 'Parameters.rds\\.force_ssl', undefined, ['DatabaseCluster clients → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBClusterParameterGroup', /./, 'Parameters.rds\\.force_ssl', '0', ['DatabaseCluster clients → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBClusterParameterGroup', /./, 'Parameters.ssl_min_protocol_version', undefined, ['DatabaseCluster clients → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBClusterParameterGroup', /./, 'Parameters.ssl_min_protocol_version', 'TLSv1.1', ['DatabaseCluster clients → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBProxy', /./, 'RequireTLS', undefined, ['DatabaseProxy clients → proxy: none, none', 'DatabaseProxy proxy → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::RDS::DBProxy', /./, 'RequireTLS', false, ['DatabaseProxy clients → proxy: none, none', 'DatabaseProxy proxy → cluster: none, rds-ca-rsa2048-g1']],
    ['AWS::Logs::LogGroup', /^DatabaseLog/, 'KmsKeyId', undefined, ['DatabaseLog log: none', 'DatabaseCluster exported log postgresql: none']],
    ['AWS::Logs::LogGroup', /^DatabaseLog/, 'LogGroupName', '/else', ['DatabaseCluster exported log postgresql: none']],
    ['AWS::Logs::LogGroup', /^DatabaseProxyLog/, 'KmsKeyId', undefined, ['DatabaseProxyLog log: none', 'DatabaseProxy log of the proxy: none']],
    ['AWS::Logs::LogGroup', /^DatabaseUsersLog/, 'KmsKeyId', undefined, ['DatabaseUsersLog log: none']],
    ['AWS::Backup::BackupVault', /^DatabaseBackupVault/, 'EncryptionKeyArn', undefined, ['DatabaseBackupVault backups of the vault: none']],
    ['AWS::Backup::BackupVault', /LegalVault/, 'EncryptionKeyArn', undefined, ['DatabaseBackupLegalVault backups of the vault: none']],
    ['AWS::S3::Bucket', /./, 'BucketEncryption', undefined, ['DatabaseBackupArchiveBucket objects: none']],
    ['AWS::S3::BucketPolicy', /./, 'PolicyDocument.Statement', [], ['DatabaseBackupArchiveBucket clients → bucket: none, by AWS, without a setting']],
  ])('%s %s: without %s (%j) the table says so', (type, id, property, value, expected) => {
    const mutated = JSON.parse(JSON.stringify(template));
    const [logicalId] = Object.keys(mutated.Resources).filter(each => mutated.Resources[each].Type === type && id.test(each));
    const steps = property.split(/(?<!\\)\./).map(step => step.replace('\\.', '.'));
    const owner = steps.slice(0, -1).reduce((inner, step) => inner[step], mutated.Resources[logicalId].Properties);
    expect(owner[steps.at(-1)!]).toBeDefined();
    owner[steps.at(-1)!] = value;
    const weaker = encryptionTable([assemblyStack(stack, mutated), assemblyStack(elsewhere)]);
    const bare = { ...weaker, stores: weaker.stores.filter(isUnencrypted), hops: weaker.hops.filter(isUnencrypted) };
    expect(lines(bare).sort()).toEqual(expected.sort());
  });

  test('a certificate that an instance does not name is none', () => {
    const mutated = JSON.parse(JSON.stringify(template));
    for (const resource of Object.values<any>(mutated.Resources)) { delete resource.Properties?.CACertificateIdentifier; }
    expect(lines(encryptionTable([assemblyStack(stack, mutated), assemblyStack(elsewhere)]))).toEqual(expect.arrayContaining([
      'DatabaseCluster clients → cluster: TLS 1.2 or newer, refused without, none', 'DatabaseProxy proxy → cluster: TLS, refused without, none',
    ]));
  });

  test('the key of a vault that is not in the app is open', () => {
    expect(lines(tableOf(stack))).toContain('DatabaseBackupPlan copies of yearly snapshots: the key of a vault that is not in this app');
  });

  test('a weaker vault elsewhere shows in the copies', () => {
    const mutated = Template.fromStack(elsewhere).toJSON();
    for (const resource of Object.values<any>(mutated.Resources)) { delete resource.Properties?.EncryptionKeyArn; }
    expect(lines(encryptionTable([assemblyStack(stack), assemblyStack(elsewhere, mutated)]))).toContain('DatabaseBackupPlan copies of yearly snapshots: none');
  });
});

describe('keys', () => {
  const logWith = (fill: (stack: Stack) => unknown): string[] => {
    const stack = testStack();
    new CfnResource(stack, 'Log', { type: 'AWS::Logs::LogGroup', properties: { KmsKeyId: fill(stack) } });
    return lines(tableOf(stack));
  };

  test.each<[string, (stack: Stack) => unknown, string]>([
    ['an ARN', () => FOREIGN_KEY, `customer key ${FOREIGN_KEY}`],
    ['a key of AWS', () => 'alias/aws/logs', 'key of AWS: alias/aws/logs'],
    ['an empty text', () => '', 'none'],
    ['a key that is not rotated', stack => new kms.CfnKey(stack, 'K').attrArn, 'customer key K, not rotated'],
    ['a replica', stack => new kms.CfnReplicaKey(stack, 'K', { keyPolicy: {}, primaryKeyArn: FOREIGN_KEY }).attrArn, 'customer key K, a replica'],
    ['a parameter', stack => new CfnParameter(stack, 'P').valueAsString, 'a key that the deployment is given'],
    ['something else', stack => new secretsmanager.CfnSecret(stack, 'S', { kmsKeyId: FOREIGN_KEY }).ref, 'what S gives'],
  ])('%s', (_, fill, expected) => {
    expect(logWith(fill)).toContain(`Log log: ${expected}`);
  });

  test('a key of another stack is found by its export, in the same account and region only', () => {
    const app = new App();
    const producer = new Stack(app, 'Keys', { env: { account: ACCOUNT, region: REGION } });
    new CfnOutput(producer, 'KeyArn', { value: new kms.Key(producer, 'Key', { enableKeyRotation: true }).keyArn, exportName: 'the-key' });
    const consumer = (id: string, region: string) => {
      const stack = new Stack(app, id, { env: { account: ACCOUNT, region } });
      new CfnResource(stack, `${id}Log`, { type: 'AWS::Logs::LogGroup', properties: { KmsKeyId: { 'Fn::ImportValue': 'the-key' } } });
      return stack;
    };
    expect(lines(tableOf(producer, consumer('Near', REGION), consumer('Far', 'us-east-1')))).toEqual([
      'NearLog log: customer key Key, rotated', 'FarLog log: a key that the deployment is given',
    ]);
  });
});

test('a bucket with S3\'s own keys, and one with KMS\'s, are of AWS', () => {
  const stack = testStack();
  for (const [id, algorithm] of [['Own', 'AES256'], ['Kms', 'aws:kms']]) {
    new CfnResource(stack, id, {
      type: 'AWS::S3::Bucket',
      properties: { BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: algorithm } }] } },
    });
  }
  expect(lines(tableOf(stack)).slice(0, 2)).toEqual(['Own objects: key of AWS: S3\'s own, AES256', 'Kms objects: key of AWS: alias/aws/s3']);
});

test('somebody else\'s database: a password in the template, storage without a key, no logs', () => {
  const stack = testStack();
  new rds.CfnDBCluster(stack, 'Cluster', { engine: 'aurora-postgresql', masterUsername: 'root', masterUserPassword: SecretValue.unsafePlainText('x').unsafeUnwrap() });
  new rds.CfnDBInstance(stack, 'Instance', { dbInstanceClass: 'db.t4g.micro', storageEncrypted: true, kmsKeyId: FOREIGN_KEY });
  new CfnResource(stack, 'Function', { type: 'AWS::Lambda::Function', properties: { Environment: { Variables: { A: 'b' } } } });
  expect(lines(tableOf(stack))).toEqual([
    'Cluster storage, snapshots and automated backups: none',
    'Cluster administrator\'s password: none',
    `Instance storage, snapshots and automated backups: customer key ${FOREIGN_KEY}`,
    'Function environment variables: key of AWS: alias/aws/lambda',
    'Cluster clients → cluster: none, none',
    'Instance clients → instance: none, none',
  ]);
});

test.each([['postgres', 'rds.force_ssl', '1'], ['mysql', 'require_secure_transport', 'ON']])('an instance of %s that asks for TLS', (engine, parameter, value) => {
  const stack = testStack();
  const group = new rds.CfnDBParameterGroup(stack, 'Group', { family: `${engine}17`, description: 'TLS', parameters: { [parameter]: value } });
  new rds.CfnDBInstance(stack, 'Instance', { engine, dbParameterGroupName: group.ref, caCertificateIdentifier: 'rds-ca-rsa2048-g1' });
  expect(lines(tableOf(stack))).toContain('Instance clients → instance: TLS, refused without, rds-ca-rsa2048-g1');
});

test('a restored cluster is as encrypted as its source, with the key that it names', () => {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), restoreFrom: RestoreSource.snapshot('before-the-migration') });
  expect(lines(tableOf(stack))).toContain('DatabaseCluster storage, snapshots and automated backups: customer key DatabaseKey, rotated');
});

describe('the command', () => {
  const directory = temporaryDirectory();
  const app = new App({ outdir: path.join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Data', { env: { account: ACCOUNT, region: REGION } });
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  new CfnResource(new Stack(app, 'Bare'), 'Log', { type: 'AWS::Logs::LogGroup' });
  app.synth();

  function run(...args: string[]) {
    return spawnSync(process.execPath, [
      require.resolve('tsx/cli'), '--tsconfig', path.join(ROOT, 'tsconfig.dev.json'), path.join(ROOT, 'src/cli/cdk-innovate-platform.ts'), 'encryption', ...args,
    ], { encoding: 'utf8', cwd: directory });
  }

  test('prints both tables, and fails where something is not encrypted', () => {
    const { stdout, status } = run();
    expect(stdout).toMatch(/^Stores:\n {2}stack +resource +store +key\n/);
    expect(stdout).toMatch(/\n {2}Bare +Log +log +none\n/);
    expect(stdout).toMatch(/\n\d+ stores and 2 hops; no property asks for the encryption of 1 of these\.\n/);
    expect(status).toBe(1);
  });

  test('as tables of a page, of some stacks', () => {
    const { stdout, status } = run('--stacks', 'Data', '--markdown');
    expect(stdout).toMatch(/^\| stack \| resource \| store \| key \|\n\| --- \| --- \| --- \| --- \|\n\| Data \| /);
    expect(stdout).toContain('; each of these is encrypted.');
    expect(status).toBe(0);
  });

  test('as JSON', () => {
    const table = JSON.parse(run('--stacks', 'Bare', '--json').stdout);
    expect(table).toEqual({ stores: [{ stack: 'Bare', resource: 'Log', store: 'log', key: { kind: 'none' } }], hops: [], notExamined: [] });
  });

  test('an unknown option is refused with the usage', () => {
    const { stderr, status } = run('--region', 'x');
    expect(stderr).toMatch(/Unknown option '--region'[^]*cdk-innovate-platform encryption \[options\]/);
    expect(status).toBe(2);
  });
});
