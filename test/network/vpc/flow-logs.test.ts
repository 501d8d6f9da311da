import { Match, Template } from 'aws-cdk-lib/assertions';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { FlowLogs } from '../../../src/network/vpc/flow-logs';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { ACCOUNT, expectNoAnnotations, REGION, testStack } from '../../support/stacks';

describe('Parquet in S3', () => {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', { flowLogs: FlowLogs.parquetToS3(), logRetention: logs.RetentionDays.THREE_MONTHS });
  const template = Template.fromStack(stack);
  const [[bucketId, bucket]] = Object.entries(template.findResources('AWS::S3::Bucket'));
  const [[policyId, policy]] = Object.entries(template.findResources('AWS::S3::BucketPolicy'));
  const ofThisAccount = { StringEquals: Match.objectLike({ 'aws:SourceAccount': ACCOUNT }), ArnLike: { 'aws:SourceArn': Match.anyValue() } };

  test('all traffic, by the minute, partitioned for Hive by the hour, after the bucket has its policy', () => {
    template.hasResource('AWS::EC2::FlowLog', {
      Properties: {
        ResourceType: 'VPC',
        ResourceId: stack.resolve(network.vpc.vpcId),
        TrafficType: 'ALL',
        MaxAggregationInterval: 60,
        LogDestinationType: 's3',
        LogDestination: { 'Fn::GetAtt': [bucketId, 'Arn'] },
        LogFormat: Match.stringLikeRegexp('\\$\\{srcaddr\\}.*\\$\\{pkt-dstaddr\\}.*\\$\\{flow-direction\\}'),
        DestinationOptions: { FileFormat: 'parquet', HiveCompatiblePartitions: true, PerHourPartition: true },
      },
      DependsOn: [policyId],
    });
    template.resourceCountIs('AWS::EC2::FlowLog', 1);
    template.resourceCountIs('AWS::Logs::LogGroup', 0);
    expect([network.flowLogBucket?.bucketName, network.flowLogGroup].map(value => stack.resolve(value))).toEqual([{ Ref: bucketId }, undefined]);
  });

  test('the bucket has the customer key, by its ARN, and deletes files after the retention', () => {
    expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID)
      .toEqual(stack.resolve(network.encryptionKey.keyArn));
    expect(bucket.Properties.LifecycleConfiguration.Rules).toContainEqual(expect.objectContaining({ ExpirationInDays: 90 }));
    expect(bucket.DeletionPolicy).toBe('Retain');
  });

  test('the delivery service writes for this account and region only, by TLS', () => {
    const { Statement } = policy.Properties.PolicyDocument;
    expect(Statement).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 's3:PutObject',
            Principal: { Service: 'delivery.logs.amazonaws.com' },
            Resource: [`/AWSLogs/${ACCOUNT}/*`, `/AWSLogs/aws-account-id=${ACCOUNT}/*`].map(path => ({ 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucketId, 'Arn'] }, path]] })),
            Condition: {
              StringEquals: { 'aws:SourceAccount': ACCOUNT, 's3:x-amz-acl': 'bucket-owner-full-control' },
              ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:logs:${REGION}:${ACCOUNT}:*`]] } },
            },
          }),
          Match.objectLike({ Action: ['s3:GetBucketAcl', 's3:ListBucket'], Resource: { 'Fn::GetAtt': [bucketId, 'Arn'] }, Condition: ofThisAccount }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'delivery.logs.amazonaws.com' }, Condition: ofThisAccount })]) },
    });
  });

  test('nobody is warned', () => expectNoAnnotations(stack));
});

test('logs that are kept for ever are not deleted', () => {
  const stack = testStack();
  new SecureVpc(stack, 'Network', { flowLogs: FlowLogs.parquetToS3(), logRetention: logs.RetentionDays.INFINITE });
  const [bucket] = Object.values(Template.fromStack(stack).findResources('AWS::S3::Bucket'));
  expect(JSON.stringify(bucket)).not.toContain('ExpirationInDays"');
});

test('a bucket of somebody else is left as it is', () => {
  const stack = testStack();
  const archive = s3.Bucket.fromBucketArn(stack, 'Archive', 'arn:aws:s3:::innovate-log-archive');
  const network = new SecureVpc(stack, 'Network', { flowLogs: FlowLogs.parquetToS3({ bucket: archive }) });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::EC2::FlowLog', { LogDestination: 'arn:aws:s3:::innovate-log-archive' });
  template.resourceCountIs('AWS::S3::Bucket', 0);
  template.resourceCountIs('AWS::S3::BucketPolicy', 0);
  expect(network.flowLogBucket).toBe(archive);
});
