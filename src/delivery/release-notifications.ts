import { Names, Stack } from 'aws-cdk-lib';
import * as chatbot from 'aws-cdk-lib/aws-chatbot';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DeliveryNotifications } from './delivery-notifications';
import { SlackChannel } from './slack-channel';
import { validateEmail, validateMatch, validateUnique } from '../private/validation';

export function validateNotifications(scope: Construct, { slack, emails = [] }: DeliveryNotifications): void {
  validateMatch(scope, {
    prop: 'notifications.slack.workspaceId',
    value: slack?.workspaceId,
    pattern: /^T[A-Z0-9]{2,}$/,
    problem: 'the id of a Slack workspace is a T and capital letters or digits',
    remedy: 'Copy it from the address of Slack in a browser, "app.slack.com/client/T…", not the name of the workspace.',
  });
  validateMatch(scope, {
    prop: 'notifications.slack.channelId',
    value: slack?.channelId,
    pattern: /^[CG][A-Z0-9]{2,}$/,
    problem: 'the id of a Slack channel is a C or a G and capital letters or digits',
    remedy: 'Copy it from the bottom of the channel\'s details in Slack, not the name of the channel.',
  });
  emails.forEach((email, index) => validateEmail(scope, `notifications.emails[${index}]`, email));
  validateUnique(scope, 'notifications.emails', emails, 'address');
}

/** The encrypted topic that releases are announced on, with everybody who listens. */
export function createReleaseTopic(scope: Construct, encryptionKey: kms.IKey, { slack, emails = [] }: DeliveryNotifications): sns.Topic {
  const topic = new sns.Topic(scope, 'Notifications', { masterKey: encryptionKey, enforceSSL: true });
  for (const email of emails) { topic.addSubscription(new subscriptions.EmailSubscription(email)); }
  if (slack) { addSlackChannel(scope, slack, topic); }
  return topic;
}

function addSlackChannel(scope: Construct, { workspaceId, channelId }: SlackChannel, topic: sns.ITopic): void {
  new chatbot.SlackChannelConfiguration(scope, 'Slack', {
    slackChannelConfigurationName: Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' }),
    slackWorkspaceId: workspaceId,
    slackChannelId: channelId,
    notificationTopics: [topic],
    // without a guardrail the channel would get AdministratorAccess
    guardrailPolicies: [new iam.ManagedPolicy(scope, 'SlackGuardrail', {
      description: 'People in the channel may look at pipelines and change nothing',
      statements: [new iam.PolicyStatement({
        actions: ['codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListPipelineExecutions'],
        resources: [Stack.of(scope).formatArn({ service: 'codepipeline', resource: '*' })],
      })],
    })],
  });
}

/** Announces the end of every execution of a release pipeline, and that one waits. */
export function announceReleases(pipeline: codepipeline.Pipeline, topic: sns.ITopic): void {
  pipeline.notifyOn('Releases', topic, {
    events: [
      codepipeline.PipelineNotificationEvents.PIPELINE_EXECUTION_SUCCEEDED,
      codepipeline.PipelineNotificationEvents.PIPELINE_EXECUTION_FAILED,
      codepipeline.PipelineNotificationEvents.MANUAL_APPROVAL_NEEDED,
    ],
  });
}
