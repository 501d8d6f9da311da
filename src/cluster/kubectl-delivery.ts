import { Duration } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { BootstrapBundle, BootstrapStep, chartFolder } from './bootstrap-bundle';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';

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
    }
  }

  private apply(scope: Construct, { releases, files }: BootstrapStep): void {
    const { cluster } = this.target;
    for (const release of releases) {
      new eks.HelmChart(scope, release.releaseName, {
        cluster,
        chartAsset: new assets.Asset(scope, `${release.releaseName}-chart`, { path: chartFolder(release) }),
        release: release.releaseName,
        namespace: release.namespace,
        values: release.values as Record<string, unknown>,
        createNamespace: false,
        wait: true,
        // a release that failed is taken back instead of blocking the next one
        atomic: true,
        timeout: Duration.minutes(10),
      });
    }
    for (const file of files) {
      new eks.KubernetesManifest(scope, file.name, { cluster, manifest: file.manifests as Record<string, unknown>[], overwrite: true });
    }
  }
}
