import * as path from 'node:path';
import { DeploymentContract } from '../../private/deployment-contract';

/** The charts lie in the folder of the capability, in src/ as in lib/. */
const CHARTS = path.join(__dirname, '..', 'charts');

/** Where every release is installed; objects name a namespace of their own. */
export const RELEASE_NAMESPACE = 'kube-system';

/** A vendored chart to install; values may contain deploy-time values. */
export interface ChartRelease {
  readonly releaseName: string;
  readonly values: object;
}

/** Kubernetes objects to apply together; they may contain deploy-time values. */
export interface ManifestFile {
  readonly name: string;
  readonly manifests: object[];
}

/** Objects that come and go together: what is in none of the files any more leaves the cluster. */
export interface ObjectRelease {
  readonly releaseName: string;
  readonly files: ManifestFile[];
}

/** What is applied at once, after the steps before it. */
export interface BootstrapStep {
  readonly name: string;
  readonly charts: ChartRelease[];
  readonly objects: ObjectRelease[];
}

/** What the cluster gets besides what CloudFormation knows, in order. All strategies apply the same. */
export interface BootstrapBundle {
  readonly steps: BootstrapStep[];
  /** What the Deployments of the web services have to be like, for those who check them before they are shipped. */
  readonly contract?: DeploymentContract;
}

/** The step whose objects make Karpenter launch machines. */
export const NODES_STEP = 'Nodes';

/** Where the chart of a release lies, as a folder of this package. */
export function chartFolder({ releaseName }: ChartRelease): string {
  return path.join(CHARTS, releaseName);
}
