import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createBuildProject } from './build/build-project';
import { checksBuildSpec } from './build/build-specs';
import { connectionService } from './connection-access';
import { BranchingStrategy } from './github/branching-strategy';
import { GitHubRepository } from './github/github-repository';

/** How the results are called on GitHub: a ruleset may demand that of pull requests. Of two results of one name on one commit GitHub knows the last. */
const CONTEXTS = { pullRequests: 'checks', pushes: 'checks-push' };

export interface ChecksOptions {
  readonly repository: GitHubRepository;
  readonly strategy: BranchingStrategy;
  /** Folders with a `test.sh`. */
  readonly folders: string[];
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
}

/** Undefined where the strategy has none of these. */
export interface Checks {
  readonly pullRequests?: codebuild.Project;
  readonly pushes?: codebuild.Project;
}

/**
 * Builds that GitHub starts itself, for pull requests and for pushes to branches that are never deployed, and whose results stand beside the
 * commit: what a pipeline does, CodePipeline tells nobody. A pull request from a fork waits for a comment of somebody who may write.
 *
 * A build may write its own log and reports, and get the token of the connection, which CodeBuild needs and which no condition limits to one repository. Whatever
 * runs in a check can get it too, so the connection should see this one repository only.
 *
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/github-webhook.html
 * @see https://docs.aws.amazon.com/codebuild/latest/userguide/connections-github-app.html
 */
export function createChecks(scope: Construct, id: string, options: ChecksOptions): Checks {
  const { EventAction, FilterGroup } = codebuild;
  const { pullRequestBases, checkedBranches } = options.strategy;
  const pullRequests = FilterGroup.inEventOf(EventAction.PULL_REQUEST_CREATED, EventAction.PULL_REQUEST_UPDATED, EventAction.PULL_REQUEST_REOPENED);
  const pushes = FilterGroup.inEventOf(EventAction.PUSH);
  return {
    pullRequests: pullRequestBases.length === 0 ? undefined
      : createProject(scope, id, options, CONTEXTS.pullRequests, pullRequests.andBaseRefIs(references(pullRequestBases))),
    pushes: checkedBranches.length === 0 ? undefined
      : createProject(scope, `Push${id}`, options, CONTEXTS.pushes, pushes.andHeadRefIs(references(checkedBranches))),
  };
}

function createProject(scope: Construct, id: string, options: ChecksOptions, buildStatusContext: string, filter: codebuild.FilterGroup): codebuild.Project {
  const { repository, strategy, folders, encryptionKey, logRetention } = options;
  const connectionArn = repository.connectionArnFor(scope);
  const project = createBuildProject(scope, id, {
    description: 'Runs the checks of the application and keeps nothing',
    encryptionKey,
    logRetention,
    buildSpec: checksBuildSpec(folders, strategy),
    reports: true,
    source: codebuild.Source.gitHub({
      owner: repository.owner,
      repo: repository.name,
      reportBuildStatus: true,
      buildStatusContext,
      webhook: true,
      webhookFilters: [filter],
    }),
  });
  const service = connectionService(connectionArn);
  project.addToRolePolicy(new iam.PolicyStatement({ actions: [`${service}:GetConnection`, `${service}:GetConnectionToken`], resources: [connectionArn] }));
  const resource = project.node.defaultChild as codebuild.CfnProject;
  resource.addPropertyOverride('Source.Auth', { Type: 'CODECONNECTIONS', Resource: connectionArn });
  resource.addPropertyOverride('Triggers.PullRequestBuildPolicy', { RequiresCommentApproval: 'FORK_PULL_REQUESTS' });
  return project;
}

/** A regular expression for the branches that a strategy names. */
function references(branches: string[]): string {
  const patterns = branches.map(branch => branch.replace(/\./g, '\\.').replace(/\*\*$/, '.+'));
  return `^refs/heads/(${patterns.join('|')})$`;
}
