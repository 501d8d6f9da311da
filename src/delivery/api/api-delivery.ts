import { Duration, Stack } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { EksDeployAction } from './eks-deploy-action';
import { EksDeployTarget } from './eks-deploy-target';
import { EksDeployment } from './eks-deployment';
import { ImageScan } from './image-scan';
import { createEksDeployLog } from '../../private/native-eks-deploy-action';
import { BuildAction } from '../build/build-action';
import { createBuildProject } from '../build/build-project';
import { IMAGE_VALUES_FILE, apiBuildSpec } from '../build/build-specs';
import { cacheOf, DeliveryContext } from '../delivery-context';

export interface ApiDeliveryOptions {
  readonly target: EksDeployTarget;
  readonly imageScan: ImageScan;
  /** Name of the pipeline, a literal. */
  readonly pipelineName: string;
  /** Order of the deployment in its stage. */
  readonly deployOrder: number;
}

/** The API's way: tests, one image for each commit, and a Helm release that names the image by its digest. */
export class ApiDelivery extends Construct {
  public readonly images: ecr.Repository;
  public readonly buildAction: codepipeline.IAction;
  public readonly deployAction: codepipeline.IAction;

  constructor(scope: Construct, id: string, private readonly context: DeliveryContext, private readonly options: ApiDeliveryOptions) {
    super(scope, id);
    const { target, pipelineName, deployOrder } = options;
    const { encryptionKey, logRetention, folders } = context;
    this.images = new ecr.Repository(this, 'Images', {
      encryption: ecr.RepositoryEncryption.KMS,
      encryptionKey,
      imageTagMutability: ecr.TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      // a tagged image may be what is running, however many releases were built since
      lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(14) }],
    });
    const release = new codepipeline.Artifact('ApiRelease');
    this.buildAction = this.createBuildAction(release);
    this.deployAction = new EksDeployAction({
      actionName: 'Api',
      input: release,
      runOrder: deployOrder,
      cluster: target.cluster,
      clusterName: target.clusterName,
      vpc: target.vpc,
      vpcSubnets: target.vpcSubnets,
      namespace: target.namespace,
      deployment: EksDeployment.helm({ releaseName: target.releaseName, chart: folders.chart, valuesFiles: [IMAGE_VALUES_FILE] }),
    });
    createEksDeployLog(this, 'DeploymentLogs', pipelineName, { encryptionKey, retention: logRetention });
  }

  private createBuildAction(release: codepipeline.Artifact): codepipeline.IAction {
    const { context, options: { imageScan, target } } = this;
    const { pipeline, folders } = context;
    const bill = new codepipeline.Artifact('ApiBill');
    const gate = imageScan._bind();
    const project = createBuildProject(this, 'Build', {
      ...context,
      description: 'Tests the API, builds its image, pushes it and reads its scan',
      buildSpec: apiBuildSpec({
        folder: folders.api,
        chart: folders.chart,
        artifacts: { release: release.artifactName!, bill: bill.artifactName! },
        gate,
        check: target.deploymentContract === undefined ? undefined : { releaseName: target.releaseName, namespace: target.namespace },
      }),
      environment: target.deploymentContract === undefined ? undefined : { DEPLOYMENT_CONTRACT: target.deploymentContract },
      docker: true,
      reports: true,
      ...cacheOf(context, 'api', true),
      // tests and image take their time, and the gate waits for a scan of a quarter of an hour
      timeout: Duration.hours(1),
    });
    pipeline.grantClone(project);
    this.images.grantPullPush(project);
    this.images.grant(project, 'ecr:DescribeImages');
    if (gate) { this.grantScan(project); }
    return new BuildAction({
      actionName: 'Api',
      project,
      input: pipeline.source,
      outputs: [release, bill],
      environmentVariables: { IMAGE_REPOSITORY: { value: this.images.repositoryUri }, COMMIT: { value: pipeline.commitId } },
    });
  }

  /**
   * Of an account with enhanced scanning, ECR asks Amazon Inspector for the findings, as whoever asks ECR.
   *
   * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
   */
  private grantScan(project: codebuild.Project): void {
    this.images.grant(project, 'ecr:StartImageScan', 'ecr:DescribeImageScanFindings');
    project.addToRolePolicy(new iam.PolicyStatement({
      actions: ['inspector2:ListCoverage', 'inspector2:ListFindings'],
      // these actions know no resource-level permissions
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(this).region } },
    }));
  }
}
