import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BootstrapBundle, BootstrapStep, RELEASE_NAMESPACE } from './bootstrap-bundle';
import { BootstrapOutcome } from './bootstrap-outcome';
import { BundleAsset } from './bundle-asset';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { createDataBucket } from '../../private/bucket';
import { createEksDeployLog, NativeEksDeployAction } from '../../private/native-eks-deploy-action';
import { accessPolicy, createAccessEntry } from '../cluster-access';

/** Applies the bundle by a pipeline inside the VPC; a changed bundle changes the pipeline, which starts it. */
export class PipelineDelivery extends Construct implements BundleDelivery {
  public readonly pipeline: codepipeline.Pipeline;
  public readonly failureAlarm: cloudwatch.Alarm;
  private readonly pipelineName: string;
  private readonly deployRole: iam.Role;
  private readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, private readonly target: ClusterBootstrapTarget) {
    super(scope, id);
    this.securityGroup = this.createSecurityGroup();
    this.pipelineName = `${target.clusterName}-bootstrap`;
    const logGroup = createEksDeployLog(this, 'Log', this.pipelineName, { encryptionKey: target.encryptionKey, retention: target.logRetention });
    this.pipeline = new codepipeline.Pipeline(this, 'Pipeline', {
      pipelineName: this.pipelineName,
      pipelineType: codepipeline.PipelineType.V2,
      executionMode: codepipeline.ExecutionMode.QUEUED,
      restartExecutionOnUpdate: true,
      usePipelineRoleForActions: true,
      artifactBucket: this.createArtifacts(),
    });
    this.deployRole = new iam.Role(this, 'DeployRole', { assumedBy: this.pipeline.role });
    const access = createAccessEntry(this, 'Access', {
      // namespaces, definitions and admission policies are nobody's but an administrator's
      cluster: target.cluster, principalArn: this.deployRole.roleArn, policies: [accessPolicy(this, 'AmazonEKSClusterAdminPolicy')],
    });
    // its first execution starts as soon as the pipeline exists, and no execution may start once the teardown has begun
    this.pipeline.node.defaultChild!.node.addDependency(
      ...target.after, target.teardown, this.deployRole, access, this.securityGroup, target.securityGroup, logGroup,
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

  private actionsOf({ charts, objects }: BootstrapStep, content: BundleAsset, input: codepipeline.Artifact): codepipeline.IAction[] {
    return [...charts, ...objects].map(release => {
      const { releaseName, chart, valuesFile, variables } = content.rendered(release);
      return new NativeEksDeployAction({
        actionName: releaseName,
        input,
        clusterName: this.target.clusterName,
        namespace: RELEASE_NAMESPACE,
        helm: { releaseName, chart, valuesFiles: [valuesFile] },
        variables,
        vpc: this.target.vpc,
        vpcSubnets: this.target.vpcSubnets,
        securityGroup: this.securityGroup,
        role: this.deployRole,
      });
    });
  }

  /** What an execution copies here is in the bundle's asset as well. */
  private createArtifacts(): s3.Bucket {
    return createDataBucket(this, 'Artifacts', { encryptionKey: this.target.encryptionKey, lifecycleRules: [{ expiration: Duration.days(90) }] });
  }

  private createSecurityGroup(): ec2.SecurityGroup {
    const { vpc, securityGroup: clusterGroup } = this.target;
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc, description: 'The bootstrap pipeline: AWS APIs and the cluster endpoint', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS APIs and image registries');
    clusterGroup.connections.allowFrom(securityGroup, ec2.Port.HTTPS, 'Bootstrap pipeline');
    return securityGroup;
  }

  private createFailureAlarm(): cloudwatch.Alarm {
    return new BootstrapOutcome(this, 'Outcome', this.pipeline).failures.createAlarm(this, 'FailureAlarm', {
      alarmDescription: [
        `The bootstrap of the cluster ${this.target.clusterName} failed, its own retry included: Karpenter, its NodePools or a web service may be out of date; what runs keeps running.`,
        `Find the failed action: aws codepipeline list-action-executions --pipeline-name ${this.pipelineName} --query "actionExecutionDetails[?status=='Failed'] | [0]"; its output: log group /aws/codepipeline/${this.pipelineName}.`,
        'Mend the cause and deploy, or retry the stage in the console of CodePipeline. See docs/cluster.md, "When the bootstrap fails".',
        'This alarm is silent again after five minutes, mended or not.',
      ].join(' '),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
