import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';

/** The service that publishes to the topic and therefore uses its key. */
const EVENTS_SERVICE = 'events.amazonaws.com';

/**
 * Lets the EventBridge rules of the scope's account and region publish to a topic. Naming single rules would tie the topic's stack to the
 * rules', which needs the topic already.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
 */
export function allowEventRules(scope: IConstruct, topic: sns.ITopic, sid: string): void {
  const stack = Stack.of(scope);
  const principals = [new iam.ServicePrincipal(EVENTS_SERVICE)];
  topic.addToResourcePolicy(new iam.PolicyStatement({
    sid,
    principals,
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'events', resource: 'rule', resourceName: '*' }) } },
  }));
  topic.masterKey?.addToResourcePolicy(new iam.PolicyStatement({
    sid,
    principals,
    actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
  }));
}
