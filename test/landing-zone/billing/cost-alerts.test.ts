import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CostAlerts } from '../../../src/landing-zone/billing/cost-alerts';
import { HardStop } from '../../../src/landing-zone/billing/hard-stop';
import { expectNoAnnotations } from '../../support/stacks';
import { MANAGEMENT, managementStack } from '../landing-zones';

function costAlerts(stack: Stack): CostAlerts {
  return new CostAlerts(stack, 'CostAlerts', {
    alertEmail: 'finance@innovate.example', encryptionKey: new kms.Key(stack, 'Key'), organizationId: 'o-exampleorgid',
  });
}

const staging = { name: 'staging', accountId: '222222222222', monthlyBudgetUsd: 800 };
const production = { name: 'production', accountId: '333333333333', monthlyBudgetUsd: 6000 };

describe('accounts without a hard stop', () => {
  const stack = managementStack();
  const alerts = costAlerts(stack);
  alerts.addAccount(staging);
  alerts.addAccount(production);
  const template = Template.fromStack(stack);
  const topic = stack.resolve(alerts.topic.topicArn);

  test('have a budget that tells what is spent and what will be', () => {
    const notification = (NotificationType: string, Threshold: number) => ({
      Notification: { NotificationType, Threshold, ThresholdType: 'PERCENTAGE', ComparisonOperator: 'GREATER_THAN' },
      Subscribers: [{ SubscriptionType: 'SNS', Address: topic }],
    });
    template.resourceCountIs('AWS::Budgets::Budget', 2);
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 800, Unit: 'USD' }, CostFilters: { LinkedAccount: ['222222222222'] } },
      NotificationsWithSubscribers: [notification('ACTUAL', 80), notification('FORECASTED', 100), notification('ACTUAL', 100)],
    });
  });

  test.each([[staging, '80'], [production, '600']])('have a monitor of their own, told at once from a tenth of the budget: %#', ({ name, accountId }, usd) => {
    const [[monitor]] = Object.entries(template.findResources('AWS::CE::AnomalyMonitor', {
      Properties: {
        MonitorType: 'CUSTOM', MonitorName: `costs of ${name}`,
        MonitorSpecification: JSON.stringify({ Dimensions: { Key: 'LINKED_ACCOUNT', Values: [accountId] } }),
      },
    }));
    template.hasResourceProperties('AWS::CE::AnomalySubscription', {
      MonitorArnList: [{ 'Fn::GetAtt': [monitor, 'MonitorArn'] }],
      Frequency: 'IMMEDIATE',
      Subscribers: [{ Type: 'SNS', Address: topic }],
      ThresholdExpression: JSON.stringify({
        Dimensions: { Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE', MatchOptions: ['GREATER_THAN_OR_EQUAL'], Values: [usd] },
      }),
    });
  });

  test('leave the one monitor of all services to AWS', () => {
    template.resourcePropertiesCountIs('AWS::CE::AnomalyMonitor', { MonitorType: 'DIMENSIONAL' }, 0);
  });

  test('let budgets and anomaly detection of this account publish, and nobody else', () => {
    const [policy] = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
    const allowed = policy.Properties.PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');
    expect(allowed.map(({ Principal, Action }: { Principal: object; Action: string }) => [Principal, Action])).toEqual([
      [{ Service: 'budgets.amazonaws.com' }, 'sns:Publish'], [{ Service: 'costalerts.amazonaws.com' }, 'sns:Publish'],
    ]);
    expect(allowed[1].Condition).toEqual({ StringEquals: { 'aws:SourceAccount': MANAGEMENT } });
  });

  test('report only once the topic admits them', () => {
    const [policy] = Object.keys(template.findResources('AWS::SNS::TopicPolicy'));
    for (const type of ['AWS::Budgets::Budget', 'AWS::CE::AnomalySubscription']) {
      template.allResources(type, { DependsOn: Match.arrayWith([policy]) });
    }
  });

  test('are never frozen: no policy, no role, no action', () => {
    for (const type of ['AWS::Budgets::BudgetsAction', 'AWS::Organizations::Policy', 'AWS::IAM::Role']) { template.resourceCountIs(type, 0); }
    expectNoAnnotations(stack);
  });
});

describe('accounts with a hard stop', () => {
  const build = () => {
    const stack = managementStack();
    const alerts = costAlerts(stack);
    alerts.addAccount({ ...staging, hardStop: HardStop.atPercent(120) });
    alerts.addAccount({ ...production, hardStop: HardStop.afterApproval(200) });
    return { stack, topic: stack.resolve(alerts.topic.topicArn) };
  };
  const { stack, topic } = build();
  const template = Template.fromStack(stack);
  const [policy] = Object.keys(template.findResources('AWS::Organizations::Policy'));
  const [role] = Object.keys(template.findResources('AWS::IAM::Role'));

  test.each([['222222222222', 120, 'AUTOMATIC', 800], ['333333333333', 200, 'MANUAL', 6000]])(
    'are frozen by one policy: %s at %i %%, %s', (account, percent, approval, limit) => {
      const [[budget]] = Object.entries(template.findResources('AWS::Budgets::Budget', { Properties: { Budget: { BudgetLimit: { Amount: limit } } } }));
      template.hasResourceProperties('AWS::Budgets::BudgetsAction', {
        BudgetName: { Ref: budget },
        ActionType: 'APPLY_SCP_POLICY',
        NotificationType: 'ACTUAL',
        ActionThreshold: { Type: 'PERCENTAGE', Value: percent },
        ApprovalModel: approval,
        Definition: { ScpActionDefinition: { PolicyId: { 'Fn::GetAtt': [policy, 'Id'] }, TargetIds: [account] } },
        ExecutionRoleArn: { 'Fn::GetAtt': [role, 'Arn'] },
        Subscribers: [{ Type: 'SNS', Address: topic }],
      });
    });

  test('keep the policy detached until then', () => {
    template.resourceCountIs('AWS::Organizations::Policy', 1);
    template.hasResourceProperties('AWS::Organizations::Policy', { Type: 'SERVICE_CONTROL_POLICY', TargetIds: Match.absent() });
  });

  test('are frozen by AWS Budgets of this account, which may attach this policy to these accounts', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'budgets.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': MANAGEMENT },
            ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:budgets::${MANAGEMENT}:budget/*`]] } },
          },
        }],
      },
    });
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(new Set(statements.flatMap(({ Action }) => Action))).toEqual(new Set(['organizations:AttachPolicy', 'organizations:DetachPolicy']));
    const account = (id: string) =>
      ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:organizations::${MANAGEMENT}:account/o-exampleorgid/${id}`]] });
    expect(statements.flatMap(({ Resource }) => Resource)).toEqual([
      { 'Fn::GetAtt': [policy, 'Arn'] }, account('222222222222'), account('333333333333'),
    ]);
  });

  test('leave no annotation and synthesize the same twice', () => {
    expectNoAnnotations(stack);
    expect(Template.fromStack(build().stack).toJSON()).toEqual(template.toJSON());
  });
});

describe('HardStop', () => {
  test.each([
    ['below the budget', HardStop.atPercent(99), '`hardStop` is 99, but it has to be between 100 and 1000 percent of the monthly budget'],
    ['ten times the budget and more', HardStop.afterApproval(1001), '`hardStop` is 1001'],
    ['no number', HardStop.atPercent(NaN), '`hardStop` is null'],
  ])('refuses what is %s', (_, hardStop, message) => {
    expect(() => hardStop._validate(managementStack(), 'hardStop')).toThrow(message);
  });

  test.each([100, 120.5, 1000])('accepts %d percent', percent => {
    expect(() => HardStop.atPercent(percent)._validate(managementStack(), 'hardStop')).not.toThrow();
  });
});
