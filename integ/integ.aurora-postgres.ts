import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { integApp } from './integ-app';
import { AuroraPostgres } from '../src/database/aurora-postgres';
import { DataRetention } from '../src/database/data-retention';

const app = integApp();
const stack = new Stack(app, 'AuroraPostgresInteg');

const vpc = new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  restrictDefaultSecurityGroup: false,
  subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
});
const database = new AuroraPostgres(stack, 'Database', {
  vpc,
  maxCapacity: 1,
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
