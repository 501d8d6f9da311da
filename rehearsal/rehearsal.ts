/** One rehearsal from synthesis to the last proof, phase by phase. */
import * as path from 'node:path';
import { CloudFormationClient, UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import { type AssemblyStack, environmentsOf, readAssembly } from './assembly';
import { CdkCli, type StackProgress, synthesize } from './cdk-cli';
import type { Check, CheckContext } from './checks/check';
import { LocalContext } from './checks/context';
import { genericChecks } from './checks/generic';
import { NotingContext } from './checks/sources';
import { Failure } from './failure';
import { countKinds, summarizeTypes } from './fidelity';
import { FirstRun } from './first-run';
import { type InventoryItem, leftBehind, type Leftover, retainedResources, takeInventory } from './inventory';
import { refuseWhileKept, rememberKept } from './kept';
import { LocalAws, type LocalAwsStatus } from './local-aws/local-aws';
import { MemoryWatch } from './memory';
import { type Options, type Phase, PHASES } from './options';
import { Progress } from './progress';
import type { CheckReport, PhaseReport, RehearsalReport } from './report/model';
import { openRunDirectory } from './run-directory';

export interface Rehearsed {
  readonly report: RehearsalReport;
  readonly assembly: string;
  readonly context: CheckContext;
  /** Running only if it was asked to be kept. */
  readonly aws: LocalAws;
}

/** A check's result, with the context that knows where its evidence is from. */
type Asked = Omit<CheckReport, 'sources'> & { readonly context: NotingContext };

export class Rehearsal {
  private readonly startedAt = Date.now();
  private readonly memory = new MemoryWatch();
  private readonly phases: PhaseReport[] = [];
  private readonly seconds = new Map<string, number>();
  private readonly checks: Asked[] = [];
  private readonly leftOut: string[] = [];
  private leftovers?: Leftover[];
  private status!: LocalAwsStatus;

  constructor(private readonly options: Options, private readonly progress: Progress) {}

  async run(): Promise<Rehearsed> {
    await refuseWhileKept(this.options.workDirectory);
    const checks = await this.loadChecks();
    const { assembly, aws } = await this.phase('synth', () => this.prepare());
    try {
      const stacks = this.selected(assembly);
      const context = new LocalContext(aws.endpoint, stacks);
      await this.onStage(assembly, aws, context, checks);
      return { report: this.report(stacks), assembly, context, aws };
    } finally {
      if (!this.options.keep) { await aws.stop(); }
    }
  }

  private async onStage(assembly: string, aws: LocalAws, context: LocalContext, checks: readonly Check[]): Promise<void> {
    const { stacks } = context;
    const cli = new CdkCli(aws);
    const firstRun = new FirstRun(aws, assembly, stacks);
    await aws.expect(assembly, !firstRun.isNeeded);
    if (this.reaches('prepare')) {
      await this.phase('prepare', () => Promise.all([cli.bootstrap(environmentsOf(stacks)), firstRun.prepare()]));
    }
    if (this.reaches('deploy')) {
      const before = await takeInventory(context);
      await this.phase('deploy', () => cli.deploy(assembly, stacks, this.follow(stacks, true)));
      if (this.reaches('verify')) { await this.phase('verify', () => this.verify(context, firstRun.isNeeded ? [...checks, firstRun.check] : checks)); }
      if (this.reaches('destroy')) { await this.phase('destroy', () => this.destroy(cli, assembly, context, before)); }
    }
    this.status = await aws.status();
  }

  /** The app is synthesized while the local AWS starts: neither needs the other. */
  private async prepare(): Promise<{ assembly: string; aws: LocalAws }> {
    const directory = openRunDirectory(this.options.workDirectory);
    this.progress.update('synthesizing the app, starting the local AWS');
    const [aws, assembly] = await Promise.allSettled([
      this.startAws(directory),
      synthesize(this.options.app, directory),
    ]);
    if (aws.status === 'rejected') { throw aws.reason; }
    if (assembly.status === 'rejected') {
      await aws.value.stop();
      throw assembly.reason;
    }
    return { aws: aws.value, assembly: assembly.value };
  }

  private async startAws(directory: string): Promise<LocalAws> {
    const { keep, port, workDirectory } = this.options;
    const aws = await LocalAws.start({ cache: path.resolve(workDirectory), directory, keep, port, nodeModules: path.resolve('node_modules') });
    if (keep) { rememberKept(aws, workDirectory, directory); }
    return aws;
  }

  private selected(assembly: string): AssemblyStack[] {
    const all = readAssembly(assembly);
    const { stacks: pattern } = this.options;
    if (!pattern) { return all; }
    const chosen = new Set(all.filter(stack => pattern.test(stack.displayName)));
    if (chosen.size === 0) { throw new Failure(`No stack matches --only; there are ${all.map(stack => stack.displayName).join(', ')}.`); }
    for (const stack of chosen) { // a Set grows while it is walked: dependencies of dependencies are reached
      all.filter(other => stack.dependencies.includes(other.artifactId)).forEach(other => chosen.add(other));
    }
    return all.filter(stack => chosen.has(stack));
  }

  private async verify(context: CheckContext, checks: readonly Check[]): Promise<void> {
    const isLeftOut = (check: Check) => this.options.stacks !== undefined && (check.needs ?? []).some(pattern => context.find(pattern).length === 0);
    this.leftOut.push(...checks.filter(isLeftOut).map(({ name }) => name));
    const asked = checks.filter(check => !isLeftOut(check)).map(async check => {
      const noting = new NotingContext(context);
      const outcome = await check.run(noting).catch((error: Error) => ({ passed: false, evidence: [`${error.name}: ${error.message}`] }));
      this.progress.event(`${outcome.passed ? 'ok  ' : 'FAIL'} ${check.name}`);
      return { name: check.name, proves: check.proves, ...outcome, context: noting };
    });
    this.progress.update(`asking ${asked.length} questions`);
    this.checks.push(...await Promise.all(asked));
  }

  private async destroy(cli: CdkCli, assembly: string, context: LocalContext, before: readonly InventoryItem[]): Promise<void> {
    const retained = await retainedResources(context);
    await this.liftTerminationProtection(context);
    await cli.destroy(assembly, context.stacks, this.follow(context.stacks, false));
    this.leftovers = await leftBehind(context, before, retained);
  }

  private async liftTerminationProtection(context: LocalContext): Promise<void> {
    for (const stack of context.stacks.filter(candidate => candidate.terminationProtection)) {
      await context.client(CloudFormationClient, stack).send(
        new UpdateTerminationProtectionCommand({ StackName: stack.stackName, EnableTerminationProtection: false }));
    }
  }

  private follow(stacks: readonly AssemblyStack[], measured: boolean): StackProgress {
    const running = new Set<string>();
    let done = 0;
    const show = () => this.progress.update([`${done} of ${stacks.length} stacks`, ...running].join('  '));
    return {
      started: name => { running.add(name); show(); },
      finished: ({ displayName, seconds }) => {
        running.delete(displayName);
        done += 1;
        if (measured) { this.seconds.set(displayName, seconds); }
        this.progress.event(`${done} of ${stacks.length}  ${displayName}  ${seconds.toFixed(1)} s`);
        show();
      },
    };
  }

  private async phase<T>(name: Phase, work: () => Promise<T>): Promise<T> {
    const { result, seconds } = await this.progress.phase(name, work);
    this.phases.push({ name, seconds });
    return result;
  }

  private reaches(phase: Phase): boolean {
    return PHASES.indexOf(phase) <= PHASES.indexOf(this.options.until);
  }

  private async loadChecks(): Promise<readonly Check[]> {
    const own = await Promise.all(this.options.checks.map(async module => {
      const loaded = await import(path.resolve(module)) as { checks?: readonly Check[] };
      if (!loaded.checks) { throw new Failure(`${module} exports no \`checks\`.`); }
      return loaded.checks;
    }));
    return [...genericChecks, ...own.flat()];
  }

  private report(stacks: readonly AssemblyStack[]): RehearsalReport {
    return {
      app: this.options.app,
      passed: this.checks.every(check => check.passed) && (this.leftovers ?? []).every(item => item.reason),
      seconds: (Date.now() - this.startedAt) / 1000,
      peakMemoryMiB: this.memory.end(),
      phases: this.phases,
      stacks: stacks.map(stack => ({
        displayName: stack.displayName,
        account: stack.account,
        region: stack.region,
        resources: Object.keys(stack.template.Resources ?? {}).length,
        seconds: this.seconds.get(stack.displayName),
        kinds: countKinds(stack, this.status),
      })),
      checks: this.checks.map(({ context, ...check }) => ({ ...check, sources: context.sources(this.status) })),
      leftOut: this.leftOut,
      types: summarizeTypes(stacks, this.status),
      assumed: this.status.assumed,
      leftovers: this.leftovers,
    };
  }
}
