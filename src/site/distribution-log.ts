import { ArnFormat, Names, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { valueFor, watchScope } from './edge-scope';
import { EDGE_REGION } from '../private/edge-region';
import { KEY_USE_ACTIONS } from '../private/encryption-key';

/** Everything that CloudFront can say about a request but its cookies, which are credentials. */
const FIELDS = [
  'timestamp(ms)', 'DistributionId', 'date', 'time', 'x-edge-location', 'sc-bytes', 'c-ip', 'cs-method', 'cs(Host)', 'cs-uri-stem', 'sc-status',
  'cs(Referer)', 'cs(User-Agent)', 'cs-uri-query', 'x-edge-result-type', 'x-edge-request-id', 'x-host-header', 'cs-protocol', 'cs-bytes',
  'time-taken', 'x-forwarded-for', 'ssl-protocol', 'ssl-cipher', 'x-edge-response-result-type', 'cs-protocol-version', 'c-port',
  'time-to-first-byte', 'x-edge-detailed-result-type', 'sc-content-type', 'sc-content-len', 'sc-range-start', 'sc-range-end',
  'origin-fbl', 'origin-lbl', 'asn',
];

export interface DistributionLogOptions {
  readonly distribution: cloudfront.Distribution;
  /** Where the log goes, in whatever region. */
  readonly bucket: s3.Bucket;
  /** Key of the bucket. */
  readonly encryptionKey: kms.IKey;
}

/**
 * Delivers a line about each request to the bucket, as Parquet and by day and hour: CloudFront's standard logging v2, which needs no ACLs
 * and knows every region. Its parts exist in us-east-1 only, wherever the bucket is.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
 */
export function logRequests(site: Construct, { distribution, bucket, encryptionKey }: DistributionLogOptions): void {
  admitLogDelivery(site, bucket, encryptionKey);
  const scope = new Construct(watchScope(site), 'RequestLog');
  const name = Names.uniqueResourceName(scope, { maxLength: 60, separator: '-', allowedSpecialCharacters: '_-' });
  const source = new logs.CfnDeliverySource(scope, 'Source', {
    name,
    logType: 'ACCESS_LOGS',
    resourceArn: Stack.of(scope).formatArn({
      service: 'cloudfront', region: '', resource: 'distribution', resourceName: valueFor(scope, distribution, 'DistributionId', distribution.distributionId),
    }),
  });
  const destination = new logs.CfnDeliveryDestination(scope, 'Destination', {
    name,
    deliveryDestinationType: 'S3',
    destinationResourceArn: valueFor(scope, bucket, 'BucketArn', bucket.bucketArn),
    outputFormat: 'parquet',
  });
  const delivery = new logs.CfnDelivery(scope, 'Delivery', {
    deliverySourceName: source.name,
    deliveryDestinationArn: destination.attrArn,
    recordFields: FIELDS,
    s3SuffixPath: '{DistributionId}/{yyyy}/{MM}/{dd}/{HH}',
    s3EnableHiveCompatiblePath: true,
  });
  delivery.addDependency(source);
  // CloudWatch Logs checks the bucket's policy when the delivery is made, and adds to it what is missing
  if (bucket.policy && Stack.of(scope) === Stack.of(site)) { destination.node.addDependency(bucket.policy); }
}

function admitLogDelivery(site: Construct, bucket: s3.Bucket, encryptionKey: kms.IKey): void {
  const stack = Stack.of(site);
  const statement = {
    principals: [new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
    conditions: {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: {
        'aws:SourceArn': stack.formatArn({
          service: 'logs', region: EDGE_REGION, resource: 'delivery-source', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      },
    },
  };
  bucket.addToResourcePolicy(new iam.PolicyStatement({ ...statement, sid: 'DeliveryOfLogs', actions: ['s3:PutObject'], resources: [bucket.arnForObjects('*')] }));
  bucket.addToResourcePolicy(new iam.PolicyStatement({
    ...statement, sid: 'DeliveryOfLogsChecks', actions: ['s3:GetBucketAcl', 's3:ListBucket'], resources: [bucket.bucketArn],
  }));
  encryptionKey.addToResourcePolicy(new iam.PolicyStatement({ ...statement, sid: 'DeliveryOfLogs', actions: KEY_USE_ACTIONS, resources: ['*'] }));
}
