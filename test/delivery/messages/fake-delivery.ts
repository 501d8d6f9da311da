import { EXECUTION } from './pipeline-events';
import { MESSAGE_FUNCTION } from '../../../src/delivery/messages/message-function';

const PLAIN_TOPIC = 'arn:aws:sns:eu-west-1:111111111111:plain';
const SLACK_TOPIC = 'arn:aws:sns:eu-west-1:111111111111:slack';

export const SETTINGS = {
  environment: 'production',
  repository: 'innovate-inc/notes',
  sourceStage: 'Source',
  deployStage: 'Deploy',
  topicArn: PLAIN_TOPIC,
  slack: {
    topicArn: SLACK_TOPIC,
    events: ['STARTED', 'STAGE_SUCCEEDED', 'APPROVAL_REQUESTED', 'SUCCEEDED', 'FAILED', 'ROLLED_BACK', 'STOPPED'],
    onCallGroupId: 'S0ONCALL1',
    answersApprovals: true,
  },
};

type Handler = (event: object) => Promise<void>;

/** What the function knows and changes of AWS, in memory: the SDK is this object. */
export class FakeDelivery {
  /** What GetPipelineExecution answers, by the execution's id. */
  executions: Record<string, any> = { [EXECUTION]: {} };
  /** What ListActionExecutions answers. */
  actions: Record<string, any[]> = {};
  /** What ListPipelineExecutions answers. */
  summaries: any[] = [];
  /** Items a page. */
  pageSize = 100;
  /** Calls that fail once, e.g. `PutMetricData`. */
  readonly failing: string[] = [];
  readonly calls: { name: string; input: any }[] = [];

  /** A new instance of the function, as Lambda starts it. */
  start(settings: object = SETTINGS): Handler {
    process.env.SETTINGS = JSON.stringify(settings);
    const exports: { handler?: Handler } = {};
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    new Function('require', 'exports', MESSAGE_FUNCTION)(() => this.sdk(), exports);
    return exports.handler!;
  }

  get published(): any[] {
    return this.calls.filter(({ name }) => name === 'Publish').map(({ input }) => input);
  }

  /** What Slack was told. */
  get notifications(): any[] {
    return this.published.filter(({ TopicArn }) => TopicArn === SLACK_TOPIC).map(({ Message }) => JSON.parse(Message));
  }

  /** What the others were told. */
  get mails(): any[] {
    return this.published.filter(({ TopicArn }) => TopicArn === PLAIN_TOPIC);
  }

  /** Names and values of what was measured, in their order. */
  get measures(): [string, number][] {
    return this.calls.filter(({ name }) => name === 'PutMetricData').flatMap(({ input }) => input.MetricData.map((datum: any) => [datum.MetricName, datum.Value]));
  }

  private sdk(): object {
    const send = (command: { name: string; input: object }) => this.send(command);
    return new Proxy({}, {
      get: (_, name: string) => name.endsWith('Client')
        ? class { send = send; }
        : class { readonly name = name.replace(/Command$/, ''); constructor(readonly input: object) {} },
    });
  }

  private async send({ name, input }: { name: string; input: any }): Promise<object> {
    this.calls.push({ name, input });
    const index = this.failing.indexOf(name);
    if (index >= 0) {
      this.failing.splice(index, 1);
      throw Object.assign(new Error(`${name} is throttled`), { name: 'ThrottlingException' });
    }
    switch (name) {
      case 'GetPipelineExecution': {
        const pipelineExecution = this.executions[input.pipelineExecutionId];
        if (!pipelineExecution) { throw Object.assign(new Error('no such execution'), { name: 'PipelineExecutionNotFoundException' }); }
        return { pipelineExecution };
      }
      case 'ListActionExecutions': return this.page('actionExecutionDetails', this.actions[input.filter.pipelineExecutionId] ?? [], input.nextToken);
      case 'ListPipelineExecutions': return this.page('pipelineExecutionSummaries', this.summaries, input.nextToken);
      default: return {};
    }
  }

  private page(field: string, items: any[], token = '0'): object {
    const end = Number(token) + this.pageSize;
    return { [field]: items.slice(Number(token), end), nextToken: end < items.length ? String(end) : undefined };
  }
}

/** An action of an execution, as ListActionExecutions tells of it. */
export function action(stageName: string, actionName: string, minutes: [number, number], more: object = {}): object {
  const at = (minute: number) => new Date(Date.parse('2023-12-20T11:13:24Z') + minute * 60000);
  return { stageName, actionName, status: 'Succeeded', startTime: at(minutes[0]), lastUpdateTime: at(minutes[1]), ...more };
}

export const SOURCE = action('Source', 'GitHub', [0, 0.2], {
  input: { actionTypeId: { category: 'Source' } },
  output: {
    outputVariables: {
      AuthorDate: '2023-12-20T11:13:20Z', CommitId: '1a104adf6a84de18fa3e3c4cb42b5024fe450ed5', CommitMessage: 'feat: notes can be shared\n\nWith everybody.',
      BranchName: 'main', FullRepositoryName: 'innovate-inc/notes',
    },
  },
});
export const BUILDS = [action('Build', 'Api', [1, 7.2]), action('Build', 'Site', [1, 3])];
export const APPROVAL = action('Approve', 'Release', [8, 9], {
  actionExecutionId: '99999999-7777-4888-8999-000000000000',
  updatedBy: 'arn:aws:sts::111111111111:assumed-role/Release/mary.major',
  input: {
    actionTypeId: { category: 'Approval' },
    resolvedConfiguration: { CustomData: '3 commits since the last release', ExternalEntityLink: 'https://github.com/innovate-inc/notes/compare/v1...1a104ad' },
  },
});
export const DEPLOY = action('Deploy', 'Api', [10, 12]);
export const FAILED_DEPLOY = action('Deploy', 'Smoke', [12, 13], {
  status: 'Failed',
  output: {
    executionResult: {
      externalExecutionUrl: 'https://console.aws.amazon.com/codebuild/home?region=eu-west-1#/builds/smoke:1/view/new',
      externalExecutionSummary: 'Build terminated with state: FAILED',
      errorDetails: { code: 'JobFailed', message: 'the page <title> & the API disagree' },
    },
  },
});
