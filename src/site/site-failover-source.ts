import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** What the site hands to its failover. */
export interface FailoverSource {
  readonly bucket: s3.Bucket;
  readonly encryptionKey: kms.IKey;
  readonly lifecycleRules: s3.LifecycleRule[];
  readonly accessLogRetention: Duration;
  readonly removalPolicy?: RemovalPolicy;
}
