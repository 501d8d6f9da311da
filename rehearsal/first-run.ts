/**
 * The first-run checklist of an app, taken the way its user takes it: by the real command with the real AWS CLI,
 * and by the consents that only a person can give.
 */
import { type AssemblyStack, type Environment, readAssembly } from './assembly';
import type { Check } from './checks/check';
import { failed, passed } from './checks/check';
import { Failure } from './failure';
import type { LocalAws } from './local-aws/local-aws';
import { run } from './process';
import { readSteps } from '../src/cli/assembly-steps';
import type { RecordedStep } from '../src/private/first-run';

export interface PreflightStep {
  readonly id: string;
  readonly title: string;
  readonly account: string;
  /** The name of the stack that it belongs to. */
  readonly stack: string;
  readonly status: 'done' | 'open' | 'later' | 'unknown';
  readonly detail?: string;
  /** Whether its commands have just been run. */
  readonly taken?: boolean;
}

/** What `preflight --json` answers. */
export interface Preflight {
  readonly organizationId?: string;
  readonly rootId?: string;
  /** Account ids by name. */
  readonly accounts: Record<string, string>;
  readonly steps: readonly PreflightStep[];
}

const COMMAND = require.resolve('../src/cli/cdk-innovate-platform.ts');

export class FirstRun {
  private readonly counts: string[] = [];
  private readonly steps: readonly RecordedStep[];

  /** @param stacks those that are deployed: the steps of others are none of this run's business */
  constructor(private readonly aws: LocalAws, private readonly assembly: string, private readonly stacks: readonly AssemblyStack[]) {
    this.steps = readSteps(assembly).filter(({ stack }) => this.isDeployed(stack.name));
  }

  get isNeeded(): boolean {
    return this.steps.length > 0;
  }

  /** Does everything that the deployment needs first, in an organization that has nothing of it. */
  async prepare(): Promise<void> {
    if (this.steps.length === 0) { return; }
    const applied = await this.preflight('--apply');
    const [before, after] = [applied.steps.filter(step => isDone(step) && !step.taken), applied.steps.filter(isDone)];
    this.counts.push(`at first ${before.length}`, `after --apply ${after.length}`);
    const due = new Set(this.steps.filter(({ beforeDeployment }) => beforeDeployment).map(({ id }) => id));
    const failing = applied.steps.filter(step => step.taken && !isDone(step) && due.has(step.id));
    if (failing.length > 0) { throw new Failure(`The first-run checklist's own commands do not do it: ${failing.map(described).join('; ')}.`); }
    await this.consent(step => step.beforeDeployment);
  }

  /** Does what follows the deployment. */
  async finish(): Promise<Preflight> {
    await this.consent(step => !step.beforeDeployment);
    return this.preflight('--apply');
  }

  /** What is open once everything is deployed. */
  get check(): Check {
    return {
      name: 'the first-run checklist is done',
      proves: 'What CloudFormation cannot do was done by the checklist\'s own commands, and AWS answers that nothing is open.',
      run: async () => {
        const { steps } = await this.finish();
        const open = steps.filter(step => !isDone(step));
        return open.length > 0
          ? failed(...open.map(described))
          : passed([...this.counts, `after the deployment ${steps.length} of ${steps.length} done`].join(', '));
      },
    };
  }

  /** Asks as an administrator of the account that has the first step, the management account where there is one. */
  async preflight(...args: string[]): Promise<Preflight> {
    const { account, region } = this.administrator();
    const { exitCode, output } = await run(
      process.execPath, [require.resolve('tsx/cli'), COMMAND, 'preflight', '--app', this.assembly, '--json', '--date', this.today, ...args],
      { env: this.aws.cliEnvironment(account, region) },
    );
    if (exitCode > 1) { throw new Failure('The first-run checklist cannot be asked for.', output); }
    const answer = JSON.parse(output) as Preflight;
    return { ...answer, steps: answer.steps.filter(({ stack }) => this.isDeployed(stack)) };
  }

  private isDeployed(name: string): boolean {
    return this.stacks.some(({ stackName }) => stackName === name);
  }

  /** The rehearsal is of the platform as it is meant, whatever the calendar says: on a day on which each access lasts. */
  private get today(): string {
    const lastDays = this.steps.flatMap(({ check }) => 'lastDay' in check ? check.lastDay : []);
    return lastDays.sort()[0] ?? '1970-01-01';
  }

  private administrator(): Environment {
    const [{ account }] = readSteps(this.assembly);
    const stacks = readAssembly(this.assembly);
    const stack = stacks.find(candidate => candidate.account === account) ?? stacks[0];
    return { account: stack.account, region: stack.region };
  }

  /** A person's part: a connection, a workspace, a confirmed address. */
  private async consent(isDue: (step: RecordedStep) => boolean): Promise<void> {
    for (const { id, account, check } of this.steps.filter(isDue)) {
      if ('lastDay' in check) { continue; }
      if (id.startsWith('github-consent')) { await this.aws.consent({ connection: check.command[check.command.indexOf('--connection-arn') + 1] }); }
      if (id.startsWith('slack-consent')) { await this.aws.consent({ slackWorkspace: check.expected, account }); }
      if (id.startsWith('subscriptions-')) { await this.aws.consent({ subscription: id.replace('subscriptions-', ''), account }); }
    }
  }
}

function isDone({ status }: PreflightStep): boolean {
  return status === 'done';
}

function described({ title, account, status, detail }: PreflightStep): string {
  return `${status} in ${account}: ${title}${detail ? ` (${detail})` : ''}`;
}
