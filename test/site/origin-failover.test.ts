import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { OriginFailover } from '../../src/site/origin-failover';
import { SpaStaticSite } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

const DISTRIBUTIONS = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudfront::${ACCOUNT}:distribution/*`]] };

function distributionOf(stack: Stack) {
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Distribution'))[0].Properties.DistributionConfig;
}

describe('a second region', () => {
  const stack = testStack('eu-west-1', 'Web');
  const site = new SpaStaticSite(stack, 'Site', { originFailover: OriginFailover.region('eu-central-1'), oldAssetRetention: Duration.days(7) });
  const copy = stack.node.scope!.node.findChild('WebReplica') as Stack;
  const template = Template.fromStack(stack);

  test('holds a copy of every file with a key of its own, and expires the same assets', () => {
    expect([copy.region, copy.account, copy.stackName]).toEqual(['eu-central-1', ACCOUNT, 'WebReplica']);
    Template.fromStack(copy).hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [Match.objectLike({ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: Match.anyValue() } })] },
      LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ Prefix: 'assets/', TagFilters: [{ Key: 'superseded', Value: 'true' }], ExpirationInDays: 7 })]) },
    });
    const [replication] = Object.values(template.findResources('AWS::S3::Bucket')).map(({ Properties }) => Properties.ReplicationConfiguration).filter(Boolean);
    expect(replication.Rules).toEqual([{
      Id: 'Failover', Status: 'Enabled', Priority: 0, Filter: { Prefix: '' }, DeleteMarkerReplication: { Status: 'Enabled' },
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      Destination: {
        Bucket: { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'WebReplica', Region: 'eu-central-1' }) },
        EncryptionConfiguration: { ReplicaKmsKeyID: { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'WebReplica' }) } },
      },
    }]);
  });

  test('is asked when the first does not answer, for files only', () => {
    const config = distributionOf(stack);
    expect(config.Origins).toHaveLength(2);
    expect(config.Origins.every(({ OriginAccessControlId, S3OriginConfig }: any) => OriginAccessControlId && S3OriginConfig)).toBe(true);
    expect(JSON.stringify(config.Origins[1].DomainName)).toContain('.s3.eu-central-1.');
    expect(config.OriginGroups.Items).toHaveLength(1);
    expect(config.OriginGroups.Items[0].FailoverCriteria.StatusCodes.Items).toEqual([500, 502, 503, 504]);
    const group = config.OriginGroups.Items[0].Id;
    expect([config.DefaultCacheBehavior, ...config.CacheBehaviors].map(({ TargetOriginId }: any) => TargetOriginId)).toEqual([group, group]);
  });

  test('lets the account\'s distributions read, and nobody else', () => {
    const statement = { Principal: { Service: 'cloudfront.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnLike: { 'aws:SourceArn': DISTRIBUTIONS } } };
    Template.fromStack(copy).hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ ...statement, Action: ['s3:GetObject', 's3:ListBucket'] })]) },
    });
    Template.fromStack(copy).hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ ...statement, Action: 'kms:Decrypt' })]) } });
  });

  test('replication may read this bucket and write that one, and the stacks are ordered without exports', () => {
    const [, policy] = Object.entries(template.findResources('AWS::IAM::Policy')).find(([id]) => id.includes('ReplicationRole'))!;
    expect(policy.Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action)).toEqual([
      's3:GetReplicationConfiguration', 's3:ListBucket', 's3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging',
      's3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey',
    ]);
    expect(JSON.stringify(policy)).not.toContain('"Resource":"*"');
    expect(stack.dependencies.map(({ stackName }) => stackName).sort()).toEqual(['WebEdge', 'WebReplica']);
    expect(site.bucket.replicationRoleArn).toBeUndefined();
    for (const each of [stack, copy]) { expectNoAnnotations(each); }
  });
});

test('a bucket of this app, in another stack and region', () => {
  const app = new App();
  const [other, web] = [['Other', 'us-west-2'], ['Web', 'eu-west-1']].map(([id, region]) => new Stack(app, id, { env: { account: ACCOUNT, region } }));
  const bucket = new s3.Bucket(other, 'Bucket', { encryptionKey: new kms.Key(other, 'Key') });
  new SpaStaticSite(web, 'Site', { originFailover: OriginFailover.bucket(bucket) });
  expect(JSON.stringify(distributionOf(web).Origins[1].DomainName)).toContain('.s3.us-west-2.');
  Template.fromStack(other).hasResourceProperties('AWS::S3::BucketPolicy', { PolicyDocument: { Statement: [Match.objectLike({ Action: ['s3:GetObject', 's3:ListBucket'] })] } });
  expectNoAnnotations(web);
});

test('a bucket of somebody else', () => {
  const stack = testStack('eu-west-1', 'Web');
  const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'copies', region: 'eu-central-1' });
  new SpaStaticSite(stack, 'Site', { originFailover: OriginFailover.bucket(bucket) });
  expect(JSON.stringify(distributionOf(stack).Origins[1].DomainName)).toContain('copies.s3.eu-central-1.');
  expect(stack.node.scope!.node.tryFindChild('WebReplica')).toBeUndefined();
  expectNoAnnotations(stack);
});

test.each([
  ['eu-west-1', /`originFailover.region` is "eu-west-1", but the site itself is there/],
  ['eu-nowhere-1', /`originFailover.region` is "eu-nowhere-1", but there is no such AWS region/],
])('refuses the region %s', (region, message) => {
  expect(() => new SpaStaticSite(testStack('eu-west-1'), 'Site', { originFailover: OriginFailover.region(region) })).toThrow(message);
});

describe('support stacks', () => {
  const failover = (stack: Stack, id: string, region: string) => new SpaStaticSite(stack, id, { originFailover: OriginFailover.region(region) });

  test('two sites of a stack keep their copies in the same region', () => {
    const stack = testStack('eu-west-1', 'Web');
    failover(stack, 'Shop', 'eu-central-1');
    failover(stack, 'Office', 'eu-central-1');
    Template.fromStack(stack.node.scope!.node.findChild('WebReplica') as Stack).resourceCountIs('AWS::KMS::Key', 2);
    expect(() => failover(stack, 'Depot', 'eu-north-1'))
      .toThrow(/Web\/Depot: `originFailover.region` is "eu-north-1", but another site of the stack "Web" has its "WebReplica" in eu-central-1\. Give eu-central-1, or put one/);
    expect(stack.node.findChild('Depot').node.children).toEqual([]);
  });

  test.each(['WebReplica', 'WebEdge', 'WebWatch'])('a stack of the user\'s own called %s is not taken over', id => {
    const app = new App();
    const stack = new Stack(app, 'Web', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    new Stack(app, id, { env: { account: ACCOUNT, region: id === 'WebReplica' ? 'eu-central-1' : 'us-east-1' } });
    expect(() => failover(stack, 'Site', 'eu-central-1')).toThrow(`Web/Site: \`scope\` is "Web", but the id "${id}" beside it is taken`);
    expect(stack.node.findChild('Site').node.children).toEqual([]);
  });
});
