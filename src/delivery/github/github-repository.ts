import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { explain, isDeployTime, reject } from '../../private/validation';

const FULL_NAME = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/([A-Za-z0-9._-]{1,100})$/;
const CONNECTION_ARN = /^arn:aws[a-z-]*:(codestar-connections|codeconnections):[a-z0-9-]+:\d{12}:connection\/[A-Za-z0-9-]+$/;

/** How AWS reaches a repository on GitHub. */
export interface GitHubRepositoryOptions {
  /**
   * ARN of the connection that AWS reads the repository through. Somebody makes it once in the console and consents on GitHub;
   * a connection made by CloudFormation would stay `PENDING`.
   *
   * @default - not made yet: a platform whose accounts do not exist yet needs none, a pipeline asks for it
   * @see https://docs.aws.amazon.com/dtconsole/latest/userguide/connections-create-github.html
   */
  readonly connectionArn?: string;
  /**
   * Connections of further accounts: a pipeline uses the one of its own account and region.
   *
   * @default - every pipeline uses `connectionArn`
   */
  readonly otherConnectionArns?: string[];
  /**
   * GitHub's number of the owner, for a role that trusts workflows: `gh api repos/innovate-inc/notes --jq .owner.id`. It is given with
   * `repositoryId`, and only where the subjects of the repository's workflows have the numbers: a repository that was made, renamed or
   * transferred since 15 July 2026 has them, an older one where its settings say so.
   *
   * @default - a role trusts the names, with whatever numbers; who gets the names after you would be trusted as well
   * @see https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
   */
  readonly ownerId?: string;
  /**
   * GitHub's number of the repository: `gh api repos/innovate-inc/notes --jq .id`.
   *
   * @default - as for `ownerId`
   */
  readonly repositoryId?: string;
}

/**
 * A repository on GitHub and the connection that AWS reads it through.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/connections-github.html
 *
 * @example
 * import { GitHubRepository } from 'cdk-innovate-platform';
 *
 * const repository = GitHubRepository.of('innovate-inc/notes', {
 *   connectionArn: 'arn:aws:codeconnections:eu-west-1:222222222222:connection/11111111-2222-3333-4444-555555555555',
 * });
 */
export class GitHubRepository {
  /**
   * A repository by its name as it stands in the address, `owner/name`.
   *
   * @throws where the name, an ARN or a number is malformed, or one of the two numbers is missing
   */
  public static of(fullName: string, options: GitHubRepositoryOptions = {}): GitHubRepository {
    const [, owner, name] = FULL_NAME.exec(fullName) ?? [];
    if (!owner || !name) {
      throw new Error(explain({
        prop: 'repository',
        value: fullName,
        problem: 'a repository on GitHub is named by its owner and its name',
        remedy: 'Give "owner/name" without the host, such as "innovate-inc/notes".',
      }));
    }
    if (options.connectionArn !== undefined) { validateConnectionArn('connectionArn', options.connectionArn); }
    options.otherConnectionArns?.forEach((arn, index) => validateConnectionArn(`otherConnectionArns[${index}]`, arn));
    validateIds(options);
    return new GitHubRepository(owner, name, options);
  }

  /** ARN of the first connection, where there is one. */
  public readonly connectionArn?: string;
  private readonly connectionArns: string[];
  private readonly ids?: { readonly owner: string; readonly repository: string };

  private constructor(
    /** Organization or person that the repository belongs to. */
    public readonly owner: string,
    /** Name of the repository without its owner. */
    public readonly name: string,
    options: GitHubRepositoryOptions,
  ) {
    this.connectionArn = options.connectionArn;
    this.connectionArns = [...options.connectionArn ? [options.connectionArn] : [], ...options.otherConnectionArns ?? []];
    this.ids = options.ownerId !== undefined ? { owner: options.ownerId, repository: options.repositoryId! } : undefined;
  }

  /**
   * The condition on the subject of the repository's workflows that run for a branch, for the role of a policy.
   *
   * Without the numbers it takes both forms of a subject. The wildcards of the newer one open it to no other owner and no other repository:
   * `@` and `/` cannot be part of the name of an owner, nor `@`, `/` and `:` of the name of a repository, and what GitHub puts after
   * them has its colons as `%3A` (git allows none in the name of a branch). So `repo:<owner>@` is that owner, and `:ref:refs/heads/` the branch.
   *
   * @internal
   */
  public _subjectCondition(key: string, branch: string): Record<string, Record<string, string | string[]>> {
    const { owner, name, ids } = this;
    const ref = `ref:refs/heads/${branch}`;
    return ids
      ? { StringEquals: { [key]: `repo:${owner}@${ids.owner}/${name}@${ids.repository}:${ref}` } }
      : { StringLike: { [key]: [`repo:${owner}/${name}:${ref}`, `repo:${owner}@*/${name}@*:${ref}`] } };
  }

  /**
   * ARN of the connection that a construct's stack can use: the one of its account and region.
   *
   * @throws where there is no connection, or each belongs to another account or region
   */
  public connectionArnFor(scope: IConstruct): string {
    const { account, region } = Stack.of(scope);
    const usable = this.connectionArns.find(arn => isDeployTime(arn) || belongsTo(arn, account, region));
    return usable ?? reject(scope, {
      prop: 'repository.connectionArn',
      value: this.connectionArn,
      problem: `the pipeline is in account ${account} and region ${region}, and a connection serves its own account and region only`,
      remedy: 'Make a connection there and add its ARN to `otherConnectionArns`.',
    });
  }
}

function belongsTo(connectionArn: string, account: string, region: string): boolean {
  const connection = Arn.split(connectionArn, ArnFormat.SLASH_RESOURCE_NAME);
  return (isDeployTime(account) || connection.account === account) && (isDeployTime(region) || connection.region === region);
}

function validateIds({ ownerId, repositoryId }: GitHubRepositoryOptions): void {
  for (const [prop, value, other] of [['ownerId', ownerId, repositoryId], ['repositoryId', repositoryId, ownerId]] as const) {
    if (value === undefined && other !== undefined) {
      throw new Error(explain({ prop, value, problem: 'a repository is known by both numbers', remedy: 'Give `ownerId` and `repositoryId`, or neither.' }));
    }
    // a token could bring a wildcard, and the names go into the same subject
    if (value !== undefined && !/^[1-9]\d{0,19}$/.test(value)) {
      throw new Error(explain({ prop, value, problem: 'it is not a number of GitHub', remedy: 'Give its digits, as `gh api repos/<owner>/<name>` prints them.' }));
    }
  }
}

function validateConnectionArn(prop: string, value: string): void {
  if (isDeployTime(value) || CONNECTION_ARN.test(value)) { return; }
  throw new Error(explain({
    prop,
    value,
    problem: 'it is not the ARN of a connection',
    remedy: 'Copy it from the page of the connection in the console: "arn:aws:codeconnections:<region>:<account>:connection/<id>" or the older "arn:aws:codestar-connections:…".',
  }));
}
