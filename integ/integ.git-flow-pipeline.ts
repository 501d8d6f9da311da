import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { integApp } from './integ-app';
import { GitFlowPipeline } from '../src/delivery/git-flow-pipeline';
import { GitHubRepository } from '../src/delivery/github/github-repository';

/**
 * A pipeline for a site that somebody else made. The connection does not exist: the pipeline is made and its first execution fails.
 * For the same reason it has no `checks`, whose webhook AWS would make through the connection.
 */
const app = integApp();
const stack = new Stack(app, 'IntegGitFlowPipeline');

const encryptionKey = new kms.Key(stack, 'SiteKey', { removalPolicy: RemovalPolicy.DESTROY });
const bucket = new s3.Bucket(stack, 'SiteBucket', { encryptionKey, removalPolicy: RemovalPolicy.DESTROY });
const distribution = new cloudfront.Distribution(stack, 'Distribution', {
  defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(bucket) },
});

const delivery = new GitFlowPipeline(stack, 'Delivery', {
  repository: GitHubRepository.of('innovate-inc/notes', {
    connectionArn: stack.formatArn({ service: 'codeconnections', resource: 'connection', resourceName: '11111111-2222-3333-4444-555555555555' }),
  }),
  branch: 'develop',
  environmentName: 'staging',
  site: { bucket, distribution, encryptionKey },
});

const integ = new IntegTest(app, 'GitFlowPipeline', { testCases: [stack] });
integ.assertions
  .awsApiCall('codepipeline', 'getPipeline', { name: delivery.pipeline.pipelineName })
  .expect(ExpectedResult.objectLike({
    pipeline: {
      pipelineType: 'V2',
      stages: [{ name: 'Source' }, { name: 'Verify' }, { name: 'Build' }, { name: 'Deploy' }],
      triggers: [{ gitConfiguration: { sourceActionName: 'GitHub', push: [{ branches: { includes: ['develop'] } }] } }],
    },
  }));
