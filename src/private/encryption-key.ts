import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** What a service does with a key to write data and to read it again. */
export const KEY_USE_ACTIONS = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:DescribeKey',
];

export interface EncryptionKeyOptions {
  /** What the key protects, for the person who reads the list of keys. */
  readonly description: string;
  /** Service principals that encrypt with the key on behalf of this account, e.g. `events.amazonaws.com`. CloudWatch Logs always may. @default - none */
  readonly services?: string[];
}

/**
 * The customer key of one construct: rotated yearly, kept when its stack is deleted,
 * usable by CloudWatch Logs and the named services for this account's resources only.
 */
export function createEncryptionKey(scope: Construct, id: string, options: EncryptionKeyOptions): kms.Key {
  const stack = Stack.of(scope);
  const key = new kms.Key(scope, id, {
    description: options.description,
    enableKeyRotation: true,
    rotationPeriod: Duration.days(365),
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'CloudWatchLogsOfThisAccount',
    principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    actions: KEY_USE_ACTIONS,
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': stack.formatArn({
          service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      },
    },
  }));
  if (options.services?.length) {
    key.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'ServicesOfThisAccount',
      principals: options.services.map(service => new iam.ServicePrincipal(service)),
      actions: ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }));
  }
  return key;
}
