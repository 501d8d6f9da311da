import { AwsCli } from './aws-cli';
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
}

/** The steps of an app against one organization: asks for their state and can take those that a command can take. */
export class Checklist {
  constructor(private readonly aws: AwsCli, private readonly ids: OrganizationIds) {}

  /** How a step stands, as AWS answers it. */
  public async ask(unresolved: RecordedStep): Promise<StepState> {
    const step = withRealIds(unresolved, this.ids);
    const missing = missingId([step.account, step.check, step.commands]);
    if (missing) { return { step, status: 'open', detail: `there is no ${missing.replace(':', ' ')} yet: deploy the landing zone first` }; }
    try {
      const { succeeded, output } = await (await this.in(step)).call(step.check.command, step.region);
      if (!succeeded) { return { step, ...NOT_ASKED.test(output) ? { status: 'unknown', detail: lastLine(output) } : { status: 'open' } }; }
      return { step, status: matches(output, step.check.expected) ? 'done' : 'open' };
    } catch (error) {
      return { step, status: 'unknown', detail: lastLine(messageOf(error)) };
    }
  }

  /** Runs the commands of an open step and asks again. */
  public async take(state: StepState): Promise<StepState> {
    const { step } = state;
    if (state.status !== 'open' || !step.commands || state.detail) { return state; }
    const aws = await this.in(step);
    for (const command of step.commands) {
      const { succeeded, output } = await aws.call(command, step.region);
      if (!succeeded) { return { step, status: 'open', detail: lastLine(output) }; }
    }
    return this.ask(step);
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

function messageOf(error: unknown): string {
  if (error instanceof CommandError) { return error.message; }
  throw error;
}

function lastLine(output: string): string {
  return output.trim().split('\n').pop() ?? '';
}
