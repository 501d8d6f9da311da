/**
 * Child processes that never outlive the rehearsal.
 *
 * Each child leads its own process group, so ending the group ends what the
 * child started. Groups are ended on every way out: a normal exit, an exception,
 * Ctrl-C and a termination signal.
 */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each line of standard output and standard error. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  readonly exitCode: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

const children = new Set<ChildProcess>();
let stopping = false;

/** Starts a process that runs until `stop` or until the rehearsal ends. */
export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.once('error', () => children.delete(child));
  return child;
}

/** Lets a started process outlive the rehearsal. */
export function release(child: ChildProcess): void {
  children.delete(child);
  child.unref();
}

/** The process groups that are running. */
export function runningGroups(): number[] {
  return [...children].flatMap(child => child.pid ?? []);
}

/** Runs a command to its end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = start(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout!, child.stderr!]) {
      const lines = new LineSplitter(options.onLine);
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        lines.push(chunk);
      }).on('end', () => lines.flush());
    }
    child.once('error', error => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      endGroup(child, 'SIGTERM'); // a leader that ended may leave members behind
      if (!stopping) { resolve({ exitCode: code ?? 128 + (signal ? 1 : 0), output }); }
    });
  });
}

/** Ends a started process and everything it started; forcibly after two seconds. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) { return; }
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  endGroup(child, 'SIGTERM');
  const force = setTimeout(() => endGroup(child, 'SIGKILL'), 2000);
  await ended;
  clearTimeout(force);
}

/** Registers the ends of all children with every way this process can end. */
export function endChildrenWithThisProcess(onSignal: (signal: NodeJS.Signals) => void): void {
  process.on('exit', () => children.forEach(child => endGroup(child, 'SIGKILL')));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stopping = true;
      onSignal(signal);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) { return; }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') { throw error; }
  }
}

class LineSplitter {
  private rest = '';

  constructor(private readonly onLine?: (line: string) => void) {}

  push(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    lines.forEach(line => this.onLine?.(line));
  }

  flush(): void {
    if (this.rest) { this.onLine?.(this.rest); }
    this.rest = '';
  }
}
