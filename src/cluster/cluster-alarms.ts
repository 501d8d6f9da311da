import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { unschedulablePods } from './cluster-metrics';
import { allowAlarms } from '../private/alarm-topic';

export interface ClusterAlarmsProps {
  readonly alerts: sns.ITopic;
  readonly clusterName: string;
}

/** How long a pod may wait for a node: one is launched within two minutes, and a second attempt on other capacity takes as long. */
const MINUTES_WITHOUT_NODE = 15;

/** Tells a topic when a cluster needs somebody. Every description says what to do first. */
export class ClusterAlarms extends Construct {
  private readonly action: actions.SnsAction;

  constructor(scope: Construct, id: string, { alerts, clusterName }: ClusterAlarmsProps) {
    super(scope, id);
    allowAlarms(this, alerts);
    this.action = new actions.SnsAction(alerts);
    this.watch('UnschedulablePods', unschedulablePods(clusterName), {
      periods: MINUTES_WITHOUT_NODE,
      description: `Pods of ${clusterName} have had no node for ${MINUTES_WITHOUT_NODE} minutes. \`kubectl describe pod\` says why in its events:`
        + ' "all available instance types exceed limits" means that the budget is spent (raise nodeBudget), anything else that a pod asks for what no node has.',
    });
  }

  /** Takes an alarm that exists already: it tells the topic as well. */
  public tell(alarm: cloudwatch.Alarm | undefined): void {
    alarm?.addAlarmAction(this.action);
    alarm?.addOkAction(this.action);
  }

  /** What Karpenter hears of nodes that are about to end. */
  public watchInterruptions({ interruptionQueue, undeliveredEvents }: { readonly interruptionQueue: sqs.Queue; readonly undeliveredEvents: sqs.Queue }): void {
    const period = Duration.minutes(1);
    this.watch('UnreadInterruptions', interruptionQueue.metricApproximateAgeOfOldestMessage({ period, statistic: cloudwatch.Stats.MAXIMUM }), {
      threshold: 120,
      periods: 2,
      description: 'Karpenter has not read its queue for two minutes, so nobody drains a node before Spot takes it, and probably no node is launched either.'
        + ' `kubectl -n kube-system logs deployment/karpenter` says why.',
    });
    this.watch('UndeliveredEvents', undeliveredEvents.metricApproximateNumberOfMessagesVisible({ period, statistic: cloudwatch.Stats.MAXIMUM }), {
      periods: 1,
      description: `Announcements that nodes end did not reach Karpenter, or it failed to handle them five times. They lie in the queue ${undeliveredEvents.node.path}`
        + ' for 14 days: read one, compare with the log of Karpenter, then purge the queue.',
    });
  }

  /** Server errors of the load balancer itself. */
  public watchLoadBalancer(errors: cloudwatch.Metric): void {
    this.watch('LoadBalancerErrors', errors, {
      threshold: 10,
      periods: 2,
      description: 'The load balancer has answered ten requests in five minutes with an error of its own, twice in a row: no pod is healthy, or none answers in time.'
        + ' Look at the health of the target groups and at the newest deployment.',
    });
  }

  private watch(id: string, metric: cloudwatch.Metric, { threshold = 1, periods, description }: Watch): void {
    this.tell(metric.createAlarm(this, id, {
      threshold, evaluationPeriods: periods, alarmDescription: description, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }));
  }
}

interface Watch {
  /** @default 1 */
  readonly threshold?: number;
  /** For how long, in periods of the metric. */
  readonly periods: number;
  /** What it means, and what to do first. */
  readonly description: string;
}
