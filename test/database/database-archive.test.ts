import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { DataRetention, RetentionOptions } from '../../src/database/data-retention';
import { LegalMinimum } from '../../src/database/retention/legal-minimum';
import { RetentionArchive } from '../../src/database/retention/retention-archive';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

const YEARS = Duration.days(3650);

function archiving(archive: RetentionArchive, options: RetentionOptions = {}, removalPolicy?: RemovalPolicy) {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', {
    vpc: foreignVpc(stack),
    retention: DataRetention.standard({ archive, ...options }),
    removalPolicy,
    deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
  });
  return { stack, database, template: Template.fromStack(stack) };
}

describe('an archive', () => {
  const { stack, database, template } = archiving({ retention: YEARS });
  const bucket = stack.resolve(database.archiveBucket!.bucketName);

  test('calls RDS on the first of each month, without a function', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 7 1 * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      State: 'ENABLED',
      Target: { Arn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':scheduler:::aws-sdk:rds:startExportTask']] }, RetryPolicy: { MaximumRetryAttempts: 2 } },
    });
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });

  test('asks for a new export of this cluster each time', () => {
    const [{ Properties: { Target } }] = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    const values: Record<string, string> = {};
    const text = Target.Input['Fn::Join'][1].map((part: any, index: number) => {
      if (typeof part === 'string') { return part; }
      values[`#${index}`] = part;
      return `#${index}`;
    }).join('');
    const input = JSON.parse(text);
    expect(input.ExportTaskIdentifier).toBe('archive-<aws.scheduler.execution-id>');
    expect(values[input.S3BucketName]).toEqual(bucket);
    expect(values[input.KmsKeyId]).toEqual(stack.resolve(database.encryptionKey.keyArn));
    expect(input.SourceArn).toMatch(/:cluster:/);
    expect(input.S3Prefix).toBe('exports');
  });

  test('fills an encrypted bucket that sends all of it to the cheapest class', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [Match.objectLike({
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: stack.resolve(database.encryptionKey.keyArn) },
          })],
        },
        LifecycleConfiguration: {
          Rules: Match.arrayWith([Match.objectLike({
            ExpirationInDays: 3650, Transitions: [{ StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 7 }],
          })]),
        },
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockEnabled: Match.absent(),
      },
    });
  });

  test('failures are told, and refused starts are counted', () => {
    const { eventPattern } = database._backup!.failures.find(({ id }) => id === 'ExportFailed')!;
    expect(stack.resolve(eventPattern)).toEqual({
      source: ['aws.rds'],
      detailType: ['RDS DB Cluster Event'],
      detail: { EventID: ['RDS-EVENT-0234', 'RDS-EVENT-0235'], SourceIdentifier: [stack.resolve(database.clusterIdentifier)] },
    });
    expect(database._backup!.archive!.metricRefusedStarts()).toMatchObject({ namespace: 'AWS/Scheduler', metricName: 'TargetErrorCount' });
  });

  test('leaves no warning', () => expectNoAnnotations(stack));
});

test('a legal minimum locks the archive in its mode', () => {
  const { template } = archiving({ retention: YEARS }, { legalMinimum: LegalMinimum.compliance(Duration.days(365), { changeableFor: Duration.days(3) }) });
  template.hasResourceProperties('AWS::S3::Bucket', {
    ObjectLockEnabled: true, ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 365 } } },
  });
});

test('needs no tiers', () => {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', {
    vpc: foreignVpc(stack), retention: DataRetention.custom({ pointInTime: Duration.days(7), tiers: [], archive: { retention: YEARS } }),
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Scheduler::Schedule', 1);
  template.resourceCountIs('AWS::Backup::BackupVault', 0);
});

test('a throw-away database takes its archive with it', () => {
  archiving({ retention: YEARS }, {}, RemovalPolicy.DESTROY).template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
});

test('takes a schedule and a class of its own', () => {
  const { template } = archiving({
    retention: Duration.days(120),
    schedule: events.Schedule.cron({ minute: '30', hour: '3', weekDay: 'SUN' }),
    storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
    transitionAfter: Duration.days(30),
  });
  template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(30 3 ? * SUN *)' });
  template.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }] })]) },
  });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, RetentionArchive, RegExp]>([
  ['Deep Archive for less than it costs', { retention: Duration.days(186) },
    /`retention.archive.retention` is "186 days", but DEEP_ARCHIVE is paid for 180 days at least, from day 7 on. Keep it for 187 days/],
  ['Glacier for less than it costs', { retention: Duration.days(89), storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(0) },
    /but GLACIER is paid for 90 days at least, from day 0 on/],
  ['an early move to infrequent access', { retention: YEARS, storageClass: s3.StorageClass.INFREQUENT_ACCESS },
    /`retention.archive.transitionAfter` is 7, but it has to be between 30 and/],
  ['one zone', { retention: YEARS, storageClass: s3.StorageClass.ONE_ZONE_INFREQUENT_ACCESS }, /`retention.archive.storageClass` is "ONEZONE_IA", but an archive is not kept/],
  ['half days', { retention: Duration.hours(36) }, /`retention.archive.retention` is 1.5, but it has to be a multiple of 1 days/],
  ['a rate', { retention: YEARS, schedule: events.Schedule.rate(Duration.days(30)) }, /`retention.archive.schedule` is "rate\(30 days\)"/],
  ['a third of a day', { retention: YEARS, transitionAfter: Duration.hours(8) }, /`retention.archive.transitionAfter` is 0.33/],
])('refuses %s', (what, archive, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, retention: DataRetention.standard({ archive }) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test('refuses an archive for less than the law wants', () => {
  const retention = DataRetention.standard({ archive: { retention: Duration.days(364) }, legalMinimum: LegalMinimum.governance(Duration.days(365)) });
  expect(() => new AuroraPostgres(refusing, 'Shorter', { vpc, retention }))
    .toThrow(/`retention.archive.retention` is "364 days", but the legal minimum is 365 days/);
});
