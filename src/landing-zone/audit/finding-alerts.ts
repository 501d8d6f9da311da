import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { allowEventRules } from '../../private/event-rule-topic';

/** From here on GuardDuty calls a finding high; from 9 on critical. */
const HIGH_SEVERITY = 7;

/**
 * Sends high and critical findings of GuardDuty and the critical ones of Security Hub to a topic. Both rules stay useful where a delegated
 * administrator runs the two.
 *
 * Neither service tells whether a finding is new. GuardDuty sends one again with each update, while the activity goes on: archive it there, and
 * it is silent. Its counter is no way to recognize the first message, which includes whatever happened until it was sent. Security Hub sends a
 * finding again with each check: give it the workflow status NOTIFIED, which ends where the check passes and fails again, or SUPPRESSED for good.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_WorkflowUpdate.html
 */
export class FindingAlerts extends Construct {
  constructor(scope: Construct, id: string, private readonly topic: sns.ITopic) {
    super(scope, id);
    this.send('GuardDuty', {
      source: ['aws.guardduty'],
      detailType: ['GuardDuty Finding'],
      detail: { severity: [{ numeric: ['>=', HIGH_SEVERITY] }], service: { archived: [false] } },
    });
    this.send('SecurityHub', {
      source: ['aws.securityhub'],
      detailType: ['Security Hub Findings - Imported'],
      detail: {
        findings: {
          // GuardDuty's findings arrive here as well, and would be told twice
          ProductName: [{ 'anything-but': 'GuardDuty' }],
          RecordState: ['ACTIVE'],
          Severity: { Label: ['CRITICAL'] },
          Workflow: { Status: ['NEW'] },
        },
      },
    });
    allowEventRules(this, topic, 'FindingsOfThisAccount');
  }

  private send(id: string, eventPattern: events.EventPattern): void {
    const rule = new events.Rule(this, id, { description: `Severe findings from ${id}`, eventPattern });
    rule.addTarget({ bind: () => ({ arn: this.topic.topicArn }) });
  }
}
