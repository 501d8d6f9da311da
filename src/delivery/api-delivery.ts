import { Duration } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import { createBuildProject } from './build-project';
import { IMAGE_VALUES_FILE, apiBuildSpec } from './build-specs';
import { DeliveryContext } from './delivery-context';
import { EksDeployAction } from './eks-deploy-action';
import { EksDeployTarget } from './eks-deploy-target';
import { EksDeployment } from './eks-deployment';
import { createEksDeployLog } from '../private/native-eks-deploy-action';

/** The API's way: tests, one image for each commit, and a Helm release that names the image by its digest. */
export class ApiDelivery extends Construct {
  public readonly images: ecr.Repository;
  public readonly buildAction: codepipeline.IAction;
  public readonly deployAction: codepipeline.IAction;

  constructor(scope: Construct, id: string, context: DeliveryContext, target: EksDeployTarget) {
    super(scope, id);
    const { encryptionKey, logRetention, folders, pipeline } = context;
    this.images = new ecr.Repository(this, 'Images', {
      encryption: ecr.RepositoryEncryption.KMS,
      encryptionKey,
      imageTagMutability: ecr.TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      // a tagged image may be what is running, however many releases were built since
      lifecycleRules: [{ tagStatus: ecr.TagStatus.UNTAGGED, maxImageAge: Duration.days(14) }],
    });
    const release = new codepipeline.Artifact('ApiRelease');
    this.buildAction = this.createBuildAction(context, release);
    this.deployAction = new EksDeployAction({
      actionName: 'Api',
      input: release,
      cluster: target.cluster,
      clusterName: target.clusterName,
      vpc: target.vpc,
      vpcSubnets: target.vpcSubnets,
      namespace: target.namespace,
      deployment: EksDeployment.helm({ releaseName: target.releaseName, chart: folders.chart, valuesFiles: [IMAGE_VALUES_FILE] }),
    });
    createEksDeployLog(this, 'DeploymentLogs', pipeline.pipelineName, { encryptionKey, retention: logRetention });
  }

  private createBuildAction(context: DeliveryContext, output: codepipeline.Artifact): codepipeline.IAction {
    const { pipeline, folders } = context;
    const project = createBuildProject(this, 'Build', {
      ...context,
      description: 'Tests the API, builds its image and pushes it',
      buildSpec: apiBuildSpec(folders.api, folders.chart),
      docker: true,
    });
    this.images.grantPush(project);
    this.images.grant(project, 'ecr:DescribeImages');
    return new actions.CodeBuildAction({
      actionName: 'Api',
      project,
      input: pipeline.source,
      outputs: [output],
      environmentVariables: { IMAGE_REPOSITORY: { value: this.images.repositoryUri }, COMMIT: { value: pipeline.commitId } },
    });
  }
}
