import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresOptions } from '../../src/database/aurora-postgres-options';
import { ConnectionPooling } from '../../src/database/connection-pooling';
import { DataRetention } from '../../src/database/data-retention';
import { DatabaseAlarms, DatabaseAlarmsProps } from '../../src/database/database-alarms';
import { DatabaseCapacity, ServerlessCapacity } from '../../src/database/database-capacity';
import { BackupCopy } from '../../src/database/retention/backup-copy';
import { BackupCopyVault } from '../../src/database/retention/backup-copy-vault';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

interface Watched {
  readonly stack: Stack;
  readonly database: AuroraPostgres;
  readonly topic: sns.Topic;
  readonly template: Template;
}

/** A database with alarms, and its template. */
function watched(options: AuroraPostgresOptions = {}, stack: Stack = testStack()): Watched {
  const topic = new sns.Topic(stack, 'Alerts', { masterKey: new kms.Key(stack, 'AlertsKey') });
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), alerts: topic, ...options });
  return { stack, database, template: Template.fromStack(stack), topic };
}

/** The alarms by their ids. */
function alarmsOf(template: Template): Record<string, Record<string, any>> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
    .map(([logicalId, { Properties }]) => [/Alarms([A-Z][a-z]+(?:[A-Z][a-z]+)*)[0-9A-F]{8}$/.exec(logicalId)![1], Properties]));
}

function imported(stack: Stack) {
  return AuroraPostgres.fromAuroraPostgresAttributes(stack, 'Imported', {
    clusterIdentifier: 'ledger',
    clusterResourceIdentifier: 'cluster-ABC',
    clusterEndpointAddress: 'ledger.example',
    readerEndpointAddress: 'ledger-ro.example',
    databaseName: 'ledger',
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
  });
}

test('without alerts there are metrics only', () => {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
});

describe('with alerts and the fewest props', () => {
  const { stack, template, topic, database } = watched();
  const alarms = alarmsOf(template);

  test.each<[string, Record<string, unknown>]>([
    ['Capacity', { MetricName: 'ACUUtilization', Statistic: 'Maximum', Threshold: 90, Period: 300, EvaluationPeriods: 3 }],
    ['Connections', { MetricName: 'DatabaseConnections', Statistic: 'Maximum', Threshold: 1600, Period: 60, EvaluationPeriods: 5 }],
    ['ReplicaLag', { MetricName: 'AuroraReplicaLag', Statistic: 'Maximum', Threshold: 1000, Period: 60, EvaluationPeriods: 5 }],
    ['Deadlocks', { MetricName: 'Deadlocks', Statistic: 'Maximum', Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 }],
    ['VolumeLeft', { MetricName: 'AuroraVolumeBytesLeftTotal', Statistic: 'Minimum', Threshold: 10 * 1024 ** 4, ComparisonOperator: 'LessThanThreshold' }],
    ['TransactionIds', { MetricName: 'MaximumUsedTransactionIDs', Statistic: 'Maximum', Threshold: 1e9 }],
  ])('%s is watched', (id, properties) => {
    expect(alarms[id]).toMatchObject({
      Namespace: 'AWS/RDS',
      Dimensions: [{ Name: 'DBClusterIdentifier', Value: stack.resolve(database.clusterIdentifier) }],
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...properties,
    });
  });

  test('nothing else is, and every alarm says which database, what it means and what to do', () => {
    expect(Object.keys(alarms).sort()).toEqual(['Capacity', 'Connections', 'Deadlocks', 'ReplicaLag', 'TransactionIds', 'VolumeLeft']);
    for (const { AlarmDescription, AlarmName } of Object.values(alarms)) {
      expect(AlarmDescription).toMatch(/^Test\/Database: .{40,}[.;] ?.{20,}\.$/);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
      expect(AlarmName).toBeUndefined();
    }
  });

  test('a database that is paused or new is silent', () => {
    for (const { TreatMissingData } of Object.values(alarms)) { expect(TreatMissingData).toBe('notBreaching'); }
  });

  test('the topic hears when one goes off, and when all is well again', () => {
    const target = [stack.resolve(topic.topicArn)];
    for (const alarm of Object.values(alarms)) { expect([alarm.AlarmActions, alarm.OKActions]).toEqual([target, target]); }
  });

  test('CloudWatch and EventBridge of this account, and nobody else, may publish and use the topic\'s key', () => {
    const ofAccount = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' }, Condition: ofAccount }),
          Match.objectLike({ Action: 'sns:Publish', Principal: { Service: 'events.amazonaws.com' }, Condition: Match.objectLike({ ArnLike: Match.anyValue() }) }),
        ],
      },
    });
    for (const Service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com']) {
      template.hasResourceProperties('AWS::KMS::Key', {
        KeyPolicy: {
          Statement: Match.arrayWith([Match.objectLike({ Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Principal: { Service }, Condition: ofAccount })]),
        },
      });
    }
  });

  test('it adds no annotation', () => expectNoAnnotations(stack));
});

test('what AWS Backup, RDS and Scheduler fail to do is told', () => {
  const stack = testStack();
  const elsewhere = new Stack(stack.node.root as App, 'Elsewhere', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const retention = DataRetention.standard({
    copies: [BackupCopy.toRegion(new BackupCopyVault(elsewhere, 'Vault'))],
    archive: { retention: Duration.days(400), storageClass: s3.StorageClass.DEEP_ARCHIVE },
    restoreTesting: {},
  });
  const { template, topic } = watched({ retention }, stack);
  const rules = Object.entries(template.findResources('AWS::Events::Rule'));
  expect(rules.map(([, { Properties }]) => Properties.EventPattern['detail-type'][0]).sort())
    .toEqual(['Backup Job State Change', 'Copy Job State Change', 'RDS DB Cluster Event', 'Restore Job State Change']);
  for (const [, { Properties }] of rules) {
    expect(Properties).toMatchObject({ State: 'ENABLED', Targets: [{ Arn: stack.resolve(topic.topicArn) }] });
    expect(Properties.Name).toBeUndefined();
  }
  expect(alarmsOf(template).ExportRefused).toMatchObject({ MetricName: 'TargetErrorCount', Threshold: 1, Statistic: 'Sum' });
});

describe('connections', () => {
  test.each<[ServerlessCapacity, number]>([
    // 80 % of the table of AWS: 189, 823, 1669, 3360, 5000
    [{ min: 1, max: 1 }, 151],
    [{ min: 1, max: 4 }, 658],
    [{ min: 1, max: 8 }, 1335],
    [{ min: 1, max: 16 }, 2688],
    [{ min: 1, max: 32 }, 4000],
    [{ min: 1, max: 256 }, 4000],
    // with a small minimum Aurora permits 2000 at most
    [{ min: 0.5, max: 8 }, 1335],
    [{ min: 0.5, max: 256 }, 1600],
    [{ min: 0, max: 256, pauseAfter: Duration.minutes(5) }, 1600],
  ])('%j permits so many that the alarm is at %i', (range, threshold) => {
    expect(alarmsOf(watched({ capacity: DatabaseCapacity.serverless(range) }).template).Connections.Threshold).toBe(threshold);
  });

  test.each([
    ['t4g.medium', 320], ['r8g.large', 1335], ['r8g.xlarge', 2688], ['r8g.2xlarge', 4000], ['r6gd.16xlarge', 4000], ['x2g.large', 2688],
  ])('%s permits so many that the alarm is at %i', (type, threshold) => {
    const capacity = DatabaseCapacity.provisioned(new ec2.InstanceType(type));
    expect(alarmsOf(watched({ capacity }).template).Connections.Threshold).toBe(threshold);
  });

  test('what `parameters` permit comes first', () => {
    expect(alarmsOf(watched({ parameters: { max_connections: '300' } }).template).Connections.Threshold).toBe(240);
    expect(alarmsOf(watched({ parameters: { max_connections: 'LEAST({DBInstanceClassMemory/9531392},1000)' } }).template).Connections).toBeUndefined();
  });

  test('those who wait for the proxy are told of', () => {
    const { template, stack, database } = watched({ pooling: ConnectionPooling.rdsProxy() });
    expect(alarmsOf(template).ProxyWait).toMatchObject({
      MetricName: 'DatabaseConnectionsBorrowLatency',
      Statistic: 'Average',
      Threshold: 100_000,
      Dimensions: [{ Name: 'ProxyName', Value: stack.resolve(database.proxy!.dbProxyName) }],
    });
  });
});

test('instances of a class have processors and a disk of their own, and no capacity', () => {
  const alarms = alarmsOf(watched({ capacity: DatabaseCapacity.provisioned(new ec2.InstanceType('r8g.large')) }).template);
  expect(alarms.Capacity).toBeUndefined();
  expect(alarms.Cpu).toMatchObject({ MetricName: 'CPUUtilization', Threshold: 90, EvaluationPeriods: 3 });
  expect(alarms.LocalStorage).toMatchObject({ MetricName: 'FreeLocalStorage', Threshold: 2 * 1024 ** 3, ComparisonOperator: 'LessThanThreshold' });
});

test('without readers nobody lags', () => {
  expect(alarmsOf(watched({ readers: 0 }).template).ReplicaLag).toBeUndefined();
});

test('an imported database is watched by whatever metric it has, with thresholds of one\'s own', () => {
  const stack = testStack();
  new DatabaseAlarms(stack, 'Alarms', {
    database: imported(stack),
    alerts: sns.Topic.fromTopicArn(stack, 'Alerts', `arn:aws:sns:${REGION}:${ACCOUNT}:alerts`),
    capacityPercent: 70,
    connections: 400,
    replicaLag: Duration.seconds(5),
  });
  const alarms = alarmsOf(Template.fromStack(stack));
  expect(Object.keys(alarms).sort()).toEqual(['Capacity', 'Connections', 'Cpu', 'Deadlocks', 'LocalStorage', 'ReplicaLag', 'TransactionIds', 'VolumeLeft']);
  expect([alarms.Capacity, alarms.Cpu, alarms.Connections, alarms.ReplicaLag].map(({ Threshold }) => Threshold)).toEqual([70, 70, 400, 5000]);
  expect(alarms.Capacity.Dimensions).toEqual([{ Name: 'DBClusterIdentifier', Value: 'ledger' }]);
  expectNoAnnotations(stack);
});

test('of an imported database nobody knows how many connections are too many', () => {
  const stack = testStack();
  new DatabaseAlarms(stack, 'Alarms', { database: imported(stack), alerts: new sns.Topic(stack, 'Alerts') });
  expect(alarmsOf(Template.fromStack(stack)).Connections).toBeUndefined();
});

test('two databases of one stack share a topic', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const alerts = new sns.Topic(stack, 'Alerts');
  for (const id of ['Orders', 'Ledger']) { new AuroraPostgres(stack, id, { vpc, alerts }); }
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::SNS::TopicPolicy'));
  expect(Properties.PolicyDocument.Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(['AlarmsOfThisAccount', 'DatabaseBackupsOfThisAccount']);
});

test.each<[string, Omit<DatabaseAlarmsProps, 'database' | 'alerts'>, string]>([
  ['no percentage', { capacityPercent: 0 }, 'Test/Alarms: `capacityPercent` is 0, but it has to be between 1 and 100 percent. Give a number of percent from 1 to 100.'],
  ['a percentage above all', { capacityPercent: 101 }, 'Test/Alarms: `capacityPercent` is 101, but it has to be between 1 and 100 percent.'],
  ['no connections', { connections: 0 }, 'Test/Alarms: `connections` is 0, but it has to be between 1 and 262143 connections.'],
  ['half a connection', { connections: 1.5 }, 'Test/Alarms: `connections` is 1.5, but it has to be a multiple of 1 connections.'],
  ['no lag at all', { replicaLag: Duration.seconds(0) }, 'Test/Alarms: `replicaLag` is "0", but every reader is a few milliseconds behind the writer.'],
])('%s is refused', (_, props, message) => {
  const stack = testStack();
  const alerts = new sns.Topic(stack, 'Alerts');
  expect(() => new DatabaseAlarms(stack, 'Alarms', { database: imported(stack), alerts, ...props })).toThrow(message);
});
