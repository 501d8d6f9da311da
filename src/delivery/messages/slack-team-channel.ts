import { Names, Stack } from 'aws-cdk-lib';
import * as chatbot from 'aws-cdk-lib/aws-chatbot';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { SlackChannel } from './slack-channel';

/** A channel of a stack, whoever writes to it: AWS takes one configuration of a channel in an account. */
export class SlackTeamChannel extends Construct {
  /** The channel's configuration in the stack, made by whoever comes first. */
  public static of(scope: Construct, channel: SlackChannel): SlackTeamChannel {
    const stack = Stack.of(scope);
    const id = `Slack${channel.workspaceId}${channel.channelId}`;
    return stack.node.tryFindChild(id) as SlackTeamChannel | undefined ?? new SlackTeamChannel(stack, id, channel);
  }

  private readonly configuration: chatbot.SlackChannelConfiguration;
  private readonly guardrail: iam.ManagedPolicy;
  private readonly actionArns: string[] = [];

  private constructor(scope: Construct, id: string, { workspaceId, channelId }: SlackChannel) {
    super(scope, id);
    this.guardrail = new iam.ManagedPolicy(this, 'Guardrail', { description: 'The most that people in the channel may do' });
    this.configuration = new chatbot.SlackChannelConfiguration(this, 'Channel', {
      slackChannelConfigurationName: Names.uniqueResourceName(this, { maxLength: 100, separator: '-' }),
      slackWorkspaceId: workspaceId,
      slackChannelId: channelId,
      // without a guardrail the channel would get AdministratorAccess
      guardrailPolicies: [this.guardrail],
    });
  }

  /** Sends what is published on the topic to the channel, and permits its people something. */
  public tell(topic: sns.ITopic, statements: iam.PolicyStatement[]): void {
    this.configuration.addNotificationTopic(topic);
    this.guardrail.addStatements(...statements);
    for (const statement of statements) { this.configuration.addToRolePolicy(statement); }
  }

  /** Puts buttons at messages. */
  public addActions(arns: string[]): void {
    this.actionArns.push(...arns);
    (this.configuration.node.defaultChild as chatbot.CfnSlackChannelConfiguration).customizationResourceArns = [...this.actionArns];
  }
}
