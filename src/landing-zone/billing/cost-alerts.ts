import { Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** The service that publishes to the topic and therefore uses its key. */
export const BUDGETS_SERVICE = 'budgets.amazonaws.com';

export interface CostAlertsProps {
  readonly alertEmail: string;
  readonly encryptionKey: kms.IKey;
}

/** The topic that the budgets of all accounts publish to. */
export class CostAlerts extends Construct {
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, props: CostAlertsProps) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { masterKey: props.encryptionKey, enforceSSL: true });
    this.topic.addSubscription(new subscriptions.EmailSubscription(props.alertEmail));
    this.allowBudgets();
  }

  /** A monthly budget of one account: told at 80 % spent, and when the month is forecast to pass 100 %. */
  public addBudget(accountName: string, accountId: string, monthlyUsd: number): void {
    const budget = new budgets.CfnBudget(this, `Budget-${accountName}`, {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        costFilters: { LinkedAccount: [accountId] },
      },
      notificationsWithSubscribers: [this.notification('ACTUAL', 80), this.notification('FORECASTED', 100)],
    });
    budget.node.addDependency(this.topic);
  }

  /** @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html */
  private allowBudgets(): void {
    const stack = Stack.of(this);
    this.topic.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'BudgetsOfThisAccount',
      principals: [new iam.ServicePrincipal(BUDGETS_SERVICE)],
      actions: ['sns:Publish'],
      resources: [this.topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'budgets', region: '', resource: '*' }) },
      },
    }));
  }

  private notification(notificationType: string, threshold: number): budgets.CfnBudget.NotificationWithSubscribersProperty {
    return {
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
    };
  }
}
