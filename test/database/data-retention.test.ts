import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DataRetention } from '../../src/database/data-retention';
import { LegalMinimum } from '../../src/database/retention/legal-minimum';
import { RetentionTier } from '../../src/database/retention/retention-tier';
import { FIRST_RUN_METADATA } from '../../src/private/first-run';
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
          rule('weekly', 'cron(0 9 ? * SUN *)', 84),
          rule('monthly', 'cron(0 12 1 * ? *)', 365),
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

test.each([DataRetention.standard(), DataRetention.gdpr(), DataRetention.sevenYears()])('vault and plan are the same in every preset', retention => {
  const { template } = keeping({ retention });
  const open = Object.entries(template.findResources('AWS::Backup::BackupVault')).filter(([, { Properties }]) => !Properties.LockConfiguration);
  expect(open.map(([id]) => id)).toEqual(['DatabaseBackupVault21F39AF5']);
  expect(Object.keys(template.findResources('AWS::Backup::BackupPlan'))).toEqual(['DatabaseBackupPlan9C7DEEE5']);
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

test('AWS Backup is asked to protect Aurora, which it does not do by itself', () => {
  const { [FIRST_RUN_METADATA]: steps } = keeping({}).stack.templateOptions.metadata!;
  expect(steps[`backup-aurora-${ACCOUNT}-${REGION}`]).toMatchObject({
    account: ACCOUNT,
    region: REGION,
    beforeDeployment: false,
    check: { command: ['backup', 'describe-region-settings', '--query', 'ResourceTypeOptInPreference.Aurora'], expected: 'true' },
    commands: [['backup', 'update-region-settings', '--resource-type-opt-in-preference', 'Aurora=true']],
  });
});

test('gdpr keeps nothing for longer than a month', () => {
  const { template } = keeping({ retention: DataRetention.gdpr() });
  template.hasResourceProperties('AWS::RDS::DBCluster', { BackupRetentionPeriod: 30 });
  template.hasResourceProperties('AWS::Backup::BackupPlan', {
    BackupPlan: { BackupPlanRule: [Match.objectLike({ RuleName: 'daily', Lifecycle: { DeleteAfterDays: 30 } })] },
  });
});

describe('a legal minimum', () => {
  const { stack, database, template } = keeping({ retention: DataRetention.sevenYears() });
  const vaults = template.findResources('AWS::Backup::BackupVault');
  const [locked] = Object.entries(vaults).filter(([, vault]) => vault.Properties.LockConfiguration);
  const [open] = Object.entries(vaults).filter(([, vault]) => !vault.Properties.LockConfiguration);

  test('locks a vault of its own in governance mode', () => {
    expect(Object.keys(vaults)).toHaveLength(2);
    expect(locked[1]).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', Properties: { LockConfiguration: { MinRetentionDays: 2557 } } });
    expect(locked[1].Properties.LockConfiguration.ChangeableForDays).toBeUndefined();
    expect(locked[1].Properties.EncryptionKeyArn).toEqual(stack.resolve(database.encryptionKey.keyArn));
  });

  test('leaves shorter tiers, and what is in the first vault, alone', () => {
    expect(open[0]).toMatch(/^DatabaseBackupVault/);
    expect(Object.keys(keeping({}).template.findResources('AWS::Backup::BackupVault'))).toEqual([open[0]]);
    const [plan] = Object.values(template.findResources('AWS::Backup::BackupPlan'));
    expect(plan.Properties.BackupPlan.BackupPlanRule.map((rule: any) => [rule.RuleName, rule.TargetBackupVault['Fn::GetAtt'][0]])).toEqual([
      ['daily', open[0]], ['monthly', open[0]], ['yearly', locked[0]],
    ]);
  });

  test('leaves no warning', () => expectNoAnnotations(stack));

  test('becomes final in compliance mode', () => {
    const legalMinimum = LegalMinimum.compliance(Duration.days(2000), { changeableFor: Duration.days(3), maximum: Duration.days(3000) });
    keeping({ retention: DataRetention.sevenYears({ legalMinimum }) }).template.hasResourceProperties('AWS::Backup::BackupVault', {
      LockConfiguration: { MinRetentionDays: 2000, MaxRetentionDays: 3000, ChangeableForDays: 3 },
    });
  });

  test('spares a long tier that says so', () => {
    const tiers = [{ ...daily(Duration.days(400), 'long'), underLegalMinimum: false }, daily(Duration.days(400), 'legal')];
    const plans = keeping({
      retention: DataRetention.custom({ pointInTime: Duration.days(7), tiers, legalMinimum: LegalMinimum.governance(Duration.days(365)) }),
    }).template.findResources('AWS::Backup::BackupPlan');
    const rules = Object.values(plans)[0].Properties.BackupPlan.BackupPlanRule;
    expect(rules.map((rule: any) => /LegalVault/.test(rule.TargetBackupVault['Fn::GetAtt'][0]))).toEqual([false, true]);
  });
});

test('failed backups are told to whoever listens', () => {
  const { stack, database } = keeping({});
  expect(database._backup!.failures.map(({ id }) => id)).toEqual(['BackupFailed']);
  const [{ eventPattern }] = database._backup!.failures;
  expect(stack.resolve(eventPattern)).toEqual({
    source: ['aws.backup'],
    detailType: ['Backup Job State Change'],
    detail: { state: ['FAILED', 'ABORTED', 'EXPIRED'], iamRoleArn: [{ 'Fn::GetAtt': [expect.stringMatching(/^DatabaseBackupRole/), 'Arn'] }] },
  });
});

function legal(tier: RetentionTier, options: { maximum?: Duration } = {}): DataRetention {
  return DataRetention.custom({ pointInTime: Duration.days(7), tiers: [tier], legalMinimum: LegalMinimum.governance(Duration.days(365), options) });
}

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
  ['cold storage', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [{ ...daily(Duration.days(365)), coldStorageAfter: Duration.days(30) }] }),
    /`retention.tiers\[0\].coldStorageAfter` is "30 days", but AWS Backup has no cold storage for Aurora.*`archive`/],
  ['a legal tier that is too short', legal({ ...daily(Duration.days(364)), underLegalMinimum: true }),
    /`retention.tiers\[0\].retention` is "364 days", but the legal minimum is 365 days/],
  ['a legal minimum that no tier satisfies', legal(daily(Duration.days(364))), /`retention.legalMinimum` is "365 days", but no tier is kept for as long/],
  ['a tier above the maximum', legal(daily(Duration.days(401)), { maximum: Duration.days(400) }),
    /`retention.tiers\[0\].retention` is "401 days", but the locked vault keeps nothing for longer than 400 days/],
  ['a maximum below the minimum', legal(daily(Duration.days(400)), { maximum: Duration.days(364) }),
    /`retention.legalMinimum.maximum` is "364 days", but the minimum is 365 days/],
  ['no legal minimum at all', DataRetention.sevenYears({ legalMinimum: LegalMinimum.governance(Duration.days(0)) }),
    /`retention.legalMinimum.period` is 0, but it has to be between 1 and 36500 days/],
  ['a lock that is final at once', DataRetention.sevenYears({ legalMinimum: LegalMinimum.compliance(Duration.days(2557), { changeableFor: Duration.days(2) }) }),
    /`retention.legalMinimum.changeableFor` is 2, but it has to be between 3 and 36500 days/],
])('refuses %s', (what, retention, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, retention })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test('refuses to give up what the law wants kept', () => {
  expect(() => new AuroraPostgres(refusing, 'Destroyed', { vpc, retention: DataRetention.sevenYears(), removalPolicy: RemovalPolicy.DESTROY }))
    .toThrow(/`removalPolicy` is "destroy", but `retention.legalMinimum` keeps backups that cannot be deleted/);
  expect(refusing.node.findChild('Destroyed').node.children).toEqual([]);
});
