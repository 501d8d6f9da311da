import * as fs from 'node:fs';
import * as path from 'node:path';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, chartFolder, ChartRelease, ObjectRelease } from './bootstrap-bundle';
import { DeployTimeValues } from './bundle-values';
import { newAssetFolder, writeDocuments, writeObjectChart, writtenAsset } from './object-chart';
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

/** Writes the bundle as a static asset: charts and their values, and the objects as charts too; deploy-time values become variables. */
export class BundleAsset extends Construct {
  public readonly asset: assets.Asset;
  /** Every variable of the bundle and its value. */
  public readonly variables: Record<string, string> = {};
  /** The name of each release, and where it is. */
  private readonly releases = new Map<string, RenderedRelease>();
  private readonly folder = newAssetFolder();

  constructor(scope: Construct, id: string, { steps, contract }: BootstrapBundle) {
    super(scope, id);
    for (const { charts, objects } of steps) {
      for (const release of charts) { this.writeChart(release); }
      for (const release of objects) { this.writeObjects(release); }
    }
    if (contract) { writeDocuments(path.join(this.folder, CONTRACT_FILE), contract); }
    this.asset = writtenAsset(this, 'Resource', this.folder);
  }

  public rendered({ releaseName }: ChartRelease | ObjectRelease): RenderedRelease {
    return this.releases.get(releaseName)!;
  }

  private writeChart(release: ChartRelease): void {
    const values = new DeployTimeValues(this, release.releaseName);
    fs.cpSync(chartFolder(release), path.join(this.folder, chartOf(release)), { recursive: true });
    this.register(release, values.extract(release.values, true), values.variables());
  }

  private writeObjects(release: ObjectRelease): void {
    const values = new DeployTimeValues(this, release.releaseName);
    writeObjectChart(path.join(this.folder, chartOf(release)), release, values);
    const { replacements, variables } = values.pack();
    this.register(release, { replacements }, variables);
  }

  private register(release: ChartRelease | ObjectRelease, values: unknown, variables: Record<string, string>): void {
    const { releaseName } = release;
    const chart = chartOf(release);
    writeDocuments(path.join(this.folder, chart, VALUES_FILE), values);
    this.releases.set(releaseName, { releaseName, chart, valuesFile: VALUES_FILE, variables });
    Object.assign(this.variables, variables);
  }
}

function chartOf({ releaseName }: ChartRelease | ObjectRelease): string {
  return `charts/${releaseName}`;
}
