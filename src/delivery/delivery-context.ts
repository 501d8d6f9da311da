import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BuildCache } from './build/build-cache';
import { BuildProjectOptions } from './build/build-project';
import { GitPipeline } from './git-pipeline';
import { SourceFolders } from './source-folders';

/** What every part of one pipeline shares. */
export interface DeliveryContext {
  readonly pipeline: GitPipeline;
  readonly environmentName: string;
  readonly folders: Required<SourceFolders>;
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly buildCache: BuildCache;
  readonly artifactBucket: s3.IBucket;
}

/** The cache of one build: none reads what another wrote. */
export function cacheOf({ buildCache, artifactBucket }: DeliveryContext, name: string, docker: boolean = false): Pick<BuildProjectOptions, 'cache' | 'cacheFolder'> {
  switch (buildCache) {
    case BuildCache.NONE: return {};
    case BuildCache.LOCAL: return { cache: codebuild.Cache.local(codebuild.LocalCacheMode.CUSTOM, ...docker ? [codebuild.LocalCacheMode.DOCKER_LAYER] : []) };
    case BuildCache.BUCKET: return { cacheFolder: { bucket: artifactBucket, prefix: `cache/${name}` } };
  }
}
