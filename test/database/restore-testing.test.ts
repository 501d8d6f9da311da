import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { DataRetention } from '../../src/database/data-retention';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

function testing(retention: DataRetention) {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), retention });
  return { stack, database, template: Template.fromStack(stack) };
}

describe('restore tests', () => {
  const { stack, database, template } = testing(DataRetention.standard({ restoreTesting: {} }));

  test('take the latest snapshot of the vault each month', () => {
    template.hasResourceProperties('AWS::Backup::RestoreTestingPlan', {
      RestoreTestingPlanName: Match.stringLikeRegexp('^[A-Za-z0-9_]{1,50}$'),
      ScheduleExpression: 'cron(0 8 2 * ? *)',
      RecoveryPointSelection: {
        Algorithm: 'LATEST_WITHIN_WINDOW',
        IncludeVaults: [stack.resolve(database._backup!.vault!.backupVaultArn)],
        RecoveryPointTypes: ['SNAPSHOT'],
        SelectionWindowDays: 35,
      },
    });
  });

  test('restore into the subnets of the database, with its key, where nobody reaches it', () => {
    const [group] = Object.keys(template.findResources('AWS::EC2::SecurityGroup', { Properties: { GroupDescription: 'Restore tests: reached by nobody' } }));
    const [{ Properties: cluster }] = Object.values(template.findResources('AWS::RDS::DBCluster'));
    template.hasResourceProperties('AWS::Backup::RestoreTestingSelection', {
      RestoreTestingSelectionName: Match.stringLikeRegexp('^[A-Za-z0-9_]{1,50}$'),
      ProtectedResourceType: 'Aurora',
      ProtectedResourceArns: [stack.resolve(database.cluster.clusterArn)],
      ValidationWindowHours: 1,
      RestoreMetadataOverrides: {
        dbSubnetGroupName: cluster.DBSubnetGroupName,
        vpcSecurityGroupIds: { 'Fn::Join': ['', ['["', { 'Fn::GetAtt': [group, 'GroupId'] }, '"]']] },
        kmskeyId: cluster.KmsKeyId,
      },
    });
    template.resourcePropertiesCountIs('AWS::EC2::SecurityGroupIngress', { GroupId: { 'Fn::GetAtt': [group, 'GroupId'] } }, 0);
  });

  test('tell when they fail', () => {
    const { eventPattern } = database._backup!.failures.find(({ id }) => id === 'RestoreTestFailed')!;
    expect(stack.resolve(eventPattern)).toEqual({
      source: ['aws.backup'],
      detailType: ['Restore Job State Change'],
      detail: { status: ['FAILED', 'ABORTED'], iamRoleArn: [{ 'Fn::GetAtt': [expect.stringMatching(/^DatabaseBackupRestoreTestsRole/), 'Arn'] }] },
    });
  });

  test('leave no warning', () => expectNoAnnotations(stack));
});

test('look into the locked vault too', () => {
  const { template } = testing(DataRetention.sevenYears({ restoreTesting: { newerThan: Duration.days(7), validationWindow: Duration.hours(24) } }));
  const [{ Properties: plan }] = Object.values(template.findResources('AWS::Backup::RestoreTestingPlan'));
  expect(plan.RecoveryPointSelection.IncludeVaults).toHaveLength(2);
  expect(plan.RecoveryPointSelection.SelectionWindowDays).toBe(7);
  template.hasResourceProperties('AWS::Backup::RestoreTestingSelection', { ValidationWindowHours: 24 });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, DataRetention, RegExp]>([
  ['tests without tiers', DataRetention.custom({ pointInTime: Duration.days(7), tiers: [], restoreTesting: {} }),
    /`retention.restoreTesting` is "given", but there are no tiers/],
  ['a window over a year', DataRetention.gdpr({ restoreTesting: { newerThan: Duration.days(366) } }), /`retention.restoreTesting.newerThan` is 366/],
  ['no time to look', DataRetention.gdpr({ restoreTesting: { validationWindow: Duration.minutes(30) } }), /`retention.restoreTesting.validationWindow` is 0.5/],
  ['a rate', DataRetention.gdpr({ restoreTesting: { schedule: events.Schedule.rate(Duration.days(7)) } }),
    /`retention.restoreTesting.schedule` is "rate\(7 days\)", but AWS Backup takes cron expressions only/],
])('refuses %s', (what, retention, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, retention })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
