import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CONNECTION_ARN, REPOSITORY, apiTarget, connectionArn, siteTarget } from './targets';
import { FindingSeverity, ImageScan } from '../../src/delivery/api/image-scan';
import { BuildCache } from '../../src/delivery/build/build-cache';
import { GitFlowPipeline } from '../../src/delivery/git-flow-pipeline';
import { GitFlowPipelineProps } from '../../src/delivery/git-flow-pipeline-props';
import { BranchingStrategy, EnvironmentKind } from '../../src/delivery/github/branching-strategy';
import { GitHubRepository } from '../../src/delivery/github/github-repository';
import { SmokeTest } from '../../src/delivery/site/smoke-test';
import { recordedDeliveries } from '../../src/private/delivery-record';
import { ACCOUNT, REGION, expectNoAnnotations, testStack } from '../support/stacks';

type Overrides = Partial<GitFlowPipelineProps>;

function addPipeline(stack: Stack, overrides: Overrides = {}): GitFlowPipeline {
  return new GitFlowPipeline(stack, 'Delivery', { repository: REPOSITORY, branch: 'develop', environmentName: 'staging', ...overrides });
}

/** What CloudFormation gets for a construct's CloudFormation resource. */
function properties(stack: Stack, ref: string): any {
  return Template.fromStack(stack).toJSON().Resources[stack.resolve(ref).Ref].Properties;
}

/** The text of a project's build spec, whatever references stand in it. */
function buildSpecOf(project: any): string {
  const { BuildSpec } = project.Properties.Source;
  return typeof BuildSpec === 'string' ? BuildSpec : BuildSpec['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : '<reference>').join('');
}

function stageOf(stack: Stack, { pipeline }: GitFlowPipeline, name: string): any {
  return properties(stack, pipeline.pipelineName).Stages.find((each: any) => each.Name === name);
}

/** What the role of an action is allowed. */
function statementsOf(template: Template, description: string | RegExp): any[] {
  const [[id]] = Object.entries(template.findResources('AWS::CodeBuild::Project', { Properties: { Description: typeof description === 'string' ? description : Match.stringLikeRegexp(description.source) } }))
    .map(([, { Properties }]) => Properties.ServiceRole['Fn::GetAtt'] as string[]);
  return Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) => Properties.Roles.some((role: any) => role.Ref === id))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
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
    expect(stageNames(stack, delivery)).toEqual(['Source', 'Verify', 'Build', 'Deploy']);
    template.resourceCountIs('AWS::CodePipeline::Pipeline', 1);
  });

  test('builds on Graviton without a Docker daemon', () => {
    const projects = Object.values(template.findResources('AWS::CodeBuild::Project'));
    expect(projects).toHaveLength(4);
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

  test('has neither images nor anything of Kubernetes', () => {
    expect(delivery.imageRepository).toBeUndefined();
    for (const type of ['AWS::ECR::Repository', 'AWS::EKS::AccessEntry', 'AWS::EC2::SecurityGroup']) { template.resourceCountIs(type, 0); }
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
    expect(stageNames(stack, delivery)).toEqual(['Source', 'Verify', 'Build', 'Approve', 'Deploy']);
    expect(pipeline.Stages[3].Actions[0]).toMatchObject({
      ActionTypeId: { Category: 'Approval' },
      Configuration: {
        CustomData: 'Release #{Verify_Commit_NS.VERSION} to production: #{Verify_Commit_NS.SUMMARY}',
        ExternalEntityLink: '#{Verify_Commit_NS.CHANGES_URL}',
      },
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
    expect(projects).toHaveLength(7);
    expect(privileged.map(buildSpecOf)).toEqual([expect.stringContaining('docker build')]);
  });

  test('installs the chart that the build handed on, then the site', () => {
    const [api, site] = pipeline.Stages[4].Actions;
    expect(pipeline.Stages[2].Actions[0].OutputArtifacts).toEqual([...api.InputArtifacts, { Name: 'ApiBill' }]);
    expect(api).toMatchObject({
      RunOrder: 1, Configuration: { HelmReleaseName: 'api', Namespace: 'app', HelmChartLocation: 'services/chart', HelmValuesFiles: 'image-values.yaml' },
    });
    expect(pipeline.Stages[2].Actions[1].OutputArtifacts).toEqual([...site.InputArtifacts, { Name: 'SiteBill' }]);
    expect(site.RunOrder).toBe(2);
  });

  test('builds what lies in the folders', () => {
    const specs = Object.values(template.findResources('AWS::CodeBuild::Project')).map(buildSpecOf);
    expect(specs).toContainEqual(expect.stringContaining('services/api/Containerfile'));
    expect(specs).toContainEqual(expect.stringContaining('spa/dist'));
  });

  test('keeps test results and coverage of every build that tests', () => {
    const types = Object.values(template.findResources('AWS::CodeBuild::ReportGroup')).map(({ Properties }) => Properties.Type).sort();
    expect(types).toEqual([...Array(4).fill('CODE_COVERAGE'), ...Array(4).fill('TEST')]);
    const [api] = Object.values(template.findResources('AWS::CodeBuild::Project')).map(buildSpecOf).filter(spec => spec.includes('docker build'));
    expect(Object.keys(JSON.parse(api).reports)).toEqual(['<reference>']);
    expect(api).toMatch(/"file-format": "JUNITXML"[^]*"file-format": "COBERTURAXML"/);
  });

  test('every log is encrypted and expires, that of the deployment too', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::Logs::LogGroup'))) {
      expect(Properties).toMatchObject({ RetentionInDays: 30, KmsKeyId: stack.resolve(encryptionKey.keyArn) });
    }
    template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: `/aws/codepipeline/${pipeline.Name}` });
  });

  test('checks pull requests and what is never deployed, in builds that GitHub starts and shows', () => {
    const pullRequests = properties(stack, delivery.checksProject!.projectName);
    const pushes = properties(stack, delivery.pushChecksProject!.projectName);
    for (const checks of [pullRequests, pushes]) {
      expect(checks.Source).toMatchObject({
        Type: 'GITHUB', Location: 'https://github.com/innovate-inc/notes.git', Auth: { Type: 'CODECONNECTIONS', Resource: CONNECTION_ARN }, ReportBuildStatus: true,
      });
      expect(checks.Triggers).toMatchObject({ Webhook: true, PullRequestBuildPolicy: { RequiresCommentApproval: 'FORK_PULL_REQUESTS' } });
    }
    expect(pullRequests.Triggers.FilterGroups).toEqual([[
      { Type: 'EVENT', Pattern: 'PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED' }, { Type: 'BASE_REF', Pattern: '^refs/heads/(main|develop)$' },
    ]]);
    expect(pushes.Triggers.FilterGroups).toEqual([[{ Type: 'EVENT', Pattern: 'PUSH' }, { Type: 'HEAD_REF', Pattern: '^refs/heads/(feature/.+|bugfix/.+)$' }]]);
    const specs = Object.values(template.findResources('AWS::CodeBuild::Project')).filter(({ Properties }) => Properties.Triggers).map(buildSpecOf);
    expect(specs).toEqual([1, 2].map(() => expect.stringMatching(/bash services\/api\/test.sh[^]*bash spa\/test.sh/)));
  });

  test('the push of a commit whose pull request was refused cannot turn the required status green', () => {
    const byContext: Record<string, string[]> = {};
    for (const { Properties: { Source, Triggers } } of Object.values(template.findResources('AWS::CodeBuild::Project'))) {
      if (!Triggers) { continue; }
      const events = Triggers.FilterGroups.flat().filter(({ Type }: any) => Type === 'EVENT').flatMap(({ Pattern }: any) => Pattern.split(', '));
      (byContext[Source.BuildStatusConfig.Context] ??= []).push(...events);
    }
    expect(byContext).toEqual({ 'checks': [expect.stringMatching(/^PULL_REQUEST_/), expect.stringMatching(/^PULL_REQUEST_/), expect.stringMatching(/^PULL_REQUEST_/)], 'checks-push': ['PUSH'] });
  });

  test('API, site and smoke test are one stage, which goes back where one fails', () => {
    const deploy = stageOf(stack, delivery, 'Deploy');
    expect(deploy.Actions.map((action: any) => [action.Name, action.RunOrder])).toEqual([['Api', 1], ['Site', 2], ['SmokeTest', 3]]);
    expect(deploy.OnFailure).toEqual({ Result: 'ROLLBACK' });
    expect(deploy.OnSuccess).toBeUndefined();
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 365 })]) } });
  });

  test('what the workflows of GitHub have to know stands in the template, and is a literal', () => {
    const [record] = recordedDeliveries(template.toJSON());
    expect(record).toEqual({
      pipelineName: properties(stack, delivery.pipeline.pipelineName).Name,
      repository: 'innovate-inc/notes',
      environmentName: 'production',
      branch: 'main',
      production: true,
      reporterRoleName: properties(stack, delivery.reporterRole!.roleName).RoleName,
      rules: BranchingStrategy.simplifiedGitFlow().rules,
      folders: { api: 'services/api', chart: 'services/chart', site: 'spa' },
      account: ACCOUNT,
      region: REGION,
    });
  });

  test('every action has a role of its own', () => {
    const roles = pipeline.Stages.flatMap((stage: any) => stage.Actions).map((action: any) => JSON.stringify(action.RoleArn));
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles).not.toContain(undefined);
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

test('a build has the time that it may need: an image its scan, a smoke test its attempts', () => {
  const stack = testStack();
  addPipeline(stack, { api: apiTarget(stack), site: siteTarget(stack), smokeTest: SmokeTest.requests({ attempts: 100, interval: Duration.minutes(1) }) });
  const minutes = Object.fromEntries(Object.values(Template.fromStack(stack).findResources('AWS::CodeBuild::Project'))
    .map(({ Properties }) => [Properties.Description, Properties.TimeoutInMinutes]));
  expect(minutes).toMatchObject({ 'Tests the API, builds its image, pushes it and reads its scan': 60, 'Asks the released application': 270 });
});

test('a new definition does not release anything by itself', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack) });
  expect(properties(stack, delivery.pipeline.pipelineName)).not.toHaveProperty('RestartExecutionOnUpdate');
});

test('only an image that is scanned may have its scan read', () => {
  for (const [imageScan, expected] of [[ImageScan.findings(), true], [ImageScan.none(), false]] as const) {
    const stack = testStack();
    addPipeline(stack, { api: apiTarget(stack), imageScan });
    const allowed = JSON.stringify(statementsOf(Template.fromStack(stack), /^Tests the API/));
    for (const action of ['ecr:DescribeImageScanFindings', 'inspector2:ListFindings', 'inspector2:ListCoverage']) { expect(allowed.includes(action)).toBe(expected); }
  }
});

test('an API target that does not name its cluster gets the name that the cluster knows', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { api: { ...apiTarget(stack), clusterName: undefined } });
  expect(stageOf(stack, delivery, 'Deploy').Actions[0].Configuration.ClusterName).toBe('foreign');
});

test('a connection of either service may be used', () => {
  for (const service of ['codeconnections', 'codestar-connections']) {
    const stack = testStack();
    const arn = connectionArn({ service });
    addPipeline(stack, { site: siteTarget(stack), repository: GitHubRepository.of('innovate-inc/notes', { connectionArn: arn }) });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Effect: 'Allow',
          Action: `${service}:UseConnection`,
          Resource: arn,
          Condition: { StringEquals: { [`${service}:FullRepositoryId`]: 'innovate-inc/notes', [`${service}:ProviderPermissionsRequired`]: 'read_only' } },
        }]),
      },
    });
  }
});

const TRUNK = BranchingStrategy.custom([{ branch: 'main', deploysTo: EnvironmentKind.PRODUCTION }, { branch: 'load-test', deploysTo: EnvironmentKind.NON_PRODUCTION }]);

test.each([
  { branch: 'main', approval: undefined, stages: ['Source', 'Verify', 'Build', 'Approve', 'Deploy'] },
  { branch: 'main', approval: false, continuousDeployment: true, stages: ['Source', 'Verify', 'Build', 'Deploy'] },
  { branch: 'develop', approval: true, stages: ['Source', 'Verify', 'Build', 'Approve', 'Deploy'] },
  { branch: 'load-test', approval: undefined, branching: TRUNK, stages: ['Source', 'Build', 'Deploy'] },
  { branch: 'main', approval: undefined, branching: TRUNK, stages: ['Source', 'Build', 'Approve', 'Deploy'] },
])('$branch with approval $approval: $stages', ({ stages, ...overrides }) => {
  const stack = testStack();
  expect(stageNames(stack, addPipeline(stack, { site: siteTarget(stack), ...overrides }))).toEqual(stages);
});

test('a branch that takes no pull requests has nothing to prove: its source is an archive, and the approval names the commit', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack), branch: 'main', branching: TRUNK });
  expect(stageOf(stack, delivery, 'Source').Actions[0].Configuration).not.toHaveProperty('OutputArtifactFormat');
  expect(stageOf(stack, delivery, 'Approve').Actions[0].Configuration).toEqual({
    CustomData: 'Release commit #{Source_GitHub_NS.CommitId} to staging', ExternalEntityLink: 'https://github.com/innovate-inc/notes/commit/#{Source_GitHub_NS.CommitId}',
  });
  expect(JSON.stringify(statementsOf(Template.fromStack(stack), /builds it$/))).not.toContain('UseConnection');
});

test('a branch that takes pull requests hands on its history, and is told which it takes', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack), branch: 'main', branching: BranchingStrategy.simplifiedGitFlow({ hotfixes: true }) });
  expect(stageOf(stack, delivery, 'Source').Actions[0].Configuration).toMatchObject({ OutputArtifactFormat: 'CODEBUILD_CLONE_REF' });
  expect(JSON.parse(stageOf(stack, delivery, 'Verify').Actions[0].Configuration.EnvironmentVariables)).toEqual([
    { name: 'BRANCH', type: 'PLAINTEXT', value: 'main' },
    { name: 'COMMIT', type: 'PLAINTEXT', value: '#{Source_GitHub_NS.CommitId}' },
    { name: 'SOURCES', type: 'PLAINTEXT', value: 'develop hotfix/' },
  ]);
});

test('a release is taken back by alarms that ring in time', () => {
  const stack = testStack();
  const alarms = ['one', 'two'].map(name => cloudwatch.Alarm.fromAlarmName(stack, name, name));
  const delivery = addPipeline(stack, { site: siteTarget(stack), rollbackAlarms: alarms, rollbackWait: Duration.minutes(12) });
  const rule = (name: string, alarm: string) => ({
    Name: name, RuleTypeId: { Category: 'Rule', Owner: 'AWS', Provider: 'CloudWatchAlarm', Version: '1' }, Configuration: { AlarmName: alarm, WaitTime: '12' },
  });
  expect(stageOf(stack, delivery, 'Deploy').OnSuccess).toEqual({ Conditions: [{ Result: 'ROLLBACK', Rules: [rule('Alarm1', 'one'), rule('Alarm2', 'two')] }] });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'cloudwatch:DescribeAlarms' })]) } });
});

test('a script of the smoke test gets the repository, requests get what was released', () => {
  for (const [smokeTest, input] of [[SmokeTest.requests(), 'Site'], [SmokeTest.requests({ script: 'deploy/smoke-test.sh' }), 'Source']] as const) {
    const stack = testStack();
    const delivery = addPipeline(stack, { site: siteTarget(stack), smokeTest });
    const action = stageOf(stack, delivery, 'Deploy').Actions[1];
    expect(action.InputArtifacts).toEqual([{ Name: input }]);
    expect(JSON.parse(action.Configuration.EnvironmentVariables)).toContainEqual({ name: 'SITE_URL', type: 'PLAINTEXT', value: 'https://d1.cloudfront.net' });
  }
});

test('an API alone is asked where its address is given, and else not', () => {
  const actions = (smokeTest?: SmokeTest) => {
    const stack = testStack();
    return stageOf(stack, addPipeline(stack, { api: apiTarget(stack), smokeTest }), 'Deploy').Actions.map((action: any) => action.Name);
  };
  expect(actions()).toEqual(['Api']);
  expect(actions(SmokeTest.none())).toEqual(['Api']);
  expect(actions(SmokeTest.requests({ url: 'https://api.innovate.example' }))).toEqual(['Api', 'SmokeTest']);
});

test('only files that matter start a release, and those that wait may keep their turn', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, {
    site: siteTarget(stack), filePaths: ['spa/**'], ignoredFilePaths: ['**/*.md'], executionMode: codepipeline.ExecutionMode.QUEUED,
  });
  expect(properties(stack, delivery.pipeline.pipelineName)).toMatchObject({
    ExecutionMode: 'QUEUED',
    Triggers: [{ GitConfiguration: { Push: [{ Branches: { Includes: ['develop'] }, FilePaths: { Includes: ['spa/**'], Excludes: ['**/*.md'] } }] } }],
  });
});

test.each([
  [undefined, { Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE', 'LOCAL_DOCKER_LAYER_CACHE'] }],
  [BuildCache.LOCAL, { Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE', 'LOCAL_DOCKER_LAYER_CACHE'] }],
  [BuildCache.BUCKET, { Type: 'S3', Location: { 'Fn::Join': ['/', [expect.anything(), 'cache/api']] } }],
  [BuildCache.NONE, { Type: 'NO_CACHE' }],
])('builds with the cache %s', (buildCache, cache) => {
  const stack = testStack();
  addPipeline(stack, { api: apiTarget(stack), buildCache });
  const [image] = Object.values(Template.fromStack(stack).findResources('AWS::CodeBuild::Project')).filter(({ Properties }) => Properties.Environment.PrivilegedMode);
  expect(image.Properties.Cache).toEqual(cache);
});

test('the scan of an image stops what it is told to stop', () => {
  const spec = (imageScan?: ImageScan) => {
    const stack = testStack();
    addPipeline(stack, { api: apiTarget(stack), imageScan });
    return Object.values(Template.fromStack(stack).findResources('AWS::CodeBuild::Project')).map(buildSpecOf).find(text => text.includes('docker build'))!;
  };
  expect(JSON.parse(spec()).phases.build.commands).toContainEqual(expect.stringContaining('--argjson stopping \'["CRITICAL"]\''));
  expect(JSON.parse(spec(ImageScan.findings({ stopsAt: FindingSeverity.HIGH }))).phases.build.commands).toContainEqual(expect.stringContaining('["HIGH","CRITICAL"]'));
  expect(spec(ImageScan.none())).not.toContain('describe-image-scan-findings');
});

test('a chart is measured by the contract of its cluster', () => {
  const stack = testStack();
  addPipeline(stack, { api: { ...apiTarget(stack), deploymentContract: '{"cluster":"foreign","services":[]}' } });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::CodeBuild::Project', { Environment: { EnvironmentVariables: [{ Name: 'DEPLOYMENT_CONTRACT', Type: 'PLAINTEXT', Value: '{"cluster":"foreign","services":[]}' }] } });
  expect(Object.values(template.findResources('AWS::CodeBuild::Project')).map(buildSpecOf)).toContainEqual(expect.stringContaining('check-deployment --contract'));
});

test('workflows of the branch, and of no other, may read what the pipeline does', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, { site: siteTarget(stack) });
  expect(properties(stack, delivery.reporterRole!.roleName).AssumeRolePolicyDocument.Statement).toEqual([{
    Effect: 'Allow',
    Action: 'sts:AssumeRoleWithWebIdentity',
    Principal: { Federated: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`]] } },
    Condition: {
      StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
      StringLike: {
        'token.actions.githubusercontent.com:sub': ['repo:innovate-inc/notes:ref:refs/heads/develop', 'repo:innovate-inc@*/notes@*:ref:refs/heads/develop'],
      },
    },
  }]);
});

test('nobody reports to GitHub where that is said, and another provider may be named', () => {
  const silent = testStack();
  expect(addPipeline(silent, { site: siteTarget(silent), reportToGitHub: false }).reporterRole).toBeUndefined();
  const [recorded, ...others] = recordedDeliveries(Template.fromStack(silent).toJSON());
  expect(recorded).toMatchObject({ repository: 'innovate-inc/notes', environmentName: 'staging', branch: 'develop', rules: BranchingStrategy.simplifiedGitFlow().rules });
  expect(recorded).not.toHaveProperty('reporterRoleName');
  expect(others).toEqual([]);
  const stack = testStack();
  const gitHubOidcProviderArn = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com/innovate-inc`;
  const { reporterRole } = addPipeline(stack, { site: siteTarget(stack), gitHubOidcProviderArn });
  expect(properties(stack, reporterRole!.roleName).AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Federated: gitHubOidcProviderArn });
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
  { what: 'a branch that is only checked', overrides: { branch: 'feature/a' }, message: /`branch` is "feature\/a", but such branches are checked and never deployed. Give "main" or "develop"/ },
  { what: 'a branch without a rule', overrides: { branch: 'load-test' }, message: /`branch` is "load-test", but the branching strategy has no such branch\. .*withBranch/ },
  { what: 'releases side by side', overrides: { executionMode: codepipeline.ExecutionMode.PARALLEL }, message: /`executionMode` is "PARALLEL", but .*`SUPERSEDED` or `QUEUED`/ },
  { what: 'no pattern', overrides: { filePaths: [] }, message: /`filePaths` is \[\], but a trigger takes 1 to 8 patterns/ },
  { what: 'too many patterns', overrides: { ignoredFilePaths: Array.from('abcdefghi') }, message: /`ignoredFilePaths` is .*1 to 8 patterns/ },
  { what: 'an API that nobody knows the address of', overrides: { site: undefined, api: {} as any, smokeTest: SmokeTest.requests() }, message: /`smokeTest` is .*Give its `url`/ },
  { what: 'half minutes', overrides: { rollbackWait: Duration.seconds(90) }, message: /`rollbackWait` is 1.5, but it has to be a multiple of 1 minutes/ },
  { what: 'two days', overrides: { rollbackWait: Duration.days(2) }, message: /`rollbackWait` is 2880, but it has to be between 1 and 1440 minutes/ },
  { what: 'no provider', overrides: { gitHubOidcProviderArn: 'token.actions.githubusercontent.com' }, message: /`gitHubOidcProviderArn` is .*leave it out/ },
  {
    what: 'checks of nothing',
    overrides: { checks: true, branch: 'main', branching: BranchingStrategy.custom([{ branch: 'main', deploysTo: EnvironmentKind.PRODUCTION }]) },
    message: /`checks` is true, but the branching strategy has nothing to check/,
  },
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

test('refuses alarms that are too many or too far away', () => {
  const stack = testStack();
  const near = cloudwatch.Alarm.fromAlarmName(stack, 'Near', 'near');
  const far = cloudwatch.Alarm.fromAlarmName(testStack('us-east-1', 'Far'), 'Far', 'far');
  const site = siteTarget(stack);
  expect(() => addPipeline(stack, { site, rollbackAlarms: Array.from('abcdef', () => near) })).toThrow(/`rollbackAlarms` is 6, but .*CompositeAlarm/);
  expect(() => addPipeline(testStack(), { site, rollbackAlarms: [near, far] })).toThrow(/`rollbackAlarms\[1\]` is "us-east-1", but the pipeline is in region eu-west-1/);
});

test('the same props give the same template', () => {
  const [a, b] = [1, 2].map(() => {
    const stack = new Stack(new App(), 'Test', { env: { account: ACCOUNT, region: REGION } });
    addPipeline(stack, { api: apiTarget(stack), site: siteTarget(stack), checks: true });
    return Template.fromStack(stack).toJSON();
  });
  expect(a).toEqual(b);
});
