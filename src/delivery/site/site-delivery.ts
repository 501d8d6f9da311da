import { Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { SiteDeployTarget } from './site-deploy-target';
import { BuildAction } from '../build/build-action';
import { createBuildProject } from '../build/build-project';
import { siteBuildSpec, siteUploadBuildSpec } from '../build/build-specs';
import { cacheOf, DeliveryContext } from '../delivery-context';

/** The single-page application's way: tests, one build, and an upload that never leaves a page without its assets. */
export class SiteDelivery extends Construct {
  public readonly buildAction: codepipeline.IAction;
  public readonly deployAction: codepipeline.IAction;

  constructor(scope: Construct, id: string, context: DeliveryContext, target: SiteDeployTarget, private readonly deployOrder: number) {
    super(scope, id);
    const built = new codepipeline.Artifact('Site');
    const bill = new codepipeline.Artifact('SiteBill');
    const project = createBuildProject(this, 'Build', {
      ...context,
      description: 'Tests the single-page application and builds it',
      buildSpec: siteBuildSpec(context.folders.site, { site: built.artifactName!, bill: bill.artifactName! }),
      reports: true,
      ...cacheOf(context, 'site'),
    });
    context.pipeline.grantClone(project);
    this.buildAction = new BuildAction({ actionName: 'Site', input: context.pipeline.source, outputs: [built, bill], project });
    this.deployAction = this.createUploadAction(context, target, built);
  }

  private createUploadAction(context: DeliveryContext, target: SiteDeployTarget, input: codepipeline.Artifact): codepipeline.IAction {
    const { bucket, distribution, encryptionKey } = target;
    const project = createBuildProject(this, 'Upload', { ...context, description: 'Uploads the built single-page application', buildSpec: siteUploadBuildSpec() });
    const statements = [
      new iam.PolicyStatement({ actions: ['s3:PutObject', 's3:AbortMultipartUpload'], resources: [bucket.arnForObjects('*')] }),
      // the assets that a release no longer has are found, and marked by a copy with a tag
      new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn], conditions: { StringEquals: { 's3:prefix': 'assets/' } } }),
      new iam.PolicyStatement({ actions: ['s3:GetObject', 's3:PutObjectTagging'], resources: [bucket.arnForObjects('assets/*')] }),
      new iam.PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [encryptionKey.keyArn] }),
      new iam.PolicyStatement({
        actions: ['cloudfront:CreateInvalidation'],
        resources: [Stack.of(this).formatArn({ service: 'cloudfront', region: '', resource: 'distribution', resourceName: distribution.distributionId })],
      }),
    ];
    for (const statement of statements) { project.addToRolePolicy(statement); }
    return new BuildAction({
      actionName: 'Site',
      project,
      input,
      runOrder: this.deployOrder,
      environmentVariables: {
        SITE_BUCKET: { value: bucket.bucketName },
        DISTRIBUTION_ID: { value: distribution.distributionId },
        ENVIRONMENT: { value: context.environmentName },
        COMMIT: { value: context.pipeline.commitId },
      },
    });
  }
}
