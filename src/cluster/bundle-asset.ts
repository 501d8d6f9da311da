import * as fs from 'node:fs';
import * as path from 'node:path';
import { FileSystem, Stack } from 'aws-cdk-lib';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, chartFolder, ChartRelease, ManifestFile } from './bootstrap-bundle';
import { isDeployTime, reject } from '../private/validation';

/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html */
const MOST_VARIABLES = 10;
const LONGEST_VARIABLE = 128;
/** The EKS action reads values files from the chart's folder, where each chart has a `values.yaml` of its own. */
const VALUES_FILE = 'innovate-values';

/** A part of the bundle on disk: `$NAME` stands where a value is known at deployment only. */
export interface RenderedPart {
  readonly name: string;
  /** Inside the bundle. */
  readonly file: string;
  readonly variables: Record<string, string>;
}

/** Writes the bundle as a static asset: charts, their values, and manifests; deploy-time values become variables. */
export class BundleAsset extends Construct {
  public readonly asset: assets.Asset;
  /** Every variable of the bundle and its value. */
  public readonly variables: Record<string, string> = {};
  private readonly parts = new Map<ChartRelease | ManifestFile, RenderedPart[]>();
  private readonly folder = FileSystem.mkdtemp('bootstrap-');

  constructor(scope: Construct, id: string, bundle: BootstrapBundle) {
    super(scope, id);
    for (const step of bundle.steps) {
      for (const release of step.releases) {
        fs.cpSync(chartFolder(release), path.join(this.folder, 'charts', release.releaseName), { recursive: true });
        this.parts.set(release, this.write(`charts/${release.releaseName}`, VALUES_FILE, release.releaseName, [release.values]));
      }
      for (const file of step.files) { this.parts.set(file, this.write('manifests', file.name, file.name, file.manifests)); }
    }
    this.asset = new assets.Asset(this, 'Resource', { path: this.folder });
    // without staging, the asset is read from where it was written
    if (path.resolve(this.asset.assetPath) !== path.resolve(this.folder)) { fs.rmSync(this.folder, { recursive: true }); }
  }

  /** A release has one part, a file of many variables several. */
  public partsOf(source: ChartRelease | ManifestFile): RenderedPart[] {
    return this.parts.get(source)!;
  }

  private write(folder: string, fileName: string, name: string, documents: object[]): RenderedPart[] {
    return pack(documents.map(document => this.render(name, document))).map(({ text, variables }, index) => {
      const suffix = index === 0 ? '' : `.${index + 1}`;
      const file = `${folder}/${fileName}${suffix}.yaml`;
      fs.mkdirSync(path.join(this.folder, folder), { recursive: true });
      fs.writeFileSync(path.join(this.folder, file), text);
      return { name: `${name}${suffix}`, variables, file };
    });
  }

  /** JSON is YAML, and needs no library. */
  private render(name: string, document: object): RenderedText {
    const others = new Set(Object.keys(this.variables));
    const text = JSON.stringify(extractVariables(this, document, [name], this.variables), null, 2);
    const variables = Object.fromEntries(Object.entries(this.variables).filter(([variable]) => !others.has(variable)));
    if (Object.keys(variables).length > MOST_VARIABLES) {
      reject(this, {
        prop: 'addEnvironment', value: Object.keys(variables),
        problem: `an action of CodePipeline takes ${MOST_VARIABLES} values that are known at deployment only, and these belong to one object`,
        remedy: 'Join several of them in one variable.',
      });
    }
    return { text: `${text}\n`, variables };
  }
}

interface RenderedText {
  readonly text: string;
  readonly variables: Record<string, string>;
}

/** As few files as possible, each with as many variables as one action takes. */
function pack(documents: RenderedText[]): RenderedText[] {
  const files: RenderedText[] = [];
  for (const document of documents) {
    const last = files[files.length - 1];
    const variables = { ...last?.variables, ...document.variables };
    if (last && Object.keys(variables).length <= MOST_VARIABLES) {
      files[files.length - 1] = { text: `${last.text}---\n${document.text}`, variables };
    } else {
      files.push(document);
    }
  }
  return files;
}

/**
 * Replaces every string that holds a deploy-time value by `$NAME` and notes the value. A string with a dollar sign of its
 * own becomes a variable as well, so that nothing else in the bundle is ever replaced. Names follow from the path in the
 * object, and all end in two underscores, so that no name is the beginning of another.
 */
function extractVariables(scope: Construct, value: unknown, trail: string[], variables: Record<string, string>): unknown {
  const resolved = isDeployTime(value) ? Stack.of(scope).resolve(value) : value;
  if (typeof value === 'string' && (typeof resolved !== 'string' || resolved.includes('$'))) {
    const name = variableName(trail, variables);
    // what is put in its place stands between the quotation marks of a JSON string
    variables[name] = typeof resolved === 'string' ? JSON.stringify(resolved).slice(1, -1) : value;
    return `$${name}`;
  }
  if (Array.isArray(resolved)) { return resolved.map((item, index) => extractVariables(scope, item, [...trail, String(index)], variables)); }
  if (typeof resolved === 'object' && resolved !== null) {
    const entries = Object.entries(resolved as Record<string, unknown>).filter(([, item]) => item !== undefined);
    const kind = (resolved as { kind?: string }).kind;
    const here = kind ? [...trail, kind] : trail;
    return Object.fromEntries(entries.map(([key, item]) => [key, extractVariables(scope, item, [...here, key], variables)]));
  }
  return resolved;
}

function variableName(trail: string[], taken: Record<string, string>): string {
  const base = trail.join('_').replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '').toUpperCase().slice(0, LONGEST_VARIABLE - '_99__'.length);
  let name = `${base}__`;
  for (let count = 2; taken[name] !== undefined; count++) { name = `${base}_${count}__`; }
  return name;
}
