import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { supportScope, validateSupportStack, valueFor } from './edge-scope';
import { FailoverSource } from './site-failover-source';
import { createDataBucket, createLogBucket } from '../private/bucket';
import { createEncryptionKey } from '../private/encryption-key';
import { reject, validateRegion } from '../private/validation';

/**
 * Where CloudFront asks for the site's files when the site's own bucket, or its whole region, does not answer: status 500, 502, 503, 504, or silence.
 *
 * @example
 * import { OriginFailover, SpaStaticSite } from 'cdk-innovate-platform';
 *
 * new SpaStaticSite(this, 'Site', { originFailover: OriginFailover.region('eu-central-1') });
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
 */
export abstract class OriginFailover {
  /**
   * A second bucket in another region with a key of its own, made in a support stack there; S3 replicates every file to it.
   *
   * Files that are there before replication begins are not copied; the next release writes all of them.
   */
  public static region(region: string): OriginFailover {
    return new ReplicaFailover(region);
  }

  /**
   * A bucket that somebody else fills, in whatever region. Its policy, and that of its key, have to let CloudFront read for
   * the distributions of this account; where it is made in this app, that is done here.
   *
   * @param bucket a bucket whose region is known, such as one of `Bucket.fromBucketAttributes()` with a `region`
   */
  public static bucket(bucket: s3.IBucket): OriginFailover {
    return new BucketFailover(bucket);
  }

  /**
   * Refuses a wrong failover before the site creates anything.
   *
   * @internal
   */
  public abstract _validate(site: Construct): void;

  /**
   * Makes the second origin.
   *
   * @internal
   */
  public abstract _bind(site: Construct, source: FailoverSource): cloudfront.IOrigin;
}

/** What the stack of the copy is called, after the site's. */
const REPLICA = 'Replica';

class ReplicaFailover extends OriginFailover {
  constructor(private readonly region: string) {
    super();
  }

  public _validate(site: Construct): void {
    validateRegion(site, 'originFailover.region', this.region);
    validateSupportStack(site, REPLICA, this.region);
    if (this.region !== Stack.of(site).region) { return; }
    reject(site, { prop: 'originFailover.region', value: this.region, problem: 'the site itself is there', remedy: 'Give another region, such as the second one of your backups.' });
  }

  public _bind(site: Construct, source: FailoverSource): cloudfront.IOrigin {
    const scope = supportScope(site, REPLICA, this.region, `Copy of the files of ${Stack.of(site).stackName}, for when its region does not answer`);
    const key = createEncryptionKey(scope, 'Key', { description: `Copy of the files of the site ${site.node.path}` });
    const logBucket = createLogBucket(scope, 'AccessLogs', { retention: source.accessLogRetention });
    const replica = createDataBucket(scope, 'Bucket', {
      encryptionKey: key, accessLogs: { bucket: logBucket, prefix: 's3/' }, lifecycleRules: source.lifecycleRules, removalPolicy: source.removalPolicy,
    });
    admitDistributions(site, replica, key);
    const bucketArn = valueFor(site, replica, 'BucketArn', replica.bucketArn);
    replicate(site, source, bucketArn, valueFor(site, key, 'KeyArn', key.keyArn));
    return originOf(s3.Bucket.fromBucketAttributes(site, 'Replica', { bucketArn, region: this.region }));
  }
}

class BucketFailover extends OriginFailover {
  constructor(private readonly other: s3.IBucket) {
    super();
  }

  public _validate(_site: Construct): void {}

  public _bind(site: Construct): cloudfront.IOrigin {
    const { other } = this;
    admitDistributions(site, other, other.encryptionKey);
    return originOf(s3.Bucket.fromBucketAttributes(site, 'Failover', {
      bucketName: valueFor(site, other, 'BucketName', other.bucketName), region: other.env.region,
    }));
  }
}

/** Both policies are there before the distribution: they let in the account's distributions, because naming the one would be a cycle. */
function admitDistributions(site: Construct, bucket: s3.IBucket, encryptionKey: kms.IKey | undefined): void {
  const { account } = Stack.of(site);
  const statement = {
    sid: 'DistributionsOfThisAccount',
    principals: [new iam.ServicePrincipal('cloudfront.amazonaws.com')],
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': Stack.of(site).formatArn({ service: 'cloudfront', region: '', resource: 'distribution', resourceName: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME }) },
    },
  };
  bucket.addToResourcePolicy(new iam.PolicyStatement({ ...statement, actions: ['s3:GetObject', 's3:ListBucket'], resources: [bucket.bucketArn, bucket.arnForObjects('*')] }));
  encryptionKey?.addToResourcePolicy(new iam.PolicyStatement({ ...statement, actions: ['kms:Decrypt'], resources: ['*'] }));
}

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
 */
function replicate(site: Construct, { bucket, encryptionKey }: FailoverSource, replicaArn: string, replicaKeyArn: string): void {
  const role = new iam.Role(site, 'ReplicationRole', {
    description: 'Copies the files of one site to another region',
    assumedBy: new iam.ServicePrincipal('s3.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(site).account } },
    }),
  });
  const statements = [
    new iam.PolicyStatement({ actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'], resources: [bucket.bucketArn] }),
    new iam.PolicyStatement({
      actions: ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'], resources: [bucket.arnForObjects('*')],
    }),
    new iam.PolicyStatement({ actions: ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], resources: [`${replicaArn}/*`] }),
    new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [encryptionKey.keyArn] }),
    new iam.PolicyStatement({ actions: ['kms:Encrypt', 'kms:GenerateDataKey'], resources: [replicaKeyArn] }),
  ];
  for (const statement of statements) { role.addToPolicy(statement); }
  (bucket.node.defaultChild as s3.CfnBucket).replicationConfiguration = {
    role: role.roleArn,
    rules: [{
      id: 'Failover',
      status: 'Enabled',
      priority: 0,
      filter: { prefix: '' },
      deleteMarkerReplication: { status: 'Enabled' },
      sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
      destination: { bucket: replicaArn, encryptionConfiguration: { replicaKmsKeyId: replicaKeyArn } },
    }],
  };
}

function originOf(bucket: s3.IBucket): cloudfront.IOrigin {
  return origins.S3BucketOrigin.withOriginAccessControl(bucket);
}
