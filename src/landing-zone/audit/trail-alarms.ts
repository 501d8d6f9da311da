import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { TRAIL_EVENTS, TrailEvents } from './trail-events';
import { allowAlarmsToPublish } from '../../private/alarm-topic';

const METRIC_NAMESPACE = 'InnovateLandingZone/AuditTrail';

export interface TrailAlarmsProps {
  /** Where the trail can be searched. */
  readonly logGroup: logs.ILogGroup;
  readonly encryptionKey: kms.IKey;
  readonly email: string;
}

/** Tells somebody within minutes what an auditor would otherwise find in the trail months later. */
export class TrailAlarms extends Construct {
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, private readonly props: TrailAlarmsProps) {
    super(scope, id);
    this.topic = this.createTopic();
    for (const events of TRAIL_EVENTS) { this.addAlarm(events); }
  }

  private createTopic(): sns.Topic {
    const topic = new sns.Topic(this, 'Topic', { masterKey: this.props.encryptionKey, enforceSSL: true });
    allowAlarmsToPublish(this, topic);
    topic.addSubscription(new subscriptions.EmailSubscription(this.props.email));
    return topic;
  }

  private addAlarm({ id, reason, pattern, threshold = 1 }: TrailEvents): void {
    new logs.MetricFilter(this, `${id}Filter`, {
      logGroup: this.props.logGroup, filterPattern: logs.FilterPattern.literal(pattern), metricNamespace: METRIC_NAMESPACE, metricName: id,
    });
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmDescription: reason,
      metric: new cloudwatch.Metric({ namespace: METRIC_NAMESPACE, metricName: id, statistic: cloudwatch.Stats.SUM, period: Duration.minutes(5) }),
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // the metric has values only while something matches, which also keeps it nearly free
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topic));
  }
}
