import { Duration, Lazy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { auditTrail } from './audit-trails';
import { TRAIL_EVENTS } from '../../../src/landing-zone/audit/trail-events';
import { TrailLock } from '../../../src/landing-zone/audit/trail-lock';
import { expectNoAnnotations } from '../../support/stacks';
import { MANAGEMENT, managementStack } from '../landing-zones';

describe('the lock of the files', () => {
  const lockOf = (lock?: TrailLock) => {
    const stack = managementStack();
    const { bucket } = auditTrail(stack, { lock });
    return Template.fromStack(stack).findResources('AWS::S3::Bucket')[stack.resolve(bucket.bucketName).Ref].Properties;
  };
  const locked = (Mode: string, Days: number) => ({
    ObjectLockEnabled: true, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days } } },
  });

  test('is a year that nobody shortens', () => {
    expect(lockOf()).toMatchObject(locked('COMPLIANCE', 365));
  });

  test.each([
    ['compliance', TrailLock.compliance(Duration.days(2557)), locked('COMPLIANCE', 2557)],
    ['governance', TrailLock.governance(Duration.days(30)), locked('GOVERNANCE', 30)],
  ])('is %s as given', (_, lock, expected) => {
    expect(lockOf(lock)).toMatchObject(expected);
  });

  test('can be left out', () => {
    const properties = lockOf(TrailLock.none());
    expect(properties).not.toHaveProperty('ObjectLockEnabled');
    expect(properties).not.toHaveProperty('ObjectLockConfiguration');
  });

  test('leaves the bucket of access logs unlocked, which S3 demands', () => {
    const stack = managementStack();
    auditTrail(stack);
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::S3::Bucket', { ObjectLockEnabled: true }, 1);
  });

  test.each([
    ['a lock beyond the retention', TrailLock.governance(Duration.days(366)), '`trailLock` is "366 days", but the trail is kept for 365 days only'],
    ['less than a day', TrailLock.compliance(Duration.hours(12)), '`trailLock` is 0.5, but it has to be between 1 and 36500 days'],
    ['parts of a day', TrailLock.compliance(Duration.hours(36)), '`trailLock` is 1.5, but it has to be a multiple of 1 days'],
  ])('refuses %s', (_, lock, message) => {
    expect(() => lock._validate(managementStack(), 'trailLock', Duration.days(365))).toThrow(message);
  });

  test.each([
    TrailLock.none(), TrailLock.compliance(Duration.days(365)), TrailLock.governance(Duration.days(Lazy.number({ produce: () => 900 }))),
  ])('accepts what fits or is not known yet: %#', lock => {
    expect(() => lock._validate(managementStack(), 'trailLock', Duration.days(365))).not.toThrow();
  });
});

test('files under 128 KB stay where they are, the larger ones move to Glacier', () => {
  const stack = managementStack();
  const { bucket } = auditTrail(stack);
  const { LifecycleConfiguration } = Template.fromStack(stack).findResources('AWS::S3::Bucket')[stack.resolve(bucket.bucketName).Ref].Properties;
  expect(LifecycleConfiguration.TransitionDefaultMinimumObjectSize).toBe('all_storage_classes_128K');
  expect(LifecycleConfiguration.Rules).toContainEqual(expect.objectContaining({
    ExpirationInDays: 2557, Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 90 }],
  }));
});

describe('the alarms', () => {
  const build = () => {
    const stack = managementStack();
    return { stack, trail: auditTrail(stack, { alarmEmail: 'security@innovate.example' }) };
  };
  const { stack, trail } = build();
  const template = Template.fromStack(stack);
  const topic = stack.resolve(trail.alarmTopic!.topicArn);

  test.each(TRAIL_EVENTS)('watch the log of all accounts: $id', ({ id, pattern, reason, threshold = 1 }) => {
    const [[logGroup]] = Object.entries(template.findResources('AWS::Logs::LogGroup'));
    const metric = { MetricName: id, Namespace: 'InnovateLandingZone/AuditTrail' };
    template.hasResourceProperties('AWS::Logs::MetricFilter', {
      LogGroupName: { Ref: logGroup }, FilterPattern: pattern, MetricTransformations: [{ ...without(metric), MetricValue: '1' }],
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...metric, AlarmDescription: reason, Threshold: threshold, Statistic: 'Sum', Period: 300, TreatMissingData: 'notBreaching',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold', AlarmActions: [topic],
    });
    expect(pattern.length).toBeLessThanOrEqual(1024);
    expect([...pattern].filter(character => character === '(').length).toBe([...pattern].filter(character => character === ')').length);
  });

  test('are few, and each has a name of its own', () => {
    template.resourceCountIs('AWS::CloudWatch::Alarm', TRAIL_EVENTS.length);
    expect(new Set(TRAIL_EVENTS.map(({ id }) => id)).size).toBe(TRAIL_EVENTS.length);
    expect(TRAIL_EVENTS.length).toBeLessThanOrEqual(10);
  });

  test.each([
    ['AccountTakeovers', ['"sts.amazonaws.com"', '"AssumeRoot"', '"*:role/OrganizationAccountAccessRole"']],
    ['AccessChanges', [
      '"sso.amazonaws.com"', '"CreateAccountAssignment"', '"DeleteAccountAssignment"', '"PutInlinePolicyToPermissionSet"',
      '"AttachManagedPolicyToPermissionSet"', '"CreateGroupMembership"', '"AddMemberToGroup"',
    ]],
    ['DetectionChanges', ['"guardduty.amazonaws.com"', '"DeleteMembers"', '"inspector2.amazonaws.com"', '"Disable"', '"access-analyzer.amazonaws.com"', '"DeleteAnalyzer"']],
  ])('%s names what it is about', (name, parts) => {
    const { pattern } = TRAIL_EVENTS.find(({ id }) => id === name)!;
    for (const part of parts) { expect(pattern).toContain(` = ${part}`); }
  });

  test('tell through an encrypted topic that CloudWatch of this account may publish to', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'security@innovate.example', TopicArn: topic });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Sid: 'AlarmsOfThisAccount', Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish', Resource: topic,
          Condition: { StringEquals: { 'aws:SourceAccount': MANAGEMENT } },
        }]),
      },
    });
  });

  test('leave no annotation and synthesize the same twice', () => {
    expectNoAnnotations(stack);
    expect(Template.fromStack(build().stack).toJSON()).toEqual(template.toJSON());
  });

});

test('there is no trail until the organization is prepared, and everything that it will write to', () => {
  const stack = managementStack();
  expect(auditTrail(stack, { isOrganizationPrepared: false }).trail).toBeUndefined();
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::CloudTrail::Trail', 0);
  template.resourceCountIs('AWS::S3::Bucket', 2);
  template.resourceCountIs('AWS::Logs::LogGroup', 1);
});

function without({ MetricName, Namespace }: { MetricName: string; Namespace: string }): object {
  return { MetricName, MetricNamespace: Namespace };
}
