import { CfnParameter, CfnResource, Fn, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { found } from './opened-network';
import { PathEntrance } from '../../src/reachability/reachable-path';
import { POLICY_PROPERTIES } from '../../src/reachability/resource-policies';

const EVERYBODY = { Effect: 'Allow', Principal: '*', Action: 'x:*', Resource: '*' };
const ACCOUNT = { ...EVERYBODY, Principal: { AWS: 'arn:aws:iam::222222222222:root' } };

const store = (type: string, properties: object) => found(stack => new CfnResource(stack, 'Store', { type, properties: { ...properties } }));

/** A property at a path. */
function nested([first, ...rest]: readonly string[], value: unknown): object {
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

test.each(Object.entries(POLICY_PROPERTIES))('%s with a policy for everybody is found, and with one for an account not', (type, { policy, target }) => {
  const named = target ? nested(target, 'arn:aws:x:eu-west-1:222222222222:store') : {};
  const paths = (statement: object) => store(type, { ...named, ...nested(policy, { Statement: [statement] }) });
  expect(paths(EVERYBODY)).toMatchObject([{ entrance: PathEntrance.PUBLIC_POLICY, destination: 'Test/Store', certain: !target }]);
  expect(paths(EVERYBODY)[0].hops[1]).toContain('policy Test/Store admits everybody');
  expect(paths(ACCOUNT)).toEqual([]);
});

describe('what a policy says', () => {
  const key = (stack: Stack, ...statements: object[]) => new CfnResource(stack, 'Key', { type: 'AWS::KMS::Key', properties: { KeyPolicy: { Statement: statements } } });
  const paths = (...statements: object[]) => found(stack => key(stack, ...statements));
  const given = (Principal: (stack: Stack) => unknown, more: object = {}) => found(stack => key(stack, { ...EVERYBODY, Principal: Principal(stack), ...more }));
  const when = (Condition: unknown) => paths({ ...EVERYBODY, Condition }).length;

  test.each<[string, (stack: Stack) => unknown]>([
    ['a parameter', stack => ({ AWS: new CfnParameter(stack, 'Who').valueAsString })],
    ['an import', () => ({ AWS: Fn.importValue('who') })],
    ['one of two', () => ({ AWS: Fn.conditionIf('Open', '*', 'arn:aws:iam::222222222222:root') })],
    ['what custom code returns', stack => new CfnResource(stack, 'Custom', { type: 'Custom::Who' }).getAtt('Principal')],
  ])('a principal that is %s is open', (_what, principal) => {
    expect(given(principal).map(({ destination }) => destination)).toEqual(['Test/Key']);
  });

  test('says which principal is not known', () => {
    const [{ certain, hops }] = given(() => ({ AWS: Fn.importValue('who') }));
    expect(certain).toBe(false);
    expect(hops[1]).toBe('policy Test/Key admits everybody [unknown: the export who of another app, taken as open; if you know better, declare it in trusted]');
  });

  test.each<[string, (stack: Stack) => unknown]>([
    ['an ARN with an unknown account in it', stack => ({ AWS: Fn.join('', ['arn:aws:iam::', new CfnParameter(stack, 'Account').valueAsString, ':root']) })],
    ['a role of these stacks', stack => ({ AWS: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }).roleArn })],
    ['a service', () => ({ Service: 'logs.amazonaws.com' })],
  ])('a principal that is %s is not everybody', (_what, principal) => {
    expect(given(principal)).toEqual([]);
  });

  test('an effect that is not known may allow', () => {
    expect(paths({ ...EVERYBODY, Effect: Fn.conditionIf('Open', 'Allow', 'Deny') })).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['an organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }],
    ['an organization that is not known', { StringEquals: { 'aws:PrincipalOrgID': Fn.importValue('organization') } }],
    ['a path of an organization', { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-exampleorgid/*' } }],
    ['a role of one account', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::222222222222:role/*' } }],
    ['a source of one account', { ArnLike: { 'aws:SourceArn': Fn.join('', ['arn:aws:sns:', Fn.importValue('region'), ':222222222222:*']) } }],
    ['a source without an account, by its name', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::innovate-reports' } }],
    ['sessions of one role', { StringLike: { 'aws:userid': 'AROAEXAMPLEID:*' } }],
    ['a network', { StringLike: { 'aws:SourceVpc': 'vpc-0123456789abcdef0' } }],
    ['the account of the deployment, as a pattern', { ArnLike: { 'aws:PrincipalArn': Fn.join('', ['arn:aws:iam::', { Ref: 'AWS::AccountId' } as any, ':role/*']) } }],
    ['callers of one account', { StringEquals: { 'kms:CallerAccount': '222222222222' } }],
  ])('a condition for %s narrows', (_what, condition) => {
    expect(when(condition)).toBe(0);
  });

  test.each<[string, unknown]>([
    ['a negative test', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }],
    ['a test that passes without the key', { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }],
    ['a test of all values, which passes without any', { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-exampleorgid' } }],
    ['any organization', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } }],
    ['a role of any account', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/admin' } }],
    ...([
      ['ArnLike', 'aws:PrincipalArn', 'arn:*'], ['StringLike', 'aws:PrincipalArn', 'arn:*'], ['StringLike', 'aws:PrincipalArn', 'arn:aws:*'],
      ['StringLike', 'aws:PrincipalArn', '*:role/x'], ['ArnLike', 'aws:SourceArn', 'arn:aws:s3:::a*'], ['StringLike', 'aws:PrincipalAccount', '1*'],
      ['StringLike', 'aws:PrincipalAccount', '22222222222?'], ['ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*/r-exam/*'],
      ['StringLike', 'aws:PrincipalOrgID', 'o-a*'], ['StringLike', 'aws:SourceVpc', 'vpc-0*'], ['StringLike', 'aws:userid', 'A*'], ['StringLike', 'aws:userid', '*:admin'],
      ['StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalAccount}'], ['StringEquals', 'aws:PrincipalArn', '${aws:PrincipalArn}'],
      ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::${aws:PrincipalAccount}:role/x'],
      ['StringLike', 'aws:PrincipalAccount', Fn.sub('${!aws:PrincipalAccount}')],
      ['ArnLike', 'aws:PrincipalArn', Fn.join('', ['arn:aws:iam::', Fn.importValue('account'), ':role/x'])],
    ] as const).map(([operator, name, value]): [string, unknown] => [`${operator} ${name} ${String(value)}`, { [operator]: { [name]: value } }]),
    ['any endpoint', { Null: { 'aws:SourceVpce': 'false' } }],
    ['a private address, which anybody has in a network', { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } }],
    ['a pattern that is not known', { StringLike: { 'aws:PrincipalArn': Fn.importValue('pattern') } }],
    ['a condition that may be left out', Fn.conditionIf('Closed', { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } }, { Ref: 'AWS::NoValue' })],
    ['a value that may be left out', { StringEquals: { 'aws:PrincipalOrgID': Fn.conditionIf('Closed', 'o-exampleorgid', { Ref: 'AWS::NoValue' }) } }],
  ])('%s does not narrow', (_what, condition) => {
    expect(when(condition)).toBe(1);
  });

  test('a denial of all others closes what it covers', () => {
    const denial = { ...EVERYBODY, Effect: 'Deny', Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } } };
    expect(paths(EVERYBODY, denial)).toEqual([]);
    expect(paths(EVERYBODY, { ...denial, Action: 'x:Get' })).toHaveLength(1);
    expect(paths(EVERYBODY, { ...denial, Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid', 'aws:RequestedRegion': 'eu-west-1' } } })).toHaveLength(1);
  });

  test('a policy in a text, with values that only the deployment knows', () => {
    const inText = (principal: string) => found(stack => new CfnResource(stack, 'Mail', {
      type: 'AWS::Logs::Destination',
      properties: { DestinationPolicy: stack.toJsonString({ Statement: [{ ...EVERYBODY, Principal: { AWS: principal } }], Id: Fn.importValue('id') }) },
    })).length;
    expect(inText('*')).toBe(1);
    expect(inText(Fn.importValue('who'))).toBe(1);
    expect(inText('arn:aws:iam::222222222222:root')).toBe(0);
    expect(inText(Fn.join('', ['arn:aws:iam::', Fn.importValue('account'), ':root']))).toBe(0);
  });
});

describe('what it is attached to', () => {
  const policy = (bucket: (stack: Stack) => unknown) => found(stack => new CfnResource(stack, 'Policy', {
    type: 'AWS::S3::BucketPolicy', properties: { Bucket: bucket(stack), PolicyDocument: { Statement: [EVERYBODY] } },
  }));

  test.each<[string, (stack: Stack) => unknown]>([
    ['a name', () => 'somebody-elses'], ['an import', () => Fn.importValue('bucket')], ['a parameter', stack => ({ Ref: new CfnParameter(stack, 'Name').logicalId })],
  ])('by %s is open, and the path ends at the policy', (_what, bucket) => {
    const [path] = policy(bucket);
    expect(path).toMatchObject({ destination: 'Test/Policy', certain: false });
    expect(path.hops[1]).toContain('[unknown: what it is attached to: ');
  });

  test('an access point, unless it blocks public policies', () => {
    const point = (block?: object) => store('AWS::S3::AccessPoint', { Bucket: 'b', Policy: { Statement: [EVERYBODY] }, PublicAccessBlockConfiguration: block });
    expect(point()).toHaveLength(1);
    expect(point({ BlockPublicPolicy: true })).toEqual([]);
  });

  test('a secret, unless its policy is checked', () => {
    const secret = (BlockPublicPolicy?: boolean) => store('AWS::SecretsManager::ResourcePolicy', { SecretId: 's', ResourcePolicy: { Statement: [EVERYBODY] }, BlockPublicPolicy });
    expect(secret()).toHaveLength(1);
    expect(secret(true)).toEqual([]);
  });

  test('a bus that is the default one', () => {
    const bus = (more: object) => store('AWS::Events::EventBusPolicy', { StatementId: 'x', Action: 'events:PutEvents', Principal: '*', ...more });
    expect(bus({})).toHaveLength(1);
    expect(bus({ Principal: '222222222222' })).toEqual([]);
    expect(bus({ Condition: { Type: 'StringEquals', Key: 'aws:PrincipalOrgID', Value: 'o-exampleorgid' } })).toEqual([]);
    expect(bus({ Principal: undefined, Statement: EVERYBODY })).toHaveLength(1);
  });
});

describe('functions and layers', () => {
  const permit = (properties: (stack: Stack) => object) => found(stack => new CfnResource(stack, 'Permit', {
    type: 'AWS::Lambda::Permission', properties: { Action: 'lambda:InvokeFunction', FunctionName: 'reports', Principal: '*', ...properties(stack) },
  }));
  const handler = (stack: Stack) => new lambda.Function(stack, 'Function', { code: lambda.Code.fromInline('-'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });

  test('a function that is not known ends at the permission', () => {
    expect(permit(() => ({}))).toMatchObject([{ destination: 'Test/Permit', certain: false }]);
    expect(permit(stack => ({ FunctionName: new CfnParameter(stack, 'Name').valueAsString }))).toHaveLength(1);
  });

  test.each<[string, (stack: Stack) => object, number]>([
    ['a principal that is not known', stack => ({ Principal: new CfnParameter(stack, 'Who').valueAsString }), 1],
    ['an account', () => ({ Principal: '222222222222' }), 0],
    ['a source of anybody', () => ({ SourceArn: 'arn:aws:s3:::*' }), 1],
    ['a source', () => ({ SourceArn: 'arn:aws:s3:::innovate-reports' }), 0],
    ['a source that may be left out', () => ({ SourceAccount: Fn.conditionIf('Closed', '222222222222', { Ref: 'AWS::NoValue' }) }), 1],
    ['callers with IAM, of any account, by the URL', () => ({ FunctionUrlAuthType: 'AWS_IAM' }), 1],
  ])('for %s', (_what, properties, count) => {
    expect(permit(properties)).toHaveLength(count);
  });

  test('the URL of a function that is not known is open', () => {
    expect(found(stack => new lambda.CfnUrl(stack, 'Url', { authType: 'NONE', targetFunctionArn: Fn.importValue('function') })).map(({ destination }) => destination)).toEqual(['Test/Url']);
    expect(found(stack => new lambda.CfnUrl(stack, 'Url', { authType: new CfnParameter(stack, 'Type').valueAsString, targetFunctionArn: handler(stack).functionArn })))
      .toMatchObject([{ destination: 'Test/Function', certain: false }]);
  });

  test('a layer for everybody, and for an organization', () => {
    const layer = (organizationId?: string) => found(stack => new lambda.CfnLayerVersionPermission(stack, 'Permit', { action: 'lambda:GetLayerVersion', layerVersionArn: 'arn', principal: '*', organizationId }));
    expect(layer()).toHaveLength(1);
    expect(layer('o-exampleorgid')).toEqual([]);
  });
});

describe('roles for sign-ins of others', () => {
  const GITHUB = 'token.actions.githubusercontent.com';
  const COGNITO = 'cognito-identity.amazonaws.com';
  const AUDIENCE = { StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com' } };
  const POOL = 'eu-west-1:11111111-2222-3333-4444-555555555555';
  const role = (Condition: unknown, provider: (stack: Stack) => unknown) => found(stack => new CfnResource(stack, 'Role', {
    type: 'AWS::IAM::Role',
    properties: { AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: provider(stack) }, Condition }] } },
  }));
  const github = (Condition: unknown) => role(Condition, () => `arn:aws:iam::222222222222:oidc-provider/${GITHUB}`);
  const cognito = (Condition: unknown) => role(Condition, () => COGNITO);
  const subject = (operator: string, sub: unknown) => ({ ...AUDIENCE, [operator]: { ...(AUDIENCE as any)[operator], [`${GITHUB}:sub`]: sub } });

  test.each<[string, unknown]>([
    ['nothing', undefined], ['the audience', AUDIENCE], ['any subject', subject('StringLike', '*')], ['any repository', subject('StringLike', 'repo:*')],
    ['owners that begin so', subject('StringLike', 'repo:innovate-inc*/platform@*:*')], ['repositories that begin so', subject('StringLike', 'repo:innovate-inc@*/platform*:*')],
    ['any branch of that name', subject('StringLike', 'repo:*:ref:refs/heads/main')], ['any repository of that name', subject('StringLike', 'repo:*/platform:*')],
    ['one of two subjects', subject('StringLike', ['repo:innovate-inc/platform:*', 'repo:*'])],
    ['a subject if there is one', { StringEqualsIfExists: { [`${GITHUB}:sub`]: 'repo:innovate-inc/platform:ref:refs/heads/main' } }],
  ])('of GitHub that asks for %s is open to everybody', (_what, condition) => {
    expect(github(condition)).toMatchObject([{
      entrance: PathEntrance.PUBLIC_POLICY, destination: 'Test/Role', certain: true,
      hops: ['internet', 'policy Test/Role admits everybody by a workflow of anybody on GitHub', 'role Test/Role'],
    }]);
  });

  test.each<[string, unknown]>([
    ['a subject', subject('StringEquals', 'repo:innovate-inc/platform:ref:refs/heads/main')],
    ['a subject that is not known', subject('StringEquals', Fn.importValue('subject'))],
    ['a repository', subject('StringLike', 'repo:innovate-inc/platform:*')],
    ['a subject with numbers', subject('StringEquals', 'repo:innovate-inc@1/platform@2:ref:refs/heads/main')],
    ['a repository with its numbers', subject('StringLike', 'repo:innovate-inc@1/platform@2:*')],
    ['a repository with any numbers', subject('StringLike', 'repo:innovate-inc@*/platform@*:ref:refs/heads/main')],
    ['two repositories', subject('StringLike', ['repo:innovate-inc/platform:*', 'repo:innovate-inc/site:*'])],
  ])('of GitHub that asks for %s is closed', (_what, condition) => {
    expect(github(condition)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => unknown, boolean[]]>([
    ['of these stacks, for GitHub', stack => new CfnResource(stack, 'Provider', { type: 'AWS::IAM::OIDCProvider', properties: { Url: `https://${GITHUB}` } }).ref, [true]],
    ['that the CDK\'s own code makes', stack => new iam.OpenIdConnectProvider(stack, 'Provider', { url: `https://${GITHUB}` }).openIdConnectProviderArn, [true]],
    ['of these stacks, for others', stack => new iam.CfnOIDCProvider(stack, 'Provider', { url: 'https://login.innovate.example' }).ref, []],
    ['whose issuer is not known', stack => new iam.CfnOIDCProvider(stack, 'Provider', { url: new CfnParameter(stack, 'Url').valueAsString }).ref, [false]],
    ['that is not known', () => Fn.importValue('provider'), [false]],
    ['for SAML', () => 'arn:aws:iam::222222222222:saml-provider/innovate', []],
  ])('by a provider %s', (_what, provider, certain) => {
    expect(role(undefined, provider).map(path => path.certain)).toEqual(certain);
    expect(role(subject('StringLike', 'repo:innovate-inc/platform:*'), provider)).toEqual([]);
  });

  test('a claim of another issuer closes a provider that is not known', () => {
    expect(role({ StringEquals: { 'login.innovate.example:aud': 'sts.amazonaws.com' } }, () => Fn.importValue('provider'))).toEqual([]);
    expect(role({ StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } }, () => Fn.importValue('provider'))).toEqual([]);
    expect(role(AUDIENCE, () => Fn.importValue('provider'))).toHaveLength(1);
  });

  test.each<[string, unknown, number]>([
    ['without a sign-in', { 'StringEquals': { [`${COGNITO}:aud`]: POOL }, 'ForAnyValue:StringLike': { [`${COGNITO}:amr`]: 'unauthenticated' } }, 1],
    ['with or without a sign-in', { StringEquals: { [`${COGNITO}:aud`]: POOL } }, 1],
    ['of any pool', { 'ForAnyValue:StringLike': { [`${COGNITO}:amr`]: 'authenticated' } }, 1],
    ['any sign-in', { 'StringEquals': { [`${COGNITO}:aud`]: POOL }, 'ForAnyValue:StringLike': { [`${COGNITO}:amr`]: '*authenticated' } }, 1],
    ['with a sign-in', { 'StringEquals': { [`${COGNITO}:aud`]: POOL }, 'ForAnyValue:StringLike': { [`${COGNITO}:amr`]: 'authenticated' } }, 0],
    ['one identity', { StringEquals: { [`${COGNITO}:sub`]: POOL } }, 0],
  ])('of Cognito, %s', (_what, condition, count) => {
    expect(cognito(condition).map(({ hops }) => hops[1])).toEqual(Array(count).fill('policy Test/Role admits everybody by Cognito, without a sign-in'));
  });
});

test('what the CDK makes of its own accord is closed', () => {
  expect(found(stack => {
    const key = new kms.Key(stack, 'Key');
    new sns.Topic(stack, 'Topic', { masterKey: key, enforceSSL: true });
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, maxAzs: 2, subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    new efs.FileSystem(stack, 'Files', { vpc, kmsKey: key });
  })).toEqual([]);
});
