import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';

/** The service that publishes to the topic and therefore uses its key. */
const ALARMS_SERVICE = 'cloudwatch.amazonaws.com';
const SID = 'AlarmsOfThisAccount';

/**
 * Lets the CloudWatch alarms of the scope's account publish to a topic. A topic without a policy lets them by itself, but any statement replaces that one.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function allowAlarms(scope: IConstruct, topic: sns.ITopic): void {
  const principals = [new iam.ServicePrincipal(ALARMS_SERVICE)];
  const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } };
  topic.addToResourcePolicy(new iam.PolicyStatement({ sid: SID, principals, actions: ['sns:Publish'], resources: [topic.topicArn], conditions }));
  topic.masterKey?.addToResourcePolicy(new iam.PolicyStatement({
    sid: SID, principals, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: ['*'], conditions,
  }));
}
