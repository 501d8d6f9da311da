/** One build as CodeBuild runs it: the phases of a build specification in one shell, then what they leave. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { run } from '../process';

interface Phase {
  readonly commands?: readonly string[];
  readonly finally?: readonly string[];
}

interface Files {
  readonly 'files'?: readonly string[];
  readonly 'base-directory'?: string;
}

export interface BuildSpec {
  readonly version: string | number;
  readonly env?: {
    readonly 'shell'?: string;
    readonly 'variables'?: Record<string, string>;
    readonly 'exported-variables'?: readonly string[];
    readonly 'git-credential-helper'?: string;
  };
  readonly phases: Partial<Record<'install' | 'pre_build' | 'build' | 'post_build', Phase>>;
  readonly artifacts?: Files & { readonly 'secondary-artifacts'?: Record<string, Files> };
  readonly reports?: Record<string, Files & { readonly 'file-format'?: string }>;
  readonly cache?: unknown;
}

export interface Build {
  readonly name: string;
  readonly spec: BuildSpec;
  /** Where the source is; the build works in it. */
  readonly source: string;
  /** Where each output artifact goes, by its name; of several, `secondary-artifacts` says which is which. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly environment: NodeJS.ProcessEnv;
}

export interface Reported {
  readonly format: string;
  readonly files: number;
  /** Cases of tests; of coverage, lines in percent. */
  readonly count: number;
}

export interface Built {
  readonly exitCode: number;
  readonly output: string;
  readonly seconds: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly reports: readonly Reported[];
  /** Files of each output artifact. */
  readonly artifacts: Readonly<Record<string, number>>;
}

const KNOWN_KEYS = ['version', 'env', 'phases', 'artifacts', 'reports', 'cache'];
const KNOWN_ENVIRONMENT = ['shell', 'variables', 'exported-variables', 'git-credential-helper'];

export async function runBuild(build: Build): Promise<Built> {
  refuseUnknown(build);
  const startedAt = Date.now();
  const folder = `${build.source}.build`;
  fs.mkdirSync(folder, { recursive: true });
  const { exitCode, output } = await run(build.spec.env?.shell ?? 'sh', [script(build, folder)], {
    cwd: build.source, env: { ...build.environment, ...build.spec.env?.variables },
  });
  const variables = readVariables(path.join(folder, 'variables'));
  const done = exitCode === 0;
  const reports = reportsOf(build);
  const artifacts = done ? collect(build) : {};
  return { exitCode, output, seconds: (Date.now() - startedAt) / 1000, variables, reports, artifacts };
}

/** What this program does not know it would leave out without a word. */
function refuseUnknown({ name, spec }: Build): void {
  const unknown = [
    ...Object.keys(spec).filter(key => !KNOWN_KEYS.includes(key)),
    ...Object.keys(spec.env ?? {}).filter(key => !KNOWN_ENVIRONMENT.includes(key)),
  ];
  if (unknown.length > 0) { throw new Failure(`The build specification of ${name} has ${unknown.join(', ')}, which rehearsal/delivery/build-run.ts does not know.`); }
}

/** Every command is a file that the one shell reads, so that a command of several lines stays one. A phase ends at the first that fails; after a failed build, `post_build` runs. */
function script({ spec, source }: Build, folder: string): string {
  const lines = ['CODEBUILD_BUILD_SUCCEEDING=1', 'export CODEBUILD_BUILD_SUCCEEDING'];
  const exported = spec.env?.['exported-variables'] ?? [];
  const commands = (name: string, list: readonly string[] = []) => list.flatMap((command, index) => {
    const file = path.join(folder, `${name}-${index}.sh`);
    fs.writeFileSync(file, `${command}\n`);
    return [`if [ "$PHASE_GOES_ON" = 1 ]; then . '${file}'; if [ $? != 0 ]; then PHASE_GOES_ON=0; CODEBUILD_BUILD_SUCCEEDING=0; echo 'failed: ${name} command ${index + 1}'; fi; fi`];
  });
  for (const name of ['install', 'pre_build', 'build', 'post_build'] as const) {
    const phase = spec.phases[name] ?? {};
    const skips = name === 'pre_build' || name === 'build';
    lines.push(`PHASE_GOES_ON=${skips ? '$CODEBUILD_BUILD_SUCCEEDING' : '1'}`, ...commands(name, phase.commands));
    lines.push('PHASE_GOES_ON=1', ...commands(`${name}-finally`, phase.finally));
  }
  lines.push(`cd '${source}'`, ...exported.map(name => `printf '%s=%s\\0' '${name}' "$${name}" >> '${path.join(folder, 'variables')}'`), '[ "$CODEBUILD_BUILD_SUCCEEDING" = 1 ]');
  const file = path.join(folder, 'build.sh');
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function readVariables(file: string): Record<string, string> {
  if (!fs.existsSync(file)) { return {}; }
  const entries = fs.readFileSync(file, 'utf8').split('\0').filter(entry => entry !== '');
  return Object.fromEntries(entries.map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

function collect({ name, spec, source, outputs }: Build): Record<string, number> {
  const secondary = spec.artifacts?.['secondary-artifacts'];
  return Object.fromEntries([...outputs].map(([artifact, folder]) => {
    const files = secondary ? secondary[artifact] : spec.artifacts;
    if (!files) { throw new Failure(`The build specification of ${name} leaves nothing for the artifact ${artifact}.`); }
    const base = path.join(source, files['base-directory'] ?? '.');
    const found = matching(base, files.files ?? []);
    // CodeBuild ends such a build with "no matching artifact paths found"
    if (found.length === 0) { throw new Failure(`${name} leaves no file for the artifact ${artifact}: ${(files.files ?? []).join(', ')} in ${files['base-directory'] ?? 'the source'}.`); }
    for (const file of found) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.copyFileSync(path.join(base, file), path.join(folder, file));
    }
    return [artifact, found.length];
  }));
}

function reportsOf({ spec, source }: Build): Reported[] {
  return Object.values(spec.reports ?? {}).map(report => {
    const base = path.join(source, report['base-directory'] ?? '.');
    const found = matching(base, report.files ?? []);
    const text = found.map(file => fs.readFileSync(path.join(base, file), 'utf8')).join('\n');
    const format = report['file-format'] ?? 'JUNITXML';
    const [, rate = '0'] = /<coverage[^>]*line-rate="([\d.]+)"/.exec(text) ?? [];
    return { format, files: found.length, count: format.startsWith('COBERTURA') ? Math.round(Number(rate) * 100) : text.split('<testcase').length - 1 };
  });
}

/** Files below a folder that a pattern of CodeBuild names, as paths from the folder. */
function matching(base: string, patterns: readonly string[]): string[] {
  if (!fs.existsSync(base)) { return []; }
  const wanted = patterns.map(pattern => new RegExp(`^${pattern.split(/(\*\*\/|\*\*|\*|\?)/).map(part => GLOB[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&')).join('')}$`));
  const plain = patterns.filter(pattern => !/[*?]/.test(pattern) && fs.existsSync(path.join(base, pattern)));
  if (plain.length === patterns.length) { return plain; }
  return (fs.readdirSync(base, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile()).map(entry => path.relative(base, path.join(entry.parentPath, entry.name)))
    .filter(file => wanted.some(pattern => pattern.test(file))).sort();
}

const GLOB: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
