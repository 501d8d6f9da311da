import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** Where the single-page application goes: a bucket behind a distribution. */
export interface SiteDeployTarget {
  /** Bucket of the files. */
  readonly bucket: s3.IBucket;
  /** Distribution that serves them. */
  readonly distribution: cloudfront.IDistribution;
  /** Key of the bucket. */
  readonly encryptionKey: kms.IKey;
}
