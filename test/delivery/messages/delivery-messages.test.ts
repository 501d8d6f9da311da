import { Match, Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PIPELINE, PIPELINE_EVENTS } from './pipeline-events';
import { DeliveryEvent } from '../../../src/delivery/messages/delivery-event';
import { DeliveryMessages, DeliveryMessagesProps } from '../../../src/delivery/messages/delivery-messages';
import { DeliveryNotifications } from '../../../src/delivery/messages/delivery-notifications';
import { MESSAGE_FUNCTION } from '../../../src/delivery/messages/message-function';
import { validateNotifications } from '../../../src/delivery/messages/notifications-validation';
import { PolicyDocument, decide } from '../../support/policy-simulation';
import { ACCOUNT, REGION, expectNoAnnotations, testStack } from '../../support/stacks';

const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const PIPELINE_ARN = `arn:aws:codepipeline:${REGION}:${ACCOUNT}:${PIPELINE}`;
const APPROVAL = { stageName: 'Approve', actionName: 'Release' };
const SLACK = { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' };

function addMessages(stack: Construct, notifications: DeliveryNotifications = {}, more: Partial<DeliveryMessagesProps> = {}): DeliveryMessages {
  return new DeliveryMessages(stack, 'Messages', {
    pipeline: codepipeline.Pipeline.fromPipelineArn(stack, 'Pipeline', PIPELINE_ARN),
    environmentName: 'production',
    repository: 'innovate-inc/notes',
    encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN),
    notifications,
    ...more,
  });
}

/** The settings that the function is given, and the names of the topics in them. */
function settings(template: Template): any {
  const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function'));
  const value = Properties.Environment.Variables.SETTINGS;
  const text = typeof value === 'string' ? value : value['Fn::Join'][1].map((part: any) => typeof part === 'string' ? part : part.Ref).join('');
  return JSON.parse(text);
}

describe('minimal: nobody in particular', () => {
  const stack = testStack();
  const messages = addMessages(stack);
  const template = Template.fromStack(stack);

  test('one function, in the code that the other tests run', () => {
    template.resourceCountIs('AWS::Lambda::Function', 1);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
      Code: { ZipFile: MESSAGE_FUNCTION },
      KmsKeyArn: KEY_ARN,
      ReservedConcurrentExecutions: Match.absent(),
    });
    expect(settings(template)).toEqual({
      environment: 'production', repository: 'innovate-inc/notes', sourceStage: 'Source', deployStage: 'Deploy', topicArn: stack.resolve(messages.topic.topicArn).Ref,
    });
  });

  test('topic, log and what could not be told are encrypted', () => {
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: KEY_ARN });
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: KEY_ARN, RetentionInDays: 365 });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: KEY_ARN, MessageRetentionPeriod: 1209600 });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { DestinationConfig: { OnFailure: { Destination: Match.anyValue() } } });
  });

  test('listens to this pipeline only, and not for approvals that it has not', () => {
    const patterns = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern);
    expect(patterns.map(pattern => pattern['detail-type'][0])).toEqual([
      'CodePipeline Pipeline Execution State Change', 'CodePipeline Stage Execution State Change',
    ]);
    for (const pattern of patterns) { expect(pattern).toMatchObject({ source: ['aws.codepipeline'], detail: { pipeline: [PIPELINE] } }); }
  });

  test('has no channel and no subscription', () => {
    for (const type of ['AWS::Chatbot::SlackChannelConfiguration', 'AWS::Chatbot::CustomAction', 'AWS::SNS::Subscription']) { template.resourceCountIs(type, 0); }
  });

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

describe('maximal: Slack with answers, and e-mail', () => {
  const stack = testStack();
  const messages = addMessages(stack, {
    slack: { ...SLACK, onCallGroupId: 'S0ONCALL1', events: [DeliveryEvent.FAILED, DeliveryEvent.APPROVAL_REQUESTED], answersApprovals: true },
    emails: ['team@innovate.example', 'ops@innovate.example'],
    emailEvents: [DeliveryEvent.FAILED],
  }, { approvals: [APPROVAL], logRetention: logs.RetentionDays.ONE_MONTH });
  const template = Template.fromStack(stack);

  test('people get text, Slack gets notifications: on topics of their own', () => {
    template.resourceCountIs('AWS::SNS::Topic', 2);
    const [, slackTopic] = Object.keys(template.findResources('AWS::SNS::Topic')).sort((one, other) => Number(/Slack/.test(one)) - Number(/Slack/.test(other)));
    expect(settings(template)).toMatchObject({
      topicArn: stack.resolve(messages.topic.topicArn).Ref,
      slack: { topicArn: slackTopic, events: ['FAILED', 'APPROVAL_REQUESTED'], onCallGroupId: 'S0ONCALL1', answersApprovals: true },
    });
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', { SlackWorkspaceId: 'T0123ABCD', SlackChannelId: 'C0123ABCD', SnsTopicArns: [{ Ref: slackTopic }] });
    template.resourcePropertiesCountIs('AWS::SNS::Subscription', {
      Protocol: 'email', TopicArn: stack.resolve(messages.topic.topicArn), FilterPolicy: { event: ['FAILED'] },
    }, 2);
  });

  test('the channel has two buttons, at the requests of this pipeline', () => {
    const buttons = Object.entries(template.findResources('AWS::Chatbot::CustomAction'));
    expect(buttons.map(([, { Properties }]) => [Properties.Attachments[0].ButtonText, Properties.Definition.CommandText])).toEqual(['Approve', 'Reject'].map(text => {
      const status = text === 'Approve' ? 'Approved' : 'Rejected';
      return [text, 'codepipeline put-approval-result --pipeline-name notes-production --stage-name $Stage --action-name $Action --token $Token'
        + ` --result summary="${status} in Slack",status=${status} --region eu-west-1`];
    }));
    for (const [, { Properties }] of buttons) {
      expect(Properties.ActionName).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(Properties.Attachments[0]).toMatchObject({
        NotificationType: 'Custom',
        Criteria: [{ Operator: 'HAS_VALUE', VariableName: 'Token' }, { Operator: 'EQUALS', VariableName: 'Pipeline', Value: PIPELINE }],
        Variables: Object.fromEntries(['Pipeline', 'Stage', 'Action', 'Token'].map(name => [name, `event.metadata.additionalContext.${name}`])),
      });
    }
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', { CustomizationResourceArns: buttons.map(([id]) => ({ Ref: id })) });
  });

  test('listens for approvals, and each recorded kind of event is somebody\'s or nobody\'s on purpose', () => {
    const patterns = Object.values(template.findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern);
    const heard = Object.entries(PIPELINE_EVENTS).filter(([, { event }]) => patterns.some(({ detail, ...pattern }: any) => pattern['detail-type'].includes(event['detail-type'])
      && detail.state.includes(event.detail.state) && (!detail.type || detail.type.category.includes(event.detail.type.category)))).map(([name]) => name);
    expect(Object.keys(PIPELINE_EVENTS).filter(name => !heard.includes(name))).toEqual([
      'action-build-failed', 'action-source-succeeded', 'pipeline-stopping', 'stage-build-failed', 'stage-build-resumed', 'stage-build-started', 'stage-source-started',
    ]);
  });

  test('logs are kept as long as said', () => template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 }));

  test('leaves no annotation', () => expectNoAnnotations(stack));
});

test('by default Slack is told all but what goes on by itself, and e-mail what somebody waits for', () => {
  const stack = testStack();
  addMessages(stack, { slack: SLACK, emails: ['team@innovate.example'] }, { approvals: [APPROVAL] });
  const template = Template.fromStack(stack);
  expect(settings(template).slack).toMatchObject({
    events: ['STARTED', 'STAGE_SUCCEEDED', 'APPROVAL_REQUESTED', 'SUCCEEDED', 'FAILED', 'ROLLED_BACK', 'STOPPED'], answersApprovals: false,
  });
  template.hasResourceProperties('AWS::SNS::Subscription', { FilterPolicy: { event: ['APPROVAL_REQUESTED', 'SUCCEEDED', 'FAILED', 'ROLLED_BACK'] } });
  template.resourceCountIs('AWS::Chatbot::CustomAction', 0);
});

test('two pipelines of a stack share its configuration of a channel: an account takes one', () => {
  const stack = testStack();
  addMessages(stack, { slack: SLACK }, { approvals: [APPROVAL] });
  addMessages(new Construct(stack, 'Other'), { slack: { ...SLACK, answersApprovals: true } }, { approvals: [APPROVAL] });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Chatbot::CustomAction', 2);
  const [configuration, ...more] = Object.values(template.findResources('AWS::Chatbot::SlackChannelConfiguration'));
  expect(more).toEqual([]);
  expect(configuration.Properties.SnsTopicArns).toHaveLength(2);
  expect(configuration.Properties.CustomizationResourceArns).toHaveLength(2);
  template.resourceCountIs('AWS::IAM::ManagedPolicy', 1);
});

test('where nothing is to be approved there is no button', () => {
  const stack = testStack();
  addMessages(stack, { slack: { ...SLACK, answersApprovals: true } });
  Template.fromStack(stack).resourceCountIs('AWS::Chatbot::CustomAction', 0);
});

describe('least privilege', () => {
  const OTHER = `arn:aws:codepipeline:${REGION}:${ACCOUNT}:other`;

  /** What policies of the stack say, with names for what CloudFormation makes. */
  function policies(notifications: DeliveryNotifications): Record<'function' | 'channel' | 'guardrail', PolicyDocument> {
    const stack = testStack();
    addMessages(stack, notifications, { approvals: [APPROVAL] });
    const resources = Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, any>);
    const plain = (value: any): any => {
      if (Array.isArray(value)) { return value.map(plain); }
      if (typeof value !== 'object' || value === null) { return value; }
      const name = value.Ref ?? value['Fn::GetAtt']?.[0];
      if (name) { return `arn:aws:made:${REGION}:${ACCOUNT}:${/SlackTopic/.test(name) ? 'slack' : /Topic/.test(name) ? 'plain' : 'other'}`; }
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
    };
    const document = (type: string, pattern: RegExp) => {
      const [, resource] = resources.find(([id, { Type }]) => Type === type && pattern.test(id))!;
      return plain(resource.Properties.PolicyDocument);
    };
    return {
      function: document('AWS::IAM::Policy', /^MessagesRole/),
      channel: document('AWS::IAM::Policy', /^SlackT0123ABCDC0123ABCDChannel/),
      guardrail: document('AWS::IAM::ManagedPolicy', /Guardrail/),
    };
  }

  const asking = policies({ slack: SLACK });
  const answering = policies({ slack: { ...SLACK, answersApprovals: true } });
  const request = (action: string, resource: string) => ({
    principal: `arn:aws:iam::${ACCOUNT}:role/r`, account: ACCOUNT, action, resource, context: { 'aws:PrincipalAccount': ACCOUNT },
  });

  test.each([
    ['codepipeline:GetPipelineExecution', PIPELINE_ARN, 'Allowed'],
    ['codepipeline:ListActionExecutions', PIPELINE_ARN, 'Allowed'],
    ['codepipeline:ListPipelineExecutions', PIPELINE_ARN, 'Allowed'],
    ['codepipeline:GetPipelineExecution', OTHER, 'ImplicitlyDenied'],
    ['codepipeline:StartPipelineExecution', PIPELINE_ARN, 'ImplicitlyDenied'],
    ['codepipeline:PutApprovalResult', `${PIPELINE_ARN}/Approve/Release`, 'ImplicitlyDenied'],
    ['kms:Decrypt', KEY_ARN, 'Allowed'],
    ['kms:Decrypt', KEY_ARN.replace('1111', '2222'), 'ImplicitlyDenied'],
    ['kms:ScheduleKeyDeletion', KEY_ARN, 'ImplicitlyDenied'],
    ['s3:GetObject', 'arn:aws:s3:::artifacts/x', 'ImplicitlyDenied'],
  ])('the function: %s on %s is %s', async (action, resource, expected) => {
    // the policy that a key has unless somebody says otherwise: whoever the account lets
    const resourcePolicy = action.startsWith('kms:')
      ? { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' } } : undefined;
    expect(await decide({ ...request(action, resource), identityPolicies: [asking.function], resourcePolicy })).toBe(expected);
  });

  test('the function: metrics of one namespace, publications to its topics, and no other wildcard', () => {
    const statements = [asking.function.Statement].flat() as any[];
    expect(statements.filter(({ Resource }) => [Resource].flat().includes('*'))).toEqual([
      { Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: { StringEquals: { 'cloudwatch:namespace': 'InnovatePlatform/Delivery' } } },
    ]);
    expect(statements.find(({ Action }) => Action === 'sns:Publish').Resource).toEqual(['plain', 'slack'].map(name => `arn:aws:made:${REGION}:${ACCOUNT}:${name}`));
  });

  test.each([
    ['codepipeline:GetPipelineState', PIPELINE_ARN, 'Allowed', 'Allowed'],
    ['codepipeline:GetPipelineState', OTHER, 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['codepipeline:StartPipelineExecution', PIPELINE_ARN, 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['codepipeline:PutApprovalResult', `${PIPELINE_ARN}/Approve/Release`, 'ImplicitlyDenied', 'Allowed'],
    ['codepipeline:PutApprovalResult', `${PIPELINE_ARN}/Approve/Other`, 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['codepipeline:PutApprovalResult', `${OTHER}/Approve/Release`, 'ImplicitlyDenied', 'ImplicitlyDenied'],
    ['lambda:InvokeFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`, 'ImplicitlyDenied', 'ImplicitlyDenied'],
  ])('people in the channel: %s on %s is %s, with answers %s', async (action, resource, plain, withAnswers) => {
    for (const [{ channel, guardrail }, expected] of [[asking, plain], [answering, withAnswers]] as const) {
      for (const policy of [channel, guardrail]) { expect(await decide({ ...request(action, resource), identityPolicies: [policy] })).toBe(expected); }
    }
  });
});

test.each<{ what: string; notifications: DeliveryNotifications; message: RegExp }>([
  { what: 'the name of a workspace', notifications: { slack: { ...SLACK, workspaceId: 'innovate' } }, message: /`notifications.slack.workspaceId` is "innovate", but the id of a Slack workspace is a T/ },
  { what: 'the name of a channel', notifications: { slack: { ...SLACK, channelId: '#team' } }, message: /`notifications.slack.channelId` is "#team", but/ },
  { what: 'a person instead of a channel', notifications: { slack: { ...SLACK, channelId: 'U012' } }, message: /`notifications.slack.channelId` is "U012"/ },
  { what: 'the handle of a group', notifications: { slack: { ...SLACK, onCallGroupId: '@on-call' } }, message: /`notifications.slack.onCallGroupId` is "@on-call", but the id of a Slack user group is an S/ },
  { what: 'a person instead of a group', notifications: { slack: { ...SLACK, onCallGroupId: 'U0123ABCD' } }, message: /`notifications.slack.onCallGroupId` is "U0123ABCD"/ },
  { what: 'markup instead of a group', notifications: { slack: { ...SLACK, onCallGroupId: 'S012> <!here' } }, message: /`notifications.slack.onCallGroupId` is/ },
  { what: 'a channel that is told nothing', notifications: { slack: { ...SLACK, events: [] } }, message: /`notifications.slack.events` is \[\], but nobody would be told anything/ },
  { what: 'an event twice', notifications: { slack: { ...SLACK, events: [DeliveryEvent.FAILED, DeliveryEvent.FAILED] } }, message: /`notifications.slack.events` is "FAILED", but two entries have this event/ },
  { what: 'no address', notifications: { emails: ['team'] }, message: /`notifications.emails\[0\]` is "team"/ },
  { what: 'an address twice', notifications: { emails: ['a@b.example', 'a@b.example'] }, message: /`notifications.emails` is "a@b.example", but two/ },
  { what: 'mails of nothing', notifications: { emails: ['a@b.example'], emailEvents: [] }, message: /`notifications.emailEvents` is \[\], but/ },
  { what: 'mails to nobody', notifications: { emailEvents: [DeliveryEvent.FAILED] }, message: /`notifications.emailEvents` is \["FAILED"\], but there is no address/ },
])('refuses $what', ({ notifications, message }) => expect(() => validateNotifications(testStack(), notifications)).toThrow(message));
