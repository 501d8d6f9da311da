import { Template } from 'aws-cdk-lib/assertions';
import { Guardrail } from '../../../src/landing-zone/guardrails/guardrail';
import { ANONYMOUS, decide as evaluate, NamedPolicy, PolicyDocument } from '../../support/policy-simulation';
import { landingZone, managementStack, ORGANIZATION } from '../landing-zones';

/**
 * Who reaches a resource of a workload account: real requests, evaluated by a policy simulator against the synthesized
 * resource control policies. The resource itself trusts everybody, so that whoever is denied is denied by a guardrail.
 */
const ACCOUNT = '222222222222';
const VENDOR = '444444444444';
const STRANGER = '999999999999';
const OURS = ORGANIZATION.organizationId;
const THEIRS = 'o-otherorgid000';

function resourcePolicies(perimeter: Parameters<typeof Guardrail.organizationPerimeter>[0] = {}): NamedPolicy[] {
  const stack = managementStack();
  landingZone(stack, { organization: ORGANIZATION, guardrails: Guardrail.defaults(perimeter) });
  const policies = Template.fromStack(stack).findResources('AWS::Organizations::Policy', { Properties: { Type: 'RESOURCE_CONTROL_POLICY' } });
  return Object.values(policies).map(policy => policy.Properties);
}

const DEFAULT = resourcePolicies();
const WITH_VENDOR = resourcePolicies({ trustedAccounts: [VENDOR], githubOrganizations: ['innovate', 'innovate-labs'] });

interface Request {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
}

const role = (name: string, account: string = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
const identity = (account: string, organization?: string) => ({
  principal: role('somebody', account),
  context: {
    'aws:SecureTransport': 'true',
    'aws:PrincipalAccount': account,
    'aws:PrincipalIsAWSService': 'false',
    ...(organization ? { 'aws:PrincipalOrgID': organization } : {}),
  },
});
const member = identity(ACCOUNT, OURS);
const management = identity('111111111111', OURS);
const stranger = identity(STRANGER, THEIRS);
const loner = identity(STRANGER);
const nobody = { principal: ANONYMOUS, context: { 'aws:SecureTransport': 'true', 'aws:PrincipalIsAWSService': 'false' } };
const service = (name: string, source: Record<string, string> = {}) => ({
  principal: `${name}.amazonaws.com`, context: { 'aws:SecureTransport': 'true', 'aws:PrincipalIsAWSService': 'true', ...source },
});
const forUs = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceOrgID': OURS };
const forThem = { 'aws:SourceAccount': STRANGER, 'aws:SourceOrgID': THEIRS };
const forLoner = { 'aws:SourceAccount': STRANGER };
function byHttp<T extends { readonly context: Record<string, string> }>(caller: T): T {
  return { ...caller, context: { ...caller.context, 'aws:SecureTransport': 'false' } };
}

const read = { action: 's3:GetObject', resource: 'arn:aws:s3:::some-bucket/key' };
const write = { action: 's3:PutObject', resource: 'arn:aws:s3:::some-bucket/AWSLogs/key' };
const decrypt = { action: 'kms:Decrypt', resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/abc` };
const send = { action: 'sqs:SendMessage', resource: `arn:aws:sqs:eu-west-1:${ACCOUNT}:some-queue` };
const secret = { action: 'secretsmanager:GetSecretValue', resource: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:some-secret` };
const item = { action: 'dynamodb:GetItem', resource: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/some-table` };
const image = { action: 'ecr:BatchGetImage', resource: `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/some-image` };
const log = { action: 'logs:PutLogEvents', resource: `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:some-log:log-stream:1` };
const assume = { action: 'sts:AssumeRole', resource: role('vendor-bastion/shop-vendor') };
const signIn = { action: 'sts:AssumeRoleWithWebIdentity', resource: role('github') };
const saml = { action: 'sts:AssumeRoleWithSAML', resource: role('aws-reserved/sso.amazonaws.com/developer') };

/** Allowed, or the id of the statement that denies the request. */
function decide(policies: NamedPolicy[], { principal, action, resource, context }: Request): Promise<string> {
  const trusted = principal.includes('-provider/') ? { Federated: principal } : '*';
  const resourcePolicy: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: trusted, Action: action, ...(action.startsWith('sts:') ? {} : { Resource: '*' }) }],
  };
  return evaluate({
    principal, action, resource, context, resourcePolicy,
    account: ACCOUNT,
    resourceControl: [
      { name: 'root', policies: [] }, { name: 'Workloads', policies }, { name: 'NonProduction', policies: [] }, { name: 'account', policies: [] },
    ],
  });
}

test.each<[string, Request, string]>([
  ['an account of the organization reads a bucket', { ...member, ...read }, 'Allowed'],
  ['the management account reads a bucket', { ...management, ...read }, 'Allowed'],
  ['an account of another organization reads a bucket', { ...stranger, ...read }, 'DenyOutsideIdentitiesInBuckets'],
  ['an account without an organization reads a bucket', { ...loner, ...read }, 'DenyOutsideIdentitiesInBuckets'],
  ['somebody without credentials reads a bucket', { ...nobody, ...read }, 'DenyOutsideIdentitiesInBuckets'],
  ['a stranger decrypts', { ...stranger, ...decrypt }, 'DenyOutsideIdentities'],
  ['a stranger sends a message', { ...stranger, ...send }, 'DenyOutsideIdentities'],
  ['a stranger reads a secret', { ...stranger, ...secret }, 'DenyOutsideIdentities'],
  ['a stranger reads a table', { ...stranger, ...item }, 'DenyOutsideIdentities'],
  ['a stranger pulls an image', { ...stranger, ...image }, 'DenyOutsideIdentities'],
  ['a stranger writes a log', { ...stranger, ...log }, 'DenyOutsideIdentities'],
  ['a machine of the organization pulls an image', { ...member, ...image }, 'Allowed'],
  ['an application reads a table', { ...member, ...item }, 'Allowed'],
  ['an application reads a secret', { ...member, ...secret }, 'Allowed'],

  ['CloudFront reads the site by origin access control', { ...service('cloudfront', forUs), ...read }, 'Allowed'],
  ['CloudFront reads the site for a distribution of a stranger', { ...service('cloudfront', forThem), ...read }, 'DenyConfusedDeputies'],
  ['CloudTrail delivers', { ...service('cloudtrail', forUs), ...write }, 'Allowed'],
  ['CloudTrail delivers the trail of a stranger', { ...service('cloudtrail', forThem), ...write }, 'DenyConfusedDeputies'],
  ['Config delivers', { ...service('config', forUs), ...write }, 'Allowed'],
  ['Config delivers for an account without an organization', { ...service('config', forLoner), ...write }, 'DenyConfusedDeputies'],
  ['logs are delivered', { ...service('delivery.logs', forUs), ...write }, 'Allowed'],
  ['a bucket logs its requests', { ...service('logging.s3', forUs), ...write }, 'Allowed'],
  ['a load balancer logs as a service that names no account', { ...service('logdelivery.elasticloadbalancing'), ...write }, 'Allowed'],
  ['a load balancer logs as an account of AWS', { ...identity('156460612806'), ...write }, 'Allowed'],
  ['CloudFront writes its standard log as an account of AWS', { ...identity('162777425019'), ...write }, 'Allowed'],
  ['that account decrypts', { ...identity('162777425019'), ...decrypt }, 'DenyOutsideIdentities'],
  ['CloudWatch Logs uses a key', { ...service('logs.eu-west-1', forUs), ...decrypt }, 'Allowed'],
  ['SNS uses a key without naming an account', { ...service('sns'), ...decrypt }, 'Allowed'],
  ['a service uses a key for a stranger', { ...service('sns', forThem), ...decrypt }, 'DenyConfusedDeputies'],
  ['EventBridge sends a message', { ...service('events', forUs), ...send }, 'Allowed'],
  ['EventBridge sends a message of a stranger', { ...service('events', forThem), ...send }, 'DenyConfusedDeputies'],

  ['an account of the organization assumes a role', { ...management, ...assume }, 'Allowed'],
  ['EC2 assumes a role', { ...service('ec2'), ...assume }, 'Allowed'],
  ['AWS Backup assumes a role for a stranger', { ...service('backup', forThem), ...assume }, 'DenyConfusedDeputies'],
  ['a stranger assumes a role', { ...stranger, ...assume }, 'DenyOutsideRoles'],
  ['a vendor whose account nobody named assumes its role', { ...identity(VENDOR), ...assume }, 'DenyOutsideRoles'],
  ['somebody signs in through Identity Center', {
    principal: `arn:aws:iam::${ACCOUNT}:saml-provider/AWSSSO_abc`, ...saml, context: { 'aws:SecureTransport': 'true' },
  }, 'Allowed'],

  ['a bucket is read without TLS', { ...byHttp(member), ...read }, 'DenyWithoutTls'],
  ['a message is sent without TLS', { ...byHttp(member), ...send }, 'DenyWithoutTls'],
  ['a role is assumed without TLS', { ...byHttp(management), ...assume }, 'DenyWithoutTls'],
])('by default: %s', async (_, request, decision) => {
  expect(await decide(DEFAULT, request)).toBe(decision);
});

const withExternalId = (account: string) => {
  const { principal, context } = identity(account);
  return { principal, context: { ...context, 'sts:ExternalId': 'an-id' } };
};

test.each<[string, Request, string]>([
  ['the vendor assumes its role', { ...withExternalId(VENDOR), ...assume }, 'Allowed'],
  ['the vendor assumes a role without an external id', { ...identity(VENDOR), ...assume }, 'DenyOutsideWithoutExternalId'],
  ['the vendor reads a bucket', { ...identity(VENDOR), ...read }, 'DenyOutsideIdentitiesInBuckets'],
  ['the vendor decrypts', { ...identity(VENDOR), ...decrypt }, 'DenyOutsideIdentities'],
  ['a stranger assumes the role with the external id', { ...withExternalId(STRANGER), ...assume }, 'DenyOutsideRoles'],
  ['an account of the organization assumes a role without an external id', { ...management, ...assume }, 'Allowed'],
])('with a trusted vendor: %s', async (_, request, decision) => {
  expect(await decide(WITH_VENDOR, request)).toBe(decision);
});

/** The simulator lists the subject of Google's tokens only; the name of the key makes no difference to the evaluation. */
const KNOWN_SUBJECT = 'accounts.google.com:sub';
const forSimulator = (policies: NamedPolicy[]) =>
  JSON.parse(JSON.stringify(policies).replaceAll('token.actions.githubusercontent.com:sub', KNOWN_SUBJECT)) as NamedPolicy[];

const github = (repository: string) => ({
  principal: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
  ...signIn,
  context: { 'aws:SecureTransport': 'true', [KNOWN_SUBJECT]: `repo:${repository}:ref:refs/heads/main` },
});
const otherProvider = { ...signIn, principal: `arn:aws:iam::${ACCOUNT}:oidc-provider/some.example`, context: { 'aws:SecureTransport': 'true' } };

test.each<[string, Request, string, string]>([
  ['a repository of the organization', github('innovate/shop'), 'Allowed', 'Allowed'],
  ['a repository of the second organization', github('innovate-labs/shop'), 'Allowed', 'Allowed'],
  ['a new repository of the organization', github('innovate@123/shop@456'), 'Allowed', 'Allowed'],
  ['a new repository of the second organization', github('innovate-labs@124/shop@457'), 'Allowed', 'Allowed'],
  ['a new repository of a stranger', github('stranger@125/shop@458'), 'Allowed', 'DenyOutsideRepositories'],
  ['a new repository of a stranger with a similar name', github('innovate-evil@126/innovate@459'), 'Allowed', 'DenyOutsideRepositories'],
  ['a repository of a stranger', github('stranger/shop'), 'Allowed', 'DenyOutsideRepositories'],
  ['a repository of a stranger with a similar name', github('innovate-evil/shop'), 'Allowed', 'DenyOutsideRepositories'],
  ['another identity provider', otherProvider, 'Allowed', 'Allowed'],
  ['a repository of the organization without TLS', byHttp(github('innovate/shop')), 'DenyWithoutTls', 'DenyWithoutTls'],
])('through GitHub: %s', async (_, request, byDefault, withOrganizations) => {
  expect(await decide(forSimulator(DEFAULT), request)).toBe(byDefault);
  expect(await decide(forSimulator(WITH_VENDOR), request)).toBe(withOrganizations);
});

test('without the guardrail a stranger is admitted, so that it is the guardrail that denies', async () => {
  expect(await decide([], { ...stranger, ...read })).toBe('Allowed');
  expect(await decide([], { ...stranger, ...assume })).toBe('Allowed');
});
