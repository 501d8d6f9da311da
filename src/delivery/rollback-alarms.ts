import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';

/**
 * The condition that takes a stage back when one of the alarms rings after it; undefined without alarms.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html
 */
export function addRollbackAlarms(pipeline: codepipeline.Pipeline, alarms: cloudwatch.IAlarm[], wait: Duration): codepipeline.Condition | undefined {
  if (alarms.length === 0) { return undefined; }
  // a permission for single alarms would not show composite ones: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
  pipeline.addToRolePolicy(new iam.PolicyStatement({
    actions: ['cloudwatch:DescribeAlarms'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(pipeline).region } },
  }));
  return {
    result: codepipeline.Result.ROLLBACK,
    rules: alarms.map((alarm, index) => new codepipeline.Rule({
      name: `Alarm${index + 1}`,
      provider: 'CloudWatchAlarm',
      version: '1',
      configuration: { AlarmName: alarm.alarmName, WaitTime: `${wait.toMinutes()}` },
    })),
  };
}
