import { Duration, Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EMAIL_EVENTS, SLACK_EVENTS } from './default-events';
import { DeliveryNotifications } from './delivery-notifications';
import { MESSAGE_FUNCTION } from './message-function';
import { ReleaseApproval, SlackMessages } from './slack-messages';
import { createLogGroup } from '../../private/log-group';
import { DELIVERY_NAMESPACE } from '../metrics/metric-names';

export interface DeliveryMessagesProps {
  readonly pipeline: codepipeline.IPipeline;
  readonly environmentName: string;
  /** Repository that commits are linked in, `owner/name` on GitHub. @default - commits are not linked */
  readonly repository?: string;
  readonly notifications: DeliveryNotifications;
  /** The approvals of the pipeline, which may be answered in Slack. @default - it has none */
  readonly approvals?: ReleaseApproval[];
  /** The stage that reads the commit. @default 'Source' */
  readonly sourceStage?: string;
  /** The last stage, which deploys. @default 'Deploy' */
  readonly deployStage?: string;
  /** The action from which on a failure is one of the environment. @default - any of the last stage but an approval */
  readonly deployAction?: string;
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
}

const STATE_CHANGE = 'Execution State Change';

/** Tells the team of one pipeline's releases, on a topic for people and in Slack, and measures them. */
export class DeliveryMessages extends Construct {
  /** Messages in plain text; their attribute `event` is one of `DeliveryEvent`. */
  public readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, private readonly props: DeliveryMessagesProps) {
    super(scope, id);
    const { emails = [], emailEvents = EMAIL_EVENTS, slack } = props.notifications;
    this.topic = this.createTopic('Topic');
    const filterPolicy = { event: sns.SubscriptionFilter.stringFilter({ allowlist: emailEvents }) };
    for (const email of emails) { this.topic.addSubscription(new subscriptions.EmailSubscription(email, { filterPolicy })); }
    const slackTopic = slack && this.createTopic('SlackTopic');
    if (slack && slackTopic) { new SlackMessages(this, 'Slack', { channel: slack, topic: slackTopic, pipeline: props.pipeline, approvals: this.approvals }); }
    this.listen(this.createFunction(slackTopic));
  }

  private get approvals(): ReleaseApproval[] {
    return this.props.approvals ?? [];
  }

  private createTopic(id: string): sns.Topic {
    return new sns.Topic(this, id, { masterKey: this.props.encryptionKey, enforceSSL: true });
  }

  private createFunction(slackTopic: sns.ITopic | undefined): lambda.Function {
    const { encryptionKey, environmentName, logRetention } = this.props;
    const logGroup = createLogGroup(this, 'Log', { encryptionKey, retention: logRetention });
    const lost = new sqs.Queue(this, 'Lost', { encryptionMasterKey: encryptionKey, enforceSSL: true, retentionPeriod: Duration.days(14) });
    return new lambda.Function(this, 'Function', {
      description: `Tells of releases to ${environmentName}, and measures them`,
      // 22 or newer: what the region has, as for the functions of the CDK itself
      runtime: lambda.determineLatestNodeRuntime(this),
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromInline(MESSAGE_FUNCTION),
      handler: 'index.handler',
      memorySize: 256,
      timeout: Duration.minutes(1),
      environment: { SETTINGS: Stack.of(this).toJsonString(this.settings(slackTopic)) },
      environmentEncryption: encryptionKey,
      // nothing is reserved: the quota of a new account is ten executions, which Lambda keeps for everybody
      onFailure: new SqsDestination(lost),
      logGroup,
      role: this.createRole([this.topic, ...slackTopic ? [slackTopic] : []], logGroup),
    });
  }

  /** What the function's code calls `SETTINGS`. */
  private settings(slackTopic: sns.ITopic | undefined): object {
    const { environmentName: environment, notifications: { slack }, repository, sourceStage = 'Source', deployStage = 'Deploy', deployAction } = this.props;
    return {
      environment,
      repository,
      sourceStage,
      deployStage,
      deployAction,
      topicArn: this.topic.topicArn,
      ...slack && slackTopic && {
        slack: {
          topicArn: slackTopic.topicArn,
          events: slack.events ?? SLACK_EVENTS,
          onCallGroupId: slack.onCallGroupId,
          answersApprovals: !!slack.answersApprovals && this.approvals.length > 0,
        },
      },
    };
  }

  private createRole(topics: sns.ITopic[], logGroup: logs.ILogGroup): iam.Role {
    const { encryptionKey, pipeline } = this.props;
    const role = new iam.Role(this, 'Role', {
      description: 'Tells of the releases of one pipeline, and measures them',
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    const statements = [
      new iam.PolicyStatement({
        actions: ['codepipeline:GetPipelineExecution', 'codepipeline:ListActionExecutions', 'codepipeline:ListPipelineExecutions'],
        resources: [pipeline.pipelineArn],
      }),
      new iam.PolicyStatement({ actions: ['sns:Publish'], resources: topics.map(({ topicArn }) => topicArn) }),
      new iam.PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [encryptionKey.keyArn] }),
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      // metrics have no ARN: the namespace is what limits it
      new iam.PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': DELIVERY_NAMESPACE } } }),
    ];
    for (const statement of statements) { role.addToPolicy(statement); }
    return role;
  }

  /** The changes that may be worth a message or a measure; what of them is, the function knows. */
  private listen(handler: lambda.IFunction): void {
    this.addRule('Executions', handler, `CodePipeline Pipeline ${STATE_CHANGE}`, {
      state: ['STARTED', 'RESUMED', 'SUCCEEDED', 'FAILED', 'STOPPED', 'CANCELED', 'SUPERSEDED'],
    });
    this.addRule('Stages', handler, `CodePipeline Stage ${STATE_CHANGE}`, { state: ['SUCCEEDED'] });
    if (this.approvals.length > 0) {
      this.addRule('Approvals', handler, `CodePipeline Action ${STATE_CHANGE}`, { state: ['STARTED'], type: { category: ['Approval'] } });
    }
  }

  private addRule(id: string, handler: lambda.IFunction, detailType: string, detail: Record<string, unknown>): void {
    const { environmentName, pipeline } = this.props;
    new events.Rule(this, id, {
      description: `${id} of releases to ${environmentName}`,
      eventPattern: { source: ['aws.codepipeline'], detailType: [detailType], detail: { pipeline: [pipeline.pipelineName], ...detail } },
      targets: [new targets.LambdaFunction(handler)],
    });
  }
}
