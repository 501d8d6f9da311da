import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { valueFor } from './edge-scope';
import { allowAlarms } from '../private/alarm-topic';

/** Lets alarms of the scope's stack tell a topic, in whatever stack of their region it is, when they go off and when all is well again. */
export function alarmAction(scope: Construct, alerts: sns.ITopic): (alarm: cloudwatch.Alarm) => void {
  allowAlarms(scope, alerts);
  const topic = Stack.of(alerts) === Stack.of(scope) ? alerts : sns.Topic.fromTopicArn(scope, 'Alerts', valueFor(scope, alerts, 'TopicArn', alerts.topicArn));
  const action = new actions.SnsAction(topic);
  return alarm => {
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  };
}
