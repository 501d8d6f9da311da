import { Duration, Names } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ApiDelivery } from './api/api-delivery';
import { ImageScan } from './api/image-scan';
import { BuildAction } from './build/build-action';
import { BuildCache } from './build/build-cache';
import { createBuildProject } from './build/build-project';
import { smokeTestBuildSpec, smokeTestTimeout } from './build/smoke-test-build-spec';
import { verifyBuildSpec } from './build/verify-build-spec';
import { addConsentSteps } from './consent-steps';
import { DeliveryContext } from './delivery-context';
import { GitFlowPipelineProps } from './git-flow-pipeline-props';
import { validateGitFlowPipeline } from './git-flow-pipeline-validation';
import { GitPipeline } from './git-pipeline';
import { BranchingStrategy, EnvironmentKind } from './github/branching-strategy';
import { createGitHubReporter, gitHubOidcProviderArn } from './github-reporter';
import { DeliveryMessages } from './messages/delivery-messages';
import { DeliveryDashboard } from './metrics/delivery-dashboard';
import { DeliveryMetrics } from './metrics/delivery-metrics';
import { Checks, createChecks } from './pull-request-checks';
import { addRollbackAlarms } from './rollback-alarms';
import { SiteDelivery } from './site/site-delivery';
import { SmokeTest } from './site/smoke-test';
import { createDataBucket } from '../private/bucket';
import { recordDelivery } from '../private/delivery-record';
import { createEncryptionKey } from '../private/encryption-key';
import { failedExecutions } from '../private/pipeline-metrics';

/** Where a release waits for somebody. */
const APPROVAL = { stageName: 'Approve', actionName: 'Release' };

/**
 * Delivers one branch of a repository on GitHub to one environment: verified, built once, approved where it is production, deployed, announced.
 *
 * The API's image is built for Graviton, pushed under its commit and deployed by its digest. API and site are one stage with a smoke test at its
 * end: where it fails, or an alarm rings, the stage goes back to the release before. Nothing that the pipeline may do reaches beyond one namespace, one bucket and one distribution.
 *
 * CodePipeline cancels the executions that run when the pipeline's definition is changed, in the middle of a stage as well, and starts none anew:
 * deploy the pipeline's stack while nothing is released, or release the branch again afterwards.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/welcome.html
 *
 * @example
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as eks from 'aws-cdk-lib/aws-eks-v2';
 * import { GitFlowPipeline, GitHubRepository } from 'cdk-innovate-platform';
 *
 * declare const vpc: ec2.IVpc;
 * declare const cluster: eks.ICluster;
 *
 * new GitFlowPipeline(this, 'Pipeline', {
 *   repository: GitHubRepository.of('innovate-inc/notes', {
 *     connectionArn: 'arn:aws:codeconnections:eu-west-1:222222222222:connection/11111111-2222-3333-4444-555555555555',
 *   }),
 *   branch: 'develop',
 *   environmentName: 'staging',
 *   checks: true,
 *   api: { cluster, clusterName: 'staging', vpc, namespace: 'app', releaseName: 'api' },
 *   notifications: { emails: ['team@innovate.example'] },
 * });
 */
export class GitFlowPipeline extends Construct {
  /** The pipeline of the branch. */
  public readonly pipeline: codepipeline.Pipeline;
  /** The build of pull requests, where `checks` is set and the strategy has any. GitHub shows its result as `checks`. */
  public readonly checksProject?: codebuild.Project;
  /** The build of pushes to the branches that are never deployed, where `checks` is set and the strategy has any. GitHub shows its result as `checks-push`. */
  public readonly pushChecksProject?: codebuild.Project;
  /** Repository of the API's images, where there is an API. */
  public readonly imageRepository?: ecr.Repository;
  /** The role by which a workflow on GitHub reads what the pipeline does, unless `reportToGitHub` is false. */
  public readonly reporterRole?: iam.Role;
  /** Topic that releases are announced on, in plain text; the attribute `event` of a message is one of `DeliveryEvent`. */
  public readonly topic: sns.Topic;
  /** How releases go: the four measures of DORA. */
  public readonly metrics: DeliveryMetrics;
  /** Shows `metrics`, unless `dashboard` is false. */
  public readonly dashboard?: DeliveryDashboard;
  /** Key of images, artifacts, messages and logs. */
  public readonly encryptionKey: kms.IKey;

  private readonly strategy: BranchingStrategy;
  private readonly context: DeliveryContext;

  constructor(scope: Construct, id: string, private readonly props: GitFlowPipelineProps) {
    super(scope, id);
    this.strategy = props.branching ?? BranchingStrategy.simplifiedGitFlow();
    const folders = { api: 'api', site: 'spa', chart: 'deploy/chart', ...props.sourceFolders };
    validateGitFlowPipeline(this, props, this.strategy, folders);

    const encryptionKey = this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Delivery to ${props.environmentName}` });
    // a rollback needs the artifacts of the release before, however long ago that was
    const artifactBucket = createDataBucket(this, 'Artifacts', { encryptionKey, lifecycleRules: [{ expiration: Duration.days(365) }] });
    // workflows on GitHub and the log of the deployment know the pipeline by its name
    const pipelineName = Names.uniqueResourceName(this, { maxLength: 50, separator: '-' });
    const pipeline = new GitPipeline(this, 'Pipeline', {
      repository: props.repository,
      pipelineName,
      branch: props.branch,
      artifactBucket,
      executionMode: props.executionMode,
      pushFilter: [{ branchesIncludes: [props.branch], filePathsIncludes: props.filePaths, filePathsExcludes: props.ignoredFilePaths }],
      withHistory: this.takesPullRequests,
    });
    this.pipeline = pipeline;
    this.context = {
      pipeline,
      artifactBucket,
      encryptionKey,
      folders,
      environmentName: props.environmentName,
      logRetention: props.logRetention,
      buildCache: props.buildCache ?? BuildCache.LOCAL,
    };
    this.imageRepository = this.addStages(pipelineName);
    this.topic = this.createMessages().topic;
    this.metrics = DeliveryMetrics.of(pipeline, props.environmentName);
    this.dashboard = props.dashboard ?? true ? new DeliveryDashboard(this, 'Dashboard', { deliveries: [this.metrics] }) : undefined;

    if (props.checks) {
      const { pullRequests, pushes } = this.addChecks();
      this.checksProject = pullRequests;
      this.pushChecksProject = pushes;
    }
    this.reporterRole = this.addReporter(pipelineName);
  }

  /**
   * Executions of the pipeline that failed; the sum over five minutes unless said otherwise.
   *
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/monitoring.html
   */
  public metricFailedExecutions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return failedExecutions(this.pipeline, options);
  }

  private addStages(pipelineName: string): ecr.Repository | undefined {
    const { props, context, pipeline } = this;
    // a page may call what is new in the API, so the API goes first
    const api = props.api && new ApiDelivery(this, 'Api', context, {
      target: props.api, imageScan: props.imageScan ?? ImageScan.findings(), pipelineName, deployOrder: 1,
    });
    const site = props.site && new SiteDelivery(this, 'Site', context, props.site, 2);
    const deliveries = [api, site].filter(delivery => delivery !== undefined);

    // a commit that came another way is not even built
    const verification = this.takesPullRequests ? this.createVerification() : undefined;
    if (verification) { pipeline.addStage({ stageName: 'Verify', actions: [verification] }); }
    pipeline.addStage({ stageName: 'Build', actions: deliveries.map(delivery => delivery.buildAction) });
    if (this.asksForApproval) {
      pipeline.addStage({ stageName: APPROVAL.stageName, actions: [this.createApproval(verification)] });
    }
    // a rollback is of one stage: whatever changes the environment, and what proves it, is in this one
    const smokeTest = this.createSmokeTest(deliveries[0].deployAction.actionProperties.inputs![0]);
    const alarms = addRollbackAlarms(pipeline, props.rollbackAlarms ?? [], props.rollbackWait ?? Duration.minutes(5));
    pipeline.addStage({
      stageName: 'Deploy',
      actions: [...deliveries.map(delivery => delivery.deployAction), ...smokeTest ? [smokeTest] : []],
      onFailure: { result: codepipeline.Result.ROLLBACK },
      onSuccess: alarms && { conditions: [alarms] },
    });
    return api?.images;
  }

  private createVerification(): BuildAction {
    const { context: { pipeline }, props: { repository, branch } } = this;
    const project = createBuildProject(this, 'Verify', {
      ...this.context,
      description: `Refuses what came to ${branch} another way than by its pull requests, and says what a release brings`,
      buildSpec: verifyBuildSpec(`https://github.com/${repository.owner}/${repository.name}`),
    });
    pipeline.grantClone(project);
    return new BuildAction({
      actionName: 'Commit',
      project,
      input: pipeline.source,
      environmentVariables: {
        BRANCH: { value: branch },
        COMMIT: { value: pipeline.commitId },
        SOURCES: { value: this.strategy.ruleOf(branch)!.pullRequestsFrom!.join(' ') },
      },
    });
  }

  private createApproval(verification: BuildAction | undefined): codepipeline.IAction {
    const { context: { pipeline: { commitId } }, props: { repository, environmentName } } = this;
    return new actions.ManualApprovalAction({
      actionName: APPROVAL.actionName,
      additionalInformation: verification
        ? `Release ${verification.variable('VERSION')} to ${environmentName}: ${verification.variable('SUMMARY')}`
        : `Release commit ${commitId} to ${environmentName}`,
      externalEntityLink: verification
        ? verification.variable('CHANGES_URL')
        : `https://github.com/${repository.owner}/${repository.name}/commit/${commitId}`,
    });
  }

  private createSmokeTest(released: codepipeline.Artifact): codepipeline.IAction | undefined {
    const { context, props: { site, smokeTest = SmokeTest.requests() } } = this;
    const plan = smokeTest._bind({ url: site && `https://${site.distribution.distributionDomainName}` });
    if (!plan) { return undefined; }
    const project = createBuildProject(this, 'SmokeTest', {
      ...context, description: 'Asks the released application', buildSpec: smokeTestBuildSpec(plan), timeout: smokeTestTimeout(plan),
    });
    if (plan.script) { context.pipeline.grantClone(project); }
    return new BuildAction({
      actionName: 'SmokeTest',
      project,
      // only a script needs the repository
      input: plan.script ? context.pipeline.source : released,
      runOrder: 3,
      environmentVariables: {
        SITE_URL: { value: plan.url },
        COMMIT: { value: context.pipeline.commitId },
        ENVIRONMENT: { value: context.environmentName },
      },
    });
  }

  private addChecks(): Checks {
    const { api, site, repository, logRetention } = this.props;
    const { folders } = this.context;
    return createChecks(this, 'Checks', {
      repository,
      strategy: this.strategy,
      folders: [...api ? [folders.api] : [], ...site ? [folders.site] : []],
      encryptionKey: this.encryptionKey,
      logRetention,
    });
  }

  private createMessages(): DeliveryMessages {
    const { props: { environmentName, logRetention, notifications = {}, repository }, encryptionKey, pipeline } = this;
    return new DeliveryMessages(this, 'Messages', {
      pipeline, environmentName, repository: `${repository.owner}/${repository.name}`, notifications, approvals: this.asksForApproval ? [APPROVAL] : [], encryptionKey, logRetention,
    });
  }

  private addReporter(pipelineName: string): iam.Role | undefined {
    const { props, context: { folders } } = this;
    const { repository, branch, environmentName, notifications, reportToGitHub = true } = props;
    const oidcProviderArn = props.gitHubOidcProviderArn ?? gitHubOidcProviderArn(this);
    const roleName = `${pipelineName}-reporter`;
    addConsentSteps(this, { repository, notifications, oidcProviderArn: reportToGitHub ? oidcProviderArn : undefined });
    // the checks and the rules of the branches are written for a delivery that nobody reports, too
    recordDelivery(this, {
      pipelineName,
      repository: `${repository.owner}/${repository.name}`,
      environmentName,
      branch,
      production: this.isProduction,
      ...reportToGitHub ? { reporterRoleName: roleName } : {},
      rules: this.strategy.rules,
      folders: { ...props.api ? { api: folders.api, chart: folders.chart } : {}, ...props.site ? { site: folders.site } : {} },
    });
    return reportToGitHub ? createGitHubReporter(this, 'Reporter', { roleName, repository, branch, pipelineName, oidcProviderArn }) : undefined;
  }

  private get asksForApproval(): boolean {
    return this.props.approval ?? this.isProduction;
  }

  private get isProduction(): boolean {
    return this.strategy.deploysTo(this.props.branch) === EnvironmentKind.PRODUCTION;
  }

  private get takesPullRequests(): boolean {
    return this.strategy.pullRequestBases.includes(this.props.branch);
  }
}
