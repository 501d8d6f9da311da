import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { GitHubRepository } from '../src/delivery/github/github-repository';
import { PlatformPipeline } from '../src/delivery/platform-pipeline/platform-pipeline';

/** A pipeline for a CDK app. The connection does not exist: the pipeline is made and its first execution fails. */
const app = integApp();
const stack = new Stack(app, 'IntegPlatformPipeline');

const delivery = new PlatformPipeline(stack, 'Platform', {
  repository: GitHubRepository.of('innovate-inc/platform', {
    connectionArn: stack.formatArn({ service: 'codeconnections', resource: 'connection', resourceName: '11111111-2222-3333-4444-555555555555' }),
  }),
  branch: 'main',
  environmentName: 'production',
  stacks: 'Innovate/Production/*',
});

const integ = new IntegTest(app, 'PlatformPipeline', { testCases: [stack] });
integ.assertions
  .awsApiCall('codepipeline', 'getPipeline', { name: delivery.pipeline.pipelineName })
  .expect(ExpectedResult.objectLike({
    pipeline: {
      pipelineType: 'V2',
      executionMode: 'QUEUED',
      stages: [{ name: 'Source' }, { name: 'Synth' }, { name: 'Deploy' }],
    },
  }));
