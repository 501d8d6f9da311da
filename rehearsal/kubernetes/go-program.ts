/** Builds a Go program from a folder with its go.mod, once per content of the folder and version of Go. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { run } from '../process';
import type { Progress } from '../progress';
import { type GoToolchain, goToolchain } from './go-toolchain';

export interface GoProgram {
  readonly name: string;
  /** Has go.mod, go.sum and, for a program of ours, its source. */
  readonly folder: string;
  /** What is built. @default - the folder's own package */
  readonly package?: string;
  /** `-X package.variable=value`, for versions that a release writes into its binaries. @default - none */
  readonly linkerFlags?: readonly string[];
  /** Other names of the same program, which asks under which it was called. @default - none */
  readonly aliases?: readonly string[];
  /** Said while it is built. */
  readonly minutes: number;
}

/** Returns where the built program is. */
export async function goProgram(program: GoProgram, cacheDirectory: string, progress: Progress): Promise<string> {
  const toolchain = await goToolchain(cacheDirectory, progress);
  const directory = path.resolve(cacheDirectory, `${program.name}-${hashOf(program, toolchain)}`);
  const executable = path.join(directory, program.name);
  if (fs.existsSync(executable)) { return executable; }

  // a directory that exists is complete, whoever else builds the same at the same time
  const unfinished = `${directory}.${process.pid}`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true });
  try {
    await build(program, path.join(unfinished, program.name), toolchain, progress);
    for (const alias of program.aliases ?? []) { fs.symlinkSync(program.name, path.join(unfinished, alias)); }
    if (!fs.existsSync(directory)) { fs.renameSync(unfinished, directory); }
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
  return executable;
}

async function build(program: GoProgram, output: string, { command, environment }: GoToolchain, progress: Progress): Promise<void> {
  const { name, folder, minutes, linkerFlags = [] } = program;
  progress.line(`Building ${name} from Go modules: about ${minutes} minutes on two cores, once.`);
  const startedAt = Date.now();
  let packages = 0;
  const result = await run('nice', [
    command, 'build', '-v', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', ['-s', '-w', ...linkerFlags].join(' '), '-o', output, program.package ?? '.',
  ], {
    cwd: folder,
    env: { ...environment, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' },
    onLine: line => progress.update(`building ${name}: ${++packages} packages, ${line}`),
  });
  if (result.exitCode !== 0) {
    // every package that is built is printed too
    const reasons = result.output.split('\n').filter(line => /\s/.test(line.trim())).join('\n');
    const isOffline = /dial tcp|no such host|proxyconnect|i\/o timeout|403 Forbidden|connection refused/.test(result.output);
    throw new Failure(isOffline
      ? `${name} cannot be built: Go's module proxy cannot be reached; check GOPROXY (\`go env GOPROXY\`) and run again.`
      : `${name} cannot be built from ${path.relative('.', folder)}; it ended with ${result.exitCode}, and what Go printed says why.`, reasons);
  }
  progress.line(`Built ${name} in ${((Date.now() - startedAt) / 1000).toFixed(0)} s, ${Math.round(fs.statSync(output).size / 1e6)} MB.`);
}

function hashOf({ folder, package: target = '.', linkerFlags = [], aliases = [] }: GoProgram, { version }: GoToolchain): string {
  const hash = createHash('sha256').update(JSON.stringify([version, process.platform, process.arch, target, linkerFlags, aliases]));
  const files = (fs.readdirSync(folder, { recursive: true }) as string[]).filter(file => /(\.go|go\.mod|go\.sum)$/.test(file)).sort();
  for (const file of files) { hash.update(`${file}\0`).update(fs.readFileSync(path.join(folder, file))); }
  return hash.digest('hex').slice(0, 12);
}
