import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/**
 * Tells failures that stay from those that the stage's own retry mends. CodePipeline's metric counts every failed attempt, and an event does not say
 * whether another attempt follows: whoever looks a minute later sees it. No function, and nothing that costs anything while all is well.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/metrics-dimensions.html
 */
export class BootstrapOutcome extends Construct {
  /** Executions of the pipeline that failed in the end, and those of which nobody can tell. */
  public readonly failures: cloudwatch.Metric;

  constructor(scope: Construct, id: string, pipeline: codepipeline.Pipeline) {
    super(scope, id);
    const outcome = new sfn.StateMachine(this, 'Question', {
      comment: 'Fails when the bootstrap pipeline has failed for good',
      definitionBody: sfn.DefinitionBody.fromChainable(this.question(pipeline)),
    });
    new events.Rule(this, 'FailedAttempt', {
      eventPattern: {
        source: ['aws.codepipeline'],
        detailType: ['CodePipeline Pipeline Execution State Change'],
        detail: { pipeline: [pipeline.pipelineName], state: ['FAILED'] },
      },
      targets: [new targets.SfnStateMachine(outcome)],
    });
    this.failures = outcome.metricFailed();
  }

  private question(pipeline: codepipeline.Pipeline): sfn.IChainable {
    const wait = new sfn.Wait(this, 'Wait', { time: sfn.WaitTime.duration(Duration.minutes(1)) });
    const ask = new tasks.CallAwsService(this, 'Ask', {
      service: 'codepipeline',
      action: 'getPipelineExecution',
      parameters: { PipelineName: pipeline.pipelineName, PipelineExecutionId: sfn.JsonPath.stringAt('$.detail[\'execution-id\']') },
      iamResources: [pipeline.pipelineArn],
      resultSelector: { status: sfn.JsonPath.stringAt('$.PipelineExecution.Status') },
      resultPath: '$.outcome',
    }).addRetry({ maxAttempts: 5 });
    const status = (...values: string[]) => sfn.Condition.or(...values.map(value => sfn.Condition.stringEquals('$.outcome.status', value)));
    const answer = new sfn.Choice(this, 'Answer')
      .when(status('InProgress', 'Stopping'), wait)
      .when(status('Succeeded', 'Stopped', 'Superseded', 'Cancelled'), new sfn.Succeed(this, 'Mended', { comment: 'or ended by somebody' }))
      .otherwise(new sfn.Fail(this, 'Failed', { error: 'BootstrapFailed', cause: 'No attempt succeeded' }));
    return wait.next(ask).next(answer);
  }
}
