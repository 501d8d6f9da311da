import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { artifactKeys } from './build/artifact-access';
import { grantReadOfRepository } from './connection-access';
import { GitHubRepository } from './github/github-repository';

export interface GitPipelineOptions {
  readonly repository: GitHubRepository;
  /** @default - CloudFormation chooses */
  readonly pipelineName?: string;
  /** The branch of an execution that somebody starts by hand. */
  readonly branch: string;
  readonly artifactBucket: s3.IBucket;
  /** @default SUPERSEDED - the newest commit waits, older ones give way */
  readonly executionMode?: codepipeline.ExecutionMode;
  readonly pushFilter: codepipeline.GitPushFilter[];
  readonly pullRequestFilter?: codepipeline.GitPullRequestFilter[];
  /** Whether builds clone the repository with its history, for which each asks `grantClone`. @default false */
  readonly withHistory?: boolean;
  /** Whether a change of the pipeline's definition, which cancels what runs, starts it anew with the newest commit. @default false */
  readonly restartsOnUpdate?: boolean;
}

/** A pipeline that starts with a commit on GitHub. */
export class GitPipeline extends codepipeline.Pipeline {
  public readonly source = new codepipeline.Artifact('Source');
  public readonly commitId: string;

  constructor(scope: Construct, id: string, private readonly options: GitPipelineOptions) {
    super(scope, id, {
      pipelineName: options.pipelineName,
      pipelineType: codepipeline.PipelineType.V2,
      executionMode: options.executionMode,
      artifactBucket: options.artifactBucket,
      crossAccountKeys: false,
      restartExecutionOnUpdate: options.restartsOnUpdate,
    });
    const { repository, branch, pushFilter, pullRequestFilter } = options;
    const sourceAction = new actions.CodeStarConnectionsSourceAction({
      actionName: 'GitHub',
      connectionArn: repository.connectionArnFor(this),
      owner: repository.owner,
      repo: repository.name,
      branch,
      output: this.source,
      triggerOnPush: false,
      role: this.sourceRole(),
    });
    this.commitId = sourceAction.variables.commitId;
    this.addStage({ stageName: 'Source', actions: [sourceAction] });
    this.addTrigger({
      providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
      gitConfiguration: { sourceAction, pushFilter, pullRequestFilter },
    });
    if (options.withHistory) {
      // with its own option aws-cdk-lib would let every build use the connection for every repository
      const resource = this.node.defaultChild as codepipeline.CfnPipeline;
      resource.addPropertyOverride('Stages.0.Actions.0.Configuration.OutputArtifactFormat', 'CODEBUILD_CLONE_REF');
    }
  }

  /** Lets a build clone the source, where the pipeline hands on the repository and not an archive. */
  public grantClone(grantee: iam.IGrantable): void {
    if (this.options.withHistory) { grantReadOfRepository(grantee, this.options.repository, this); }
  }

  /** aws-cdk-lib would add the older permission, for every repository of the connection: hence a role that it cannot add to. */
  private sourceRole(): iam.IRole {
    const role = new iam.Role(this, 'SourceRole', { assumedBy: new iam.ArnPrincipal(this.role.roleArn), description: 'Reads the repository on GitHub' });
    grantReadOfRepository(role, this.options.repository, this);
    const keys = artifactKeys(this.source);
    this.artifactBucket.grantRead(role, keys);
    this.artifactBucket.grantPut(role, keys);
    this.artifactBucket.grantPutAcl(role, keys);
    return role.withoutPolicyUpdates();
  }
}
