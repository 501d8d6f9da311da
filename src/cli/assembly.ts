import * as fs from 'node:fs';
import * as path from 'node:path';
import { CommandError } from './command-error';

/** A template as CloudFormation gets it. */
export interface Template {
  readonly Metadata?: Record<string, unknown>;
  readonly Parameters?: Record<string, { readonly Type: string; readonly Default?: unknown }>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources?: Record<string, TemplateResource>;
  readonly Outputs?: Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } } | undefined>;
}

/** A resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
}

/** A stack of a cloud assembly. */
export interface AssemblyStack {
  /** Its path in the app. */
  readonly path: string;
  /** Undefined where only the deployment knows it. */
  readonly account?: string;
  readonly region?: string;
  readonly template: Template;
  /** Where the template and those of its nested stacks lie. */
  readonly directory: string;
}

interface Artifact {
  readonly type: string;
  readonly displayName?: string;
  readonly environment?: string;
  readonly properties?: { readonly templateFile?: string; readonly directoryName?: string; readonly stackName?: string };
}

interface AssetManifest {
  readonly files?: Record<string, { readonly source?: { readonly path?: string } } | undefined>;
}

/** The stacks of a cloud assembly, those of its stages included. */
export function readStacks(assembly: string): AssemblyStack[] {
  if (!fs.existsSync(path.join(assembly, 'manifest.json'))) {
    throw new CommandError(`${assembly} is not a cloud assembly; synthesize the app first (\`npx cdk synth\`), or name its directory with --app.`);
  }
  return stacksIn(assembly);
}

function stacksIn(assembly: string): AssemblyStack[] {
  const { artifacts = {} } = readJson<{ readonly artifacts?: Record<string, Artifact> }>(path.join(assembly, 'manifest.json'));
  return Object.entries(artifacts).flatMap(([id, { type, displayName, environment = '', properties }]) => {
    switch (type) {
      case 'aws:cloudformation:stack':
        return [{
          path: displayName ?? properties?.stackName ?? id,
          ...accountAndRegion(environment),
          template: readJson<Template>(path.join(assembly, properties!.templateFile!)),
          directory: assembly,
        }];
      case 'cdk:cloud-assembly':
        return stacksIn(path.join(assembly, properties!.directoryName!));
      default:
        return [];
    }
  });
}

/** The template of a nested stack, which the assembly keeps among its assets; undefined where the URL names none of them. */
export function readNestedTemplate(directory: string, url: unknown): Template | undefined {
  const [, hash] = /\/([0-9a-f]{64})\.json/.exec(JSON.stringify(url) ?? '') ?? [];
  if (hash === undefined) { return undefined; }
  for (const manifest of fs.readdirSync(directory).filter(name => name.endsWith('.assets.json'))) {
    const { files = {} } = readJson<AssetManifest>(path.join(directory, manifest));
    const file = files[hash]?.source?.path;
    if (file !== undefined) { return readJson<Template>(path.join(directory, file)); }
  }
  return undefined;
}

function accountAndRegion(environment: string): { account?: string; region?: string } {
  const [, account, region] = /^aws:\/\/([^/]*)\/(.*)$/.exec(environment) ?? [];
  return {
    account: account === 'unknown-account' ? undefined : account,
    region: region === 'unknown-region' ? undefined : region,
  };
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}. Synthesize the app again.`);
  }
}
