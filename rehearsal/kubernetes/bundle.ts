/** What a template would apply to its cluster, as the bootstrap pipeline's actions or the kubectl provider's custom resources say it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, readAssembly, type TemplateResource } from '../assembly';
import { PlausibleValues } from './plausible-context';
import { Failure } from '../failure';

/** A Helm release, or files of objects; all files are on disk, their variables replaced. */
export interface BundlePart {
  readonly name: string;
  readonly release?: { readonly name: string; readonly namespace: string; readonly chart: string; readonly values: readonly string[] };
  readonly files: readonly string[];
}

export interface BundleStep {
  readonly name: string;
  readonly parts: readonly BundlePart[];
  /** Whether what fails is tried once more. */
  readonly retries: boolean;
}

export interface Bundle {
  /** `Innovate/Staging/Cluster: bootstrap pipeline`. */
  readonly name: string;
  readonly folder: string;
  readonly steps: readonly BundleStep[];
}

interface Action {
  readonly Name: string;
  readonly ActionTypeId: { readonly Provider: string };
  readonly Configuration: Record<string, unknown>;
  readonly EnvironmentVariables?: { readonly Name: string; readonly Value: unknown }[];
  readonly RunOrder?: number;
}

interface Stage {
  readonly Name: string;
  readonly Actions: Action[];
  readonly OnFailure?: { readonly Result?: string };
}

/** What resolves a template's values: made-up ones, or those of a deployed stack. */
export interface Values {
  resolve(stack: AssemblyStack, value: unknown): Promise<unknown>;
}

/** Every bundle of an assembly, written below `directory`. */
export async function bundlesOf(assembly: string, directory: string, values?: Values): Promise<Bundle[]> {
  const stacks = readAssembly(assembly);
  const known = values ?? new PlausibleValues(stacks);
  const bundles: Bundle[] = [];
  for (const stack of stacks) {
    const target = (kind: string) => path.join(directory, `${stack.displayName.replace(/\W+/g, '-')}-${kind}`);
    for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
      const bundle = resource.Type === 'AWS::CodePipeline::Pipeline'
        ? await pipelineBundle({ assembly, stack, values: known, folder: target(logicalId) }, resource) : undefined;
      if (bundle) { bundles.push(bundle); }
    }
    const provided = await providerBundle({ assembly, stack, values: known, folder: target('kubectl') });
    if (provided) { bundles.push(provided); }
  }
  return bundles;
}

interface Source {
  readonly assembly: string;
  readonly stack: AssemblyStack;
  readonly values: Values;
  /** Where the bundle's files are written. */
  readonly folder: string;
}

/** The EKS actions of a pipeline whose source is an asset of this assembly. */
async function pipelineBundle(source: Source, { Properties }: TemplateResource): Promise<Bundle | undefined> {
  const [first, ...stages] = Properties!.Stages as Stage[];
  const key = first.Actions[0].Configuration.S3ObjectKey;
  const asset = typeof key === 'string' ? assetOf(source.assembly, key) : undefined;
  if (!asset || !stages.some(stage => stage.Actions.some(isEks))) { return undefined; }
  const steps: BundleStep[] = [];
  for (const stage of stages) {
    const actions = stage.Actions.filter(isEks).sort((a, b) => (a.RunOrder ?? 1) - (b.RunOrder ?? 1));
    const parts: BundlePart[] = [];
    for (const action of actions) { parts.push(await actionPart(source, asset, action)); }
    steps.push({ name: stage.Name, parts, retries: stage.OnFailure?.Result === 'RETRY' });
  }
  return { name: `${source.stack.displayName}: bootstrap pipeline`, folder: source.folder, steps };
}

/** As the action does it: its variables are replaced in the values files and manifests it was given, and nowhere else. */
async function actionPart({ stack, values, folder }: Source, asset: string, { Name, Configuration, EnvironmentVariables = [] }: Action): Promise<BundlePart> {
  const own = path.join(folder, Name);
  fs.rmSync(own, { recursive: true, force: true });
  fs.cpSync(asset, own, { recursive: true });
  const resolved = await values.resolve(stack, { Configuration, EnvironmentVariables }) as Pick<Action, 'Configuration' | 'EnvironmentVariables'>;
  const { Namespace, HelmReleaseName, HelmChartLocation, HelmValuesFiles, ManifestFiles } = resolved.Configuration as Record<string, string | undefined>;
  const variables = (resolved.EnvironmentVariables ?? []).map(({ Name: name, Value }) => [name, String(Value)] as const);
  const list = (text?: string) => (text ?? '').split(',').filter(Boolean);
  const chart = HelmChartLocation ? path.join(own, HelmChartLocation) : '';
  const valuesFiles = list(HelmValuesFiles).map(file => path.join(chart, file));
  const files = list(ManifestFiles).map(file => path.join(own, file));
  for (const file of [...valuesFiles, ...files]) { replaceVariables(file, variables, `${stack.displayName} ${Name}`); }
  return { name: Name, files, ...HelmReleaseName ? { release: { name: HelmReleaseName, namespace: Namespace ?? 'default', chart, values: valuesFiles } } : {} };
}

function replaceVariables(file: string, variables: readonly (readonly [string, string])[], where: string): void {
  if (!fs.existsSync(file)) { throw new Failure(`${where} names ${path.basename(file)}, which is not in the bundle.`); }
  const text = fs.readFileSync(file, 'utf8').replace(/\$([A-Z][A-Z0-9_]*__)/g, (whole, name: string) => variables.find(([known]) => known === name)?.[1] ?? whole);
  const left = /\$[A-Z][A-Z0-9_]*__/.exec(text)?.[0];
  if (left) { throw new Failure(`${where} gives no value to ${left} in ${path.basename(file)}.`); }
  fs.writeFileSync(file, text);
}

const PROVIDED = 'Custom::AWSCDK-EKS-HelmChart';

/** What the kubectl provider's function is given, in the order of the dependencies. */
async function providerBundle({ assembly, stack, values, folder }: Source): Promise<Bundle | undefined> {
  const resources = Object.entries(stack.template.Resources ?? {}).filter(([, { Type }]) => Type === PROVIDED);
  if (resources.length === 0) { return undefined; }
  fs.mkdirSync(folder, { recursive: true });
  const steps: BundleStep[] = [];
  for (const [logicalId, resource] of inOrder(resources, stack)) {
    const properties = await values.resolve(stack, resource.Properties) as Record<string, string>;
    steps.push({ name: logicalId, parts: [chartPart(assembly, folder, logicalId, properties)], retries: false });
  }
  return { name: `${stack.displayName}: kubectl provider`, folder, steps };
}

function chartPart(assembly: string, folder: string, name: string, properties: Record<string, string>): BundlePart {
  const chart = assetOf(assembly, path.posix.basename(properties.ChartAssetURL));
  if (!chart) { throw new Failure(`The chart ${properties.ChartAssetURL} is not an asset of ${assembly}.`); }
  const file = path.join(folder, `${name}.values.json`);
  fs.writeFileSync(file, properties.Values ?? '{}');
  return { name, files: [], release: { name: properties.Release, namespace: properties.Namespace, chart, values: [file] } };
}

/** Each after what it depends on, directly or through others. */
function inOrder(wanted: [string, TemplateResource][], { template }: AssemblyStack): [string, TemplateResource][] {
  const done = new Set<string>();
  const order: string[] = [];
  const visit = (logicalId: string) => {
    if (done.has(logicalId)) { return; }
    done.add(logicalId);
    const { DependsOn = [] } = (template.Resources?.[logicalId] ?? {}) as { DependsOn?: string | string[] };
    for (const other of [DependsOn].flat().sort()) { visit(other); }
    order.push(logicalId);
  };
  wanted.forEach(([logicalId]) => visit(logicalId));
  return order.flatMap(logicalId => wanted.filter(([id]) => id === logicalId));
}

function isEks({ ActionTypeId }: Action): boolean {
  return ActionTypeId.Provider === 'EKS';
}

/** The folder of an asset, which lies in the assembly or in one nested in it. */
function assetOf(assembly: string, objectKey: string): string | undefined {
  const name = `asset.${objectKey.replace(/\.zip$/, '')}`;
  const candidates = [assembly, ...fs.readdirSync(assembly).filter(entry => entry.startsWith('assembly-')).map(entry => path.join(assembly, entry))];
  return candidates.map(folder => path.join(folder, name)).find(folder => fs.existsSync(folder) && fs.statSync(folder).isDirectory());
}
