import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';

/** The organization's trail in the management account, as its readers need it. */
export interface ReadableTrail {
  readonly bucket: s3.IBucket;
  readonly logGroup: logs.ILogGroup;
  readonly encryptionKey: kms.IKey;
}

/** The one thing among what is stored that an auditor reads. */
export interface TrailAccess {
  readonly bucketArn: string;
  /** ARNs of what is read, by the service: its files, its log group with the streams, its key. */
  readonly readable: { readonly s3: string[]; readonly logs: string[]; readonly kms: string[] };
  /** The services through which the key may be used, as KMS names them. */
  readonly keyServices: string[];
}

export function trailAccess(scope: IConstruct, { bucket, logGroup, encryptionKey }: ReadableTrail): TrailAccess {
  const stack = Stack.of(scope);
  // from the name: CloudFormation's ARN of a log group ends in `:*`, which is not the ARN of the group itself
  const logGroupArn = stack.formatArn({
    service: 'logs', resource: 'log-group', resourceName: logGroup.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return {
    bucketArn: bucket.bucketArn,
    readable: { s3: [bucket.arnForObjects('AWSLogs/*')], logs: [logGroupArn, `${logGroupArn}:*`], kms: [encryptionKey.keyArn] },
    keyServices: ['s3', 'logs'].map(service => `${service}.${stack.region}.amazonaws.com`),
  };
}
