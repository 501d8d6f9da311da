import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import { DELIVERY_METRICS, DELIVERY_NAMESPACE } from './metric-names';

/** Half of a dashboard's row, and a quarter. */
const HALF = 12;
const QUARTER = 6;

/**
 * How one pipeline's releases go: the four measures of DORA as CloudWatch metrics. `GitFlowPipeline.metrics` has those of a pipeline.
 *
 * @see https://dora.dev/guides/dora-metrics-four-keys/
 *
 * @example
 * import { Duration } from 'aws-cdk-lib';
 * import { DeliveryMetrics } from 'cdk-innovate-platform';
 *
 * declare const metrics: DeliveryMetrics;
 *
 * metrics.metricTimeToRestore().createAlarm(this, 'SlowRepair', { threshold: Duration.hours(4).toSeconds(), evaluationPeriods: 1 });
 */
export class DeliveryMetrics {
  /** The measures of a pipeline whose releases this library tells of; `environmentName` is what dashboards call it. */
  public static of(pipeline: codepipeline.IPipeline, environmentName: string): DeliveryMetrics {
    return new DeliveryMetrics(pipeline, environmentName);
  }

  private constructor(private readonly pipeline: codepipeline.IPipeline, private readonly environmentName: string) {}

  /** Releases that succeeded; the sum of a day unless said otherwise. */
  public metricDeploymentFrequency(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DELIVERY_METRICS.deployments, { statistic: cloudwatch.Stats.SUM, label: 'releases', ...options });
  }

  /** Seconds from the author date of the released commit to the end of the release; the median of a day unless said otherwise. */
  public metricLeadTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DELIVERY_METRICS.leadTime, { statistic: cloudwatch.Stats.p(50), label: 'lead time', ...options });
  }

  /** Per cent of the releases that failed while they were deployed, or that were rolled back; of a day unless said otherwise. */
  public metricChangeFailureRate(options: cloudwatch.MathExpressionOptions = {}): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      expression: '100 * (failures + FILL(rollbacks, 0)) / releases',
      usingMetrics: {
        failures: this.metric(DELIVERY_METRICS.changeFailure, { statistic: cloudwatch.Stats.SUM }),
        releases: this.metric(DELIVERY_METRICS.changeFailure, { statistic: cloudwatch.Stats.SAMPLE_COUNT }),
        rollbacks: this.metric(DELIVERY_METRICS.manualRollback, { statistic: cloudwatch.Stats.SUM }),
      },
      label: 'failed changes (%)',
      period: Duration.days(1),
      ...options,
    });
  }

  /** Seconds from the first release that failed to the next that succeeded, or to the end of a rollback; the median of a day unless said otherwise. */
  public metricTimeToRestore(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(DELIVERY_METRICS.timeToRestore, { statistic: cloudwatch.Stats.p(50), label: 'time to restore', ...options });
  }

  /** Rows for a dashboard: the four measures over its range of time, and day by day. */
  public deliveryWidgets(): cloudwatch.IWidget[][] {
    const measures = [
      { title: 'Releases', metric: this.metricDeploymentFrequency() },
      { title: 'Lead time (s)', metric: this.metricLeadTime() },
      { title: 'Failed changes (%)', metric: this.metricChangeFailureRate() },
      { title: 'Time to restore (s)', metric: this.metricTimeToRestore() },
    ];
    const [releases, leadTime, failures, restore] = measures.map(({ metric }) => metric);
    return [
      [new cloudwatch.TextWidget({ markdown: `# Releases to ${this.environmentName}`, width: 2 * HALF, height: 1 })],
      measures.map(({ title, metric }) => new cloudwatch.SingleValueWidget({
        title, metrics: [metric], width: QUARTER, height: 4, setPeriodToTimeRange: true,
      })),
      [
        new cloudwatch.GraphWidget({ title: 'Releases and failed changes', left: [releases], right: [failures], width: HALF }),
        new cloudwatch.GraphWidget({ title: 'Lead time and time to restore (s)', left: [leadTime, restore], width: HALF }),
      ],
    ];
  }

  private metric(metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { pipelineName, env: { account, region } } = this.pipeline;
    return new cloudwatch.Metric({
      namespace: DELIVERY_NAMESPACE, metricName, dimensionsMap: { PipelineName: pipelineName }, period: Duration.days(1), account, region, ...options,
    });
  }
}
