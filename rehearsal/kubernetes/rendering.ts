/** The objects of a bundle's parts, as Helm renders them and as files hold them. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { BundlePart } from './bundle';
import { firstError, type KubernetesObject } from './cluster-client';
import type { KubernetesTools } from './tools';
import { Failure } from '../failure';
import { run } from '../process';

export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly values?: readonly string[];
  /** As `--set` takes them. @default - none */
  readonly settings?: readonly string[];
}

export async function renderPart(tools: KubernetesTools, { release, files }: BundlePart): Promise<KubernetesObject[]> {
  if (release) { return renderRelease(tools, release); }
  return files.flatMap(file => objectsIn(fs.readFileSync(file, 'utf8'), path.basename(file)));
}

export async function renderRelease(tools: KubernetesTools, { name, namespace, chart, values = [], settings = [] }: HelmRelease): Promise<KubernetesObject[]> {
  const rendered = fs.mkdtempSync(path.join(os.tmpdir(), 'helm-')); // warnings are printed among what is rendered
  try {
    const { exitCode, output } = await run(tools.helm, [
      'template', name, chart, '--namespace', namespace, '--kube-version', tools.version, '--output-dir', rendered,
      ...values.flatMap(file => ['--values', file]), ...settings.flatMap(setting => ['--set', setting]),
    ]);
    if (exitCode !== 0) { throw new Failure(`Helm cannot render ${name}: ${firstError(output)}`, output); }
    const files = (fs.readdirSync(rendered, { recursive: true }) as string[]).filter(file => file.endsWith('.yaml')).sort();
    return files.flatMap(file => objectsIn(fs.readFileSync(path.join(rendered, file), 'utf8'), `${name} ${file}`));
  } finally {
    fs.rmSync(rendered, { recursive: true });
  }
}

/** Every object in a text of YAML or JSON documents; lists are taken apart. */
export function objectsIn(text: string, source: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap(document => {
    if (document.errors.length > 0) { throw new Failure(`${source} is not YAML: ${document.errors[0].message}`); }
    const object = document.toJS() as KubernetesObject | null;
    if (object === null) { return []; }
    return object.kind === 'List' ? object.items as KubernetesObject[] : [object];
  });
}

/** Keys of values that the chart does not know: Helm would ignore them. */
export function unknownValues({ chart, values = [] }: HelmRelease): string[] {
  const file = path.join(chart, 'values.yaml');
  const given = values.map(each => parse(fs.readFileSync(each, 'utf8')) as unknown);
  if (fs.existsSync(file)) {
    const defaults = parse(fs.readFileSync(file, 'utf8')) as unknown;
    return given.flatMap(each => unknownKeys(each, defaults, ''));
  }
  // a chart of ours without defaults: what its templates ask for
  const templates = fs.readdirSync(path.join(chart, 'templates')).map(template => fs.readFileSync(path.join(chart, 'templates', template), 'utf8')).join('\n');
  return given.flatMap(each => Object.keys((each ?? {}) as object)).filter(key => !templates.includes(`.Values.${key}`));
}

/** An empty map, a list and nothing take anything; a map takes what it has. */
function unknownKeys(given: unknown, defaults: unknown, trail: string): string[] {
  if (!isMap(given) || !isMap(defaults) || Object.keys(defaults).length === 0) { return []; }
  return Object.entries(given).flatMap(([key, value]) => {
    const name = trail ? `${trail}.${key}` : key;
    return key in defaults || key === 'global' ? unknownKeys(value, defaults[key], name) : [name];
  });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
