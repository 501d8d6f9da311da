import * as path from 'node:path';

/** The charts lie beside this file, in src/ as in lib/. */
const CHARTS = path.join(__dirname, 'charts');

/** A vendored chart to install; values may contain deploy-time values. */
export interface ChartRelease {
  readonly releaseName: string;
  readonly namespace: string;
  readonly values: object;
}

/** Kubernetes objects to apply together; they may contain deploy-time values. */
export interface ManifestFile {
  readonly name: string;
  readonly manifests: object[];
}

/** What is applied at once, after the steps before it. */
export interface BootstrapStep {
  readonly name: string;
  readonly releases: ChartRelease[];
  readonly files: ManifestFile[];
}

/** What the cluster gets besides what CloudFormation knows, in order. All strategies apply the same. */
export interface BootstrapBundle {
  readonly steps: BootstrapStep[];
}

/** Where the chart of a release lies, as a folder of this package. */
export function chartFolder({ releaseName }: ChartRelease): string {
  return path.join(CHARTS, releaseName);
}
