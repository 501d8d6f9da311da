import * as fs from 'node:fs';
import * as path from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, chartFolder, ChartRelease, ObjectRelease } from './bootstrap-bundle';
import { DeployTimeValues, VALUE_SEPARATOR } from './bundle-values';
import { CONTRACT_FILE } from '../../private/deployment-contract';

/** The EKS action reads values files from the chart's folder, where each chart has a `values.yaml` of its own. */
const VALUES_FILE = 'innovate-values.yaml';

/** A release on disk: `$NAME` stands in its values file where a value is known at deployment only. */
export interface RenderedRelease {
  readonly releaseName: string;
  /** Folder of the chart inside the bundle. */
  readonly chart: string;
  /** Name of the values file in that folder. */
  readonly valuesFile: string;
  /** What replaces each `$NAME`. */
  readonly variables: Record<string, string>;
}

/**
 * The one template of a chart of ours. The objects are read as they are, so that nothing in them is ever taken for a template;
 * then each name of a deploy-time value is replaced by the value, as part of a JSON string or, for a number, instead of one.
 */
const OBJECTS_TEMPLATE = `{{- range $path, $ignored := .Files.Glob "manifests/*.yaml" }}
{{- $text := $.Files.Get $path }}
{{- range $.Values.replacements }}
{{- $values := splitList "${VALUE_SEPARATOR}" .values }}
{{- range $index, $name := .names }}
{{- $value := index $values $index }}
{{- $text = replace (printf "\\"$%s\\"" $name) (ternary $value ($value | toJson) (hasSuffix "_NUMBER__" $name)) $text }}
{{- $text = replace (printf "$%s" $name) ($value | toJson | trimPrefix "\\"" | trimSuffix "\\"") $text }}
{{- end }}
{{- end }}
---
{{ $text }}
{{- end }}
`;

/** Writes the bundle as a static asset: charts and their values, and the objects as charts too; deploy-time values become variables. */
export class BundleAsset extends Construct {
  public readonly asset: assets.Asset;
  /** Every variable of the bundle and its value. */
  public readonly variables: Record<string, string> = {};
  /** The name of each release, and where it is. */
  private readonly releases = new Map<string, RenderedRelease>();
  private readonly folder = FileSystem.mkdtemp('bootstrap-');

  constructor(scope: Construct, id: string, { steps, contract }: BootstrapBundle) {
    super(scope, id);
    for (const { charts, objects } of steps) {
      for (const release of charts) { this.writeChart(release); }
      for (const release of objects) { this.writeObjects(release); }
    }
    if (contract) { this.write(CONTRACT_FILE, contract); }
    this.asset = new assets.Asset(this, 'Resource', { path: this.folder });
    // without staging, the asset is read from where it was written
    if (path.resolve(this.asset.assetPath) !== path.resolve(this.folder)) { fs.rmSync(this.folder, { recursive: true }); }
  }

  public rendered({ releaseName }: ChartRelease | ObjectRelease): RenderedRelease {
    return this.releases.get(releaseName)!;
  }

  private writeChart(release: ChartRelease): void {
    const values = new DeployTimeValues(this, release.releaseName);
    fs.cpSync(chartFolder(release), path.join(this.folder, 'charts', release.releaseName), { recursive: true });
    this.register(release.releaseName, values.extract(release.values, true), values.all);
  }

  private writeObjects({ releaseName, files }: ObjectRelease): void {
    const chart = `charts/${releaseName}`;
    const values = new DeployTimeValues(this, releaseName);
    for (const { name, manifests } of files) {
      this.write(`${chart}/manifests/${name}.yaml`, ...manifests.map(manifest => values.extract(manifest)));
    }
    this.write(`${chart}/Chart.yaml`, { apiVersion: 'v2', name: releaseName, description: 'Written by cdk-innovate-platform', type: 'application', version: '1.0.0' });
    this.writeText(`${chart}/templates/objects.yaml`, OBJECTS_TEMPLATE);
    const { replacements, variables } = values.pack();
    this.register(releaseName, { replacements }, variables);
  }

  private register(releaseName: string, values: unknown, variables: Record<string, string>): void {
    const chart = `charts/${releaseName}`;
    this.write(`${chart}/${VALUES_FILE}`, values);
    this.releases.set(releaseName, { releaseName, chart, valuesFile: VALUES_FILE, variables });
    Object.assign(this.variables, variables);
  }

  /** JSON is YAML, and needs no library. */
  private write(file: string, ...documents: unknown[]): void {
    this.writeText(file, documents.map(document => `${JSON.stringify(document, null, 2)}\n`).join('---\n'));
  }

  private writeText(file: string, text: string): void {
    fs.mkdirSync(path.join(this.folder, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(this.folder, file), text);
  }
}
