/** An environment on GitHub, and the pipeline that deploys it. */
export interface GitHubEnvironment {
  /** The environment's name, as GitHub shows it: `staging`. */
  readonly name: string;
  /** The branch that is deployed. */
  readonly branch: string;
  /** Id of the account with the pipeline. */
  readonly account: string;
  /** Region of the pipeline. */
  readonly region: string;
  /** Name of the pipeline. */
  readonly pipelineName: string;
  /** ARN of the role that the workflow reads the pipeline's executions with. */
  readonly reporterRoleArn: string;
}
