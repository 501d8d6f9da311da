import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DataRetention, RetentionTier } from '../../src/database/data-retention';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

function keeping(props: Partial<AuroraPostgresProps>) {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), ...props });
  return { stack, database, template: Template.fromStack(stack) };
}

const daily = (retention: Duration, name = 'daily'): RetentionTier => (
  { name, schedule: events.Schedule.cron({ minute: '0', hour: '5' }), retention }
);

describe('the standard', () => {
  const { stack, database, template } = keeping({});

  test('keeps days, weeks and months in an encrypted vault', () => {
    const rule = (RuleName: string, ScheduleExpression: string, DeleteAfterDays: number) => Match.objectLike({
      RuleName, ScheduleExpression, Lifecycle: { DeleteAfterDays }, StartWindowMinutes: 120, CompletionWindowMinutes: 720,
    });
    template.hasResourceProperties('AWS::Backup::BackupPlan', {
      BackupPlan: {
        BackupPlanRule: [
          rule('daily', 'cron(0 5 * * ? *)', 35),
          rule('weekly', 'cron(0 5 ? * SUN *)', 84),
          rule('monthly', 'cron(0 5 1 * ? *)', 365),
        ],
      },
    });
    template.hasResource('AWS::Backup::BackupVault', {
      Properties: { EncryptionKeyArn: stack.resolve(database.encryptionKey.keyArn) }, DeletionPolicy: 'RetainExceptOnCreate',
    });
    template.hasResourceProperties('AWS::RDS::DBCluster', { BackupRetentionPeriod: 35 });
  });

  test('selects this cluster and nothing else', () => {
    template.hasResourceProperties('AWS::Backup::BackupSelection', {
      BackupSelection: {
        Resources: [stack.resolve(database.cluster.clusterArn)],
        ListOfTags: Match.absent(),
      },
    });
  });

  test('lets the role touch this cluster and its own snapshots only', () => {
    const roles = Object.entries(template.findResources('AWS::IAM::Role', {
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            Match.objectLike({ Principal: { Service: 'backup.amazonaws.com' } }),
          ],
        },
      },
    }));
    expect(roles).toHaveLength(1);
    const [[logicalId, role]] = roles;
    expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: logicalId }] } }));
    const statements = policy.Properties.PolicyDocument.Statement;
    const arn = (resource: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:rds:${REGION}:${ACCOUNT}:${resource}`]] });
    expect(statements).toContainEqual(expect.objectContaining({
      Action: ['rds:CreateDBClusterSnapshot', 'rds:AddTagsToResource', 'rds:ListTagsForResource'],
      Resource: [stack.resolve(database.cluster.clusterArn), arn('cluster-snapshot:awsbackup:*')],
    }));
    expect(statements).toContainEqual(expect.objectContaining({ Action: 'rds:DeleteDBClusterSnapshot', Resource: arn('cluster-snapshot:awsbackup:*') }));
    expect(statements).toContainEqual(expect.objectContaining({
      Action: 'kms:CreateGrant', Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }));
    for (const { Resource, Action, Condition } of statements) {
      if (Resource === '*') { expect([Action, Condition]).toEqual(['tag:GetResources', { StringEquals: { 'aws:RequestedRegion': REGION } }]); }
    }
  });

  test('takes no snapshot in the backup or maintenance window', () => {
    const hour = Number(/^cron\(0 (\d+) /.exec(DataRetention.standard().tiers[0].schedule.expressionString)![1]);
    expect(hour).toBeGreaterThanOrEqual(5);
  });
});

test('pointInTimeOnly needs neither vault nor plan', () => {
  const { stack, template } = keeping({ retention: DataRetention.pointInTimeOnly(Duration.days(1)) });
  template.hasResourceProperties('AWS::RDS::DBCluster', { BackupRetentionPeriod: 1 });
  for (const type of ['BackupVault', 'BackupPlan', 'BackupSelection']) { template.resourceCountIs(`AWS::Backup::${type}`, 0); }
  expectNoAnnotations(stack);
});

test('custom takes its own tiers', () => {
  const { stack, template } = keeping({
    retention: DataRetention.custom({ pointInTime: Duration.days(14), tiers: [daily(Duration.days(1), 'short'), daily(Duration.days(3650), 'ten-years')] }),
  });
  template.hasResourceProperties('AWS::RDS::DBCluster', { BackupRetentionPeriod: 14 });
  template.hasResourceProperties('AWS::Backup::BackupPlan', {
    BackupPlan: {
      BackupPlanRule: [
        Match.objectLike({ RuleName: 'short', Lifecycle: { DeleteAfterDays: 1 } }),
        Match.objectLike({ RuleName: 'ten-years', Lifecycle: { DeleteAfterDays: 3650 } }),
      ],
    },
  });
  expectNoAnnotations(stack);
});

test('only DESTROY gives the vault up', () => {
  keeping({ removalPolicy: RemovalPolicy.DESTROY }).template.hasResource('AWS::Backup::BackupVault', { DeletionPolicy: 'Delete' });
  keeping({ removalPolicy: RemovalPolicy.RETAIN }).template.hasResource('AWS::Backup::BackupVault', { DeletionPolicy: 'RetainExceptOnCreate' });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, DataRetention, RegExp]>([
  ['nothing kept', DataRetention.pointInTimeOnly(Duration.days(0)), /`retention.pointInTime` is 0, but it has to be between 1 and 35 days/],
  ['more than RDS keeps', DataRetention.pointInTimeOnly(Duration.days(36)), /`retention.pointInTime` is 36/],
  ['a day and a half', DataRetention.pointInTimeOnly(Duration.hours(36)), /`retention.pointInTime` is 1.5, but it has to be a multiple of 1 days/],
  ['a tier shorter than a day', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [daily(Duration.days(9), 'long'), daily(Duration.hours(23))] }),
    /`retention.tiers\[1\].retention` is "23 hours", but a snapshot is kept for whole days, at least one/],
  ['half days', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [daily(Duration.hours(36))] }), /`retention.tiers\[0\].retention`/],
  ['two tiers of one name', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [daily(Duration.days(2)), daily(Duration.days(3))] }),
    /`retention.tiers` is "daily", but two entries have this name/],
  ['a name with a blank', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [daily(Duration.days(2), 'each day')] }),
    /`retention.tiers\[0\].name` is "each day", but a backup rule is named/],
  ['a rate', DataRetention.custom({
    pointInTime: Duration.days(7), tiers: [{ name: 'hourly', schedule: events.Schedule.rate(Duration.hours(1)), retention: Duration.days(1) }],
  }), /`retention.tiers\[0\].schedule` is "rate\(1 hour\)", but AWS Backup takes cron expressions only/],
])('refuses %s', (what, retention, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, retention })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
