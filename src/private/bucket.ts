import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** What every bucket of the library has in common: private, owned by the bucket's account, TLS 1.2 only, versioned. */
function commonProps(): s3.BucketProps {
  return {
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
  };
}

export interface AccessLogs {
  /** A bucket made by `createLogBucket`. */
  readonly bucket: s3.IBucket;
  /** What the names of the logs begin with, such as `s3/`. */
  readonly prefix: string;
}

export interface DataBucketOptions {
  readonly encryptionKey: kms.IKey;
  /** Where access is logged. @default - access is not logged */
  readonly accessLogs?: AccessLogs;
  /** Added to the rules that abort incomplete uploads and expire old versions. @default - none */
  readonly lifecycleRules?: s3.LifecycleRule[];
  /** Which objects are too small for the transitions of `lifecycleRules`. @default - those under 128 KB, S3's own default for new buckets */
  readonly transitionDefaultMinimumObjectSize?: s3.TransitionDefaultMinimumObjectSize;
  /** Keeps every object for a while, whoever wants to delete it. Switching it on replaces a bucket that exists. @default - no lock */
  readonly objectLock?: s3.ObjectLockRetention;
  /** @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

/** A bucket for data: encrypted with a customer key, versioned, retained unless said otherwise. */
export function createDataBucket(scope: Construct, id: string, options: DataBucketOptions): s3.Bucket {
  const removalPolicy = options.removalPolicy ?? RemovalPolicy.RETAIN;
  const bucket = new s3.Bucket(scope, id, {
    ...commonProps(),
    encryption: s3.BucketEncryption.KMS,
    encryptionKey: options.encryptionKey,
    bucketKeyEnabled: true,
    objectLockDefaultRetention: options.objectLock,
    removalPolicy,
    autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    lifecycleRules: [
      { abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration: Duration.days(30) },
      ...options.lifecycleRules ?? [],
    ],
    transitionDefaultMinimumObjectSize: options.transitionDefaultMinimumObjectSize,
  });
  if (options.accessLogs) {
    // without a feature flag of the app, the L2 prop would exchange the log bucket's policy for an ACL, which enforced ownership refuses
    (bucket.node.defaultChild as s3.CfnBucket).loggingConfiguration = {
      destinationBucketName: options.accessLogs.bucket.bucketName, logFilePrefix: options.accessLogs.prefix,
    };
  }
  return bucket;
}

export interface LogBucketOptions {
  /** How long a log is kept. */
  readonly retention: Duration;
}

/**
 * A bucket that AWS services deliver logs to. S3 server access logs and load-balancer logs can only be
 * delivered to a bucket with S3-managed keys, so this one has no customer key.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export function createLogBucket(scope: Construct, id: string, options: LogBucketOptions): s3.Bucket {
  const bucket = new s3.Bucket(scope, id, {
    ...commonProps(),
    encryption: s3.BucketEncryption.S3_MANAGED,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{
      expiration: options.retention,
      noncurrentVersionExpiration: Duration.days(30),
      abortIncompleteMultipartUploadAfter: Duration.days(7),
    }],
  });
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'ServerAccessLogsOfThisAccount',
    principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  }));
  return bucket;
}
