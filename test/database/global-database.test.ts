import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { GlobalDatabase } from '../../src/database/global-database';
import { RestoreSource } from '../../src/database/restore-source';
import { ACCOUNT, expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

const capacity = DatabaseCapacity.serverless({ min: 8, max: 64 });

/** A primary and a secondary, each in a stack of its region. */
function twoRegions(props: Partial<AuroraPostgresProps> = {}) {
  const app = new App();
  const ireland = new Stack(app, 'Ireland', { env: { account: ACCOUNT, region: 'eu-west-1' } });
  const frankfurt = new Stack(app, 'Frankfurt', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  frankfurt.addDependency(ireland);
  const primary = new AuroraPostgres(ireland, 'Database', {
    vpc: foreignVpc(ireland), databaseName: 'orders', capacity, globalDatabase: GlobalDatabase.primary(), ...props,
  });
  const secondary = new AuroraPostgres(frankfurt, 'Database', {
    vpc: new ec2.Vpc(frankfurt, 'Vpc', {
      availabilityZones: ['eu-central-1a', 'eu-central-1b'], subnetConfiguration: [{ name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    }),
    databaseName: 'orders',
    capacity,
    globalDatabase: GlobalDatabase.secondary(primary.globalClusterIdentifier!),
  });
  return { ireland, frankfurt, primary, secondary };
}

describe('two regions', () => {
  const { ireland, frankfurt, primary, secondary } = twoRegions();
  const [first, second] = [Template.fromStack(ireland), Template.fromStack(frankfurt)];
  const key = ireland.resolve(primary.encryptionKey.keyArn);

  test('the global cluster is made around the primary, and takes everything from it', () => {
    const [[cluster]] = Object.entries(first.findResources('AWS::RDS::DBCluster'));
    first.hasResource('AWS::RDS::GlobalCluster', {
      Properties: {
        GlobalClusterIdentifier: primary.globalClusterIdentifier,
        SourceDBClusterIdentifier: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:rds:eu-west-1:${ACCOUNT}:cluster:`, { Ref: cluster }]] },
        DeletionProtection: true,
        Engine: Match.absent(),
        EngineVersion: Match.absent(),
        StorageEncrypted: Match.absent(),
      },
      DependsOn: Match.arrayWith(Object.keys(first.findResources('AWS::RDS::DBInstance')).sort()),
    });
    expect(primary.globalClusterIdentifier).toMatch(/^[a-z](-?[a-z0-9]){0,62}$/);
    first.hasResourceProperties('AWS::RDS::DBCluster', { GlobalClusterIdentifier: Match.absent(), DatabaseName: 'orders' });
  });

  test('the administrator of the primary has a secret of the customer key, which RDS does not manage and nobody rotates', () => {
    const [[secret]] = Object.entries(first.findResources('AWS::SecretsManager::Secret'));
    first.hasResourceProperties('AWS::SecretsManager::Secret', { KmsKeyId: key, GenerateSecretString: Match.objectLike({ PasswordLength: 30 }) });
    first.hasResourceProperties('AWS::RDS::DBCluster', {
      ManageMasterUserPassword: Match.absent(),
      MasterUserSecret: Match.absent(),
      MasterUserPassword: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: secret }, ':SecretString:password::}}']] },
    });
    first.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    expect(ireland.resolve(primary.secret.secretArn)).toEqual({ Ref: expect.stringMatching(/^DatabaseClusterSecret/) });
  });

  test('the secondary has a key of its own and neither administrator nor database nor secret', () => {
    second.hasResourceProperties('AWS::RDS::DBCluster', {
      GlobalClusterIdentifier: primary.globalClusterIdentifier,
      StorageEncrypted: true,
      KmsKeyId: frankfurt.resolve(secondary.encryptionKey.keyArn),
      MasterUsername: Match.absent(),
      MasterUserPassword: Match.absent(),
      ManageMasterUserPassword: Match.absent(),
      MasterUserSecret: Match.absent(),
      DatabaseName: Match.absent(),
    });
    second.resourceCountIs('AWS::RDS::GlobalCluster', 0);
    second.resourceCountIs('AWS::SecretsManager::Secret', 0);
    expect(secondary.globalClusterIdentifier).toBe(primary.globalClusterIdentifier);
    expect(() => secondary.secret).toThrow(/`secret` is missing, but the administrator .* Use `secret` of the primary/);
  });

  test('clients of the secondary are told the name of the database', () => {
    expect(secondary.connectionEnvironment('app_user').DATABASE_NAME).toBe('orders');
  });

  test('nothing is annotated', () => {
    expectNoAnnotations(ireland);
  });
});

test('without one, there is no name', () => {
  const stack = testStack();
  expect(new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) }).globalClusterIdentifier).toBeUndefined();
});

test('it can be deleted where the cluster can', () => {
  const { ireland } = twoRegions({ deletionProtection: false });
  Template.fromStack(ireland).hasResourceProperties('AWS::RDS::GlobalCluster', { DeletionProtection: false });
});

test('a restored database becomes a primary', () => {
  const { ireland } = twoRegions({ restoreFrom: RestoreSource.snapshot('of-yesterday') });
  Template.fromStack(ireland).hasResourceProperties('AWS::RDS::DBCluster', {
    SnapshotIdentifier: 'of-yesterday', MasterUsername: Match.absent(), MasterUserPassword: Match.anyValue(), StorageEncrypted: Match.absent(),
  });
});

test('little capacity is warned of', () => {
  const { ireland } = twoRegions({ capacity: DatabaseCapacity.serverless() });
  Annotations.fromStack(ireland).hasWarning('/Ireland/Database', Match.stringLikeRegexp('at least 8 ACU .* `capacity.min` is 0.5'));
});

test('instances of a class are no little capacity', () => {
  const { ireland } = twoRegions({ capacity: DatabaseCapacity.provisioned(new ec2.InstanceType('r8g.large')) });
  expectNoAnnotations(ireland);
});

const refusing = testStack();
const vpc = foreignVpc(refusing);
const secondary = GlobalDatabase.secondary('orders');

test.each<[string, Partial<AuroraPostgresProps>, RegExp]>([
  ['a primary that pauses', { globalDatabase: GlobalDatabase.primary(), capacity: DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.hours(1) }) },
    /`capacity` is "pauseAfter", but the primary of a global database cannot pause/],
  ['burstable instances', { globalDatabase: secondary, capacity: DatabaseCapacity.provisioned(new ec2.InstanceType('t4g.large')) },
    /`capacity` is "t4g", but burstable instances do not run in a global database/],
  ['no global cluster', { globalDatabase: GlobalDatabase.secondary('') }, /`globalDatabase` is "", but it is not the identifier of a global cluster/],
  ['the ARN of one', { globalDatabase: GlobalDatabase.secondary('arn:aws:rds::111122223333:global-cluster:orders') }, /Give `globalClusterIdentifier` of the primary/],
  ['a restored secondary', { globalDatabase: secondary, restoreFrom: RestoreSource.snapshot('of-yesterday') }, /`restoreFrom` is .*the data of a secondary comes from/],
  ['a secondary whose readers scale', { globalDatabase: secondary, readerAutoScaling: { maxReaders: 3 } }, /`readerAutoScaling` is .*Declare enough `readers`/],
])('refuses %s', (what, props, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, ...props })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
