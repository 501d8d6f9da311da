import { CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DataRetention } from '../../src/database/data-retention';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { GlobalDatabase } from '../../src/database/global-database';
import { RestoreSource } from '../../src/database/restore-source';
import { createOnly, replacements } from '../support/replacements';
import { foreignVpc, testStack } from '../support/stacks';

type Change = Partial<AuroraPostgresProps>;

interface Synthesized {
  readonly stack: Stack;
  readonly database: AuroraPostgres;
  readonly template: Template;
}

function synthesize(change: Change = {}): Synthesized {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', {
    // the third zone is there from the start: it is the database that moves
    vpc: new ec2.Vpc(stack, 'Vpc', {
      availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      subnetConfiguration: [{ name: 'a', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, { name: 'b', subnetType: ec2.SubnetType.PUBLIC }],
    }),
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED, availabilityZones: ['eu-west-1a', 'eu-west-1b'] },
    ...change,
  });
  return { stack, database, template: Template.fromStack(stack) };
}

function cluster(template: Template): any {
  return Object.values(template.findResources('AWS::RDS::DBCluster'))[0];
}

const plain = synthesize();

test('the ids of what holds data, or leads to it, never change', () => {
  const logicalIds = ({ stack, database }: Synthesized, paths: string[]) => paths.map(path =>
    stack.getLogicalId(database.node.findAll().find(child => child.node.path === `Test/Database/${path}`) as CfnElement));
  expect(logicalIds(plain, [
    'Key/Resource', 'Cluster/Resource', 'Cluster/Subnets/Default', 'Cluster/Writer/Resource', 'Cluster/Reader1/Resource', 'ParameterGroup/Resource',
    'Log/Resource', 'SecurityGroup/Resource', 'Backup/Vault/Resource',
  ])).toEqual([
    'DatabaseKey5E5D9547', 'DatabaseCluster5B53A178', 'DatabaseClusterSubnets5540150D', 'DatabaseClusterWriterD43085C6', 'DatabaseClusterReader1D8B76102',
    'DatabaseParameterGroup2A921026', 'DatabaseLogCF7B0BC9', 'DatabaseSecurityGroup5C91FDCB', 'DatabaseBackupVault21F39AF5',
  ]);
  expect(logicalIds(synthesize({ globalDatabase: GlobalDatabase.primary(), readerAutoScaling: { maxReaders: 2 } }), [
    'Cluster/Secret/Resource', 'GlobalCluster', 'ReaderScaling',
  ])).toEqual(['DatabaseClusterSecretD1FB634F', 'DatabaseGlobalCluster4A226354', 'DatabaseReaderScaling35F8CBEA']);
});

test.each<[string, Change]>([
  ['another port, which all clients have to follow', { port: 5433 }],
  ['a newer minor version', { engineVersion: rds.AuroraPostgresEngineVersion.of('17.10', '17') }],
  ['more capacity', { capacity: DatabaseCapacity.serverless({ min: 4, max: 128 }) }],
  ['a pause', { capacity: DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.minutes(5) }) }],
  ['provisioned instances', { capacity: DatabaseCapacity.provisioned(new ec2.InstanceType('r8g.large')) }],
  ['more readers', { readers: 3 }],
  ['readers that scale', { readerAutoScaling: { maxReaders: 4 } }],
  ['a third zone', { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }],
  ['subnets of another kind, which RDS takes only where no instance is left behind', {
    vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC, availabilityZones: ['eu-west-1a', 'eu-west-1b'] },
  }],
  ['I/O-Optimized storage', { ioOptimized: true }],
  ['parameters', { parameters: { work_mem: '65536' } }],
  ['another backup window', { backupWindow: '01:00-01:30' }],
  ['fewer days of recovery', { retention: DataRetention.custom({ pointInTime: Duration.days(1), tiers: DataRetention.standard().tiers }) }],
  ['the log kept longer', { logRetention: logs.RetentionDays.TWO_YEARS }],
  ['other monitoring', { monitoringInterval: Duration.seconds(5) }],
  ['no protection from deletion', { deletionProtection: false }],
  ['another fate', { removalPolicy: RemovalPolicy.RETAIN }],
  ['a global database around it', { globalDatabase: GlobalDatabase.primary() }],
])('%s: in place', (_, change) => {
  expect(replacements(plain.template, synthesize(change).template)).toEqual([]);
});

test.each<[string, Change, string[]]>([
  ['a newer major version', { engineVersion: rds.AuroraPostgresEngineVersion.of('18.3', '18') }, ['RDS::DBClusterParameterGroup.Family']],
  ['no reader', { readers: 0 }, ['RDS::DBInstance removed']],
  ['another zone', { vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED, availabilityZones: ['eu-west-1a', 'eu-west-1c'] } }, [
    'RDS::DBInstance.AvailabilityZone',
  ]],
  // "maybe" says the specification; CloudFormation calls ModifyDBInstance
  ['another maintenance window', { maintenanceWindow: 'mon:04:00-mon:05:00' }, ['RDS::DBInstance.PreferredMaintenanceWindow']],
  ['no monitoring', { monitoringInterval: Duration.seconds(0) }, ['IAM::Policy removed', 'IAM::Role removed']],
])('%s: replaces what holds no data', (_, change, expected) => {
  expect(replacements(plain.template, synthesize(change).template)).toEqual(expected);
});

const SOURCES: [string, Change, string[]][] = [
  ['a snapshot', { restoreFrom: RestoreSource.snapshot('of-yesterday') }, ['MasterUsername', 'SnapshotIdentifier', 'StorageEncrypted']],
  ['the past of another cluster', { restoreFrom: RestoreSource.pointInTime({ clusterIdentifier: 'lost', at: '2026-11-23T08:15:00Z' }) }, [
    'MasterUsername', 'RestoreToTime', 'SourceDBClusterIdentifier', 'StorageEncrypted',
  ]],
  ['the past of a deleted cluster', { restoreFrom: RestoreSource.pointInTime({ clusterResourceIdentifier: 'cluster-ABC' }) }, [
    'MasterUsername', 'SourceDbClusterResourceId', 'StorageEncrypted', 'UseLatestRestorableTime',
  ]],
];

describe('what would replace the cluster fails, because the new one has the name of the old one', () => {
  const changes: [string, Change, string[]][] = [
    ...SOURCES,
    ['another database name', { databaseName: 'orders' }, ['DatabaseName']],
    ['following another region', { globalDatabase: GlobalDatabase.secondary('primary') }, ['DatabaseName', 'GlobalClusterIdentifier', 'MasterUsername']],
  ];

  test.each(changes)('%s', (_, change, properties) => {
    const { template } = synthesize(change);
    expect(replacements(plain.template, template)).toEqual(properties.map(property => `RDS::DBCluster.${property}`));
    expect(cluster(template).Properties.DBClusterIdentifier).toBe('test-database-2a4228c6');
    expect(cluster(template).UpdateReplacePolicy).toBe('Snapshot');
  });

  test.each(SOURCES)('no more %s', (_, change, properties) => {
    const before = synthesize(change).template;
    expect(replacements(before, plain.template)).toEqual(properties.map(property => `RDS::DBCluster.${property}`));
    expect(cluster(before).Properties.DBClusterIdentifier).toBe(cluster(plain.template).Properties.DBClusterIdentifier);
  });

  test('another key: neither the cluster nor the vault has a name that is free', () => {
    const [before, after] = [undefined, 'Theirs'].map(id => {
      const stack = testStack();
      const encryptionKey = new kms.Key(stack, 'Theirs');
      new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), encryptionKey: id ? encryptionKey : undefined });
      return Template.fromStack(stack);
    });
    expect(replacements(before, after)).toEqual([
      'Backup::BackupVault.EncryptionKeyArn', 'KMS::Key removed', 'RDS::DBCluster.KmsKeyId', 'RDS::DBInstance.PerformanceInsightsKMSKeyId',
    ]);
    const names = (template: Template) => [
      cluster(template).Properties.DBClusterIdentifier,
      ...Object.values(template.findResources('AWS::Backup::BackupVault')).map(({ Properties }) => Properties.BackupVaultName),
    ];
    expect(names(after)).toEqual(names(before));
    expect(names(after)).toEqual([expect.any(String), expect.any(String)]);
    before.hasResource('AWS::KMS::Key', { Properties: { Description: 'Aurora PostgreSQL Test/Database' }, DeletionPolicy: 'Retain' });
  });
});

test.each(SOURCES)('restored from %s, it is changed like any other', (_, change) => {
  const restored = synthesize(change).template;
  const changed = synthesize({
    ...change, port: 5433, readers: 2, ioOptimized: true, capacity: DatabaseCapacity.serverless({ max: 64 }), parameters: { work_mem: '65536' },
  }).template;
  expect(replacements(restored, changed)).toEqual([]);
});

test('the check of replacements knows what replaces', () => {
  expect(createOnly('AWS::RDS::DBCluster')).toEqual(expect.arrayContaining(['KmsKeyId', 'DatabaseName', 'SnapshotIdentifier', 'DBSubnetGroupName']));
  expect(createOnly('AWS::RDS::DBCluster')).not.toContain('Port');
});
