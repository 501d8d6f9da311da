import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { isDeployTime, reject } from './validation';

/** The service that publishes to the topic and therefore uses its key. */
export const ALARMS_SERVICE = 'cloudwatch.amazonaws.com';

/** Refuses a topic of another region than the alarms', which could not tell it. */
export function validateAlerts(scope: IConstruct, alerts: sns.ITopic | undefined): void {
  const here = Stack.of(scope).region;
  const there = alerts?.env.region;
  if (there === undefined || isDeployTime(here) || isDeployTime(there) || here === there) { return; }
  reject(scope, { prop: 'alerts', value: there, problem: `an alarm tells topics of its own region only, which is ${here}`, remedy: 'Give a topic of that region.' });
}

/** What a statement for the alarms of the scope's account has in common, whatever it allows. */
function alarmsOf(scope: IConstruct): iam.PolicyStatementProps {
  return {
    sid: 'AlarmsOfThisAccount',
    principals: [new iam.ServicePrincipal(ALARMS_SERVICE)],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  };
}

/**
 * Lets the CloudWatch alarms of the scope's account publish to a topic whose key admits them already.
 *
 * A topic without a policy lets them by itself, but any statement replaces that one.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function allowAlarmsToPublish(scope: IConstruct, topic: sns.ITopic): void {
  topic.addToResourcePolicy(new iam.PolicyStatement({ ...alarmsOf(scope), actions: ['sns:Publish'], resources: [topic.topicArn] }));
}

/** Lets the CloudWatch alarms of the scope's account publish to somebody's topic, and use its key. */
export function allowAlarms(scope: IConstruct, topic: sns.ITopic): void {
  allowAlarmsToPublish(scope, topic);
  topic.masterKey?.addToResourcePolicy(new iam.PolicyStatement({ ...alarmsOf(scope), actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: ['*'] }));
}
