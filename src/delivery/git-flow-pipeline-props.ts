import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { EksDeployTarget } from './api/eks-deploy-target';
import { ImageScan } from './api/image-scan';
import { BuildCache } from './build/build-cache';
import { BranchingStrategy } from './github/branching-strategy';
import { GitHubRepository } from './github/github-repository';
import { DeliveryNotifications } from './messages/delivery-notifications';
import { SiteDeployTarget } from './site/site-deploy-target';
import { SmokeTest } from './site/smoke-test';
import { SourceFolders } from './source-folders';

/** How a Git Flow pipeline delivers. */
export interface GitFlowPipelineOptions {
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
   * Whether CodeBuild checks pull requests, and pushes to the branches that are never deployed, and shows the results on GitHub as `checks` and `checks-push`.
   * One environment of a repository is enough, and none where GitHub Actions does it. What runs in a check can get the token of the connection, which should
   * then see this one repository only.
   *
   * @default false
   */
  readonly checks?: boolean;
  /**
   * What becomes of a commit that waits when a newer one comes: it gives way (`SUPERSEDED`) or keeps its turn (`QUEUED`). `PARALLEL` is refused: it knows no rollback.
   *
   * @default codepipeline.ExecutionMode.SUPERSEDED
   */
  readonly executionMode?: codepipeline.ExecutionMode;
  /**
   * Only commits that change one of these files are released: at most eight patterns, such as `api/**`.
   *
   * @default - every commit of the branch
   */
  readonly filePaths?: string[];
  /**
   * Commits that change nothing but these files are not released: at most eight patterns, such as `docs/**`.
   *
   * @default - every commit of the branch
   */
  readonly ignoredFilePaths?: string[];
  /**
   * Which findings of the API's image stop a release.
   *
   * @default - critical ones: `ImageScan.findings()`
   */
  readonly imageScan?: ImageScan;
  /**
   * What is asked of the application after a release. A wrong answer takes API and site back to the release before.
   *
   * @default - with a site, `/` and `/release.json` through CloudFront: `SmokeTest.requests()`
   */
  readonly smokeTest?: SmokeTest;
  /**
   * Alarms that take a release back if they ring within `rollbackWait`: at most five, of the pipeline's region.
   *
   * @default - none
   */
  readonly rollbackAlarms?: cloudwatch.IAlarm[];
  /**
   * How long the alarms are watched after a release, in whole minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly rollbackWait?: Duration;
  /**
   * Where builds keep what they downloaded.
   *
   * @default BuildCache.LOCAL
   */
  readonly buildCache?: BuildCache;
  /**
   * Whether there is a role by which a workflow on GitHub reads what the pipeline does, to report deployments and to tag releases.
   *
   * @default true
   */
  readonly reportToGitHub?: boolean;
  /**
   * ARN of the account's provider for GitHub's workflows.
   *
   * @default - that of `token.actions.githubusercontent.com`, which an account has once; the first-run checklist looks for it
   */
  readonly gitHubOidcProviderArn?: string;
  /**
   * Whether a dashboard shows the four measures of DORA. CloudWatch charges for more than three dashboards in an account.
   *
   * @default true
   */
  readonly dashboard?: boolean;
  /**
   * Where things lie in the repository.
   *
   * @default - `api`, `spa` and `deploy/chart`
   */
  readonly sourceFolders?: SourceFolders;
  /**
   * How long logs of builds and deployments are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}

/** What a Git Flow pipeline needs. */
export interface GitFlowPipelineProps extends GitFlowPipelineOptions {
  /** The application's repository. */
  readonly repository: GitHubRepository;
  /** The branch that is deployed, one of `branching.deployedBranches`. */
  readonly branch: string;
  /**
   * Which branches there are, what each deploys and where its pull requests go.
   *
   * @default BranchingStrategy.simplifiedGitFlow()
   */
  readonly branching?: BranchingStrategy;
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
   * Who hears of releases.
   *
   * @default - nobody; `topic` can be subscribed to
   */
  readonly notifications?: DeliveryNotifications;
  /**
   * Customer key of images, artifacts, messages and logs.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
}
