import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { GitHubRepository } from './github/github-repository';

const ISSUER = 'token.actions.githubusercontent.com';

export interface GitHubReporterOptions {
  /** Literal: a workflow has to know it. */
  readonly roleName: string;
  readonly repository: GitHubRepository;
  /** The branch whose workflows may log in. */
  readonly branch: string;
  /** Literal. */
  readonly pipelineName: string;
  readonly oidcProviderArn: string;
}

/** The provider of GitHub's workflows; an account has at most one of an address, so its ARN is known. */
export function gitHubOidcProviderArn(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: ISSUER });
}

/**
 * The role by which a workflow of one branch of the repository reads what the pipeline does, to report it on GitHub. It can read nothing else and change nothing.
 *
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 */
export function createGitHubReporter(scope: Construct, id: string, options: GitHubReporterOptions): iam.Role {
  const { roleName, repository, branch, pipelineName, oidcProviderArn } = options;
  const { StringEquals: exactly, ...patterns } = repository._subjectCondition(`${ISSUER}:sub`, branch);
  const conditions = { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', ...exactly }, ...patterns };
  const role = new iam.Role(scope, id, {
    roleName,
    description: `Workflows of ${repository.owner}/${repository.name} read what ${pipelineName} does`,
    maxSessionDuration: Duration.hours(2),
    assumedBy: new iam.WebIdentityPrincipal(oidcProviderArn, conditions),
  });
  role.addToPolicy(new iam.PolicyStatement({
    actions: ['codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListActionExecutions', 'codepipeline:ListPipelineExecutions'],
    resources: [Stack.of(scope).formatArn({ service: 'codepipeline', resource: pipelineName, arnFormat: ArnFormat.NO_RESOURCE_NAME })],
  }));
  return role;
}
