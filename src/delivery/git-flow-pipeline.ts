import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ApiDelivery } from './api-delivery';
import { BranchingStrategy, EnvironmentKind } from './branching-strategy';
import { createBuildProject } from './build-project';
import { checksBuildSpec } from './build-specs';
import { addConsentSteps } from './consent-steps';
import { DeliveryNotifications } from './delivery-notifications';
import { EksDeployTarget } from './eks-deploy-target';
import { GitPipeline } from './git-pipeline';
import { GitHubRepository } from './github-repository';
import { announceReleases, createReleaseTopic, validateNotifications } from './release-notifications';
import { SiteDelivery } from './site-delivery';
import { SiteDeployTarget } from './site-deploy-target';
import { SourceFolders } from './source-folders';
import { createDataBucket } from '../private/bucket';
import { createEncryptionKey } from '../private/encryption-key';
import { failedExecutions } from '../private/pipeline-metrics';
import { reject, validateMatch } from '../private/validation';

/** What a Git Flow pipeline needs. */
export interface GitFlowPipelineProps {
  /** The application's repository. */
  readonly repository: GitHubRepository;
  /** The branch that is deployed: `develop`, `main` or one of your own, never `feature/` or `bugfix/`. */
  readonly branch: string;
  /** The environment's name, e.g. `staging`; the application is told. */
  readonly environmentName: string;
  /**
   * The API: built into an image and installed with Helm.
   *
   * @default - no API; a site is then required
   */
  readonly api?: EksDeployTarget;
  /**
   * The single-page application: built and uploaded.
   *
   * @default - no site; an API is then required
   */
  readonly site?: SiteDeployTarget;
  /**
   * Whether somebody has to approve a release between build and deployment.
   *
   * @default - true for the branch of production, false for others
   */
  readonly approval?: boolean;
  /**
   * Whether production may follow its branch with nobody's approval; `approval: false` is refused there otherwise.
   *
   * @default false
   */
  readonly continuousDeployment?: boolean;
  /**
   * Whether the branches that are never deployed, and pull requests, are checked by a second pipeline. One environment of a repository is enough.
   *
   * @default false
   */
  readonly checks?: boolean;
  /**
   * Who hears of releases.
   *
   * @default - nobody; `topic` can be subscribed to
   */
  readonly notifications?: DeliveryNotifications;
  /**
   * Where things lie in the repository.
   *
   * @default - `api`, `spa` and `deploy/chart`
   */
  readonly sourceFolders?: SourceFolders;
  /**
   * Customer key of images, artifacts, messages and logs.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * How long logs of builds and deployments are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/**
 * Delivers one branch of a repository on GitHub to one environment: checked, built once, approved where it is production, deployed, announced.
 *
 * The API's image is built for Graviton, pushed under its commit and deployed by its digest. Nothing that the pipeline may do reaches
 * beyond one namespace, one bucket and one distribution.
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
  /** The pipeline of the branches that are never deployed, where `checks` is set. */
  public readonly checksPipeline?: codepipeline.Pipeline;
  /** Repository of the API's images, where there is an API. */
  public readonly imageRepository?: ecr.Repository;
  /** Topic that releases are announced on. */
  public readonly topic: sns.Topic;
  /** Key of images, artifacts, messages and logs. */
  public readonly encryptionKey: kms.IKey;

  constructor(scope: Construct, id: string, props: GitFlowPipelineProps) {
    super(scope, id);
    const strategy = BranchingStrategy.simplifiedGitFlow();
    const folders = { api: 'api', site: 'spa', chart: 'deploy/chart', ...props.sourceFolders };
    validateProps(this, props, strategy, folders);

    const encryptionKey = this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Delivery to ${props.environmentName}` });
    this.topic = createReleaseTopic(this, encryptionKey, props.notifications ?? {});
    // artifacts are no data: they expire, and an empty bucket costs nothing
    const artifactBucket = createDataBucket(this, 'Artifacts', { encryptionKey, lifecycleRules: [{ expiration: Duration.days(30) }] });

    const pipeline = new GitPipeline(this, 'Pipeline', {
      repository: props.repository,
      branch: props.branch,
      artifactBucket,
      pushFilter: [{ branchesIncludes: [props.branch] }],
    });
    const context = { pipeline, encryptionKey, folders, environmentName: props.environmentName, logRetention: props.logRetention };
    const api = props.api && new ApiDelivery(this, 'Api', context, props.api);
    // a page may call what is new in the API, so the API goes first
    const site = props.site && new SiteDelivery(this, 'Site', context, props.site, api ? 2 : 1);
    const deliveries = [api, site].filter(delivery => delivery !== undefined);

    pipeline.addStage({ stageName: 'Build', actions: deliveries.map(delivery => delivery.buildAction) });
    if (props.approval ?? isProduction(strategy, props.branch)) {
      pipeline.addStage({ stageName: 'Approve', actions: [approvalAction(props, pipeline.commitId)] });
    }
    pipeline.addStage({ stageName: 'Deploy', actions: deliveries.map(delivery => delivery.deployAction) });
    announceReleases(pipeline, this.topic);

    this.pipeline = pipeline;
    this.imageRepository = api?.images;
    this.checksPipeline = props.checks ? this.addChecks(props, strategy, folders, artifactBucket) : undefined;
    addConsentSteps(this, props);
  }

  /**
   * Executions of the pipeline that failed; the sum over five minutes unless said otherwise.
   *
   * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/monitoring.html
   */
  public metricFailedExecutions(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return failedExecutions(this.pipeline, options);
  }

  private addChecks(props: GitFlowPipelineProps, strategy: BranchingStrategy, folders: Required<SourceFolders>, artifactBucket: s3.IBucket): GitPipeline {
    const pipeline = new GitPipeline(this, 'Checks', {
      repository: props.repository,
      branch: strategy.integrationBranch,
      artifactBucket,
      // nothing is deployed, so nobody waits for anybody
      executionMode: codepipeline.ExecutionMode.PARALLEL,
      pushFilter: [{ branchesIncludes: strategy.checkedBranches }],
      pullRequestFilter: [{
        branchesIncludes: [strategy.integrationBranch, strategy.productionBranch],
        events: [codepipeline.GitPullRequestEvent.OPEN, codepipeline.GitPullRequestEvent.UPDATED],
      }],
    });
    const project = createBuildProject(this, 'ChecksBuild', {
      description: 'Runs the checks of the application and keeps nothing',
      encryptionKey: this.encryptionKey,
      logRetention: props.logRetention,
      buildSpec: checksBuildSpec([...props.api ? [folders.api] : [], ...props.site ? [folders.site] : []]),
    });
    pipeline.addStage({ stageName: 'Check', actions: [new actions.CodeBuildAction({ actionName: 'Check', project, input: pipeline.source })] });
    return pipeline;
  }
}

function isProduction(strategy: BranchingStrategy, branch: string): boolean {
  return strategy.deploysTo(branch) === EnvironmentKind.PRODUCTION;
}

function approvalAction({ repository, environmentName }: GitFlowPipelineProps, commitId: string): codepipeline.IAction {
  return new actions.ManualApprovalAction({
    actionName: 'Release',
    additionalInformation: `Release commit ${commitId} to ${environmentName}`,
    externalEntityLink: `https://github.com/${repository.owner}/${repository.name}/commit/${commitId}`,
  });
}

function validateProps(scope: Construct, props: GitFlowPipelineProps, strategy: BranchingStrategy, folders: Required<SourceFolders>): void {
  const { branch, environmentName, api, site, approval, continuousDeployment, notifications } = props;
  validateMatch(scope, {
    prop: 'branch',
    value: branch,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/,
    problem: 'it is not the name of one branch',
    remedy: 'Give the branch that the environment follows, such as "develop".',
  });
  if (strategy.isChecksOnly(branch)) {
    reject(scope, {
      prop: 'branch',
      value: branch,
      problem: 'such branches are checked and never deployed',
      remedy: `Deploy "${strategy.pullRequestBase(branch)}" and set \`checks\`.`,
    });
  }
  validateMatch(scope, {
    prop: 'environmentName',
    value: environmentName,
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    problem: 'it is not a short name in lower case',
    remedy: 'Give a name such as "staging".',
  });
  if (!api && !site) {
    reject(scope, { prop: 'api', value: api, problem: 'there is no `site` either, so nothing would be delivered', remedy: 'Give `api`, `site` or both.' });
  }
  if (approval === false && isProduction(strategy, branch) && !continuousDeployment) {
    reject(scope, {
      prop: 'approval',
      value: approval,
      problem: `"${branch}" is the branch of production, which nobody would then hold back`,
      remedy: 'Leave `approval` out, or add `continuousDeployment: true` where this is meant.',
    });
  }
  for (const [name, folder] of Object.entries(folders)) {
    validateMatch(scope, {
      prop: `sourceFolders.${name}`,
      value: folder,
      pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
      problem: 'it is not a folder below the root of the repository',
      remedy: 'Give a path such as "services/api", without spaces and without a slash at either end.',
    });
  }
  validateNotifications(scope, notifications ?? {});
  props.repository.connectionArnFor(scope);
}
