import { existsSync } from 'fs';
import { join } from 'path';
import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { createLogGroup } from '../private/log-group';
import { reject } from '../private/validation';

export interface SiteUploadOptions {
  readonly bucket: s3.IBucket;
  readonly encryptionKey: kms.IKey;
  readonly content?: string;
  readonly runtimeConfig?: { readonly [name: string]: string };
}

/** Refuses a folder that is no built single-page app. */
export function validateContent(scope: Construct, content: string | undefined): void {
  if (content === undefined) { return; }
  const remedy = 'Build the app first and give the folder that its bundler writes, such as "frontend/dist".';
  if (!existsSync(content)) { reject(scope, { prop: 'content', value: content, problem: 'there is no such folder', remedy }); }
  if (!existsSync(join(content, 'index.html'))) { reject(scope, { prop: 'content', value: content, problem: 'it has no index.html', remedy }); }
}

/**
 * Writes the first version of a site: the assets before the pages that refer to them, nothing ever removed,
 * so that a browser with the previous page still finds its chunks.
 */
export function uploadSite(scope: Construct, { bucket, encryptionKey, content, runtimeConfig }: SiteUploadOptions): void {
  const folder = content ? [s3deploy.Source.asset(content)] : [];
  const config = runtimeConfig ? [s3deploy.Source.jsonData('runtime-config.json', sortedByName(runtimeConfig))] : [];
  const pages = [...folder, ...config];
  if (pages.length === 0) { return; }

  const common = {
    destinationBucket: bucket,
    prune: false,
    outputObjectKeys: false,
    memoryLimit: 512,
    logGroup: createLogGroup(scope, 'UploadLogs', { encryptionKey }),
  };
  const assets = content && existsSync(join(content, 'assets')) && new s3deploy.BucketDeployment(scope, 'Assets', {
    ...common,
    sources: folder,
    exclude: ['*'],
    include: ['assets/*'],
    cacheControl: [s3deploy.CacheControl.setPublic(), s3deploy.CacheControl.maxAge(Duration.days(365)), s3deploy.CacheControl.immutable()],
  });
  // made second: the deployment made first holds what the function of both needs, and may depend on nothing
  const pageUpload = new s3deploy.BucketDeployment(scope, 'Pages', {
    ...common, sources: pages, exclude: ['assets/*'], cacheControl: [s3deploy.CacheControl.noCache()],
  });
  if (assets) { pageUpload.node.addDependency(assets); }
}

function sortedByName(map: { readonly [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.keys(map).sort().map(name => [name, map[name]]));
}
