import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { deployBuildSpec, diffBuildSpec, synthBuildSpec } from './platform-build-specs';
import { createDataBucket } from '../../private/bucket';
import { createEncryptionKey } from '../../private/encryption-key';
import { failedExecutions } from '../../private/pipeline-metrics';
import { reject, validateMatch, validateRange, validateRegion, validateUnique } from '../../private/validation';
import { BuildAction } from '../build/build-action';
import { createBuildProject } from '../build/build-project';
import { addConsentSteps } from '../consent-steps';
import { GitPipeline } from '../git-pipeline';
import { BranchingStrategy, EnvironmentKind } from '../github/branching-strategy';
import { GitHubRepository } from '../github/github-repository';
import { DeliveryMessages } from '../messages/delivery-messages';
import { DeliveryNotifications } from '../messages/delivery-notifications';
import { validateNotifications } from '../messages/notifications-validation';

/** How a CDK app is delivered. */
export interface PlatformPipelineOptions {
  /** The CDK app's repository. */
  readonly repository: GitHubRepository;
  /**
   * The folder of the CDK app in the repository: `package.json` and `cdk.json`.
   *
   * @default - the root of the repository
   */
  readonly appFolder?: string;
  /**
   * What installs the app's dependencies; `aws-cdk` has to be one of them.
   *
   * @default ['npm ci']
   */
  readonly installCommands?: string[];
  /**
   * What tests the app before it is synthesized.
   *
   * @default ['npm test --if-present']
   */
  readonly testCommands?: string[];
  /**
   * What synthesizes the app into `cdk.out`. Rule packs that the app adds, such as cdk-nag, have their say here: an error ends the execution.
   * There are no credentials for look-ups: `cdk.context.json` has to be in the repository.
   *
   * @default - `npx cdk synth --quiet --no-lookups` with `stacks`
   */
  readonly synthCommand?: string;
  /**
   * Major version of Node.js.
   *
   * @default 22
   */
  readonly nodeVersion?: number;
  /**
   * Whether synthesis or deployment needs Docker, for images or for functions that are bundled in a container; the builds are then privileged.
   *
   * @default false
   */
  readonly dockerAssets?: boolean;
  /**
   * Qualifier of the CDK bootstrap whose roles are assumed.
   *
   * @default 'hnb659fds'
   */
  readonly bootstrapQualifier?: string;
  /**
   * How many stacks are deployed at the same time, where none waits for another.
   *
   * @default 4
   */
  readonly concurrency?: number;
  /**
   * Whether production may follow its branch with nobody's approval; `approval: false` is refused there otherwise.
   *
   * @default false
   */
  readonly continuousDeployment?: boolean;
  /**
   * How long logs of builds and deployments are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/** What a pipeline of infrastructure needs. */
export interface PlatformPipelineProps extends PlatformPipelineOptions {
  /** The branch that the environment follows: one that `branching` deploys, such as `develop`. */
  readonly branch: string;
  /**
   * Which branches there are.
   *
   * @default BranchingStrategy.simplifiedGitFlow()
   */
  readonly branching?: BranchingStrategy;
  /** The environment's name, e.g. `staging`. */
  readonly environmentName: string;
  /** The environment's stacks, as `cdk deploy` takes them: `Innovate/Staging/*`. All have to be in the pipeline's account. */
  readonly stacks: string;
  /**
   * The regions of `stacks`.
   *
   * @default - the region of the pipeline
   */
  readonly regions?: string[];
  /**
   * Whether somebody has to approve the changes before they are deployed.
   * Where nobody is asked, changes that would replace or delete what holds data end the execution.
   *
   * @default - true for the branch of production, false for others
   */
  readonly approval?: boolean;
  /**
   * Who hears of deployments.
   *
   * @default - nobody; `topic` can be subscribed to
   */
  readonly notifications?: DeliveryNotifications;
  /**
   * Customer key of artifacts, messages and logs.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Delivers a CDK app to one environment, from inside that environment's account: synthesized once, compared with what is there, approved where
 * it is production, deployed. It may assume the roles of the account's own CDK bootstrap and do nothing else.
 *
 * The first deployment is somebody's `cdk deploy`; from then on the pipeline deploys its own stack too. Where that changes the pipeline's definition, CodePipeline
 * cancels the execution, and starts one with the branch's newest commit: it compares and asks anew, and finds the pipeline as it is. A definition that is
 * different in each synthesis would never come to an end. A stack that is taken out of the app stays until somebody deletes it.
 *
 * Comparison, approval and deployment are one stage of a queued pipeline: nobody deploys between what was approved and its deployment.
 *
 * @see https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
 *
 * @example
 * import { GitHubRepository, PlatformPipeline } from 'cdk-innovate-platform';
 *
 * new PlatformPipeline(this, 'PlatformPipeline', {
 *   repository: GitHubRepository.of('innovate-inc/platform', {
 *     connectionArn: 'arn:aws:codeconnections:eu-west-1:222222222222:connection/11111111-2222-3333-4444-555555555555',
 *   }),
 *   branch: 'develop',
 *   environmentName: 'staging',
 *   stacks: 'Innovate/Staging/*',
 *   regions: ['eu-west-1', 'us-east-1'],
 *   notifications: { emails: ['team@innovate.example'] },
 * });
 */
export class PlatformPipeline extends Construct {
  /** The pipeline. */
  public readonly pipeline: codepipeline.Pipeline;
  /** Topic that deployments are announced on. */
  public readonly topic: sns.Topic;
  /** Key of artifacts, messages and logs. */
  public readonly encryptionKey: kms.IKey;

  constructor(scope: Construct, id: string, private readonly props: PlatformPipelineProps) {
    super(scope, id);
    const branching = props.branching ?? BranchingStrategy.simplifiedGitFlow();
    validateProps(this, props, branching);
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Delivery of the platform to ${props.environmentName}` });
    const pipeline = new GitPipeline(this, 'Pipeline', {
      repository: props.repository,
      branch: props.branch,
      // artifacts are no data: they expire, and an empty bucket costs nothing
      artifactBucket: createDataBucket(this, 'Artifacts', { encryptionKey: this.encryptionKey, lifecycleRules: [{ expiration: Duration.days(30) }] }),
      // a deployment that has begun is finished before the next begins
      executionMode: codepipeline.ExecutionMode.QUEUED,
      pushFilter: [{ branchesIncludes: [props.branch] }],
      // the stacks after the pipeline's own are deployed then
      restartsOnUpdate: true,
    });
    const assembly = new codepipeline.Artifact('Assembly');
    const approval = props.approval ?? isProduction(branching, props.branch);
    const synth = this.synthAction(pipeline, assembly);
    pipeline.addStage({ stageName: 'Synth', actions: [synth] });
    pipeline.addStage({ stageName: 'Deploy', actions: this.deployActions(pipeline, assembly, synth.variable('ASSEMBLY_SHA256'), approval) });
    this.topic = this.createMessages(pipeline, approval).topic;
    this.pipeline = pipeline;
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

  private synthAction(pipeline: GitPipeline, output: codepipeline.Artifact): BuildAction {
    const { stacks, appFolder = '.', installCommands = ['npm ci'], testCommands = ['npm test --if-present'] } = this.props;
    const { synthCommand = `npx cdk synth --quiet --no-lookups '${stacks}'` } = this.props;
    const project = this.createProject('Synth', 'Tests and synthesizes the CDK app', this.props.dockerAssets, synthBuildSpec({
      nodeVersion: this.nodeVersion, appFolder, installCommands, testCommands, synthCommand,
    }));
    return new BuildAction({ actionName: 'Synth', project, input: pipeline.source, outputs: [output] });
  }

  /** One stage: an execution holds it to its end, so that what was compared is what is deployed to. */
  private deployActions(pipeline: GitPipeline, assembly: codepipeline.Artifact, checksum: string, approval: boolean): codepipeline.IAction[] {
    const diff = this.diffAction(pipeline, assembly, checksum, approval);
    const approve = new actions.ManualApprovalAction({
      actionName: 'Approve',
      runOrder: 2,
      additionalInformation: diff.variable('CHANGES'),
      externalEntityLink: diff.variable('CHANGES_URL'),
    });
    const { stacks, concurrency = 4, dockerAssets } = this.props;
    // clusters and distributions take their time; CodePipeline waits for eight hours
    const project = this.createProject('Deploy', 'Deploys the synthesized stacks', dockerAssets, deployBuildSpec(this.nodeVersion, stacks, concurrency), Duration.hours(8));
    this.allowRoles(project, ['deploy', 'file-publishing', ...dockerAssets ? ['image-publishing'] : []]);
    const deploy = new BuildAction({
      actionName: 'Deploy', runOrder: 3, project, input: assembly, environmentVariables: { ASSEMBLY_SHA256: { value: checksum } },
    });
    return [diff, ...approval ? [approve] : [], deploy];
  }

  private diffAction(pipeline: GitPipeline, input: codepipeline.Artifact, checksum: string, approval: boolean): BuildAction {
    const accepted = new codepipeline.Variable({
      variableName: 'ACCEPT_DATA_LOSS',
      description: 'The commit whose changes may replace or delete what holds data',
      defaultValue: 'none',
    });
    pipeline.addVariable(accepted);
    const project = this.createProject('Diff', 'Compares the synthesized stacks with those that are there', false, diffBuildSpec(this.nodeVersion, this.props.stacks));
    this.allowRoles(project, ['lookup']);
    return new BuildAction({
      actionName: 'Diff',
      project,
      input,
      outputs: [new codepipeline.Artifact('Changes')],
      environmentVariables: {
        ASSEMBLY_SHA256: { value: checksum },
        APPROVAL: { value: String(approval) },
        ACCEPT_DATA_LOSS: { value: accepted.reference() },
        COMMIT: { value: pipeline.commitId },
      },
    });
  }

  private createProject(
    id: string, description: string, docker: boolean | undefined, buildSpec: { readonly [key: string]: unknown }, timeout?: Duration,
  ): codebuild.Project {
    const { encryptionKey, props: { logRetention } } = this;
    return createBuildProject(this, id, { description, docker, buildSpec, timeout, encryptionKey, logRetention });
  }

  /** @see https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html#bootstrapping-env-roles */
  private allowRoles(project: codebuild.Project, roles: string[]): void {
    const stack = Stack.of(this);
    const { bootstrapQualifier = 'hnb659fds', regions = [stack.region] } = this.props;
    project.addToRolePolicy(new iam.PolicyStatement({
      actions: ['sts:AssumeRole'],
      resources: [...regions].sort().flatMap(region => roles.map(role => stack.formatArn({
        service: 'iam', region: '', resource: 'role', resourceName: `cdk-${bootstrapQualifier}-${role}-role-${stack.account}-${region}`,
      }))),
    }));
  }

  private createMessages(pipeline: codepipeline.IPipeline, approval: boolean): DeliveryMessages {
    const { encryptionKey, props: { environmentName, logRetention, notifications = {}, repository } } = this;
    return new DeliveryMessages(this, 'Messages', {
      pipeline,
      environmentName: `platform of ${environmentName}`,
      repository: `${repository.owner}/${repository.name}`,
      notifications,
      approvals: approval ? [{ stageName: 'Deploy', actionName: 'Approve' }] : [],
      deployAction: 'Deploy',
      encryptionKey,
      logRetention,
    });
  }

  private get nodeVersion(): number {
    return this.props.nodeVersion ?? 22;
  }
}

function isProduction(branching: BranchingStrategy, branch: string): boolean {
  return branching.deploysTo(branch) === EnvironmentKind.PRODUCTION;
}

function validateProps(scope: Construct, props: PlatformPipelineProps, branching: BranchingStrategy): void {
  const { branch, approval, continuousDeployment } = props;
  if (branching.deploysTo(branch) === undefined) {
    reject(scope, {
      prop: 'branch',
      value: branch,
      problem: '`branching` deploys no such branch',
      remedy: `Give ${branching.deployedBranches.map(name => `"${name}"`).join(' or ')}.`,
    });
  }
  if (approval === false && isProduction(branching, branch) && !continuousDeployment) {
    reject(scope, {
      prop: 'approval',
      value: approval,
      problem: `"${branch}" is the branch of production, which nobody would then hold back`,
      remedy: 'Leave `approval` out, or add `continuousDeployment: true` where this is meant.',
    });
  }
  validateMatch(scope, {
    prop: 'environmentName',
    value: props.environmentName,
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    problem: 'it is not a short name in lower case',
    remedy: 'Give a name such as "staging".',
  });
  validateMatch(scope, {
    prop: 'stacks',
    value: props.stacks,
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.*/-]*$/,
    problem: 'it does not select the stacks of one environment',
    remedy: 'Give a pattern such as "Innovate/Staging/*".',
  });
  validateMatch(scope, {
    prop: 'appFolder',
    value: props.appFolder,
    pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
    problem: 'it is not a folder below the root of the repository',
    remedy: 'Give a path such as "infrastructure", without spaces and without a slash at either end, or leave it out.',
  });
  validateMatch(scope, {
    prop: 'bootstrapQualifier',
    value: props.bootstrapQualifier,
    pattern: /^[A-Za-z0-9_-]{1,10}$/,
    problem: 'a qualifier has at most ten letters, digits, hyphens and underscores',
    remedy: 'Give what `cdk bootstrap --qualifier` was given, or leave it out.',
  });
  validateRange(scope, { prop: 'nodeVersion', value: props.nodeVersion, min: 20, max: 99, unit: 'major version', step: 1 });
  validateRange(scope, { prop: 'concurrency', value: props.concurrency, min: 1, max: 32, unit: 'stacks', step: 1 });
  if (props.regions?.length === 0) {
    reject(scope, { prop: 'regions', value: props.regions, problem: 'stacks have a region', remedy: 'Name the regions of `stacks`, or leave it out.' });
  }
  props.regions?.forEach((region, index) => validateRegion(scope, `regions[${index}]`, region));
  validateUnique(scope, 'regions', props.regions ?? [], 'region');
  validateNotifications(scope, props.notifications ?? {});
  props.repository.connectionArnFor(scope);
}
