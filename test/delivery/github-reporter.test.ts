import { Template } from 'aws-cdk-lib/assertions';
import { GitHubRepository, GitHubRepositoryOptions } from '../../src/delivery/github/github-repository';
import { createGitHubReporter, gitHubOidcProviderArn } from '../../src/delivery/github-reporter';
import { decide, PolicyDocument } from '../support/policy-simulation';
import { ACCOUNT, testStack } from '../support/stacks';

/** Who may take the role, evaluated by a policy simulator: a repository's subject is one of names, or one of names and numbers. */

/** The simulator lists the claims of Google's tokens only; the name of the key makes no difference to the evaluation. */
const KNOWN_PROVIDER = 'accounts.google.com';
const ROLE = 'notes-production-reporter';

function trustOf(options: GitHubRepositoryOptions): PolicyDocument {
  const stack = testStack();
  createGitHubReporter(stack, 'Reporter', {
    roleName: ROLE,
    repository: GitHubRepository.of('innovate-inc/notes', options),
    branch: 'main',
    pipelineName: 'notes-production',
    oidcProviderArn: gitHubOidcProviderArn(stack),
  });
  const [{ Properties: { AssumeRolePolicyDocument: { Version, Statement: [statement] } } }] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
  const known = JSON.parse(JSON.stringify(statement).replaceAll('token.actions.githubusercontent.com:', `${KNOWN_PROVIDER}:`));
  return { Version, Statement: [{ ...known, Principal: { Federated: provider() } }] };
}

function provider(): string {
  return `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
}

function takes(trust: PolicyDocument, subject: string, audience = 'sts.amazonaws.com'): Promise<string> {
  return decide({
    principal: provider(),
    account: ACCOUNT,
    action: 'sts:AssumeRoleWithWebIdentity',
    resource: `arn:aws:iam::${ACCOUNT}:role/${ROLE}`,
    identityPolicies: [],
    resourcePolicy: trust,
    context: { [`${KNOWN_PROVIDER}:sub`]: subject, [`${KNOWN_PROVIDER}:aud`]: audience },
  });
}

const BY_NAME = trustOf({});
const BY_NUMBER = trustOf({ ownerId: '123', repositoryId: '456' });

test.each<[string, string, boolean, boolean]>([
  ['the repository', 'repo:innovate-inc/notes:ref:refs/heads/main', true, false],
  ['the repository with its numbers', 'repo:innovate-inc@123/notes@456:ref:refs/heads/main', true, true],
  ['who got the names after us', 'repo:innovate-inc@999/notes@998:ref:refs/heads/main', true, false],
  ['another branch', 'repo:innovate-inc/notes:ref:refs/heads/develop', false, false],
  ['another branch, with numbers', 'repo:innovate-inc@123/notes@456:ref:refs/heads/develop', false, false],
  ['a branch that ends like it', 'repo:innovate-inc@123/notes@456:ref:refs/heads/feature/main', false, false],
  ['a branch that begins like it', 'repo:innovate-inc@123/notes@456:ref:refs/heads/main2', false, false],
  ['a tag', 'repo:innovate-inc@123/notes@456:ref:refs/tags/main', false, false],
  ['a pull request', 'repo:innovate-inc@123/notes@456:pull_request', false, false],
  ['an environment', 'repo:innovate-inc@123/notes@456:environment:x%3Aref%3Arefs/heads/main', false, false],
  ['another repository', 'repo:innovate-inc@123/other@457:ref:refs/heads/main', false, false],
  ['another repository, whose name begins like it', 'repo:innovate-inc@123/notes-2@457:ref:refs/heads/main', false, false],
  ['another repository, whose branch looks like it', 'repo:innovate-inc@123/other@457:ref:refs/heads/x/notes@456', false, false],
  ['a stranger', 'repo:stranger/notes:ref:refs/heads/main', false, false],
  ['a stranger with numbers', 'repo:stranger@124/notes@456:ref:refs/heads/main', false, false],
  ['a stranger with a similar name', 'repo:innovate-inc-2@124/notes@456:ref:refs/heads/main', false, false],
  ['a stranger whose repository is called like the owner', 'repo:stranger@124/innovate-inc@457:ref:refs/heads/x/notes@456', false, false],
])('%s', async (_, subject, byName, byNumber) => {
  const decision = (allowed: boolean) => allowed ? 'Allowed' : 'ImplicitlyDenied';
  expect(await takes(BY_NAME, subject)).toBe(decision(byName));
  expect(await takes(BY_NUMBER, subject)).toBe(decision(byNumber));
});

test('a token for somebody else than AWS', async () => {
  for (const trust of [BY_NAME, BY_NUMBER]) {
    expect(await takes(trust, 'repo:innovate-inc@123/notes@456:ref:refs/heads/main', 'https://github.com/innovate-inc')).toBe('ImplicitlyDenied');
  }
});
