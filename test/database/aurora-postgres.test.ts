import { App, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DataRetention } from '../../src/database/data-retention';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

function database(props: Partial<AuroraPostgresProps> = {}, stack: Stack = testStack()): { stack: Stack; database: AuroraPostgres } {
  return { stack, database: new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), ...props }) };
}

function resolvedKey(stack: Stack, { encryptionKey }: AuroraPostgres): unknown {
  return stack.resolve(encryptionKey.keyArn);
}

describe('with the fewest props', () => {
  const { stack, database: db } = database();
  const template = Template.fromStack(stack);
  const key = resolvedKey(stack, db);

  test('the storage is encrypted with a key of its own', () => {
    template.hasResource('AWS::RDS::DBCluster', { Properties: { StorageEncrypted: true, KmsKeyId: key } });
    template.hasResource('AWS::KMS::Key', { Properties: { EnableKeyRotation: true }, DeletionPolicy: 'Retain' });
  });

  test('RDS keeps the administrator\'s secret, and the template holds none', () => {
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      ManageMasterUserPassword: true,
      MasterUserSecret: { KmsKeyId: key },
      MasterUsername: 'cluster_admin',
      MasterUserPassword: Match.absent(),
    });
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.resourceCountIs('AWS::SecretsManager::SecretTargetAttachment', 0);
    expect(stack.resolve(db.secret.secretArn)).toEqual(stack.resolve((db.cluster.node.defaultChild as rds.CfnDBCluster).attrMasterUserSecretSecretArn));
  });

  test('it scales from 0.5 to 16 ACU and does not pause', () => {
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      EngineVersion: '17.9',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 16, SecondsUntilAutoPause: Match.absent() },
    });
  });

  test('writer and reader are in different zones, and the reader can take over', () => {
    template.resourceCountIs('AWS::RDS::DBInstance', 2);
    template.hasResourceProperties('AWS::RDS::DBInstance', { AvailabilityZone: 'eu-west-1a', PromotionTier: 0 });
    template.hasResourceProperties('AWS::RDS::DBInstance', { AvailabilityZone: 'eu-west-1b', PromotionTier: 1 });
    template.allResourcesProperties('AWS::RDS::DBInstance', {
      DBInstanceClass: 'db.serverless',
      PubliclyAccessible: false,
      AutoMinorVersionUpgrade: true,
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
      EnablePerformanceInsights: true,
      PerformanceInsightsKMSKeyId: key,
      MonitoringInterval: 60,
      PreferredMaintenanceWindow: 'sun:03:30-sun:04:30',
    });
  });

  test('it lies in the isolated subnets', () => {
    const isolated = (stack.node.findChild('ForeignVpc') as ec2.Vpc).isolatedSubnets.map(subnet => stack.resolve(subnet.subnetId));
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: isolated });
  });

  test('only TLS comes in, and IAM may log in', () => {
    template.hasResourceProperties('AWS::RDS::DBCluster', { EnableIAMDatabaseAuthentication: true, Port: 5432 });
    template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
      Family: 'aurora-postgresql17',
      Parameters: Match.objectLike({
        'rds.force_ssl': '1',
        'ssl_min_protocol_version': 'TLSv1.2',
        'log_connections': '1',
        'log_disconnections': '1',
        'log_min_duration_statement': '1000',
        'shared_preload_libraries': 'pg_stat_statements',
        'idle_in_transaction_session_timeout': '300000',
      }),
    });
  });

  test('nobody comes in and nothing goes out', () => {
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
  });

  test('the log group is there before the cluster, encrypted and with an end', () => {
    const [[logGroup, { Properties: { LogGroupName: name } }]] = Object.entries(template.findResources('AWS::Logs::LogGroup'));
    template.hasResource('AWS::Logs::LogGroup', { Properties: { KmsKeyId: key, RetentionInDays: 365 } });
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { EnableCloudwatchLogsExports: ['postgresql'], DBClusterIdentifier: name.split('/')[4] },
      DependsOn: Match.arrayWith([logGroup]),
    });
    expect(name).toMatch(/^\/aws\/rds\/cluster\/[a-z](-?[a-z0-9])*\/postgresql$/);
  });

  test('backups, snapshots and windows', () => {
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      BackupRetentionPeriod: 35,
      DeleteAutomatedBackups: false,
      CopyTagsToSnapshot: true,
      PreferredBackupWindow: '02:00-03:00',
      PreferredMaintenanceWindow: 'sun:03:30-sun:04:30',
      AutoMinorVersionUpgrade: true,
      StorageType: Match.absent(),
      DatabaseInsightsMode: 'advanced',
      PerformanceInsightsKmsKeyId: key,
      PerformanceInsightsRetentionPeriod: 465,
    });
  });

  test('removing it keeps the data', () => {
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { DeletionProtection: true }, DeletionPolicy: 'Snapshot', UpdateReplacePolicy: 'Snapshot',
    });
    template.hasResource('AWS::Backup::BackupVault', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('there is no function', () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('enhanced monitoring writes to the log groups of RDS in this account only', () => {
    const roles = template.findResources('AWS::IAM::Policy', {
      Properties: {
        PolicyDocument: {
          Statement: Match.arrayWith([Match.objectLike({
            Action: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'],
            Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:logs:${REGION}:${ACCOUNT}:log-group:RDS*`]] },
          })]),
        },
      },
    });
    expect(Object.keys(roles)).toHaveLength(1);
  });

  test('nothing is annotated', () => { expectNoAnnotations(stack); });
});

test('every prop', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Theirs');
  const { database: db } = database({
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    databaseName: 'orders',
    capacity: DatabaseCapacity.serverless({ min: 2, max: 64.5 }),
    readers: 3,
    port: 5433,
    ioOptimized: true,
    parameters: { work_mem: '65536' },
    backupWindow: '23:15-00:15',
    maintenanceWindow: 'Sat:22:00-Sat:23:00',
    retention: DataRetention.pointInTimeOnly(Duration.days(7)),
    engineVersion: rds.AuroraPostgresEngineVersion.VER_16_9,
    encryptionKey,
    logRetention: logs.RetentionDays.ONE_MONTH,
    monitoringInterval: Duration.seconds(0),
    deletionProtection: false,
    removalPolicy: RemovalPolicy.DESTROY,
  }, stack);
  const template = Template.fromStack(stack);
  template.hasResource('AWS::RDS::DBCluster', {
    Properties: {
      DatabaseName: 'orders',
      ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 64.5 },
      Port: 5433,
      BackupRetentionPeriod: 7,
      EngineVersion: '16.9',
      KmsKeyId: stack.resolve(encryptionKey.keyArn),
      DeletionProtection: false,
      DeleteAutomatedBackups: true,
      StorageType: 'aurora-iopt1',
      PreferredBackupWindow: '23:15-00:15',
      PreferredMaintenanceWindow: 'Sat:22:00-Sat:23:00',
    },
    DeletionPolicy: 'Delete',
  });
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.resourceCountIs('AWS::RDS::DBInstance', 4);
  template.hasResourceProperties('AWS::RDS::DBInstance', { AvailabilityZone: 'eu-west-1b', PromotionTier: 2 });
  template.allResourcesProperties('AWS::RDS::DBInstance', { MonitoringInterval: Match.absent(), MonitoringRoleArn: Match.absent() });
  template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', { Family: 'aurora-postgresql16', Parameters: Match.objectLike({ work_mem: '65536' }) });
  template.allResourcesProperties('AWS::RDS::DBInstance', { PreferredMaintenanceWindow: 'Sat:22:00-Sat:23:00' });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  template.resourceCountIs('AWS::Backup::BackupVault', 0);
  expect(db.port).toBe(5433);
  expectNoAnnotations(stack);
});

test.each([
  ['one after the other', { backupWindow: '03:00-03:30', maintenanceWindow: 'sun:03:30-sun:04:00' }],
  ['over midnight and over the end of the week', { backupWindow: '01:00-02:00', maintenanceWindow: 'sun:23:30-mon:00:30' }],
  ['known at deployment only', { backupWindow: Token.asString({ Ref: 'Backup' }), maintenanceWindow: Token.asString({ Ref: 'Maintenance' }) }],
])('takes windows %s', (_, props) => {
  expect(() => database(props)).not.toThrow();
});

test('two databases of one stack share no name', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const names = ['Orders', 'Invoices'].map(id => new AuroraPostgres(stack, id, { vpc }).logGroup.node.defaultChild as logs.CfnLogGroup)
    .map(logGroup => logGroup.logGroupName);
  expect(new Set(names).size).toBe(2);
  expect(() => Template.fromStack(stack)).not.toThrow();
});

test('a path of any length becomes a valid identifier', () => {
  const stack = testStack(REGION, 'A-very--long-stack-name-that-somebody-once-thought-was-a-good-idea');
  const { cluster } = new AuroraPostgres(stack, 'DatabaseOfAnEquallyTalkativeTeamWithManyWords', { vpc: foreignVpc(stack) });
  const { dbClusterIdentifier } = cluster.node.defaultChild as rds.CfnDBCluster;
  expect(dbClusterIdentifier).toMatch(/^(?=.{1,63}$)[a-z](-?[a-z0-9])*$/);
});

test('the same props give the same template', () => {
  expect(Template.fromStack(database().stack).toJSON()).toEqual(Template.fromStack(database().stack).toJSON());
});

test('it works where account and region are unknown', () => {
  const stack = new Stack(new App(), 'Agnostic');
  new AuroraPostgres(stack, 'Database', {
    vpc: new ec2.Vpc(stack, 'Vpc', {
      subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    }),
  });
  Template.fromStack(stack).hasResourceProperties('AWS::RDS::DBInstance', {
    AvailabilityZone: { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] },
  });
});

const refusing = testStack();
const refusingVpc = foreignVpc(refusing);

test.each<[string, Partial<AuroraPostgresProps>, RegExp]>([
  ['a name with a hyphen', { databaseName: 'my-app' }, /`databaseName` is "my-app", but a PostgreSQL name that needs no quotes/],
  ['a name in capitals', { databaseName: 'Orders' }, /`databaseName` is "Orders"/],
  ['a name that begins with a digit', { databaseName: '1app' }, /`databaseName` is "1app"/],
  ['a name too long', { databaseName: 'a'.repeat(64) }, /1 to 63 lower-case letters/],
  ['an empty name', { databaseName: '' }, /`databaseName` is ""/],
  ['a key word', { databaseName: 'order' }, /`databaseName` is "order", but PostgreSQL or RDS reserves this name/],
  ['a database that exists already', { databaseName: 'postgres' }, /reserves this name/],
  ['a name of the system', { databaseName: 'pg_app' }, /reserves this name/],
  ['too many readers', { readers: 16 }, /`readers` is 16, but it has to be between 0 and 15 instances/],
  ['half a reader', { readers: 1.5 }, /`readers` is 1.5, but it has to be a multiple of 1/],
  ['a port below Aurora\'s', { port: 1024 }, /`port` is 1024, but it has to be between 1150 and 65535/],
  ['a port beyond all', { port: 65_536 }, /`port` is 65536/],
  ['an interval that RDS does not know', { monitoringInterval: Duration.seconds(20) }, /`monitoringInterval` is "20 seconds"/],
  ['a backup at no time', { backupWindow: '2:00-3:00' }, /`backupWindow` is "2:00-3:00", but a backup window is a time of each day in UTC/],
  ['a backup at an hour too many', { backupWindow: '24:00-01:00' }, /`backupWindow` is "24:00-01:00"/],
  ['a backup too short', { backupWindow: '02:00-02:29' }, /`backupWindow` is "02:00-02:29", but RDS needs half an hour at least/],
  ['a backup of no time', { backupWindow: '02:00-02:00' }, /but RDS needs half an hour at least/],
  ['maintenance each day', { maintenanceWindow: '03:30-04:30' }, /`maintenanceWindow` is "03:30-04:30", but a maintenance window is a time of each week/],
  ['maintenance on no day', { maintenanceWindow: 'day:03:30-day:04:30' }, /Give ddd:hh:mm-ddd:hh:mm/],
  ['maintenance too short', { maintenanceWindow: 'sun:23:50-mon:00:19' }, /`maintenanceWindow` is .*half an hour at least/],
  ['maintenance during the backup', { maintenanceWindow: 'wed:02:30-wed:03:30' }, /it overlaps `backupWindow`, which is 02:00-03:00 of each day/],
  ['a backup during the maintenance', { backupWindow: '04:00-05:00' }, /`maintenanceWindow` is "sun:03:30-sun:04:30", but it overlaps/],
  ['a backup over midnight, into the next week', { backupWindow: '23:30-00:30', maintenanceWindow: 'mon:00:00-mon:01:00' }, /it overlaps/],
  ['maintenance over the end of the week', { backupWindow: '00:15-00:45', maintenanceWindow: 'Sun:23:30-Mon:00:30' }, /it overlaps/],
  ['replication of what sleeps', {
    parameters: { 'rds.logical_replication': '1' }, capacity: DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.hours(1) }),
  }, /`parameters\["rds.logical_replication"\]` is "1", but a database with logical replication never pauses/],
  ['subnets in one zone', { vpcSubnets: { availabilityZones: ['eu-west-1a'], subnetType: ec2.SubnetType.PRIVATE_ISOLATED } },
    /`vpcSubnets` is \["eu-west-1a"\], but Aurora needs subnets in two zones/],
])('refuses %s', (what, props, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc: refusingVpc, ...props })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
