/**
 * The real CDK CLI, run against the local AWS.
 *
 * Every account deploys its own stacks with its own credentials, so nothing
 * works here only because one account may do everything.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, type Environment, environmentsOf, settleLookups } from './assembly';
import { Failure } from './failure';
import { isolatedEnvironment, type LocalAws } from './local-aws/local-aws';
import { run, type RunResult } from './process';
import { wavesOf } from './waves';

/** Stacks that one account deploys at the same time; each waits for the others most of its time. */
const CONCURRENCY = 6;
const COMMON_ARGS = ['--no-notices', '--no-color', '--no-version-reporting', '--ci'];

export interface StackTiming {
  readonly displayName: string;
  readonly seconds: number;
}

export interface StackProgress {
  readonly started: (displayName: string) => void;
  readonly finished: (timing: StackTiming) => void;
}

/** Synthesizes an app, or copies an assembly that exists; returns the assembly's directory, which is the rehearsal's own. */
export async function synthesize(app: string, directory: string): Promise<string> {
  const assembly = path.join(directory, 'cdk.out');
  fs.rmSync(assembly, { recursive: true, force: true });
  if (fs.existsSync(path.join(app, 'manifest.json'))) {
    fs.cpSync(app, assembly, { recursive: true });
  } else {
    await synthesizeApp(app, assembly);
  }
  settleLookups(assembly);
  return assembly;
}

async function synthesizeApp(app: string, assembly: string): Promise<void> {
  const environment = { ...isolatedEnvironment(), AWS_REGION: 'us-east-1' };
  const result = await cdk(['synth', '--app', app, '--output', assembly, '--quiet', '--no-lookups'], environment);
  const onlyLookupsMissing = /context lookups have been disabled/i.test(result.output);
  if (result.exitCode !== 0 && !onlyLookupsMissing) {
    throw new Failure(`The app \`${app}\` does not synthesize: ${firstError(result.output)}`, result.output);
  }
}

export class CdkCli {
  constructor(private readonly aws: LocalAws) {}

  async bootstrap(environments: readonly Environment[]): Promise<void> {
    const accounts = new Set(environments.map(environment => environment.account));
    await Promise.all([...accounts].map(async account => {
      const own = environments.filter(environment => environment.account === account);
      const result = await this.cdk(['bootstrap', ...own.map(({ region }) => `aws://${account}/${region}`)], own[0]);
      if (result.exitCode !== 0) { throw new Failure(`Account ${account} cannot be bootstrapped: ${firstError(result.output)}`, result.output); }
    }));
  }

  async deploy(assembly: string, stacks: readonly AssemblyStack[], progress: StackProgress): Promise<void> {
    for (const wave of wavesOf(stacks)) {
      await this.inEveryAccount('deploy', ['--require-approval', 'never', '--method', 'direct', '--progress', 'events'], assembly, wave, progress);
    }
  }

  async destroy(assembly: string, stacks: readonly AssemblyStack[], progress: StackProgress): Promise<void> {
    for (const wave of wavesOf(stacks).reverse()) {
      await this.inEveryAccount('destroy', ['--force'], assembly, wave, progress);
    }
  }

  private async inEveryAccount(
    command: 'deploy' | 'destroy', args: string[], assembly: string, wave: Map<string, AssemblyStack[]>, progress: StackProgress,
  ): Promise<void> {
    const results = await Promise.allSettled([...wave.values()].map(async stacks => {
      const timer = new StackTimer(stacks, progress);
      const names = stacks.map(stack => stack.displayName);
      const result = await this.cdk(
        [command, ...names, '--app', assembly, '--exclusively', '--concurrency', String(CONCURRENCY), ...args],
        environmentsOf(stacks)[0], line => timer.read(line),
      );
      if (result.exitCode !== 0) { throw new Failure(failedStack(command, result.output, names), result.output); }
    }));
    const failed = results.find(result => result.status === 'rejected');
    if (failed) { throw failed.reason; }
  }

  private cdk(args: string[], as: Environment, onLine?: (line: string) => void): Promise<RunResult> {
    return cdk(args, this.aws.environment(as.account, as.region), onLine);
  }
}

function cdk(args: string[], env: NodeJS.ProcessEnv, onLine?: (line: string) => void): Promise<RunResult> {
  return run(process.execPath, [require.resolve('aws-cdk/bin/cdk'), ...args, ...COMMON_ARGS], { env, onLine });
}

/** Reads when each stack starts and ends from what the CLI prints. */
class StackTimer {
  private readonly startedAt = new Map<string, number>();

  constructor(private readonly stacks: readonly AssemblyStack[], private readonly progress: StackProgress) {}

  read(line: string): void {
    const [, started] = /^(\S+)(?: \(\S+\))?: (?:deploying|destroying)\.\.\./.exec(line) ?? [];
    if (started && this.has(started)) {
      this.startedAt.set(started, Date.now());
      this.progress.started(started);
    }
    const [, finished] = /✅\s+(\S+?)(?: \(\S+\))?(?:: destroyed| \(no changes\))?$/.exec(line.trim()) ?? [];
    if (finished && this.has(finished)) {
      const start = this.startedAt.get(finished) ?? Date.now();
      this.progress.finished({ displayName: finished, seconds: (Date.now() - start) / 1000 });
    }
  }

  private has(name: string): boolean {
    return this.stacks.some(stack => stack.displayName === name);
  }
}

/** `Stack Innovate-Staging-Site failed to deploy: AWS::Route53::RecordSet no such zone`. */
function failedStack(command: string, output: string, names: readonly string[]): string {
  const events = [...output.matchAll(/^\s*(\S+) \|[^|]*\|[^|]*\| (?:CREATE|UPDATE|DELETE)_FAILED\s*\| (\S+)\s*\| (.+)$/gm)];
  const event = events.find(([, , type]) => type !== 'AWS::CloudFormation::Stack');
  if (event) { return `Stack ${event[1]} failed to ${command}: ${event[2]} ${event[3].trim()}`; }
  return `${names.join(', ')} failed to ${command}: ${firstError(output)}`;
}

function firstError(output: string): string {
  const lines = output.split('\n').map(line => line.trim()).filter(line => line.length > 0);
  const error = lines.find(line => /^(ERROR|❌|\w*Error\b.*:)/.test(line)) ?? lines.find(line => /\b(\w*Error|failed)\b/.test(line));
  return (error ?? lines.at(-1) ?? 'it printed nothing').slice(0, 500);
}
