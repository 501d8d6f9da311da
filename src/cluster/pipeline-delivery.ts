import * as path from 'node:path';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BootstrapBundle, BootstrapStep } from './bootstrap-bundle';
import { BundleAsset, RenderedPart } from './bundle-asset';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { createDataBucket } from '../private/bucket';
import { createEksDeployLog, NativeEksDeployAction } from '../private/native-eks-deploy-action';
import { failedExecutions } from '../private/pipeline-metrics';

/** Applies the bundle by a pipeline inside the VPC; a changed bundle changes the pipeline, which starts it. */
export class PipelineDelivery extends Construct implements BundleDelivery {
  public readonly pipeline: codepipeline.Pipeline;
  public readonly failureAlarm: cloudwatch.Alarm;
  private readonly deployRole: iam.Role;
  private readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, private readonly target: ClusterBootstrapTarget) {
    super(scope, id);
    this.securityGroup = this.createSecurityGroup();
    const pipelineName = `${target.clusterName}-bootstrap`;
    const logGroup = createEksDeployLog(this, 'Log', pipelineName, { encryptionKey: target.encryptionKey, retention: target.logRetention });
    this.pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName,
      pipelineType: codepipeline.PipelineType.V2,
      executionMode: codepipeline.ExecutionMode.QUEUED,
      restartExecutionOnUpdate: true,
      usePipelineRoleForActions: true,
      artifactBucket: createDataBucket(this, 'Artifacts', { encryptionKey: target.encryptionKey }),
    });
    this.deployRole = new iam.Role(this, 'DeployRole', { assumedBy: this.pipeline.role });
    const access = target.cluster.grantClusterAdmin('BootstrapAccess', this.deployRole.roleArn);
    // its first execution starts as soon as the pipeline exists
    this.pipeline.node.defaultChild!.node.addDependency(
      ...target.after, this.deployRole, access, this.securityGroup, target.cluster.clusterSecurityGroup, logGroup,
    );
    this.failureAlarm = this.createFailureAlarm();
  }

  public deliver(bundle: BootstrapBundle): void {
    const content = new BundleAsset(this, 'Bundle', bundle);
    const source = new codepipeline.Artifact('Bundle');
    this.pipeline.addStage({
      stageName: 'Source',
      actions: [new actions.S3SourceAction({
        actionName: 'Bundle',
        bucket: s3.Bucket.fromBucketName(this, 'Assets', content.asset.s3BucketName),
        bucketKey: content.asset.s3ObjectKey,
        output: source,
        // the key names the content, so a new bundle is a new pipeline definition
        trigger: actions.S3Trigger.NONE,
      })],
    });
    for (const step of bundle.steps) {
      this.pipeline.addStage({
        stageName: step.name,
        actions: this.actionsOf(step, content, source),
        // the webhooks of a controller that was just installed may not answer yet
        onFailure: { result: codepipeline.Result.RETRY, retryMode: codepipeline.RetryMode.FAILED_ACTIONS },
      });
    }
  }

  private actionsOf({ releases, files }: BootstrapStep, content: BundleAsset, input: codepipeline.Artifact): codepipeline.IAction[] {
    const common = (part: RenderedPart) => ({
      actionName: part.name,
      input,
      clusterName: this.target.clusterName,
      variables: part.variables,
      vpc: this.target.vpc,
      vpcSubnets: this.target.vpcSubnets,
      securityGroup: this.securityGroup,
      role: this.deployRole,
    });
    const charts = releases.flatMap(release => content.partsOf(release).map(part => new NativeEksDeployAction({
      ...common(part),
      namespace: release.namespace,
      helm: { releaseName: release.releaseName, chart: `charts/${release.releaseName}`, valuesFiles: [path.posix.basename(part.file)] },
    })));
    const manifests = files.flatMap(file => content.partsOf(file).map(part => new NativeEksDeployAction({ ...common(part), manifests: [part.file] })));
    return [...charts, ...manifests];
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const { vpc, cluster } = this.target;
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'The bootstrap pipeline: AWS APIs and the cluster endpoint', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS APIs and image registries');
    cluster.clusterSecurityGroup.connections.allowFrom(securityGroup, ec2.Port.HTTPS, 'Bootstrap pipeline');
    return securityGroup;
  }

  private createFailureAlarm(): cloudwatch.Alarm {
    return failedExecutions(this.pipeline).createAlarm(this, 'FailureAlarm', {
      alarmDescription: `The bootstrap pipeline of the cluster ${this.target.clusterName} failed: Karpenter, its NodePools or a web service may be out of date`,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
