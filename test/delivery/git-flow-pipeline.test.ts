import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { REPOSITORY, apiTarget, connectionArn, siteTarget } from './targets';
import { GitFlowPipeline, GitFlowPipelineProps } from '../../src/delivery/git-flow-pipeline';
import { GitHubRepository } from '../../src/delivery/github-repository';
import { ACCOUNT, REGION, expectNoAnnotations, testStack } from '../support/stacks';

type Overrides = Partial<GitFlowPipelineProps>;

function addPipeline(stack: Stack, overrides: Overrides = {}): GitFlowPipeline {
  return new GitFlowPipeline(stack, 'Delivery', { repository: REPOSITORY, branch: 'develop', environmentName: 'staging', ...overrides });
}

/** What CloudFormation gets for a construct's CloudFormation resource. */
function properties(stack: Stack, ref: string): any {
  return Template.fromStack(stack).toJSON().Resources[stack.resolve(ref).Ref].Properties;
}

function stageNames(stack: Stack, { pipeline }: GitFlowPipeline): string[] {
  return properties(stack, pipeline.pipelineName).Stages.map((stage: any) => stage.Name);
}

describe('minimal: a site that somebody else made', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack) });
  const template = Template.fromStack(stack);
  const pipeline = properties(stack, delivery.pipeline.pipelineName);

  test('starts with a push to its branch only, and deploys without asking', () => {
    expect(pipeline).toMatchObject({
      PipelineType: 'V2',
      Triggers: [{
        ProviderType: 'CodeStarSourceConnection',
        GitConfiguration: { SourceActionName: 'GitHub', Push: [{ Branches: { Includes: ['develop'] } }] },
      }],
    });
    expect(pipeline.Triggers[0].GitConfiguration).not.toHaveProperty('PullRequest');
    expect(pipeline.Stages[0].Actions[0].Configuration).toMatchObject({ FullRepositoryId: 'innovate-inc/notes', BranchName: 'develop', DetectChanges: false });
    expect(stageNames(stack, delivery)).toEqual(['Source', 'Build', 'Deploy']);
    template.resourceCountIs('AWS::CodePipeline::Pipeline', 1);
  });

  test('builds on Graviton without a Docker daemon', () => {
    const projects = Object.values(template.findResources('AWS::CodeBuild::Project'));
    expect(projects).toHaveLength(2);
    for (const { Properties: { Environment, EncryptionKey, VpcConfig } } of projects) {
      expect(Environment).toMatchObject({ Type: 'ARM_CONTAINER', PrivilegedMode: false });
      expect(EncryptionKey).toEqual(stack.resolve(delivery.encryptionKey.keyArn));
      expect(VpcConfig).toBeUndefined();
    }
  });

  test('may write to one bucket and invalidate one distribution', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::foreign-site/*']] } }),
          // what a release no longer has is marked, never removed
          Match.objectLike({ Action: 's3:ListBucket', Condition: { StringEquals: { 's3:prefix': 'assets/' } } }),
          Match.objectLike({ Action: ['s3:GetObject', 's3:PutObjectTagging'], Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::foreign-site/assets/*']] } }),
          Match.objectLike({
            Action: 'cloudfront:CreateInvalidation',
            Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudfront::${ACCOUNT}:distribution/E1FOREIGN`]] },
          }),
        ]),
      },
    });
  });

  test('has neither images nor anything of Kubernetes, and no function', () => {
    expect(delivery.imageRepository).toBeUndefined();
    for (const type of ['AWS::ECR::Repository', 'AWS::EKS::AccessEntry', 'AWS::EC2::SecurityGroup', 'AWS::Lambda::Function']) { template.resourceCountIs(type, 0); }
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

describe('maximal: API and site into production', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'OwnKey');
  const delivery = addPipeline(stack, {
    branch: 'main',
    environmentName: 'production',
    api: apiTarget(stack),
    site: siteTarget(stack),
    checks: true,
    notifications: { slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' }, emails: ['team@innovate.example', 'ops@innovate.example'] },
    sourceFolders: { api: 'services/api', chart: 'services/chart' },
    encryptionKey,
    logRetention: logs.RetentionDays.ONE_MONTH,
  });
  const template = Template.fromStack(stack);
  const pipeline = properties(stack, delivery.pipeline.pipelineName);

  test('waits for an approval between build and deployment', () => {
    expect(stageNames(stack, delivery)).toEqual(['Source', 'Build', 'Approve', 'Deploy']);
    expect(pipeline.Stages[2].Actions[0]).toMatchObject({
      ActionTypeId: { Category: 'Approval' },
      Configuration: { ExternalEntityLink: 'https://github.com/innovate-inc/notes/commit/#{Source_GitHub_NS.CommitId}' },
    });
  });

  test('keeps every tagged image, encrypted and scanned, and never overwrites one', () => {
    expect(properties(stack, delivery.imageRepository!.repositoryName)).toMatchObject({
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: stack.resolve(encryptionKey.keyArn) },
      LifecyclePolicy: { LifecyclePolicyText: expect.stringMatching(/^{"rules":\[{"rulePriority":1,"selection":{"tagStatus":"untagged"[^[]*\]}$/) },
    });
    template.hasResource('AWS::ECR::Repository', { DeletionPolicy: 'Retain' });
  });

  test('only the build of the image runs a Docker daemon', () => {
    const projects = Object.values(template.findResources('AWS::CodeBuild::Project'));
    const privileged = projects.filter(({ Properties }) => Properties.Environment.PrivilegedMode);
    expect(projects).toHaveLength(4);
    expect(privileged.map(({ Properties }) => Properties.Source.BuildSpec)).toEqual([expect.stringContaining('docker build')]);
  });

  test('installs the chart that the build handed on, then the site', () => {
    const [api, site] = pipeline.Stages[3].Actions;
    expect(pipeline.Stages[1].Actions[0].OutputArtifacts).toEqual(api.InputArtifacts);
    expect(api).toMatchObject({
      RunOrder: 1, Configuration: { HelmReleaseName: 'api', Namespace: 'app', HelmChartLocation: 'services/chart', HelmValuesFiles: 'image-values.yaml' },
    });
    expect(pipeline.Stages[1].Actions[1].OutputArtifacts).toEqual(site.InputArtifacts);
    expect(site.RunOrder).toBe(2);
  });

  test('builds what lies in the folders', () => {
    template.hasResourceProperties('AWS::CodeBuild::Project', { Source: { BuildSpec: Match.stringLikeRegexp('services/api/Containerfile') } });
    template.hasResourceProperties('AWS::CodeBuild::Project', { Source: { BuildSpec: Match.stringLikeRegexp('spa/dist') } });
  });

  test('every log is encrypted and expires, that of the deployment too', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::Logs::LogGroup'))) {
      expect(Properties).toMatchObject({ RetentionInDays: 30, KmsKeyId: stack.resolve(encryptionKey.keyArn) });
    }
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: { 'Fn::Join': ['', ['/aws/codepipeline/', stack.resolve(delivery.pipeline.pipelineName)]] } });
  });

  test('announces releases on an encrypted topic, to Slack and by e-mail', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: stack.resolve(encryptionKey.keyArn) });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'codestar-notifications.amazonaws.com' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] })]),
      },
    });
    template.hasResourceProperties('AWS::CodeStarNotifications::NotificationRule', {
      EventTypeIds: ['codepipeline-pipeline-pipeline-execution-succeeded', 'codepipeline-pipeline-pipeline-execution-failed', 'codepipeline-pipeline-manual-approval-needed'],
      Targets: [{ TargetType: 'SNS', TargetAddress: stack.resolve(delivery.topic.topicArn) }],
    });
    template.resourcePropertiesCountIs('AWS::SNS::Subscription', { Protocol: 'email' }, 2);
  });

  test('people on Slack may look and change nothing', () => {
    const [guardrail] = Object.keys(template.findResources('AWS::IAM::ManagedPolicy'));
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', {
      SlackWorkspaceId: 'T0123ABCD', SlackChannelId: 'C0123ABCD', GuardrailPolicies: [{ Ref: guardrail }], SnsTopicArns: [stack.resolve(delivery.topic.topicArn)],
    });
    const statements = Object.values(template.findResources('AWS::IAM::ManagedPolicy'))[0].Properties.PolicyDocument.Statement;
    for (const action of statements.flatMap((statement: any) => statement.Action)) { expect(action).toMatch(/:(Get|List)/); }
  });

  test('checks what is never deployed, and pull requests, in a pipeline that deploys nothing', () => {
    const checks = properties(stack, delivery.checksPipeline!.pipelineName);
    expect(checks.ExecutionMode).toBe('PARALLEL');
    expect(checks.Stages.map((stage: any) => stage.Name)).toEqual(['Source', 'Check']);
    expect(checks.Triggers[0].GitConfiguration).toMatchObject({
      Push: [{ Branches: { Includes: ['feature/**', 'bugfix/**'] } }],
      PullRequest: [{ Branches: { Includes: ['develop', 'main'] }, Events: ['OPEN', 'UPDATED'] }],
    });
    template.hasResourceProperties('AWS::CodeBuild::Project', { Source: { BuildSpec: Match.stringLikeRegexp('bash services/api/test.sh[^]*bash spa/test.sh') } });
  });

  test('every action has a role of its own', () => {
    const roles = pipeline.Stages.flatMap((stage: any) => stage.Actions).map((action: any) => JSON.stringify(action.RoleArn));
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles).not.toContain(undefined);
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

test('an API target that does not name its cluster gets the name that the cluster knows', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { api: { ...apiTarget(stack), clusterName: undefined } });
  expect(properties(stack, delivery.pipeline.pipelineName).Stages[2].Actions[0].Configuration.ClusterName).toBe('foreign');
});

test('a connection of either service may be used', () => {
  for (const service of ['codeconnections', 'codestar-connections']) {
    const stack = testStack();
    const arn = connectionArn({ service });
    addPipeline(stack, { site: siteTarget(stack), repository: GitHubRepository.of('innovate-inc/notes', { connectionArn: arn }) });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: `${service}:UseConnection`, Resource: arn })]) },
    });
  }
});

test.each([
  { branch: 'main', approval: undefined, stages: ['Source', 'Build', 'Approve', 'Deploy'] },
  { branch: 'main', approval: false, continuousDeployment: true, stages: ['Source', 'Build', 'Deploy'] },
  { branch: 'develop', approval: true, stages: ['Source', 'Build', 'Approve', 'Deploy'] },
  { branch: 'load-test', approval: undefined, stages: ['Source', 'Build', 'Deploy'] },
])('$branch with approval $approval: $stages', ({ stages, ...overrides }) => {
  const stack = testStack();
  expect(stageNames(stack, addPipeline(stack, { site: siteTarget(stack), ...overrides }))).toEqual(stages);
});

test('the metric of failures is that of the pipeline', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack) });
  expect(delivery.metricFailedExecutions({ label: 'failed' })).toMatchObject({
    namespace: 'AWS/CodePipeline', metricName: 'FailedPipelineExecutions', statistic: 'Sum', label: 'failed', dimensions: { PipelineName: delivery.pipeline.pipelineName },
  });
});

test.each<{ what: string; overrides: Overrides; message: RegExp }>([
  { what: 'no branch', overrides: { branch: '' }, message: /`branch` is "", but it is not the name of one branch/ },
  { what: 'a pattern', overrides: { branch: 'release/*' }, message: /`branch` is "release\/\*", but it is not the name of one branch/ },
  { what: 'a branch that is only checked', overrides: { branch: 'feature/a' }, message: /`branch` is "feature\/a", but .*Deploy "develop"/ },
  { what: 'no environment', overrides: { environmentName: 'Staging 1' }, message: /`environmentName` is "Staging 1", but/ },
  { what: 'nothing to deliver', overrides: { site: undefined }, message: /`api` is missing, but there is no `site` either/ },
  { what: 'production without approval', overrides: { branch: 'main', approval: false }, message: /`approval` is false, but "main" .*`continuousDeployment: true`/ },
  { what: 'a folder outside', overrides: { sourceFolders: { api: '../api' } }, message: /`sourceFolders.api` is "\.\.\/api", but/ },
  { what: 'a folder with a shell in it', overrides: { sourceFolders: { site: 'spa; rm -rf .' } }, message: /`sourceFolders.site` is/ },
  { what: 'the name of a workspace', overrides: { notifications: { slack: { workspaceId: 'innovate', channelId: 'C012' } } }, message: /`notifications.slack.workspaceId` is "innovate"/ },
  { what: 'the name of a channel', overrides: { notifications: { slack: { workspaceId: 'T012', channelId: '#team' } } }, message: /`notifications.slack.channelId` is "#team"/ },
  { what: 'a person instead of a channel', overrides: { notifications: { slack: { workspaceId: 'T012', channelId: 'U012' } } }, message: /`notifications.slack.channelId`/ },
  { what: 'no address', overrides: { notifications: { emails: ['team'] } }, message: /`notifications.emails\[0\]` is "team"/ },
  { what: 'an address twice', overrides: { notifications: { emails: ['a@b.example', 'a@b.example'] } }, message: /`notifications.emails` is "a@b.example", but two/ },
  {
    what: 'a connection of another account',
    overrides: { repository: GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn({ account: '333333333333' }) }) },
    message: /`repository.connectionArn` is .*, but the pipeline is in account 222222222222/,
  },
  {
    what: 'a connection of another region',
    overrides: { repository: GitHubRepository.of('innovate-inc/notes', { connectionArn: connectionArn({ region: 'us-east-1' }) }) },
    message: /`repository.connectionArn` is .* region eu-west-1/,
  },
])('refuses $what before it makes anything', ({ overrides, message }) => {
  const stack = testStack();
  expect(() => addPipeline(stack, { site: siteTarget(stack), ...overrides })).toThrow(message);
  expect(stack.node.findChild('Delivery').node.children).toEqual([]);
});

test('the same props give the same template', () => {
  const [a, b] = [1, 2].map(() => {
    const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region: REGION } });
    addPipeline(stack, { api: apiTarget(stack), site: siteTarget(stack), checks: true });
    return Template.fromStack(stack).toJSON();
  });
  expect(a).toEqual(b);
});
