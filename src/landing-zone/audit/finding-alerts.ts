import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** The service that publishes to the topic and therefore uses its key. */
export const EVENTS_SERVICE = 'events.amazonaws.com';

/** From here on GuardDuty calls a finding high; from 9 on critical. */
const HIGH_SEVERITY = 7;

/** Sends findings of high severity to a topic. Both rules stay useful where GuardDuty or Security Hub is run by a delegated administrator. */
export class FindingAlerts extends Construct {
  constructor(scope: Construct, id: string, private readonly topic: sns.ITopic) {
    super(scope, id);
    this.send('GuardDuty', {
      source: ['aws.guardduty'], detailType: ['GuardDuty Finding'], detail: { severity: [{ numeric: ['>=', HIGH_SEVERITY] }] },
    });
    this.send('SecurityHub', {
      source: ['aws.securityhub'],
      detailType: ['Security Hub Findings - Imported'],
      detail: {
        findings: {
          // GuardDuty's findings arrive here as well, and would be told twice
          ProductName: [{ 'anything-but': 'GuardDuty' }],
          RecordState: ['ACTIVE'],
          Severity: { Label: ['HIGH', 'CRITICAL'] },
          Workflow: { Status: ['NEW'] },
        },
      },
    });
    this.allowPublishing();
  }

  private send(id: string, eventPattern: events.EventPattern): void {
    const rule = new events.Rule(this, id, { description: `Findings of high severity from ${id}`, eventPattern });
    rule.addTarget({ bind: () => ({ arn: this.topic.topicArn }) });
  }

  /**
   * For the rules of this account and region: naming the two would tie the topic's stack to this one, which needs the topic already.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
   */
  private allowPublishing(): void {
    const stack = Stack.of(this);
    this.topic.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'FindingsOfThisAccount',
      principals: [new iam.ServicePrincipal(EVENTS_SERVICE)],
      actions: ['sns:Publish'],
      resources: [this.topic.topicArn],
      conditions: { ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'events', resource: 'rule', resourceName: '*' }) } },
    }));
    this.topic.masterKey?.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'FindingsOfThisAccount',
      principals: [new iam.ServicePrincipal(EVENTS_SERVICE)],
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }));
  }
}
