import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** Pods that fit on no node, as EKS itself measures them each minute. @see https://docs.aws.amazon.com/eks/latest/userguide/cloudwatch.html */
export function unschedulablePods(clusterName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/EKS',
    metricName: 'scheduler_pending_pods_UNSCHEDULABLE',
    dimensionsMap: { ClusterName: clusterName },
    statistic: cloudwatch.Stats.SUM,
    period: Duration.minutes(1),
    ...options,
  });
}
