import { AwsAnswer, AwsCli } from './aws-cli';
import { CommandError } from './command-error';
import { missingId, OrganizationIds, withRealIds } from './organization-ids';
import { RecordedStep } from '../private/first-run';

/** The role that Organizations makes in every account it creates. */
const ADMINISTRATION_ROLE = 'OrganizationAccountAccessRole';

/** What AWS says to somebody who may not ask; everything else that fails is a preparation that is not there. */
const NOT_ASKED = /AccessDenied|not authorized|UnauthorizedOperation|ExpiredToken|InvalidClientToken|Unable to locate credentials|Could not connect|must specify a region/i;

export type StepStatus = 'done' | 'open' | 'unknown';

/** A step with real ids, and how things stand. */
export interface StepState {
  readonly step: RecordedStep;
  readonly status: StepStatus;
  /** Why it is unknown, or what its command said when it failed. */
  readonly detail?: string;
  /** Whether its commands have just been run. */
  readonly taken?: boolean;
}

/** Calls of the AWS CLI at a time: each is a process that mostly waits. */
const CONCURRENCY = 4;

/** The steps of an app against one organization: asks for their state and can take those that a command can take. */
export class Checklist {
  constructor(private readonly aws: AwsCli, private readonly ids: OrganizationIds) {}

  /** How the steps stand, as AWS answers it. Several steps often need the same answer, which is asked for once. */
  public async ask(steps: RecordedStep[]): Promise<StepState[]> {
    const answers = new Map<string, Promise<AwsAnswer>>();
    return inParallel(steps, step => this.askOne(withRealIds(step, this.ids), answers));
  }

  /** Runs the commands of the open steps, one after another as a step may rely on those before it, and asks again. */
  public async take(states: StepState[]): Promise<StepState[]> {
    const taken = new Map<RecordedStep, string | undefined>();
    for (const { step, status, detail } of states) {
      if (status === 'open' && step.commands && detail === undefined) { taken.set(step, await this.run(step)); }
    }
    const asked = await this.ask([...taken.keys()]);
    const again = new Map([...taken.keys()].map((step, index) => [step, asked[index]]));
    return states.map(state => {
      const now = again.get(state.step);
      return now ? { ...now, detail: now.status === 'open' ? taken.get(state.step) : now.detail, taken: true } : state;
    });
  }

  private async askOne(step: RecordedStep, answers: Map<string, Promise<AwsAnswer>>): Promise<StepState> {
    const missing = missingId([step.account, step.check, step.commands]);
    if (missing) { return { step, status: 'open', detail: `there is no ${missing.replace(':', ' ')} yet: deploy the landing zone first` }; }
    const question = JSON.stringify([step.account, step.region, step.check.command]);
    const answer = answers.get(question) ?? this.in(step).then(aws => aws.call(step.check.command, step.region));
    answers.set(question, answer);
    try {
      const { succeeded, output } = await answer;
      if (!succeeded) { return { step, ...NOT_ASKED.test(output) ? { status: 'unknown', detail: lastLine(output) } : { status: 'open' } }; }
      return { step, status: matches(output, step.check.expected) ? 'done' : 'open' };
    } catch (error) {
      return { step, status: 'unknown', detail: lastLine(messageOf(error)) };
    }
  }

  /** What the first command that failed said. */
  private async run(step: RecordedStep): Promise<string | undefined> {
    const aws = await this.in(step);
    for (const command of step.commands ?? []) {
      const { succeeded, output } = await aws.call(command, step.region);
      if (!succeeded) { return lastLine(output); }
    }
    return undefined;
  }

  private async in({ account }: RecordedStep): Promise<AwsCli> {
    return account === this.ids.callerAccount ? this.aws : this.aws.inRole(administrationRoleArn(account, this.ids));
  }
}

/** The ARN of the role that the management account takes in another account. */
export function administrationRoleArn(account: string, { caller }: OrganizationIds): string {
  const [, partition] = caller.split(':');
  return `arn:${partition}:iam::${account}:role/${ADMINISTRATION_ROLE}`;
}

function matches(output: string, expected: string): boolean {
  const answer = output ? JSON.parse(output) as unknown : undefined;
  return Array.isArray(answer) ? answer.map(String).includes(expected) : String(answer) === expected;
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

function messageOf(error: unknown): string {
  if (error instanceof CommandError) { return error.message; }
  throw error;
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop() ?? '';
}
