import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TrailAlarms } from './trail-alarms';
import { TrailLock } from './trail-lock';
import { createDataBucket, createLogBucket } from '../../private/bucket';
import { createLogGroup } from '../../private/log-group';

export interface AuditTrailProps {
  readonly organizationId: string;
  readonly encryptionKey: kms.IKey;
  readonly retention: Duration;
  /** Not longer than `retention`, as `_validate` of the lock checks. @default DEFAULT_TRAIL_LOCK */
  readonly lock?: TrailLock;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
  /** Whether the organization lets CloudTrail see it, without which there is no trail yet. */
  readonly isOrganizationPrepared: boolean;
  /** Who is told of events that somebody has to look at. */
  readonly alarmEmail: string;
}

/** As long as the shortest retention that a landing zone permits. */
export const DEFAULT_TRAIL_LOCK = TrailLock.compliance(Duration.days(365));

/** How long a larger file stays in S3's standard class, for those who look something up. */
const DAYS_BEFORE_ARCHIVE = 90;

/** The organization's trail, its archive in S3 and its copy in CloudWatch Logs. */
export class AuditTrail extends Construct {
  public readonly bucket: s3.IBucket;
  /** Where the trail can be searched. */
  public readonly logGroup: logs.ILogGroup;
  public readonly encryptionKey: kms.IKey;
  /** Undefined until the organization is prepared. */
  public readonly trail?: cloudtrail.CfnTrail;
  /** Where the alarms report. */
  public readonly alarmTopic: sns.Topic;

  private readonly trailName: string;
  private readonly trailArn: string;

  constructor(scope: Construct, id: string, private readonly props: AuditTrailProps) {
    super(scope, id);
    // the policies of bucket and key name the trail before it exists
    this.trailName = Names.uniqueResourceName(this, { maxLength: 128, separator: '-' });
    this.trailArn = Stack.of(this).formatArn({ service: 'cloudtrail', resource: 'trail', resourceName: this.trailName });
    const { alarmEmail, encryptionKey, logRetention } = props;
    this.encryptionKey = encryptionKey;
    this.bucket = this.createBucket();
    this.allowEncryption();
    const logGroup = createLogGroup(this, 'Logs', { encryptionKey, retention: logRetention, removalPolicy: RemovalPolicy.RETAIN });
    this.logGroup = logGroup;
    this.trail = props.isOrganizationPrepared ? this.createTrail(logGroup) : undefined;
    this.alarmTopic = new TrailAlarms(this, 'Alarms', { logGroup, encryptionKey, email: alarmEmail }).topic;
  }

  /** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html#org-trail-bucket-policy */
  private createBucket(): s3.IBucket {
    const { encryptionKey, organizationId, retention, lock = DEFAULT_TRAIL_LOCK } = this.props;
    const bucket = createDataBucket(this, 'Bucket', {
      encryptionKey,
      objectLock: lock._bind(),
      accessLogs: { bucket: createLogBucket(this, 'AccessLogs', { retention }), prefix: 'trail/' },
      lifecycleRules: [{
        transitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(DAYS_BEFORE_ARCHIVE) }],
        expiration: retention,
      }],
      // each file in Glacier is charged for 40 KB more and for its move, which a small one never earns back
      transitionDefaultMinimumObjectSize: s3.TransitionDefaultMinimumObjectSize.ALL_STORAGE_CLASSES_128_K,
    });
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'TrailAclCheck',
      principals: [this.service()],
      actions: ['s3:GetBucketAcl'],
      resources: [bucket.bucketArn],
      conditions: { StringEquals: { 'aws:SourceArn': this.trailArn } },
    }));
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'TrailWrite',
      principals: [this.service()],
      actions: ['s3:PutObject'],
      resources: [Stack.of(this).account, organizationId].map(owner => bucket.arnForObjects(`AWSLogs/${owner}/*`)),
      conditions: { StringEquals: { 'aws:SourceArn': this.trailArn, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }));
    return bucket;
  }

  /** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html */
  private allowEncryption(): void {
    const stack = Stack.of(this);
    const sourceArn = { 'aws:SourceArn': this.trailArn };
    const trails = stack.formatArn({ service: 'cloudtrail', region: '*', resource: 'trail', resourceName: '*' });
    this.props.encryptionKey.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'TrailEncrypt',
      principals: [this.service()],
      // the data keys of log and digest files, with and without plaintext
      actions: ['kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: sourceArn, StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': trails } },
    }));
    this.props.encryptionKey.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'TrailDescribe',
      principals: [this.service()],
      // a bucket with an S3 bucket key needs Decrypt as well
      actions: ['kms:Decrypt', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: sourceArn },
    }));
  }

  private createTrail(logGroup: logs.ILogGroup): cloudtrail.CfnTrail {
    const role = this.createRole(logGroup);
    const trail = new cloudtrail.CfnTrail(this, 'Trail', {
      trailName: this.trailName,
      isLogging: true,
      isOrganizationTrail: true,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      s3BucketName: this.bucket.bucketName,
      kmsKeyId: this.props.encryptionKey.keyArn,
      cloudWatchLogsLogGroupArn: logGroup.logGroupArn,
      cloudWatchLogsRoleArn: role.roleArn,
    });
    // CloudTrail checks that it may write before it accepts the trail
    trail.node.addDependency(role, this.bucket);
    return trail;
  }

  /** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html */
  private createRole(logGroup: logs.ILogGroup): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'LogsRole', { assumedBy: this.service() });
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      // CloudTrail names its streams after the account or the organization
      resources: [`${stack.account}_CloudTrail_${stack.region}*`, `${this.props.organizationId}_*`].map(stream => stack.formatArn({
        service: 'logs', resource: `log-group:${logGroup.logGroupName}:log-stream:${stream}`, arnFormat: ArnFormat.NO_RESOURCE_NAME,
      })),
    }));
    return role;
  }

  private service(): iam.ServicePrincipal {
    return new iam.ServicePrincipal('cloudtrail.amazonaws.com');
  }
}
