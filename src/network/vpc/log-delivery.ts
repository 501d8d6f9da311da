import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createDataBucket } from '../../private/bucket';

/** The service that brings flow logs to S3, and DNS query logs to S3 and CloudWatch. */
const DELIVERY = new iam.ServicePrincipal('delivery.logs.amazonaws.com');

/** What the logs of a VPC are kept with. */
export interface LogStorage {
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly retention?: logs.RetentionDays;
}

/** Where a flow log went. */
export interface FlowLogStore {
  readonly group?: logs.ILogGroup;
  readonly bucket?: s3.IBucket;
}

/**
 * A bucket that the delivery service writes logs of this account and region to, which are deleted after the retention.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
 */
export function createDeliveryBucket(scope: Construct, id: string, { encryptionKey, retention = logs.RetentionDays.ONE_YEAR }: LogStorage): s3.Bucket {
  const { account } = Stack.of(scope);
  permitDeliveryToUse(scope, encryptionKey);
  const bucket = createDataBucket(scope, id, {
    encryptionKey,
    lifecycleRules: retention === logs.RetentionDays.INFINITE ? [] : [{ expiration: Duration.days(retention) }],
  });
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'LogsOfThisAccount',
    principals: [DELIVERY],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects(`AWSLogs/${account}/*`), bucket.arnForObjects(`AWSLogs/aws-account-id=${account}/*`)],
    conditions: deliveryConditions(scope, { 's3:x-amz-acl': 'bucket-owner-full-control' }),
  }));
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'LogDeliveryChecks',
    principals: [DELIVERY],
    actions: ['s3:GetBucketAcl', 's3:ListBucket'],
    resources: [bucket.bucketArn],
    conditions: deliveryConditions(scope),
  }));
  return bucket;
}

/** The one statement by which the delivery service writes to a log group. */
export function logGroupDeliveryStatement(scope: Construct, group: logs.ILogGroup): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [DELIVERY],
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    // the ARN of a log group ends in ":*", which are its streams
    resources: [group.logGroupArn],
    conditions: deliveryConditions(scope),
  });
}

/** A key of another stack or account has to have this statement already. */
function permitDeliveryToUse(scope: Construct, key: kms.IKey): void {
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'LogDeliveryOfThisAccount',
    principals: [DELIVERY],
    actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
    resources: ['*'],
    conditions: deliveryConditions(scope),
  }));
}

function deliveryConditions(scope: Construct, equals: Record<string, string> = {}): iam.Conditions {
  const stack = Stack.of(scope);
  return {
    StringEquals: { 'aws:SourceAccount': stack.account, ...equals },
    ArnLike: {
      'aws:SourceArn': stack.formatArn({ service: 'logs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME }),
    },
  };
}
