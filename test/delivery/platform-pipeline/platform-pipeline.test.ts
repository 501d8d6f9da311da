import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { BranchingStrategy, EnvironmentKind } from '../../../src/delivery/github/branching-strategy';
import { GitHubRepository } from '../../../src/delivery/github/github-repository';
import { PlatformPipeline, PlatformPipelineProps } from '../../../src/delivery/platform-pipeline/platform-pipeline';
import { decide, PolicyDocument } from '../../support/policy-simulation';
import { ACCOUNT, REGION, expectNoAnnotations, testStack } from '../../support/stacks';
import { REPOSITORY, connectionArn } from '../targets';

type Overrides = Partial<PlatformPipelineProps>;

function addPipeline(stack: Stack, overrides: Overrides = {}): PlatformPipeline {
  return new PlatformPipeline(stack, 'Platform', { repository: REPOSITORY, branch: 'develop', environmentName: 'staging', stacks: 'Innovate/Staging/*', ...overrides });
}

function pipelineOf(template: Template): any {
  return Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0].Properties;
}

function actionNames(template: Template): string[][] {
  return pipelineOf(template).Stages.map(({ Name, Actions }: any) => [Name, ...Actions.map((action: any) => action.Name)]);
}

function projects(template: Template): any[] {
  return Object.values(template.findResources('AWS::CodeBuild::Project')).map(({ Properties }) => Properties);
}

function projectWith(template: Template, command: string): any {
  return projects(template).find(({ Source }) => Source.BuildSpec.includes(command));
}

/** What the role of a project may do, as text. */
function policyOf(template: Template, project: any): PolicyDocument {
  const role = project.ServiceRole['Fn::GetAtt'][0];
  const [policy] = Object.values(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: role }] } }));
  return resolved(policy.Properties.PolicyDocument);
}

function resolved(value: any): any {
  if (Array.isArray(value)) { return value.map(resolved); }
  if (typeof value !== 'object' || value === null) { return value; }
  if ('Fn::Join' in value) { return value['Fn::Join'][1].map(resolved).join(''); }
  if ('Ref' in value) { return value.Ref === 'AWS::Partition' ? 'aws' : value.Ref.toLowerCase(); }
  if ('Fn::GetAtt' in value) {
    const name = value['Fn::GetAtt'][0].toLowerCase();
    return name.includes('artifacts') ? `arn:aws:s3:::${name}` : `arn:aws:made::${ACCOUNT}:${name}`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolved(entry)]));
}

function bootstrapRole(role: string, { account = ACCOUNT, region = REGION, qualifier = 'hnb659fds' } = {}): string {
  return `arn:aws:iam::${account}:role/cdk-${qualifier}-${role}-role-${account}-${region}`;
}

describe('minimal: the root of a repository into staging', () => {
  const stack = testStack();
  addPipeline(stack);
  const template = Template.fromStack(stack);

  test('a push synthesizes once, compares and deploys, one execution after the other', () => {
    expect(actionNames(template)).toEqual([['Source', 'GitHub'], ['Synth', 'Synth'], ['Deploy', 'Diff', 'Deploy']]);
    expect(pipelineOf(template)).toMatchObject({
      PipelineType: 'V2',
      ExecutionMode: 'QUEUED',
      Triggers: [{ GitConfiguration: { Push: [{ Branches: { Includes: ['develop'] } }] } }],
      Variables: [{ Name: 'ACCEPT_DATA_LOSS', DefaultValue: 'none' }],
    });
  });

  test('what was compared is what is deployed, the comparison first', () => {
    const [, synth, deploy] = pipelineOf(template).Stages;
    expect(synth.Actions[0].OutputArtifacts).toEqual([{ Name: 'Assembly' }]);
    expect(deploy.Actions.map(({ InputArtifacts, RunOrder }: any) => [InputArtifacts[0].Name, RunOrder])).toEqual([['Assembly', 1], ['Assembly', 3]]);
  });

  test('what was synthesized is known by its checksum, which takes another way than the artifact', () => {
    const [, synth, deploy] = pipelineOf(template).Stages;
    for (const action of deploy.Actions) {
      expect(JSON.parse(action.Configuration.EnvironmentVariables)).toContainEqual({ name: 'ASSEMBLY_SHA256', type: 'PLAINTEXT', value: `#{${synth.Actions[0].Namespace}.ASSEMBLY_SHA256}` });
    }
  });

  test('a new definition, which cancels the execution that deploys it, starts another', () => {
    expect(pipelineOf(template).RestartExecutionOnUpdate).toBe(true);
  });

  test('builds on Graviton, unprivileged, with nothing but the command line in the deployment', () => {
    expect(projects(template)).toHaveLength(3);
    for (const { Environment } of projects(template)) { expect(Environment).toMatchObject({ Type: 'ARM_CONTAINER', PrivilegedMode: false }); }
    expect(projectWith(template, 'cdk deploy').TimeoutInMinutes).toBe(480);
    expect(projectWith(template, 'cdk deploy').Source.BuildSpec).not.toMatch(/npm|npx/);
    expect(JSON.parse(projectWith(template, 'npm ci').Source.BuildSpec).phases.install.commands).toEqual(['npm ci']);
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

describe('maximal: a folder of a repository into production', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'OwnKey');
  addPipeline(stack, {
    branch: 'live',
    branching: BranchingStrategy.custom([{ branch: 'live', deploysTo: EnvironmentKind.PRODUCTION, pullRequestsFrom: ['topic/'] }, { branch: 'topic/' }]),
    environmentName: 'production',
    stacks: 'Innovate/Production/**',
    appFolder: 'infrastructure/app',
    installCommands: ['corepack enable', 'pnpm install --frozen-lockfile'],
    testCommands: [],
    synthCommand: 'pnpm synth',
    nodeVersion: 24,
    dockerAssets: true,
    bootstrapQualifier: 'innovate',
    regions: ['us-east-1', REGION],
    concurrency: 8,
    notifications: { slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' }, emails: ['team@innovate.example'] },
    encryptionKey,
    logRetention: logs.RetentionDays.ONE_MONTH,
  });
  const template = Template.fromStack(stack);

  test('somebody approves what is about to change', () => {
    expect(actionNames(template)[2]).toEqual(['Deploy', 'Diff', 'Approve', 'Deploy']);
    const [diff, approve] = pipelineOf(template).Stages[2].Actions;
    expect(approve).toMatchObject({ RunOrder: 2, Configuration: { CustomData: `#{${diff.Namespace}.CHANGES}`, ExternalEntityLink: `#{${diff.Namespace}.CHANGES_URL}` } });
    expect(JSON.parse(diff.Configuration.EnvironmentVariables)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'APPROVAL', value: 'true' })]));
  });

  test('the commands are those that were given', () => {
    expect(JSON.parse(projectWith(template, 'pnpm synth').Source.BuildSpec).phases).toMatchObject({
      install: { 'runtime-versions': { nodejs: 24 }, 'commands': ['cd infrastructure/app', 'corepack enable', 'pnpm install --frozen-lockfile'] },
      build: { commands: expect.arrayContaining(['pnpm synth']) },
    });
    expect(JSON.parse(projectWith(template, 'pnpm synth').Source.BuildSpec).phases).not.toHaveProperty('pre_build');
    expect(projectWith(template, 'cdk deploy').Source.BuildSpec).toContain('cdk deploy \'Innovate/Production/**\' --app cdk.out --exclusively --require-approval never --concurrency 8');
  });

  test('Docker is where assets are made, not where they are compared', () => {
    expect(projectWith(template, 'pnpm synth').Environment.PrivilegedMode).toBe(true);
    expect(projectWith(template, 'cdk deploy').Environment.PrivilegedMode).toBe(true);
    expect(projectWith(template, 'cdk diff').Environment.PrivilegedMode).toBe(false);
  });

  test('the roles are those of the qualifier, in each region', () => {
    const resources = (project: any) => (policyOf(template, project).Statement as any[]).filter(({ Action }) => Action === 'sts:AssumeRole').flatMap(({ Resource }) => Resource);
    const role = (name: string, region: string) => bootstrapRole(name, { qualifier: 'innovate', region });
    expect(resources(projectWith(template, 'cdk diff'))).toEqual([role('lookup', REGION), role('lookup', 'us-east-1')]);
    expect(resources(projectWith(template, 'cdk deploy'))).toEqual([REGION, 'us-east-1'].flatMap(region =>
      ['deploy', 'file-publishing', 'image-publishing'].map(name => role(name, region))));
    expect(resources(projectWith(template, 'pnpm synth'))).toEqual([]);
  });

  test('every log is encrypted and expires, and deployments are announced', () => {
    const groups = Object.values(template.findResources('AWS::Logs::LogGroup'));
    expect(groups).toHaveLength(4);
    for (const { Properties } of groups) { expect(Properties).toMatchObject({ RetentionInDays: 30, KmsKeyId: stack.resolve(encryptionKey.keyArn) }); }
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: stack.resolve(encryptionKey.keyArn) });
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'team@innovate.example' });
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', { SlackChannelId: 'C0123ABCD' });
  });
});

describe('what the builds may do, as AWS decides', () => {
  const template = Template.fromStack(builtStack());
  const every = { synth: projectWith(template, 'npm ci'), diff: projectWith(template, 'cdk diff'), deploy: projectWith(template, 'cdk deploy') };
  type Build = keyof typeof every;

  test.each<{ build: Build; action: string; resource: string; decision: string }>([
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('deploy'), decision: 'Allowed' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('file-publishing'), decision: 'Allowed' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('image-publishing'), decision: 'ImplicitlyDenied' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('cfn-exec'), decision: 'ImplicitlyDenied' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('deploy', { region: 'us-east-1' }), decision: 'ImplicitlyDenied' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('deploy', { account: '333333333333' }), decision: 'ImplicitlyDenied' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: bootstrapRole('deploy', { qualifier: 'other' }), decision: 'ImplicitlyDenied' },
    { build: 'deploy', action: 'sts:AssumeRole', resource: `arn:aws:iam::${ACCOUNT}:role/Administrator`, decision: 'ImplicitlyDenied' },
    { build: 'diff', action: 'sts:AssumeRole', resource: bootstrapRole('lookup'), decision: 'Allowed' },
    { build: 'diff', action: 'sts:AssumeRole', resource: bootstrapRole('deploy'), decision: 'ImplicitlyDenied' },
    { build: 'synth', action: 'sts:AssumeRole', resource: bootstrapRole('lookup'), decision: 'ImplicitlyDenied' },
    ...artifactRequests(),
    ...(['synth', 'diff', 'deploy'] as const).flatMap(build => [
      { action: 's3:GetObject', resource: 'arn:aws:s3:::customers/records.csv' },
      { action: 'dynamodb:GetItem', resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/notes` },
      { action: 'secretsmanager:GetSecretValue', resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:database-abcdef` },
      { action: 'ssm:GetParameter', resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/database` },
      { action: 'rds-db:connect', resource: `arn:aws:rds-db:${REGION}:${ACCOUNT}:dbuser:cluster-ABC/api` },
      { action: 'iam:PassRole', resource: bootstrapRole('cfn-exec') },
      { action: 'cloudformation:UpdateStack', resource: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Innovate-Staging-Data/1` },
    ].map(request => ({ build, ...request, decision: 'ImplicitlyDenied' }))),
  ])('$build, $action of $resource: $decision', async ({ build, action, resource, decision }) => {
    expect(await decide({
      principal: `arn:aws:iam::${ACCOUNT}:role/Build`, account: /:(\d{12}):/.exec(resource)?.[1] ?? ACCOUNT, action, resource, identityPolicies: [policyOf(template, every[build])],
    })).toBe(decision);
  });

  /** Each build reads what it is given, writes what it hands on, and deletes and lists nothing. */
  function artifactRequests(): { build: Build; action: string; resource: string; decision: string }[] {
    const bucket = Object.keys(template.findResources('AWS::S3::Bucket'))[0].toLowerCase();
    const object = (artifact: string) => `arn:aws:s3:::${bucket}/Test-Platform-Pipe/${artifact}/a1B2c3D`;
    const reads = { synth: 'Source', diff: 'Assembly', deploy: 'Assembly' };
    const writes = { synth: 'Assembly', diff: 'Changes', deploy: undefined };
    return (Object.keys(reads) as Build[]).flatMap(build => [
      ...['Source', 'Assembly', 'Changes'].flatMap(artifact => [
        { build, action: 's3:GetObject', resource: object(artifact), decision: reads[build] === artifact ? 'Allowed' : 'ImplicitlyDenied' },
        { build, action: 's3:PutObject', resource: object(artifact), decision: writes[build] === artifact ? 'Allowed' : 'ImplicitlyDenied' },
        { build, action: 's3:DeleteObject', resource: object(artifact), decision: 'ImplicitlyDenied' },
      ]),
      { build, action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, decision: 'ImplicitlyDenied' },
    ]);
  }

  function builtStack(): Stack {
    const stack = testStack();
    addPipeline(stack);
    return stack;
  }
});

test.each([
  { branch: 'main', approval: undefined, actions: ['Diff', 'Approve', 'Deploy'] },
  { branch: 'main', approval: false, continuousDeployment: true, actions: ['Diff', 'Deploy'] },
  { branch: 'develop', approval: true, actions: ['Diff', 'Approve', 'Deploy'] },
  { branch: 'develop', approval: undefined, actions: ['Diff', 'Deploy'] },
])('$branch with approval $approval: $actions', ({ actions, ...overrides }) => {
  const stack = testStack();
  addPipeline(stack, overrides);
  expect(actionNames(Template.fromStack(stack))[2].slice(1)).toEqual(actions);
});

test('the metric of failures is that of the pipeline', () => {
  const stack = testStack();
  const platform = addPipeline(stack);
  expect(platform.metricFailedExecutions()).toMatchObject({ metricName: 'FailedPipelineExecutions', dimensions: { PipelineName: platform.pipeline.pipelineName } });
});

test.each<{ what: string; overrides: Overrides; message: RegExp }>([
  { what: 'a branch that nobody knows', overrides: { branch: 'load-test' }, message: /`branch` is "load-test", but `branching` deploys no such branch\. Give "main" or "develop"/ },
  { what: 'a branch that is only checked', overrides: { branch: 'feature/a' }, message: /`branch` is "feature\/a", but/ },
  { what: 'production without approval', overrides: { branch: 'main', approval: false }, message: /`approval` is false, but "main" .*`continuousDeployment: true`/ },
  { what: 'no environment', overrides: { environmentName: 'Staging 1' }, message: /`environmentName` is "Staging 1", but/ },
  { what: 'no stacks', overrides: { stacks: '' }, message: /`stacks` is "", but it does not select/ },
  { what: 'every stack', overrides: { stacks: '**' }, message: /`stacks` is "\*\*", but it does not select the stacks of one environment/ },
  { what: 'a shell in the stacks', overrides: { stacks: 'A\'; rm -rf .; \'' }, message: /`stacks` is/ },
  { what: 'a folder outside', overrides: { appFolder: '../app' }, message: /`appFolder` is "\.\.\/app", but/ },
  { what: 'a qualifier that is none', overrides: { bootstrapQualifier: 'innovate-inc' }, message: /`bootstrapQualifier` is "innovate-inc", but/ },
  { what: 'an old Node.js', overrides: { nodeVersion: 18 }, message: /`nodeVersion` is 18, but/ },
  { what: 'no deployment at a time', overrides: { concurrency: 0 }, message: /`concurrency` is 0, but/ },
  { what: 'no region', overrides: { regions: [] }, message: /`regions` is \[\], but stacks have a region/ },
  { what: 'a region that is none', overrides: { regions: ['eu-west-1', 'us-east1'] }, message: /`regions\[1\]` is "us-east1", but .*perhaps "us-east-1"/ },
  { what: 'a region twice', overrides: { regions: ['eu-west-1', 'eu-west-1'] }, message: /`regions` is "eu-west-1", but two/ },
  { what: 'no address', overrides: { notifications: { emails: ['team'] } }, message: /`notifications.emails\[0\]` is "team"/ },
  {
    what: 'a connection of another account',
    overrides: { repository: GitHubRepository.of('innovate-inc/platform', { connectionArn: connectionArn({ account: '333333333333' }) }) },
    message: /`repository.connectionArn` is .*, but the pipeline is in account 222222222222/,
  },
])('refuses $what before it makes anything', ({ overrides, message }) => {
  const stack = testStack();
  expect(() => addPipeline(stack, overrides)).toThrow(message);
  expect(stack.node.findChild('Platform').node.children).toEqual([]);
});

test('the same props give the same template', () => {
  const [a, b] = [['us-east-1', REGION], [REGION, 'us-east-1']].map(regions => {
    const stack = testStack();
    addPipeline(stack, { regions });
    return Template.fromStack(stack).toJSON();
  });
  expect(a).toEqual(b);
});

test('the artifacts of a deployment expire after a month: no platform is taken back to them', () => {
  const stack = testStack();
  addPipeline(stack);
  Template.fromStack(stack).hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 30 })]) } });
});
