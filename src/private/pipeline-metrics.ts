import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';

/** Executions of a pipeline that failed; the sum over five minutes unless said otherwise. */
export function failedExecutions(pipeline: codepipeline.IPipeline, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/CodePipeline',
    metricName: 'FailedPipelineExecutions',
    dimensionsMap: { PipelineName: pipeline.pipelineName },
    statistic: cloudwatch.Stats.SUM,
    ...options,
  }).attachTo(pipeline);
}
