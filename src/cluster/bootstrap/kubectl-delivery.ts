import { Duration } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, BootstrapStep, chartFolder, NODES_STEP, RELEASE_NAMESPACE } from './bootstrap-bundle';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';

/** Helm gives up before the function that runs it is ended, which would leave the release pending. */
const PATIENCE = Duration.minutes(10);

/** Applies the bundle by custom resources, so that CloudFormation waits for it and takes it away first. */
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
        // goes before the NodePools, for which kubectl would wait as long as a node takes to drain, and after the services, which then hold no node
        this.target.teardown.node.addDependency(current);
        previous = this.target.teardown;
      }
    }
  }

  private apply(scope: Construct, { charts, objects }: BootstrapStep): void {
    const { cluster } = this.target;
    for (const release of charts) {
      new eks.HelmChart(scope, release.releaseName, {
        cluster,
        chartAsset: new assets.Asset(scope, `${release.releaseName}-chart`, { path: chartFolder(release) }),
        release: release.releaseName,
        namespace: RELEASE_NAMESPACE,
        values: release.values as Record<string, unknown>,
        createNamespace: false,
        wait: true,
        // a release that failed is taken back instead of blocking the next one
        atomic: true,
        timeout: PATIENCE,
      });
    }
    for (const file of objects.flatMap(release => release.files)) {
      new eks.KubernetesManifest(scope, file.name, { cluster, manifest: file.manifests as Record<string, unknown>[], overwrite: true });
    }
  }
}
