import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { allowEventRules } from '../../private/event-rule-topic';

export interface VendorAlertsProps {
  readonly topic: sns.ITopic;
  /** The vendors' roles by their names. */
  readonly roles: ReadonlyMap<string, iam.IRole>;
}

/** Tells a topic of each session that a vendor starts, and of each that it is refused. */
export class VendorAlerts extends Construct {
  constructor(scope: Construct, id: string, private readonly props: VendorAlertsProps) {
    super(scope, id);
    const field = (path: string) => events.EventField.fromPath(`$.detail.${path}`);
    const session = `${field('responseElements.sessionId')} with document ${field('requestParameters.documentName')}`;
    const caller = `at ${field('eventTime')} from ${field('sourceIPAddress')}`;
    for (const [name, { roleArn }] of props.roles) {
      this.send(`Start-${name}`, roleArn, events.Match.doesNotExist(), `Vendor ${name} started session ${session} ${caller}.`);
      this.send(`Refusal-${name}`, roleArn, events.Match.exists(), `Vendor ${name} asked in vain for a session ${caller}: ${field('errorCode')}.`);
    }
    allowEventRules(this, props.topic, 'VendorSessionsOfThisAccount');
  }

  private send(id: string, roleArn: string, errorCode: string[], text: string): void {
    const rule = new events.Rule(this, id, {
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['ssm.amazonaws.com'],
          eventName: ['StartSession'],
          errorCode,
          userIdentity: { sessionContext: { sessionIssuer: { arn: [roleArn] } } },
        },
      },
    });
    rule.addTarget({ bind: () => ({ arn: this.props.topic.topicArn, input: events.RuleTargetInput.fromText(text) }) });
  }
}
