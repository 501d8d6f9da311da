import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { GitHubRepository } from './github/github-repository';

/**
 * Lets somebody read one repository through its connection, and no other that the connection can see.
 * The prefix of the permission and of its conditions has to match that of the ARN.
 *
 * @see https://docs.aws.amazon.com/dtconsole/latest/userguide/security-iam.html#permissions-reference-connections-use
 */
export function grantReadOfRepository(grantee: iam.IGrantable, repository: GitHubRepository, scope: IConstruct): void {
  const connectionArn = repository.connectionArnFor(scope);
  const service = connectionService(connectionArn);
  grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: [`${service}:UseConnection`],
    resources: [connectionArn],
    conditions: {
      StringEquals: {
        [`${service}:FullRepositoryId`]: `${repository.owner}/${repository.name}`,
        [`${service}:ProviderPermissionsRequired`]: 'read_only',
      },
    },
  }));
}

/** `codeconnections`, or `codestar-connections` in an ARN of before the service was renamed. */
export function connectionService(connectionArn: string): string {
  return connectionArn.includes(':codestar-connections:') ? 'codestar-connections' : 'codeconnections';
}
