import { Template } from 'aws-cdk-lib/assertions';
import { DataPerimeter } from '../../../src/network/vpc/data-perimeter';
import { PrivateEndpoint } from '../../../src/network/vpc/private-endpoint';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { ANONYMOUS, decide, PolicyDocument } from '../../support/policy-simulation';
import { ACCOUNT, REGION, testStack } from '../../support/stacks';

/** Real requests, evaluated by a policy simulator against the synthesized policies of the endpoints. */
const ORGANIZATION = 'o-a1b2c3d4e5';
const MEMBER = '333333333333';
const OUTSIDER = '444455556666';
/** Where AWS keeps images, parameters and the registries of add-ons. */
const AWS = '602401143452';

const PRESETS = Object.values(PrivateEndpoint).filter(each => each instanceof PrivateEndpoint);
const SERVICES: Record<string, string> = {
  S3: 's3', DynamoDb: 'dynamodb', Ec2: 'ec2', EcrApi: 'ecr.api', EcrDocker: 'ecr.dkr', Eks: 'eks', EksAuth: 'eks-auth', Sts: 'sts',
  LoadBalancing: 'elasticloadbalancing', Logs: 'logs', Ssm: 'ssm', SsmMessages: 'ssmmessages', Sqs: 'sqs', SecretsManager: 'secretsmanager', Kms: 'kms',
  CodeBuild: 'codebuild', Rds: 'rds',
};

/** The policy of each endpoint by its name, in one perimeter; references are as AWS resolves them. */
function policiesOf(dataPerimeter?: DataPerimeter): Record<string, PolicyDocument | undefined> {
  const stack = testStack();
  new SecureVpc(stack, 'Network', { endpoints: PRESETS, dataPerimeter });
  const endpoints = Object.values(Template.fromStack(stack).findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => plain(Properties));
  expect(endpoints).toHaveLength(PRESETS.length);
  return Object.fromEntries(PRESETS.map(({ name }) =>
    [name, withAccounts(endpoints.find(({ ServiceName }) => ServiceName === `com.amazonaws.${REGION}.${SERVICES[name]}`).PolicyDocument)]));
}

/** The simulator knows no parameter and no document without an account, which those of AWS are; here they have AWS's. */
function withAccounts<T>(value: T): T {
  return value && JSON.parse(JSON.stringify(value).replaceAll(`:ssm:${REGION}::`, `:ssm:${REGION}:${AWS}:`));
}

function plain(value: any): any {
  if (Array.isArray(value)) { return value.map(plain); }
  if (typeof value !== 'object' || value === null) { return value; }
  if (value.Ref) { return { 'AWS::Partition': 'aws', 'AWS::Region': REGION }[value.Ref as string]; }
  if (value.AWS === '*') { return '*'; } // the same to IAM, and the form that the simulator takes in an endpoint's policy
  if (value['Fn::Join']) { return value['Fn::Join'][1].map(plain).join(value['Fn::Join'][0]); }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

const OWN = policiesOf();
const OF_ORGANIZATION = policiesOf(DataPerimeter.organization(ORGANIZATION));
const OPEN = policiesOf(DataPerimeter.none());

interface Asked {
  /** Account of the caller, `AWS` for a service, or `ANONYMOUS`. */
  readonly by: string;
  readonly action: string;
  readonly resource: string;
  /** Account of the resource. @default - AWS does not tell */
  readonly of?: string;
  /** @default - none */
  readonly context?: Record<string, string>;
}

const organizationOf = (account: string): Record<string, string> => account === OUTSIDER || account === AWS ? {} : { org: ORGANIZATION };

/** What the endpoint answers where everything else permits: the caller's own policies, and the resource's. */
async function pass(policy: PolicyDocument | undefined, { by, action, resource, of, context = {} }: Asked): Promise<string> {
  const service = by.endsWith('.amazonaws.com');
  const principal = by === ANONYMOUS || service ? by : `arn:aws:iam::${by}:role/caller`;
  const request = {
    principal,
    account: of ?? ACCOUNT,
    action,
    resource,
    context: {
      ...by === ANONYMOUS || service ? {} : { 'aws:PrincipalAccount': by, ...prefixed('aws:PrincipalOrgID', organizationOf(by)) },
      'aws:PrincipalIsAWSService': String(service),
      ...of ? { 'aws:ResourceAccount': of, ...prefixed('aws:ResourceOrgID', organizationOf(of)) } : {},
      ...context,
    },
    resourcePolicy: permitting(action),
  };
  expect(await decide(request)).toBe('Allowed');
  return decide({ ...request, endpointPolicy: policy });
}

function prefixed(key: string, { org }: Record<string, string>): Record<string, string> {
  return org ? { [key]: org } : {};
}

/** What a resource's owner grants to everybody; a trust policy names no resource. */
function permitting(action: string): PolicyDocument {
  const trust = action.startsWith('sts:Assume');
  return { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: '*', Action: action, ...trust ? {} : { Resource: '*' } } };
}

const arn = (service: string, resource: string) => (of: string) => `arn:aws:${service}:${REGION}:${of}:${resource}`;
/** What each service does to a resource, in the account that is given. */
const ACTIONS: [endpoint: string, action: string, resource: (of: string) => string][] = [
  ['S3', 's3:GetObject', of => `arn:aws:s3:::files-of-${of}/report`],
  ['S3', 's3:PutObject', of => `arn:aws:s3:::files-of-${of}/report`],
  ['S3', 's3:ListBucket', of => `arn:aws:s3:::files-of-${of}`],
  ['DynamoDb', 'dynamodb:PutItem', arn('dynamodb', 'table/orders')],
  ['Ec2', 'ec2:TerminateInstances', arn('ec2', 'instance/i-0123456789abcdef0')],
  ['EcrApi', 'ecr:PutImage', arn('ecr', 'repository/api')],
  ['EcrDocker', 'ecr:PutImage', arn('ecr', 'repository/api')],
  ['EcrDocker', 'ecr:UploadLayerPart', arn('ecr', 'repository/api')],
  ['Eks', 'eks:DescribeCluster', arn('eks', 'cluster/main')],
  ['Sts', 'sts:AssumeRole', of => `arn:aws:iam::${of}:role/target`],
  ['LoadBalancing', 'elasticloadbalancing:RegisterTargets', arn('elasticloadbalancing', 'targetgroup/api/0123456789abcdef')],
  ['Logs', 'logs:PutLogEvents', arn('logs', 'log-group:/api:log-stream:one')],
  ['Ssm', 'ssm:GetParameter', arn('ssm', 'parameter/api/setting')],
  ['Ssm', 'ssm:PutParameter', arn('ssm', 'parameter/api/setting')],
  ['Sqs', 'sqs:SendMessage', arn('sqs', 'orders')],
  ['SecretsManager', 'secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:api-AbCdEf')],
  ['SecretsManager', 'secretsmanager:PutSecretValue', arn('secretsmanager', 'secret:api-AbCdEf')],
  ['Kms', 'kms:Decrypt', arn('kms', 'key/01234567-89ab-cdef-0123-456789abcdef')],
  ['CodeBuild', 'codebuild:StartBuild', arn('codebuild', 'project/api')],
  ['Rds', 'rds:ModifyDBCluster', arn('rds', 'cluster:main')],
];
/** What names no resource, so that AWS tells no account of one. */
const WITHOUT_RESOURCE: [endpoint: string, action: string][] = [
  ['Ec2', 'ec2:DescribeInstances'], ['EcrApi', 'ecr:GetAuthorizationToken'], ['EcrDocker', 'ecr:GetAuthorizationToken'], ['Sts', 'sts:DecodeAuthorizationMessage'],
  ['LoadBalancing', 'elasticloadbalancing:DescribeLoadBalancers'], ['SsmMessages', 'ssmmessages:OpenControlChannel'], ['Kms', 'kms:ListKeys'],
  ['CodeBuild', 'codebuild:ListProjects'],
];

describe('the account\'s perimeter', () => {
  test('each preset is asked about', () => {
    const asked = new Set([...ACTIONS, ...WITHOUT_RESOURCE].map(([endpoint]) => endpoint));
    expect(PRESETS.filter(({ name }) => !asked.has(name))).toEqual([PrivateEndpoint.EKS_AUTH]);
    expect(OWN.EksAuth).toBeUndefined();
  });

  test('each policy is as short as AWS asks', () => {
    for (const policy of Object.values(OWN)) { expect(JSON.stringify(policy ?? {}).length).toBeLessThan(20_480); }
  });

  test.each(ACTIONS)('%s, %s: own identities on own resources, and nobody else, and nowhere else', async (endpoint, action, resource) => {
    const ask = (by: string, of: string) => pass(OWN[endpoint], { by, action, resource: resource(of), of });
    expect(await ask(ACCOUNT, ACCOUNT)).toBe('Allowed');
    for (const other of [OUTSIDER, MEMBER]) {
      expect(await ask(other, ACCOUNT)).toBe('ImplicitlyDenied'); // keys of somebody else
      expect(await ask(ACCOUNT, other)).toBe('ImplicitlyDenied'); // data that leaves
      expect(await ask(other, other)).toBe('ImplicitlyDenied');
    }
  });

  test.each(WITHOUT_RESOURCE)('%s, %s: own identities only', async (endpoint, action) => {
    expect(await pass(OWN[endpoint], { by: ACCOUNT, action, resource: '*' })).toBe('Allowed');
    expect(await pass(OWN[endpoint], { by: OUTSIDER, action, resource: '*' })).toBe('ImplicitlyDenied');
  });
});

describe('an organization\'s perimeter', () => {
  test.each(ACTIONS)('%s, %s: members\' identities on members\' resources, and no outsider', async (endpoint, action, resource) => {
    const ask = (by: string, of: string) => pass(OF_ORGANIZATION[endpoint], { by, action, resource: resource(of), of });
    for (const [by, of] of [[ACCOUNT, ACCOUNT], [ACCOUNT, MEMBER], [MEMBER, ACCOUNT]]) { expect(await ask(by, of)).toBe('Allowed'); }
    for (const [by, of] of [[OUTSIDER, ACCOUNT], [ACCOUNT, OUTSIDER], [OUTSIDER, OUTSIDER]]) { expect(await ask(by, of)).toBe('ImplicitlyDenied'); }
  });

  test('another organization is an outsider', async () => {
    const context = { 'aws:PrincipalOrgID': 'o-z9y8x7w6v5' };
    expect(await pass(OF_ORGANIZATION.S3, { by: OUTSIDER, action: 's3:GetObject', resource: 'arn:aws:s3:::files/report', of: ACCOUNT, context })).toBe('ImplicitlyDenied');
  });
});

test.each(ACTIONS)('without a perimeter, %s lets %s through', async (endpoint, action, resource) => {
  for (const [by, of] of [[ACCOUNT, OUTSIDER], [OUTSIDER, ACCOUNT]]) { expect(await pass(OPEN[endpoint], { by, action, resource: resource(of), of })).toBe('Allowed'); }
});

describe.each([['account', OWN], ['organization', OF_ORGANIZATION]])('beyond the perimeter of the %s', (_, policies) => {
  const bucket = (name: string) => `arn:aws:s3:::${name}/some/object`;

  test.each([
    ['layers of ECR', `prod-${REGION}-starport-layer-bucket`],
    ['packages of Amazon Linux 2023', `al2023-repos-${REGION}-de612dc2`],
    ['packages of Amazon Linux 2', `amazonlinux-2-repos-${REGION}`],
    ['Systems Manager\'s agent', `amazon-ssm-${REGION}`],
    ['patches', `patch-baseline-snapshot-${REGION}`],
    ['CloudWatch\'s agent', `amazoncloudwatch-agent-${REGION}`],
    ['layers of registry.k8s.io', `prod-registry-k8s-io-${REGION}`],
  ])('%s are read, by anybody, and not written, listed or deleted', async (_name, name) => {
    for (const by of [ACCOUNT, ANONYMOUS, AWS]) {
      expect(await pass(policies.S3, { by, action: 's3:GetObject', resource: bucket(name), of: AWS })).toBe('Allowed');
      for (const action of ['s3:PutObject', 's3:DeleteObject', 's3:PutObjectAcl']) {
        expect(await pass(policies.S3, { by, action, resource: bucket(name), of: AWS })).toBe('ImplicitlyDenied');
      }
      expect(await pass(policies.S3, { by, action: 's3:ListBucket', resource: `arn:aws:s3:::${name}`, of: AWS })).toBe('ImplicitlyDenied');
    }
  });

  test.each([
    ['of another region', 'prod-us-east-1-starport-layer-bucket'],
    ['whose name begins so', `prod-${REGION}-starport-layer-bucket-2`],
    ['whose name ends so', `my-prod-${REGION}-starport-layer-bucket`],
  ])('a bucket %s is not read', async (_name, name) => {
    for (const by of [ACCOUNT, ANONYMOUS]) {
      expect(await pass(policies.S3, { by, action: 's3:GetObject', resource: bucket(name), of: OUTSIDER })).toBe('ImplicitlyDenied');
    }
  });

  test('CloudFormation is answered, and nothing is read there', async () => {
    for (const name of ['cloudformation-custom-resource-response-euwest1', `cloudformation-waitcondition-${REGION}`]) {
      expect(await pass(policies.S3, { by: AWS, action: 's3:PutObject', resource: bucket(name), of: AWS })).toBe('Allowed');
      expect(await pass(policies.S3, { by: ACCOUNT, action: 's3:GetObject', resource: bucket(name), of: AWS })).toBe('ImplicitlyDenied');
    }
  });

  /** What own identities may do to resources of AWS or of strangers; strangers may not. */
  test.each<[string, string, string, string, 'Allowed' | 'ImplicitlyDenied']>([
    ...['EcrApi', 'EcrDocker'].flatMap(endpoint => [
      ...['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability']
        .map(action => [endpoint, action, arn('ecr', 'repository/eks/coredns')(AWS), AWS, 'Allowed'] as [string, string, string, string, 'Allowed']),
      ...['ecr:PutImage', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:BatchDeleteImage', 'ecr:DescribeImages', 'ecr:SetRepositoryPolicy']
        .map(action => [endpoint, action, arn('ecr', 'repository/eks/coredns')(AWS), AWS, 'ImplicitlyDenied'] as [string, string, string, string, 'ImplicitlyDenied']),
    ]),
    ['Ec2', 'ec2:RunInstances', `arn:aws:ec2:${REGION}::image/ami-0123456789abcdef0`, AWS, 'Allowed'],
    ['Ec2', 'ec2:RunInstances', `arn:aws:ec2:${REGION}::snapshot/snap-0123456789abcdef0`, AWS, 'Allowed'],
    ['Ec2', 'ec2:CreateFleet', `arn:aws:ec2:${REGION}::image/ami-0123456789abcdef0`, AWS, 'Allowed'],
    ['Ec2', 'ec2:ModifyImageAttribute', `arn:aws:ec2:${REGION}::image/ami-0123456789abcdef0`, AWS, 'ImplicitlyDenied'],
    ['Ec2', 'ec2:ModifySnapshotAttribute', `arn:aws:ec2:${REGION}::snapshot/snap-0123456789abcdef0`, AWS, 'ImplicitlyDenied'],
    ['Ec2', 'ec2:RunInstances', arn('ec2', 'subnet/subnet-0123456789abcdef0')(OUTSIDER), OUTSIDER, 'ImplicitlyDenied'],
    ['Ssm', 'ssm:GetParameter', arn('ssm', 'parameter/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/image_id')(AWS), AWS, 'Allowed'],
    ['Ssm', 'ssm:GetParametersByPath', arn('ssm', 'parameter/aws/service/eks')(AWS), AWS, 'Allowed'],
    ['Ssm', 'ssm:PutParameter', arn('ssm', 'parameter/aws/service/eks')(AWS), AWS, 'ImplicitlyDenied'],
    ['Ssm', 'ssm:GetParameter', arn('ssm', 'parameter/aws/service/eks')(OUTSIDER), OUTSIDER, 'ImplicitlyDenied'],
    ['Ssm', 'ssm:GetDocument', arn('ssm', 'document/AWS-ConfigureAWSPackage')(AWS), AWS, 'Allowed'],
    ['Ssm', 'ssm:SendCommand', arn('ssm', 'document/AWS-RunShellScript')(AWS), AWS, 'ImplicitlyDenied'],
    ['Ssm', 'ssm:GetDocument', arn('ssm', 'document/shared')(OUTSIDER), OUTSIDER, 'ImplicitlyDenied'],
  ])('%s: %s of %s (%s): %s', async (endpoint, action, resource, of, decision) => {
    expect(await pass(policies[endpoint], { by: ACCOUNT, action, resource, of })).toBe(decision);
    expect(await pass(policies[endpoint], { by: OUTSIDER, action, resource, of })).toBe('ImplicitlyDenied');
  });

  test('a service account takes roles of this account, and of no other', async () => {
    const ask = (of: string) => pass(policies.Sts, { by: ANONYMOUS, action: 'sts:AssumeRoleWithWebIdentity', resource: `arn:aws:iam::${of}:role/pod`, of });
    expect(await ask(ACCOUNT)).toBe('Allowed');
    expect(await ask(OUTSIDER)).toBe('ImplicitlyDenied');
  });

  test.each([
    ['S3', 's3:PutObject', `arn:aws:s3:::trail-of-${ACCOUNT}/log`, 'cloudtrail.amazonaws.com'],
    ['Kms', 'kms:Decrypt', arn('kms', 'key/01234567-89ab-cdef-0123-456789abcdef')(ACCOUNT), 'logs.eu-west-1.amazonaws.com'],
    ['Sqs', 'sqs:SendMessage', arn('sqs', 'orders')(ACCOUNT), 'events.amazonaws.com'],
  ])('%s: a service of AWS that acts for itself: %s', async (endpoint, action, resource, by) => {
    expect(await pass(policies[endpoint], { by, action, resource, of: ACCOUNT })).toBe('Allowed');
  });

  test.each([
    ['S3', 's3:GetObject', `arn:aws:s3:::files-of-${ACCOUNT}/report`], ['S3', 's3:PutObject', `arn:aws:s3:::files-of-${OUTSIDER}/report`],
    ['Sqs', 'sqs:SendMessage', arn('sqs', 'orders')(ACCOUNT)],
  ])('%s: nobody without a name: %s of %s', async (endpoint, action, resource) => {
    expect(await pass(policies[endpoint], { by: ANONYMOUS, action, resource, of: resource.includes(OUTSIDER) ? OUTSIDER : ACCOUNT })).toBe('ImplicitlyDenied');
  });
});
