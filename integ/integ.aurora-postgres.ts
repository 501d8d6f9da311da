import { AwsApiCall, ExpectedResult, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { integApp } from './integ-app';
import { AuroraPostgres } from '../src/database/aurora-postgres';
import { DataRetention } from '../src/database/data-retention';
import { DatabaseCapacity } from '../src/database/database-capacity';

const app = integApp();
const stack = new Stack(app, 'AuroraPostgresInteg');

const vpc = new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  restrictDefaultSecurityGroup: false,
  subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
const alerts = new sns.Topic(stack, 'Alerts', { enforceSSL: true });
const database = new AuroraPostgres(stack, 'Database', {
  vpc,
  alerts,
  capacity: DatabaseCapacity.serverless({ max: 1 }),
  retention: DataRetention.custom({
    pointInTime: Duration.days(1),
    tiers: [{ name: 'daily', schedule: events.Schedule.cron({ minute: '0', hour: '5' }), retention: Duration.days(1) }],
  }),
  deletionProtection: false,
  removalPolicy: RemovalPolicy.DESTROY,
});
database.grantConnect(new iam.Role(stack, 'Application', { assumedBy: new iam.AccountRootPrincipal() }), 'app_user');

const integ = new IntegTest(app, 'AuroraPostgres', { testCases: [stack] });

integ.assertions.awsApiCall('RDS', 'describeDBClusters', { DBClusterIdentifier: database.clusterIdentifier }).expect(ExpectedResult.objectLike({
  DBClusters: [{
    Status: 'available',
    Engine: 'aurora-postgresql',
    StorageEncrypted: true,
    KmsKeyId: database.encryptionKey.keyArn,
    IAMDatabaseAuthenticationEnabled: true,
    BackupRetentionPeriod: 1,
    DatabaseName: 'app',
    EnabledCloudwatchLogsExports: ['postgresql'],
    MasterUserSecret: { SecretArn: database.secret.secretArn, KmsKeyId: database.encryptionKey.keyArn },
  }],
}));

integ.assertions.awsApiCall('CloudWatchLogs', 'describeLogGroups', { logGroupNamePrefix: database.logGroup.logGroupName }).expect(ExpectedResult.objectLike({
  logGroups: [{ retentionInDays: 365, kmsKeyId: database.encryptionKey.keyArn }],
}));

// the user is there, logs in with IAM and belongs to those who write; the administrator was not made a member of rds_iam by making it
const users = integ.assertions.awsApiCall('RDSData', 'executeStatement', {
  resourceArn: database.cluster.clusterArn,
  secretArn: database.secret.secretArn,
  database: database.databaseName,
  sql: [
    'SELECT rolname, rolcanlogin, pg_has_role(rolname, \'rds_iam\', \'USAGE\'), pg_has_role(rolname, \'app_writers\', \'USAGE\')',
    'FROM pg_roles WHERE rolname IN (\'app_user\', \'cluster_admin\') ORDER BY rolname',
  ].join(' '),
}).expect(ExpectedResult.objectLike({
  records: [
    [{ stringValue: 'app_user' }, { booleanValue: true }, { booleanValue: true }, { booleanValue: true }],
    [{ stringValue: 'cluster_admin' }, { booleanValue: true }, { booleanValue: false }, { booleanValue: false }],
  ],
})) as AwsApiCall;
for (const [action, resource] of [
  ['rds-data:ExecuteStatement', database.cluster.clusterArn],
  ['secretsmanager:GetSecretValue', database.secret.secretArn],
  ['kms:Decrypt', database.encryptionKey.keyArn],
]) {
  users.provider.addToRolePolicy({ Effect: 'Allow', Action: [action], Resource: [resource] });
}

const alarm = { ActionsEnabled: true, AlarmActions: [alerts.topicArn], OKActions: [alerts.topicArn], TreatMissingData: 'notBreaching' };
integ.assertions.awsApiCall('CloudWatch', 'describeAlarms', { AlarmNamePrefix: stack.stackName }).expect(ExpectedResult.objectLike({
  MetricAlarms: Match.arrayWith(
    // in the order of their names, which begin with their logical ids
    ['ACUUtilization', 'DatabaseConnections', 'Deadlocks', 'AuroraReplicaLag', 'MaximumUsedTransactionIDs', 'AuroraVolumeBytesLeftTotal']
      .map(MetricName => Match.objectLike({ ...alarm, Namespace: 'AWS/RDS', MetricName })),
  ),
}));

const vault = database.node.findChild('Backup').node.findChild('Vault') as backup.BackupVault;
integ.assertions.awsApiCall('Backup', 'describeBackupVault', { BackupVaultName: vault.backupVaultName }).expect(ExpectedResult.objectLike({
  EncryptionKeyArn: database.encryptionKey.keyArn,
}));
