import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { BootstrapBundle } from './bootstrap-bundle';
import { BundleAsset } from './bundle-asset';
import { BundleDelivery } from './bundle-delivery';

/** Publishes the bundle and applies nothing. */
export class PublishedBundle extends Construct implements BundleDelivery {
  public deliver(bundle: BootstrapBundle): void {
    const content = new BundleAsset(this, 'Bundle', bundle);
    new CfnOutput(this, 'Location', { value: content.asset.s3ObjectUrl, description: 'Charts, values and manifests of the cluster, as a zip file' });
    new CfnOutput(this, 'Variables', { value: Stack.of(this).toJsonString(content.variables), description: 'What replaces the $NAMEs in them' });
  }
}
