import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import { CONNECTION_ARN, REPOSITORY, apiTarget, siteTarget } from './targets';
import { BuildCache } from '../../src/delivery/build/build-cache';
import { GitFlowPipeline } from '../../src/delivery/git-flow-pipeline';
import { decide, PolicyDocument } from '../support/policy-simulation';
import { ACCOUNT, REGION, testStack } from '../support/stacks';

/** Real requests, evaluated by a policy simulator against the synthesized policies of every role that a release runs with. */
const stack = testStack();
const encryptionKey = new kms.Key(stack, 'OwnKey');
const delivery = new GitFlowPipeline(stack, 'Delivery', {
  repository: REPOSITORY,
  branch: 'main',
  environmentName: 'production',
  api: apiTarget(stack),
  site: siteTarget(stack),
  checks: true,
  encryptionKey,
  rollbackAlarms: [cloudwatch.Alarm.fromAlarmName(stack, 'Errors', 'errors')],
  buildCache: BuildCache.BUCKET,
});
const { Resources: resources } = Template.fromStack(stack).toJSON();

const arn = (service: string, name: string, region = REGION, account = ACCOUNT) => `arn:aws:${service}:${region}:${account}:${name}`;
const ARNS: Record<string, (id: string) => string> = {
  'AWS::S3::Bucket': id => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::KMS::Key': id => arn('kms', `key/${id}`),
  'AWS::IAM::Role': id => arn('iam', `role/${resources[id].Properties.RoleName ?? id}`, ''),
  'AWS::ECR::Repository': id => arn('ecr', `repository/${id.toLowerCase()}`),
  'AWS::CodeBuild::Project': id => arn('codebuild', `project/${id}`),
  'AWS::CodeBuild::ReportGroup': id => arn('codebuild', `report-group/${id}`),
  'AWS::CodePipeline::Pipeline': id => arn('codepipeline', resources[id].Properties.Name),
  'AWS::Logs::LogGroup': id => arn('logs', `log-group:${id}:*`),
  'AWS::SNS::Topic': id => arn('sns', id),
};
const PSEUDO: Record<string, string> = { 'AWS::Partition': 'aws', 'AWS::Region': REGION, 'AWS::AccountId': ACCOUNT };

/** What AWS makes of references. */
function plain(value: any): any {
  if (Array.isArray(value)) { return value.map(plain); }
  if (typeof value !== 'object' || value === null) { return value; }
  if (value.Ref) { return PSEUDO[value.Ref] ?? nameOf(value.Ref); }
  if (value['Fn::GetAtt']) { return ARNS[resources[value['Fn::GetAtt'][0]].Type]?.(value['Fn::GetAtt'][0]) ?? value['Fn::GetAtt'].join('.'); }
  if (value['Fn::Join']) { return value['Fn::Join'][1].map(plain).join(value['Fn::Join'][0]); }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** A reference to a project, a log group or a repository is its name. */
function nameOf(id: string): string {
  return ARNS[resources[id].Type]?.(id).split(/[:/]/).filter(part => part !== '*').pop() ?? id;
}

const idOf = (construct: { node: { defaultChild?: any } }): string => (stack.resolve(construct.node.defaultChild.ref) as { Ref: string }).Ref;
const find = (path: string) => delivery.node.findChild(path.split('/')[0]).node.findAll().find(each => each.node.path === `Test/Delivery/${path}`)!;
const arnOf = (path: string) => { const id = idOf(find(path)); return ARNS[resources[id].Type](id); };

/** Policies of a role, by the path of its construct below the pipeline's. */
function policiesOf(id: string): PolicyDocument[] {
  const attached = Object.values<any>(resources).filter(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles.some((role: any) => role.Ref === id));
  return attached.map(({ Properties }) => plain(Properties.PolicyDocument));
}

const ROLES = {
  pipeline: 'Pipeline/Role',
  source: 'Pipeline/SourceRole',
  startApiBuild: 'Pipeline/Build/Api/CodePipelineActionRole',
  apiBuild: 'Api/Build/Role',
  siteBuild: 'Site/Build/Role',
  verify: 'Verify/Role',
  deploy: 'Pipeline/Deploy/Api/CodePipelineActionRole',
  upload: 'Site/Upload/Role',
  smokeTest: 'SmokeTest/Role',
  checks: 'Checks/Role',
  pushChecks: 'PushChecks/Role',
  reporter: 'Reporter',
} as const;
type Role = keyof typeof ROLES;
const ids = Object.fromEntries(Object.entries(ROLES).map(([role, path]) => [role, idOf(find(path))])) as Record<Role, string>;

const pipelineArn = arnOf('Pipeline');
const images = arnOf('Api/Images');
const artifacts = arnOf('Artifacts');
/** As CodePipeline calls an artifact of a release: 20 characters of the pipeline's name, 10 of the artifact's. */
const artifact = (name: string) => `${artifacts}/${resources[idOf(find('Pipeline'))].Properties.Name.slice(0, 20)}/${name}/a1B2c3D`;
const region = { 'aws:RequestedRegion': REGION };
const repository = (name: string, permissions: string) => ({ 'codeconnections:FullRepositoryId': name, 'codeconnections:ProviderPermissionsRequired': permissions });

function ask(role: Role, action: string, resource: string, context?: Record<string, string>): Promise<string> {
  const identityPolicies = policiesOf(ids[role]);
  return decide({ principal: arn('iam', `role/${role}`, ''), account: ACCOUNT, action, resource, context, identityPolicies })
    .catch((error: Error) => { throw new Error(`${action} ${resource}: ${error.message}`); });
}

test.each<[Role, string, string, Record<string, string>?]>([
  ['source', 'codeconnections:UseConnection', CONNECTION_ARN, repository('innovate-inc/notes', 'read_only')],
  ['source', 's3:PutObject', artifact('Source')],
  ['apiBuild', 's3:GetObject', `${artifacts}/cache/api/a1`],
  ['apiBuild', 's3:PutObject', `${artifacts}/cache/api/a1`],
  ['siteBuild', 's3:PutObject', `${artifacts}/cache/site/a1`],
  ['apiBuild', 's3:GetBucketLocation', artifacts],
  ['apiBuild', 'inspector2:ListFindings', '*', region],
  ['apiBuild', 'inspector2:ListCoverage', '*', region],
  ['startApiBuild', 'codebuild:StartBuild', arnOf('Api/Build')],
  ['verify', 'codeconnections:UseConnection', CONNECTION_ARN, repository('innovate-inc/notes', 'read_only')],
  ['apiBuild', 'codeconnections:UseConnection', CONNECTION_ARN, repository('innovate-inc/notes', 'read_only')],
  ['apiBuild', 'ecr:PutImage', images],
  ['apiBuild', 'ecr:BatchGetImage', images],
  ['apiBuild', 'ecr:DescribeImageScanFindings', images],
  ['apiBuild', 'ecr:StartImageScan', images],
  ['apiBuild', 'ecr:GetAuthorizationToken', '*'],
  ['apiBuild', 'codebuild:BatchPutTestCases', arnOf('Api/BuildTests')],
  ['siteBuild', 'codebuild:BatchPutCodeCoverages', arnOf('Site/BuildCoverage')],
  ['deploy', 'eks:DescribeCluster', arn('eks', 'cluster/foreign')],
  ['deploy', 'ec2:CreateNetworkInterface', arn('ec2', 'network-interface/eni-0123456789abcdef0'), region],
  ['deploy', 'logs:PutLogEvents', arn('logs', `log-group:/aws/codepipeline/${resources[idOf(find('Pipeline'))].Properties.Name}:log-stream:a`)],
  ['upload', 's3:PutObject', 'arn:aws:s3:::foreign-site/index.html'],
  ['upload', 'cloudfront:CreateInvalidation', arn('cloudfront', 'distribution/E1FOREIGN', '')],
  ['checks', 'codeconnections:GetConnectionToken', CONNECTION_ARN],
  ['pushChecks', 'codeconnections:GetConnectionToken', CONNECTION_ARN],
  ['pipeline', 'cloudwatch:DescribeAlarms', arn('cloudwatch', 'alarm:errors'), region],
  ['reporter', 'codepipeline:ListPipelineExecutions', pipelineArn],
  ['reporter', 'codepipeline:ListActionExecutions', pipelineArn],
])('%s may %s', async (...[role, action, resource, context]) => {
  expect(await ask(role, action, resource, context)).toBe('Allowed');
});

const otherRole = arn('iam', 'role/Administrator', '');
/** What nobody may do: read what production keeps, get another role, change the pipeline or what it deploys to. */
const FORBIDDEN: [string, string, Record<string, string>?][] = [
  ['s3:GetObject', 'arn:aws:s3:::production-data/customers.csv'],
  ['s3:ListBucket', 'arn:aws:s3:::production-data'],
  ['s3:DeleteObject', 'arn:aws:s3:::foreign-site/index.html'],
  ['kms:Decrypt', arn('kms', 'key/99999999-2222-3333-4444-555555555555')],
  ['rds-db:connect', arn('rds-db', 'dbuser:cluster-ABC/api')],
  ['rds-data:ExecuteStatement', arn('rds', 'cluster:production')],
  ['rds:CreateDBClusterSnapshot', arn('rds', 'cluster:production')],
  ['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:database-AbCdEf')],
  ['ssm:GetParameter', arn('ssm', 'parameter/production/password')],
  ['dynamodb:GetItem', arn('dynamodb', 'table/notes')],
  ['logs:GetLogEvents', arn('logs', 'log-group:/aws/eks/production:log-stream:a')],
  ['iam:PassRole', otherRole],
  ['iam:PutRolePolicy', otherRole],
  ['iam:CreateRole', otherRole],
  ['sts:AssumeRole', otherRole],
  ['codepipeline:UpdatePipeline', pipelineArn],
  ['codepipeline:StartPipelineExecution', pipelineArn],
  ['codepipeline:OverrideStageCondition', `${pipelineArn}/Deploy`],
  ['codepipeline:PutApprovalResult', `${pipelineArn}/Approve/Release`],
  ['codebuild:UpdateProject', arnOf('Api/Build')],
  ['eks:CreateAccessEntry', arn('eks', 'cluster/foreign')],
  ['eks:UpdateClusterConfig', arn('eks', 'cluster/foreign')],
  ['eks:DescribeCluster', arn('eks', 'cluster/other')],
  ['ecr:BatchDeleteImage', images],
  ['ecr:PutImage', arn('ecr', 'repository/other')],
  ['ecr:PutImageTagMutability', images],
  ['cloudfront:UpdateDistribution', arn('cloudfront', 'distribution/E1FOREIGN', '')],
  ['cloudfront:CreateInvalidation', arn('cloudfront', 'distribution/E2OTHER', '')],
  ['lambda:InvokeFunction', arn('lambda', 'function:any')],
  ['codeconnections:UseConnection', CONNECTION_ARN, repository('innovate-inc/other', 'read_only')],
  ['codeconnections:UseConnection', CONNECTION_ARN, repository('innovate-inc/notes', 'read_write')],
];

test.each(Object.keys(ROLES) as Role[])('%s may not read data, get another role, or change the pipeline', async role => {
  const allowed: string[] = [];
  for (const [action, resource, context] of FORBIDDEN) {
    if (await ask(role, action, resource, context) === 'Allowed') { allowed.push(`${action} ${resource}`); }
  }
  expect(allowed).toEqual([]);
});

/** What one may and the others may not. */
test.each<[string, string, Role[]]>([
  ['ecr:PutImage', images, ['apiBuild']],
  ['s3:PutObject', 'arn:aws:s3:::foreign-site/index.html', ['upload']],
  ['eks:DescribeCluster', arn('eks', 'cluster/foreign'), ['deploy']],
  ['cloudfront:CreateInvalidation', arn('cloudfront', 'distribution/E1FOREIGN', ''), ['upload']],
  ['codebuild:StartBuild', arnOf('Api/Build'), ['startApiBuild']],
  // the pipeline's and the deployment's are roles of CodePipeline itself: nobody's program runs with them
  ['s3:GetObject', artifact('Source'), ['pipeline', 'source', 'apiBuild', 'siteBuild', 'verify', 'deploy']],
  ['s3:PutObject', artifact('Source'), ['pipeline', 'source']],
  ['s3:GetObject', artifact('ApiRelease'), ['pipeline', 'deploy', 'smokeTest']],
  ['s3:PutObject', artifact('ApiRelease'), ['pipeline', 'apiBuild']],
  ['s3:GetObject', artifact('Site'), ['pipeline', 'deploy', 'upload']],
  ['s3:PutObject', artifact('Site'), ['pipeline', 'siteBuild']],
  ['s3:PutObject', artifact('ApiBill'), ['pipeline', 'apiBuild']],
  ['s3:PutObject', artifact('SiteBill'), ['pipeline', 'siteBuild']],
  ['s3:GetObject', `${artifacts}/cache/api/a1`, ['pipeline', 'apiBuild', 'deploy']],
  ['s3:PutObject', `${artifacts}/cache/api/a1`, ['pipeline', 'apiBuild']],
  ['s3:DeleteObject', artifact('ApiRelease'), ['pipeline']],
  ['s3:DeleteObject', `${artifacts}/cache/api/a1`, ['pipeline']],
  ['s3:ListBucket', artifacts, ['pipeline', 'source', 'deploy']],
  ['codepipeline:GetPipelineState', pipelineArn, ['reporter']],
])('%s on %s is for %j only', async (action, resource, expected) => {
  const allowed: string[] = [];
  for (const role of Object.keys(ROLES) as Role[]) {
    if (await ask(role, action, resource) === 'Allowed') { allowed.push(role); }
  }
  expect(allowed).toEqual(expected);
});

test('Kubernetes lets the deployment edit its namespace and nothing else', () => {
  const entries = Object.values<any>(resources).filter(({ Type }) => Type === 'AWS::EKS::AccessEntry');
  expect(entries.map(({ Properties }) => plain(Properties))).toEqual([expect.objectContaining({
    PrincipalArn: ARNS['AWS::IAM::Role'](ids.deploy),
    AccessPolicies: [{
      AccessScope: { Type: 'namespace', Namespaces: ['app'] }, PolicyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
    }],
  })]);
  expect(entries[0].Properties).not.toHaveProperty('KubernetesGroups');
});

test('every role of a release is in this test', () => {
  const others = Object.keys(resources).filter(id => resources[id].Type === 'AWS::IAM::Role' && !Object.values(ids).includes(id) && !id.includes('Messages'));
  // the roles of the other actions may start one build each, like that of the API's
  const startOnly = others.filter(id => policiesOf(id).flatMap(({ Statement }: any) => Statement).every(({ Action }: any) =>
    JSON.stringify(Action) === JSON.stringify(['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'])));
  expect(others.filter(id => !startOnly.includes(id))).toEqual([]);
});
