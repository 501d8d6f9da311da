import { Names, Stack } from 'aws-cdk-lib';
import * as chatbot from 'aws-cdk-lib/aws-chatbot';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { SlackChannel } from './slack-channel';
import { SlackTeamChannel } from './slack-team-channel';

/** Where a pipeline waits for somebody. */
export interface ReleaseApproval {
  readonly stageName: string;
  readonly actionName: string;
}

export interface SlackMessagesProps {
  readonly channel: SlackChannel;
  /** Carries notifications in the form that Amazon Q Developer in chat applications expects. */
  readonly topic: sns.ITopic;
  readonly pipeline: codepipeline.IPipeline;
  /** What somebody may have to answer, if anything. */
  readonly approvals: ReleaseApproval[];
}

/**
 * The team's channel: what its people may do is looking at one pipeline and, where this was chosen, answering its approval.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-actions.html
 */
export class SlackMessages extends Construct {
  constructor(scope: Construct, id: string, private readonly props: SlackMessagesProps) {
    super(scope, id);
    const channel = SlackTeamChannel.of(this, props.channel);
    channel.tell(props.topic, this.statements());
    if (this.answered.length > 0) { channel.addActions([this.addAnswer('Approve', 'Approved'), this.addAnswer('Reject', 'Rejected')]); }
  }

  private get answered(): ReleaseApproval[] {
    return this.props.channel.answersApprovals ? this.props.approvals : [];
  }

  private statements(): iam.PolicyStatement[] {
    const { pipelineArn } = this.props.pipeline;
    return [
      new iam.PolicyStatement({
        actions: ['codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:ListPipelineExecutions'],
        resources: [pipelineArn],
      }),
      ...this.answered.length > 0 ? [new iam.PolicyStatement({
        actions: ['codepipeline:PutApprovalResult'],
        resources: this.answered.map(({ stageName, actionName }) => `${pipelineArn}/${stageName}/${actionName}`),
      })] : [],
    ];
  }

  /**
   * A button at the messages that ask for an approval of this pipeline, and at no other. The token is the id of the action's execution:
   * AWS does not promise this, so the message links the approval as well.
   */
  private addAnswer(buttonText: string, status: string): string {
    const { pipelineName } = this.props.pipeline;
    const variables = Object.fromEntries(['Pipeline', 'Stage', 'Action', 'Token'].map(name => [name, `event.metadata.additionalContext.${name}`]));
    return new chatbot.CfnCustomAction(this, buttonText, {
      actionName: `${Names.uniqueResourceName(this, { maxLength: 56, separator: '-' })}-${buttonText}`,
      definition: {
        commandText: `codepipeline put-approval-result --pipeline-name ${pipelineName} --stage-name $Stage --action-name $Action --token $Token`
          + ` --result summary="${status} in Slack",status=${status} --region ${Stack.of(this).region}`,
      },
      attachments: [{
        buttonText,
        notificationType: 'Custom',
        criteria: [
          { operator: 'HAS_VALUE', variableName: 'Token' },
          { operator: 'EQUALS', variableName: 'Pipeline', value: pipelineName },
        ],
        variables,
      }],
    }).ref;
  }
}
