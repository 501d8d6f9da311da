import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface EncryptedLogGroupOptions {
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly retention?: logs.RetentionDays;
  /** Only where a service demands a name. @default - CloudFormation chooses */
  readonly logGroupName?: string;
  /** @default RemovalPolicy.DESTROY - operational logs; what an auditor reads is retained explicitly */
  readonly removalPolicy?: RemovalPolicy;
}

/** A log group encrypted with a customer key, never without a retention. */
export function createLogGroup(scope: Construct, id: string, options: EncryptedLogGroupOptions): logs.LogGroup {
  return new logs.LogGroup(scope, id, {
    encryptionKey: options.encryptionKey,
    retention: options.retention ?? logs.RetentionDays.ONE_YEAR,
    logGroupName: options.logGroupName,
    removalPolicy: options.removalPolicy ?? RemovalPolicy.DESTROY,
  });
}
