import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { GitFlowPipeline } from '../../../src/delivery/git-flow-pipeline';
import { GitFlowPipelineProps } from '../../../src/delivery/git-flow-pipeline-props';
import { ACCOUNT, REGION, testStack } from '../../support/stacks';
import { REPOSITORY, siteTarget } from '../targets';

function addPipeline(stack: Stack, overrides: Partial<GitFlowPipelineProps> = {}): GitFlowPipeline {
  return new GitFlowPipeline(stack, 'Delivery', { repository: REPOSITORY, branch: 'develop', environmentName: 'staging', site: siteTarget(stack), ...overrides });
}

describe('production', () => {
  const stack = testStack();
  const delivery = addPipeline(stack, {
    branch: 'main', environmentName: 'production', notifications: { slack: { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD', answersApprovals: true } },
  });
  const template = Template.fromStack(stack);
  const pipelineRef = stack.resolve(delivery.pipeline.pipelineName);
  const stages: any[] = template.toJSON().Resources[pipelineRef.Ref].Properties.Stages;

  test('one function tells of releases, and no notification rule does', () => {
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.resourceCountIs('AWS::CodeStarNotifications::NotificationRule', 0);
    expect(delivery.topic.node.path).toMatch(/Messages\/Topic$/);
  });

  test('what the function calls the stages are the pipeline\'s', () => {
    const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function'));
    const settings = Properties.Environment.Variables.SETTINGS['Fn::Join'][1].filter((part: any) => typeof part === 'string').join('');
    expect(settings).toContain(`"sourceStage":"${stages[0].Name}","deployStage":"${stages.at(-1).Name}"`);
    expect(settings).toContain('"environment":"production","repository":"innovate-inc/notes"');
  });

  test('the approval that people answer in Slack is the pipeline\'s, and no other', () => {
    const [approval] = stages.flatMap(stage => stage.Actions.map((action: any) => ({ ...action, stage: stage.Name }))).filter(action => action.ActionTypeId.Category === 'Approval');
    const statements = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(policy => policy.Properties.PolicyDocument.Statement);
    expect(statements.filter(({ Action }) => Action === 'codepipeline:PutApprovalResult')).toEqual([{
      Effect: 'Allow',
      Action: 'codepipeline:PutApprovalResult',
      Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:codepipeline:${REGION}:${ACCOUNT}:`, pipelineRef, `/${approval.stage}/${approval.Name}`]] },
    }]);
  });

  test('a dashboard shows its measures', () => {
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    expect(stack.resolve(delivery.metrics.metricLeadTime().dimensions)).toEqual({ PipelineName: pipelineRef });
  });
});

test('without a dashboard, if that is wanted', () => {
  const stack = testStack();
  expect(addPipeline(stack, { dashboard: false }).dashboard).toBeUndefined();
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
});

test('where nothing is approved the function does not listen for it', () => {
  const stack = testStack();
  addPipeline(stack);
  const types = Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern['detail-type'][0]);
  expect(types).not.toContain('CodePipeline Action Execution State Change');
});
