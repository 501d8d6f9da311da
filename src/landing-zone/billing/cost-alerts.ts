import { Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, IConstruct } from 'constructs';
import { BudgetFreeze } from './budget-freeze';
import { HardStop } from './hard-stop';

/** The service that publishes to the topic and therefore uses its key. */
export const BUDGETS_SERVICE = 'budgets.amazonaws.com';

/** Cost Anomaly Detection, which publishes to the same topic. */
export const COST_ANOMALY_SERVICE = 'costalerts.amazonaws.com';

/** An anomaly is told when it costs this share of the account's monthly budget: what is smaller, the budget itself tells in time. */
const ANOMALY_PERCENT_OF_BUDGET = 10;

export interface CostAlertsProps {
  readonly alertEmail: string;
  readonly encryptionKey: kms.IKey;
  /** The organization whose accounts are frozen. */
  readonly organizationId: string;
  /** What the freeze is made after: Organizations refuses two changes at once. @default - nothing */
  readonly freezesAfter?: IConstruct;
}

/** An account and what it should cost. */
export interface AccountCosts {
  readonly name: string;
  readonly accountId: string;
  readonly monthlyBudgetUsd: number;
  /** @default - the account is never frozen */
  readonly hardStop?: HardStop;
}

/** The topic that budgets and anomaly monitors of all accounts publish to, and what stops an account that overruns its budget. */
export class CostAlerts extends Construct {
  public readonly topic: sns.Topic;

  private freeze?: BudgetFreeze;

  constructor(scope: Construct, id: string, private readonly props: CostAlertsProps) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { masterKey: props.encryptionKey, enforceSSL: true });
    this.topic.addSubscription(new subscriptions.EmailSubscription(props.alertEmail));
    this.allowBudgets();
    this.allowAnomalyDetection();
  }

  /** Watches the costs of one account. */
  public addAccount(costs: AccountCosts): void {
    const budget = this.addBudget(costs.name, costs.accountId, costs.monthlyBudgetUsd);
    this.addAnomalyDetection(costs);
    if (costs.hardStop) {
      this.freeze ??= this.createFreeze();
      this.freeze.addAccount({ name: costs.name, accountId: costs.accountId, budget, hardStop: costs.hardStop });
    }
  }

  private createFreeze(): BudgetFreeze {
    const freeze = new BudgetFreeze(this, 'Freeze', { organizationId: this.props.organizationId, topic: this.topic });
    if (this.props.freezesAfter) { freeze.node.addDependency(this.props.freezesAfter); }
    return freeze;
  }

  /** A monthly budget: told at 80 % and 100 % spent, and when the month is forecast to pass 100 %. */
  public addBudget(name: string, accountId: string, monthlyUsd: number): budgets.CfnBudget {
    const budget = new budgets.CfnBudget(this, `Budget-${name}`, {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyUsd, unit: 'USD' },
        costFilters: { LinkedAccount: [accountId] },
      },
      notificationsWithSubscribers: [this.notification('ACTUAL', 80), this.notification('FORECASTED', 100), this.notification('ACTUAL', 100)],
    });
    budget.node.addDependency(this.topic);
    return budget;
  }

  /**
   * A monitor for each account, not the one of all services: AWS makes that one by itself, and there can be one only.
   * One monitor of several accounts would add them up and miss what rises in one and falls in another.
   *
   * @see https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html#monitor-type-def
   */
  private addAnomalyDetection({ name, accountId, monthlyBudgetUsd }: AccountCosts): void {
    const stack = Stack.of(this);
    const monitor = new ce.CfnAnomalyMonitor(this, `AnomalyMonitor-${name}`, {
      monitorName: `costs of ${name}`,
      monitorType: 'CUSTOM',
      monitorSpecification: stack.toJsonString({ Dimensions: { Key: 'LINKED_ACCOUNT', Values: [accountId] } }),
    });
    const subscription = new ce.CfnAnomalySubscription(this, `AnomalySubscription-${name}`, {
      subscriptionName: `unusual costs of ${name}`,
      monitorArnList: [monitor.attrMonitorArn],
      // a topic can be told at once only; daily and weekly reports go to e-mail addresses
      frequency: 'IMMEDIATE',
      subscribers: [{ type: 'SNS', address: this.topic.topicArn }],
      thresholdExpression: stack.toJsonString({
        Dimensions: {
          Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
          MatchOptions: ['GREATER_THAN_OR_EQUAL'],
          Values: [`${monthlyBudgetUsd * ANOMALY_PERCENT_OF_BUDGET / 100}`],
        },
      }),
    });
    subscription.node.addDependency(this.topic);
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

  /** @see https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html */
  private allowAnomalyDetection(): void {
    this.topic.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'AnomaliesOfThisAccount',
      principals: [new iam.ServicePrincipal(COST_ANOMALY_SERVICE)],
      actions: ['sns:Publish'],
      resources: [this.topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    }));
  }

  private notification(notificationType: string, threshold: number): budgets.CfnBudget.NotificationWithSubscribersProperty {
    return {
      notification: { notificationType, threshold, thresholdType: 'PERCENTAGE', comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
    };
  }
}
