import { AwsAnswer, AwsCli } from './aws-cli';
import { CommandError } from './command-error';
import { missingId, OrganizationIds, withRealIds } from './organization-ids';
import { ADMINISTRATION_ROLE } from '../private/administration-role';
import { sameDayNextYear } from '../private/calendar';
import { FirstRunPeriod, RecordedStep } from '../private/first-run';

/**
 * What AWS says of a preparation that is not there. Whatever else fails, a throttled call or an AWS CLI that is too old,
 * leaves the state unknown.
 */
const NOT_THERE = /\((\w*NotFound\w*|NoSuch\w+|\w*NotInUse\w*|ServiceAccessNotEnabled\w*|InvalidAccessException)\)|does not exist/;

/** The steps that tell whether this is the organization that the app is made for. */
const IDENTITY = /^(organization|organization-root|account-.+)$/;

/** Calls of the AWS CLI at a time: each is a process that mostly waits. */
const CONCURRENCY = 4;

/** `later`: what the step is about is not deployed yet. */
export type StepStatus = 'done' | 'open' | 'later' | 'unknown';

/** A step with real ids, and how things stand. */
export interface StepState {
  readonly step: RecordedStep;
  readonly status: StepStatus;
  /** Why it is unknown or has to wait, or what its command said when it failed. */
  readonly detail?: string;
  /** Whether its commands have just been run. */
  readonly taken?: boolean;
}

/** The steps of an app against one organization: asks for their state and can take those that a command can take. */
export class Checklist {
  /** @param today the day by which what ends is judged, `YYYY-MM-DD` */
  constructor(private readonly aws: AwsCli, private readonly ids: OrganizationIds, private readonly today: string) {}

  /** How the steps stand, as AWS answers it. */
  public async ask(steps: RecordedStep[]): Promise<StepState[]> {
    const questions = new Questions(account => this.in(account));
    return inParallel(steps, step => this.stateOf(withRealIds(step, this.ids), questions));
  }

  /** Runs the commands of the open steps, one after another as a step may rely on those before it, and asks again. */
  public async take(states: StepState[]): Promise<StepState[]> {
    const stranger = states.find(({ step, status }) => IDENTITY.test(step.id) && (status === 'open' || status === 'unknown'));
    if (stranger) { throw new CommandError(`Nothing was changed: AWS does not answer that ${stranger.step.title}. ${stranger.step.manual ?? ''}`); }
    const messages = new Map<RecordedStep, string | undefined>();
    for (const { step, status } of states) {
      if (status === 'open' && step.commands) { messages.set(step, await this.run(step, step.commands)); }
    }
    const taken = [...messages.keys()];
    const again = new Map((await this.ask(taken)).map((state, index) => [taken[index], state]));
    return states.map(state => {
      const now = again.get(state.step);
      return now ? { ...now, detail: now.status === 'open' ? messages.get(state.step) : now.detail, taken: true } : state;
    });
  }

  private async stateOf(step: RecordedStep, questions: Questions): Promise<StepState> {
    if ('lastDay' in step.check) { return { step, ...this.judge(step.check) }; }
    const missing = missingId([step.account, step.check, step.commands]);
    if (missing) { return { step, status: 'later', detail: `there is no ${missing.replace(':', ' ')} yet: deploy the landing zone first` }; }
    try {
      if (!step.beforeDeployment) {
        const stack = await questions.ask(step.stack, ['cloudformation', 'describe-stacks', '--stack-name', step.stack.name, '--query', 'Stacks[0].StackName']);
        if (NOT_THERE.test(stack.output)) { return { step, status: 'later', detail: `once ${step.stack.name} is deployed` }; }
      }
      const { succeeded, output } = await questions.ask(step, step.check.command);
      if (succeeded) { return { step, status: matches(output, step.check.expected) ? 'done' : 'open' }; }
      return NOT_THERE.test(output) ? { step, status: 'open' } : { step, status: 'unknown', detail: lastLine(output) };
    } catch (error) {
      if (!(error instanceof CommandError)) { throw error; }
      return { step, status: 'unknown', detail: lastLine(error.message) };
    }
  }

  private judge({ lastDay }: FirstRunPeriod): Pick<StepState, 'status' | 'detail'> {
    if (this.today > lastDay) { return { status: 'open', detail: `over since ${lastDay}` }; }
    return lastDay > sameDayNextYear(this.today) ? { status: 'open', detail: `${lastDay} is over a year away` } : { status: 'done' };
  }

  /** What the first command that failed said. */
  private async run({ account, region }: RecordedStep, commands: string[][]): Promise<string | undefined> {
    const aws = await this.in(account);
    for (const command of commands) {
      const { succeeded, output } = await aws.call(command, region);
      if (!succeeded) { return lastLine(output); }
    }
    return undefined;
  }

  private async in(account: string): Promise<AwsCli> {
    return account === this.ids.callerAccount ? this.aws : this.aws.inRole(administrationRoleArn(account, this.ids));
  }
}

/** One round of questions. Several steps often need the same answer, which is asked for once. */
class Questions {
  private readonly answers = new Map<string, Promise<AwsAnswer>>();

  constructor(private readonly cliOf: (account: string) => Promise<AwsCli>) {}

  public ask({ account, region }: { account: string; region?: string }, command: string[]): Promise<AwsAnswer> {
    const question = JSON.stringify([account, region, command]);
    const answer = this.answers.get(question) ?? this.cliOf(account).then(aws => aws.call(command, region));
    this.answers.set(question, answer);
    return answer;
  }
}

/** The ARN of the role that the management account takes in another account. */
export function administrationRoleArn(account: string, { caller }: OrganizationIds): string {
  const [, partition] = caller.split(':');
  return `arn:${partition}:iam::${account}:role/${ADMINISTRATION_ROLE}`;
}

function matches(output: string, expected: string): boolean {
  const answer = parse(output);
  return Array.isArray(answer) ? answer.map(String).includes(expected) : String(answer) === expected;
}

function parse(output: string): unknown {
  try {
    return output ? JSON.parse(output) as unknown : undefined;
  } catch {
    throw new CommandError(`The AWS CLI answered something that is not JSON: ${output.slice(0, 200)}`);
  }
}

/** The results in the order of the items, with a few items at work at a time. */
async function inParallel<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop() ?? '';
}
