/** The apps whose bundles are examined: the example platform, and every integ app that brings something to a cluster. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Bundle, bundlesOf } from './bundle';
import { Failure } from '../failure';
import { isolatedEnvironment } from '../local-aws/local-aws';
import { run } from '../process';

const EXAMPLE = 'examples/platform/app.ts';
const EXAMPLE_SITE = 'examples/application/spa';
const INTEG = 'integ';
/** How a template shows that it brings something to a cluster. */
const BRINGS_OBJECTS = /"Provider": "EKS"|Custom::AWSCDK-EKS-/;
/** Integ apps are for any account. */
const STANDINS: [RegExp, string][] = [[/unknown-account/g, '111111111111'], [/unknown-region/g, 'eu-west-1']];

export interface App {
  readonly name: string;
  readonly file: string;
  /** Variables that it reads. @default - none */
  readonly environment?: Record<string, string>;
}

export const EXAMPLE_PLATFORM: App = { name: 'examples/platform', file: EXAMPLE };

/** The committed snapshots tell which integ apps to synthesize; one without a snapshot is synthesized too. */
export function appsWithBundles(): App[] {
  const integ = fs.readdirSync(INTEG).filter(file => /^integ\..*\.ts$/.test(file) && fs.statSync(path.join(INTEG, file)).isFile()).sort();
  const chosen = integ.filter(file => {
    const snapshot = path.join(INTEG, `${file}.snapshot`);
    return !fs.existsSync(snapshot) || templatesIn(snapshot).some(template => BRINGS_OBJECTS.test(template));
  });
  return [EXAMPLE_PLATFORM, ...chosen.map(file => ({ name: file.replace(/\.ts$/, ''), file: path.join(INTEG, file) }))];
}

/** Synthesizes an app, below `directory`. */
export async function synthesizeApp({ name, file, environment }: App, directory: string): Promise<string> {
  const assembly = path.resolve(directory, name.replace(/\W+/g, '-'), 'cdk.out');
  fs.rmSync(assembly, { recursive: true, force: true });
  if (file === EXAMPLE && !fs.existsSync(path.join(EXAMPLE_SITE, 'dist', 'index.html'))) { await printed(path.join(EXAMPLE_SITE, 'build.sh'), [], name); }
  await printed(process.execPath, [require.resolve('tsx/cli'), '--tsconfig', 'tsconfig.dev.json', file], name, { ...environment, CDK_OUTDIR: assembly });
  for (const entry of fs.readdirSync(assembly, { recursive: true }) as string[]) {
    if (path.basename(entry) === 'manifest.json') { replaceIn(path.join(assembly, entry)); }
  }
  return assembly;
}

/** Synthesizes an app and writes out what it brings to its clusters. */
export async function synthesizeBundles(app: App, directory: string): Promise<Bundle[]> {
  const assembly = await synthesizeApp(app, directory);
  return bundlesOf(assembly, path.join(path.dirname(assembly), 'bundles'));
}

async function printed(command: string, args: readonly string[], name: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const result = await run(command, args, { env: { ...isolatedEnvironment(), ...environment } });
  if (result.exitCode !== 0) {
    const reason = result.output.split('\n').find(line => /\w*Error\b/.test(line)) ?? 'what it printed says why';
    throw new Failure(`${name} does not synthesize: ${reason.trim()}`, result.output);
  }
}

function templatesIn(folder: string): string[] {
  return fs.readdirSync(folder).filter(file => file.endsWith('.template.json')).map(file => fs.readFileSync(path.join(folder, file), 'utf8'));
}

function replaceIn(file: string): void {
  fs.writeFileSync(file, STANDINS.reduce((text, [pattern, value]) => text.replace(pattern, value), fs.readFileSync(file, 'utf8')));
}
