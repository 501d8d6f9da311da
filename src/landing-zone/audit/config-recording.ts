import { Duration, Stack } from 'aws-cdk-lib';
import * as config from 'aws-cdk-lib/aws-config';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { createDataBucket, createLogBucket } from '../../private/bucket';

/** The service that writes to the bucket and therefore uses its key. */
export const CONFIG_SERVICE = 'config.amazonaws.com';

export interface ConfigRecordingProps {
  readonly encryptionKey: kms.IKey;
  readonly retention: Duration;
  /** Whether the account has no service-linked role of AWS Config yet. */
  readonly createRole: boolean;
  /** Whether users, roles and policies are recorded here. */
  readonly recordIam: boolean;
}

/** Records every change of every resource, and keeps the record in a bucket. */
export class ConfigRecording extends Construct {
  public readonly bucket: s3.IBucket;

  constructor(scope: Construct, id: string, private readonly props: ConfigRecordingProps) {
    super(scope, id);
    this.bucket = this.createBucket();
    this.startRecording();
  }

  /**
   * Without an object lock, which AWS Config refuses.
   *
   * @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
   */
  private createBucket(): s3.IBucket {
    const { encryptionKey, retention } = this.props;
    const { account } = Stack.of(this);
    const bucket = createDataBucket(this, 'Bucket', {
      encryptionKey,
      accessLogs: { bucket: createLogBucket(this, 'AccessLogs', { retention }), prefix: 'config/' },
      lifecycleRules: [{ expiration: retention }],
    });
    const principals = [new iam.ServicePrincipal(CONFIG_SERVICE)];
    const ofThisAccount = { 'aws:SourceAccount': account };
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'ConfigBucketCheck',
      principals,
      actions: ['s3:GetBucketAcl', 's3:ListBucket'],
      resources: [bucket.bucketArn],
      conditions: { StringEquals: ofThisAccount },
    }));
    bucket.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'ConfigDelivery',
      principals,
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${account}/Config/*`)],
      conditions: { StringEquals: { ...ofThisAccount, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }));
    return bucket;
  }

  private startRecording(): void {
    const stack = Stack.of(this);
    const recorder = new config.CfnConfigurationRecorder(this, 'Recorder', {
      // Security Hub's own check of AWS Config fails with any other role
      roleArn: stack.formatArn({
        service: 'iam', region: '', resource: 'role', resourceName: `aws-service-role/${CONFIG_SERVICE}/AWSServiceRoleForConfig`,
      }),
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: this.props.recordIam },
    });
    const channel = new config.CfnDeliveryChannel(this, 'DeliveryChannel', {
      s3BucketName: this.bucket.bucketName,
      s3KmsKeyArn: this.props.encryptionKey.keyArn,
      configSnapshotDeliveryProperties: { deliveryFrequency: 'TwentyFour_Hours' },
    });
    // neither may wait for the other: CloudFormation starts the recorder once there is a channel, and makes the channel once there is a recorder
    recorder.node.addDependency(this.bucket);
    channel.node.addDependency(this.bucket);
    if (this.props.createRole) {
      const role = new iam.CfnServiceLinkedRole(this, 'Role', { awsServiceName: CONFIG_SERVICE });
      recorder.addDependency(role);
    }
  }
}
