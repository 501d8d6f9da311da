import { Duration } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, BootstrapStep, chartFolder, NODES_STEP, ObjectRelease, RELEASE_NAMESPACE } from './bootstrap-bundle';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { DeployTimeValues } from './bundle-values';
import { newAssetFolder, writeObjectChart, writtenAsset } from './object-chart';

/** Helm gives up before the function that runs it is ended, which would leave the release pending. */
const PATIENCE = Duration.minutes(10);

/**
 * Applies the bundle by custom resources, so that CloudFormation waits for it and takes it away first. Objects are releases here too: the provider's
 * own manifests prune built-in kinds only, and would leave a NodePool that is gone from the code.
 */
export class KubectlDelivery extends Construct implements BundleDelivery {
  constructor(scope: Construct, id: string, private readonly target: ClusterBootstrapTarget) {
    super(scope, id);
    this.node.addDependency(...target.after);
  }

  public deliver({ steps }: BootstrapBundle): void {
    let previous: Construct | undefined;
    for (const step of steps) {
      const current = new Construct(this, step.name);
      this.apply(current, step);
      if (previous) { current.node.addDependency(previous); }
      previous = current;
      if (step.name === NODES_STEP) {
        // goes before the NodePools, for which Helm would wait as long as a node takes to drain, and after the services, which then hold no node
        this.target.teardown.node.addDependency(current);
        previous = this.target.teardown;
      }
    }
  }

  private apply(scope: Construct, { charts, objects }: BootstrapStep): void {
    for (const release of charts) {
      const { releaseName, values } = release;
      this.install(scope, releaseName, new assets.Asset(scope, `${releaseName}-chart`, { path: chartFolder(release) }), values);
    }
    for (const release of objects) { this.installObjects(scope, release); }
  }

  private installObjects(scope: Construct, release: ObjectRelease): void {
    const { releaseName } = release;
    const folder = newAssetFolder();
    const values = new DeployTimeValues(scope, releaseName);
    writeObjectChart(folder, release, values);
    this.install(scope, releaseName, writtenAsset(scope, `${releaseName}-chart`, folder), { replacements: values.replacements() });
  }

  private install(scope: Construct, releaseName: string, chartAsset: assets.Asset, values: object): void {
    new eks.HelmChart(scope, releaseName, {
      cluster: this.target.cluster,
      chartAsset,
      release: releaseName,
      namespace: RELEASE_NAMESPACE,
      values: values as Record<string, unknown>,
      createNamespace: false,
      wait: true,
      // a release that failed is taken back instead of blocking the next one
      atomic: true,
      timeout: PATIENCE,
    });
  }
}
