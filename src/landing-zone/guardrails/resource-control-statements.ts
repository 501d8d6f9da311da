import * as iam from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { deny, GuardrailContext } from './guardrail-context';
import { OrganizationPerimeterProps } from './guardrail-props';
import { isDeployTime, validateAccountId, validateMatch, validateUnique } from '../../private/validation';

/**
 * The stores that resource control policies reach. Cognito is one more, but its users are outside the organization by nature.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
 */
const STORES = ['aoss:*', 'dynamodb:*', 'ecr:*', 'kms:*', 'logs:*', 'secretsmanager:*', 'sqs:*'];
const BUCKETS = ['s3:*'];

/** The account by which CloudFront writes its standard log, with an ACL and not as a service. */
const CLOUDFRONT_LOG_ACCOUNT = '162777425019';

const GITHUB_SUBJECT = 'token.actions.githubusercontent.com:sub';

export function tlsStatements(): iam.PolicyStatement[] {
  return [denyAll('DenyWithoutTls', {
    actions: [...STORES, ...BUCKETS, 'sts:*'],
    // every request from outside AWS has the key; `BoolIfExists` would also stop what a service does inside
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  })];
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_examples.html */
export function perimeterStatements(context: GuardrailContext, exceptions: OrganizationPerimeterProps): iam.PolicyStatement[] {
  validateExceptions(context, exceptions);
  const { organizationId } = context;
  const { trustedAccounts = [], githubOrganizations = [] } = exceptions;
  const outside = (accounts: string[]) => ({
    StringNotEqualsIfExists: {
      'aws:PrincipalOrgID': organizationId,
      ...(accounts.length ? { 'aws:PrincipalAccount': accounts } : {}),
    },
    BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
  });
  const statements = [
    denyAll('DenyOutsideIdentities', { actions: STORES, conditions: outside([]) }),
    denyAll('DenyOutsideIdentitiesInBuckets', { actions: BUCKETS, conditions: outside(accountsOfAws(context)) }),
    // not the actions of federation: who signs in through an identity provider is in no organization yet
    denyAll('DenyOutsideRoles', { actions: ['sts:AssumeRole'], conditions: outside([...trustedAccounts].sort()) }),
    denyAll('DenyConfusedDeputies', {
      actions: [...STORES, ...BUCKETS, 'sts:*'],
      conditions: {
        StringNotEqualsIfExists: { 'aws:SourceOrgID': organizationId },
        // a service that does not name the account it acts for cannot be asked for its organization
        Null: { 'aws:SourceAccount': 'false' },
        Bool: { 'aws:PrincipalIsAWSService': 'true' },
      },
    }),
  ];
  if (trustedAccounts.length) {
    statements.push(denyAll('DenyOutsideWithoutExternalId', {
      actions: ['sts:AssumeRole'],
      conditions: { StringEquals: { 'aws:PrincipalAccount': [...trustedAccounts].sort() }, Null: { 'sts:ExternalId': 'true' } },
    }));
  }
  if (githubOrganizations.length) {
    statements.push(denyAll('DenyOutsideRepositories', {
      actions: ['sts:AssumeRoleWithWebIdentity'],
      conditions: {
        // repositories made, renamed or transferred since July 2026 have the numbers of owner and repository in their subjects; neither `@` nor
        // `/` can be part of the name of an owner, so that nobody else's begins like this
        StringNotLike: { [GITHUB_SUBJECT]: [...githubOrganizations].sort().flatMap(name => [`repo:${name}/*`, `repo:${name}@*/*`]) },
        Null: { [GITHUB_SUBJECT]: 'false' },
      },
    }));
  }
  return statements;
}

/** Every principal, which is the only one that a resource control policy can name. */
function denyAll(sid: string, props: iam.PolicyStatementProps): iam.PolicyStatement {
  return deny(sid, { ...props, principals: [new iam.StarPrincipal()] });
}

/** The accounts by which AWS writes logs where it does not come as a service: load balancers in the older regions, CloudFront everywhere. */
function accountsOfAws({ permittedRegions }: GuardrailContext): string[] {
  const loadBalancers = permittedRegions.filter(region => !isDeployTime(region)).map(region => RegionInfo.get(region).elbv2Account);
  return [...new Set([CLOUDFRONT_LOG_ACCOUNT, ...loadBalancers.filter(account => account !== undefined)])].sort();
}

function validateExceptions({ scope }: GuardrailContext, { trustedAccounts = [], githubOrganizations = [] }: OrganizationPerimeterProps): void {
  trustedAccounts.forEach((account, index) => validateAccountId(scope, `trustedAccounts[${index}]`, account));
  validateUnique(scope, 'trustedAccounts', trustedAccounts, 'account id');
  githubOrganizations.forEach((value, index) => validateMatch(scope, {
    prop: `githubOrganizations[${index}]`,
    value,
    pattern: /^[A-Za-z\d](?:[A-Za-z\d]|-(?=[A-Za-z\d])){0,38}$/,
    problem: 'it is not the name of a GitHub organization or user',
    remedy: 'Give the name that stands before the slash in the address of a repository.',
  }));
}
