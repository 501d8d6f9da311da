import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import { EksDeployAction, EksDeployActionProps } from '../../../src/delivery/api/eks-deploy-action';
import { EksDeployment } from '../../../src/delivery/api/eks-deployment';
import { ACCOUNT, REGION, expectNoAnnotations, foreignVpc, testStack } from '../../support/stacks';
import { CONNECTION_ARN, foreignCluster } from '../targets';

const source = new codepipeline.Artifact('Source');
const helm = EksDeployment.helm({ releaseName: 'notes', chart: 'deploy/chart', valuesFiles: ['../a.yaml', '../b.yaml'] });

function pipelineWith(stack: Stack, ...deployments: EksDeployAction[]): codepipeline.Pipeline {
  return new codepipeline.Pipeline(stack, 'Pipeline', {
    pipelineType: codepipeline.PipelineType.V2,
    crossAccountKeys: false,
    stages: [
      {
        stageName: 'Source',
        actions: [new actions.CodeStarConnectionsSourceAction({ actionName: 'GitHub', connectionArn: CONNECTION_ARN, owner: 'innovate-inc', repo: 'notes', output: source })],
      },
      { stageName: 'Deploy', actions: deployments },
    ],
  });
}

/** The deploy actions of the only pipeline in a stack, as CloudFormation gets them. */
function deployActions(stack: Stack): any[] {
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'));
  return pipeline.Properties.Stages.at(-1).Actions;
}

function foreignAction(stack: Stack, props: Partial<EksDeployActionProps> = {}): EksDeployAction {
  const vpc = foreignVpc(stack);
  return new EksDeployAction({ actionName: 'Notes', input: source, deployment: helm, cluster: foreignCluster(stack, vpc), vpc, namespace: 'notes', ...props });
}

test('Helm, into a foreign cluster and its private subnets', () => {
  const stack = testStack();
  pipelineWith(stack, foreignAction(stack));
  const [securityGroupId] = Object.keys(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
  const [action] = deployActions(stack);
  expect(action).toMatchObject({
    Name: 'Notes',
    ActionTypeId: { Category: 'Deploy', Owner: 'AWS', Provider: 'EKS', Version: '1' },
    InputArtifacts: [{ Name: 'Source' }],
    Configuration: {
      ClusterName: 'foreign',
      Namespace: 'notes',
      HelmReleaseName: 'notes',
      HelmChartLocation: 'deploy/chart',
      HelmValuesFiles: '../a.yaml,../b.yaml',
      SecurityGroupIds: { 'Fn::GetAtt': [securityGroupId, 'GroupId'] },
    },
  });
  const privateSubnets = stack.resolve((stack.node.findChild('ForeignVpc') as ec2.Vpc).privateSubnets.map(subnet => subnet.subnetId));
  expect(action.Configuration.Subnets).toEqual({ 'Fn::Join': ['', [privateSubnets[0], ',', privateSubnets[1]]] });
  expect(action).not.toHaveProperty('EnvironmentVariables');
  expectNoAnnotations(stack);
});

test('manifests, with variables in the declaration of the action, sorted', () => {
  const stack = testStack();
  const pipeline = pipelineWith(stack, foreignAction(stack, {
    deployment: EksDeployment.manifests(['deploy/a.yaml', 'deploy/b.yaml']),
    variables: { TAG: '#{Build.TAG}', DIGEST: '#{Build.DIGEST}' },
    runOrder: 3,
  }));
  // a stage that comes later and goes first does not get the variables of another
  pipeline.addStage({ stageName: 'Approve', placement: { rightBefore: pipeline.stages[1] }, actions: [new actions.ManualApprovalAction({ actionName: 'Notes' })] });
  const [action] = deployActions(stack);
  expect(action).toMatchObject({
    RunOrder: 3,
    EnvironmentVariables: [{ Name: 'DIGEST', Value: '#{Build.DIGEST}', Type: 'PLAINTEXT' }, { Name: 'TAG', Value: '#{Build.TAG}', Type: 'PLAINTEXT' }],
  });
  expect(action.Configuration).toMatchObject({ ManifestFiles: 'deploy/a.yaml,deploy/b.yaml' });
  expect(action.Configuration).not.toHaveProperty('HelmChartLocation');
  expect(JSON.stringify(Template.fromStack(stack).toJSON()).match(/"EnvironmentVariables"/g)).toHaveLength(1);
});

test('two actions of a stage keep their own variables, roles and security groups', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const cluster = foreignCluster(stack, vpc);
  const [a, b] = ['A', 'B'].map(actionName => new EksDeployAction({
    actionName, input: source, deployment: helm, cluster, vpc, namespace: actionName.toLowerCase(), variables: { NAME: actionName },
  }));
  pipelineWith(stack, a, b);
  expect(deployActions(stack).map(action => action.EnvironmentVariables[0].Value)).toEqual(['A', 'B']);
  Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 2);
  Template.fromStack(stack).resourceCountIs('AWS::EKS::AccessEntry', 2);
});

test('the role may edit one namespace and describe one cluster', () => {
  const stack = testStack();
  pipelineWith(stack, foreignAction(stack));
  const template = Template.fromStack(stack);
  const [{ RoleArn: role }] = deployActions(stack);
  template.hasResourceProperties('AWS::EKS::AccessEntry', {
    ClusterName: 'foreign',
    PrincipalArn: role,
    AccessPolicies: [{
      AccessScope: { Type: 'namespace', Namespaces: ['notes'] },
      PolicyArn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':eks::aws:cluster-access-policy/AmazonEKSEditPolicy']] },
    }],
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: role['Fn::GetAtt'][0] }],
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({
        Action: 'eks:DescribeCluster', Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:eks:${REGION}:${ACCOUNT}:cluster/foreign`]] },
      })]),
    },
  });
});

test('a cluster of another stack: every rule is the pipeline\'s, and the cluster\'s stack needs nothing of it', () => {
  const app = new App();
  const env = { account: ACCOUNT, region: REGION };
  const clusterStack = new Stack(app, 'Cluster', { env });
  const vpc = foreignVpc(clusterStack);
  const cluster = new eks.Cluster(clusterStack, 'Cluster', { vpc, clusterName: 'staging', version: eks.KubernetesVersion.of('1.35') });
  const stack = new Stack(app, 'Delivery', { env });
  pipelineWith(stack, new EksDeployAction({ actionName: 'Notes', input: source, deployment: helm, cluster, clusterName: 'staging', vpc, namespace: 'notes' }));

  const template = Template.fromStack(stack);
  const [securityGroupId] = Object.keys(template.findResources('AWS::EC2::SecurityGroup'));
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    GroupId: Match.objectLike({ 'Fn::ImportValue': Match.stringLikeRegexp('ClusterSecurityGroupId') }),
    SourceSecurityGroupId: { 'Fn::GetAtt': [securityGroupId, 'GroupId'] },
    IpProtocol: 'tcp',
    FromPort: 443,
    ToPort: 443,
  });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })] });
  expect(stack.dependencies).toEqual([clusterStack]);
  expect(clusterStack.dependencies).toEqual([]);
  expect(deployActions(stack)[0].Configuration.ClusterName).toBe('staging');
});

test.each<{ variables: { [name: string]: string }; message: RegExp }>([
  { variables: { 'IMAGE-TAG': 'x' }, message: /`variables` is "IMAGE-TAG", but .*letters, digits and underscores/ },
  { variables: { TAG: '' }, message: /`variables.TAG` is "", but a value has 1 to 2000 characters/ },
])('refuses the variables $variables', ({ variables, message }) => {
  const stack = testStack();
  expect(() => pipelineWith(stack, foreignAction(stack, { variables }))).toThrow(message);
});

test.each(['', 'Notes', 'notes_api', '-notes', 'n'.repeat(54)])('refuses the release name %j', releaseName => {
  expect(() => EksDeployment.helm({ releaseName, chart: 'chart' })).toThrow(/`releaseName` is .*, but Helm takes/);
});

test('refuses no manifests', () => {
  expect(() => EksDeployment.manifests([])).toThrow(/`files` is \[\], but there is nothing to apply/);
});
