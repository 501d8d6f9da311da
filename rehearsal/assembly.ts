/** The cloud assembly: its stacks, nested assemblies included, with what each needs deployed before it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from './failure';

export interface Environment {
  readonly account: string;
  readonly region: string;
}

export interface Template {
  readonly Parameters?: Record<string, { Default?: unknown }>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources?: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { Value: unknown }>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
}

export interface AssemblyStack extends Environment {
  /** What the CDK CLI calls it, the stack's path: `Innovate/Staging/Network`. */
  readonly displayName: string;
  readonly stackName: string;
  readonly template: Template;
  readonly terminationProtection: boolean;
  /** Artifact ids of the stacks that go before it. */
  readonly dependencies: string[];
  readonly artifactId: string;
}

interface Manifest {
  readonly artifacts?: Record<string, Artifact>;
  readonly missing?: MissingValue[];
}

/** Something that the CLI would look up in the account, and what stands in for it. */
interface MissingValue {
  readonly provider: string;
  readonly props: { readonly dummyValue?: unknown };
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly dependencies?: string[];
  readonly properties?: {
    readonly directoryName?: string;
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly terminationProtection?: boolean;
  };
}

export function readAssembly(directory: string): AssemblyStack[] {
  const manifestFile = path.join(directory, 'manifest.json');
  if (!fs.existsSync(manifestFile)) {
    throw new Failure(`${directory} is not a cloud assembly: it has no manifest.json.`);
  }
  const stacks = readStacks(directory).sort((a, b) => a.displayName.localeCompare(b.displayName));
  return stacks.map(stack => ({ ...stack, dependencies: [...stack.dependencies, ...producersOf(stack, stacks)] }));
}

function readStacks(directory: string): AssemblyStack[] {
  const { artifacts = {} } = readJson<Manifest>(path.join(directory, 'manifest.json'));
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    switch (artifact.type) {
      case 'aws:cloudformation:stack':
        return [readStack(directory, id, artifact)];
      case 'cdk:cloud-assembly':
        return readStacks(path.join(directory, artifact.properties!.directoryName!));
      default:
        return [];
    }
  });
}

/** A template can read another stack's output without the CDK knowing of a dependency. */
function producersOf(stack: AssemblyStack, stacks: readonly AssemblyStack[]): string[] {
  const names = new Set(outputReferencesIn(stack.template).map(reference => reference.StackName));
  return stacks.filter(other => other !== stack && names.has(other.stackName)).map(other => other.artifactId);
}

/** The argument of `Fn::GetStackOutput`. */
export interface OutputReference {
  readonly StackName: unknown;
  readonly OutputName: unknown;
  readonly Region?: unknown;
  readonly RoleArn?: unknown;
}

function outputReferencesIn(value: unknown): OutputReference[] {
  if (typeof value !== 'object' || value === null) { return []; }
  return Object.entries(value).flatMap(([name, inner]) => name === 'Fn::GetStackOutput' ? [inner as OutputReference] : outputReferencesIn(inner));
}

/**
 * Removes look-ups whose result no template uses, such as the zones that a VPC
 * only compares with the ones it was given. Any other has no answer here.
 */
export function settleLookups(directory: string): void {
  const manifestFile = path.join(directory, 'manifest.json');
  const manifest = readJson<Manifest>(manifestFile);
  const artifacts = Object.values(manifest.artifacts ?? {});
  artifacts.filter(artifact => artifact.type === 'cdk:cloud-assembly')
    .forEach(artifact => settleLookups(path.join(directory, artifact.properties!.directoryName!)));
  if (!manifest.missing) { return; }

  const templates = templatesIn(directory);
  const used = manifest.missing.find(({ props }) => textsIn(props.dummyValue).some(text => templates.includes(text)));
  if (used) {
    throw new Failure(`The app looks something up in AWS (${used.provider}); run \`cdk synth\` once against the real account and commit cdk.context.json.`);
  }
  fs.writeFileSync(manifestFile, JSON.stringify({ ...manifest, missing: undefined }, null, 2));
}

/** All templates of a directory and below, as one text. */
function templatesIn(directory: string): string {
  const files = fs.readdirSync(directory, { recursive: true }) as string[];
  return files.filter(file => file.endsWith('.template.json')).map(file => fs.readFileSync(path.join(directory, file), 'utf8')).join('\n');
}

/** The texts in a value, quoted as a template quotes them; everything, where there is no value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') { return [JSON.stringify(value)]; }
  if (typeof value === 'object' && value !== null) { return Object.values(value).flatMap(textsIn); }
  return value === undefined ? [''] : [];
}

export function environmentsOf(stacks: readonly AssemblyStack[]): Environment[] {
  const found = new Map(stacks.map(({ account, region }) => [`${account}/${region}`, { account, region }]));
  return [...found.keys()].sort().map(key => found.get(key)!);
}

function readStack(directory: string, artifactId: string, artifact: Artifact): AssemblyStack {
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
  const displayName = artifact.displayName ?? artifactId;
  if (!/^\d{12}$/.test(account ?? '') || region === 'unknown-region') {
    throw new Failure(`Stack ${displayName} has no account and region; give it an \`env\` with both.`);
  }
  return {
    account,
    region,
    artifactId,
    displayName,
    stackName: artifact.properties?.stackName ?? artifactId,
    template: readJson(path.join(directory, artifact.properties!.templateFile!)),
    terminationProtection: artifact.properties?.terminationProtection ?? false,
    dependencies: artifact.dependencies ?? [],
  };
}

function readJson<T>(file: string): T {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
}
