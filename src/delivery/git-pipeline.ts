import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { GitHubRepository } from './github-repository';

export interface GitPipelineOptions {
  readonly repository: GitHubRepository;
  /** The branch of an execution that somebody starts by hand. */
  readonly branch: string;
  readonly artifactBucket: s3.IBucket;
  /** @default SUPERSEDED - the newest commit waits, older ones give way */
  readonly executionMode?: codepipeline.ExecutionMode;
  readonly pushFilter: codepipeline.GitPushFilter[];
  readonly pullRequestFilter?: codepipeline.GitPullRequestFilter[];
}

/** A pipeline that starts with a commit on GitHub. */
export class GitPipeline extends codepipeline.Pipeline {
  public readonly source = new codepipeline.Artifact('Source');
  public readonly commitId: string;

  constructor(scope: Construct, id: string, { repository, branch, artifactBucket, executionMode, pushFilter, pullRequestFilter }: GitPipelineOptions) {
    super(scope, id, { pipelineType: codepipeline.PipelineType.V2, executionMode, artifactBucket, crossAccountKeys: false });
    const connectionArn = repository.connectionArnFor(this);
    const sourceAction = new actions.CodeStarConnectionsSourceAction({
      actionName: 'GitHub',
      connectionArn,
      owner: repository.owner,
      repo: repository.name,
      branch,
      output: this.source,
      triggerOnPush: false,
      role: this.sourceRole(connectionArn),
    });
    this.commitId = sourceAction.variables.commitId;
    this.addStage({ stageName: 'Source', actions: [sourceAction] });
    this.addTrigger({
      providerType: codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
      gitConfiguration: { sourceAction, pushFilter, pullRequestFilter },
    });
  }

  /** aws-cdk-lib grants the older permission only, and the prefix has to match that of the ARN: https://docs.aws.amazon.com/dtconsole/latest/userguide/rename.html */
  private sourceRole(connectionArn: string): iam.Role {
    const role = new iam.Role(this, 'SourceRole', { assumedBy: new iam.ArnPrincipal(this.role.roleArn), description: 'Reads the repository on GitHub' });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['codeconnections:UseConnection'], resources: [connectionArn] }));
    return role;
  }
}
