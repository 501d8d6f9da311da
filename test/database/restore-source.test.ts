import { App, CfnOutput, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { PointInTimeRestore, RestoreSource } from '../../src/database/restore-source';
import { replacements } from '../support/replacements';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

const RECOVERY_POINT = `arn:aws:rds:${REGION}:111122223333:cluster-snapshot:awsbackup:job-0a1b2c3d`;

/** What is never said of a restored cluster. */
const INHERITED = { MasterUsername: Match.absent(), MasterUserPassword: Match.absent(), StorageEncrypted: Match.absent(), RestoreType: Match.absent() };

/** Everything of one database in a stack, besides those it shares with the other. */
function resourcesOf(template: Template, prefix: RegExp): Record<string, unknown> {
  return Object.fromEntries(Object.entries(template.toJSON().Resources).filter(([id]) => prefix.test(id)));
}

test.each<[string, RestoreSource, object]>([
  ['a snapshot', RestoreSource.snapshot('before-the-migration'), { SnapshotIdentifier: 'before-the-migration' }],
  ['an automated snapshot', RestoreSource.snapshot('rds:test-2026-11-23-02-05'), { SnapshotIdentifier: 'rds:test-2026-11-23-02-05' }],
  ['a recovery point', RestoreSource.snapshot(RECOVERY_POINT), { SnapshotIdentifier: RECOVERY_POINT }],
  ['one second of a cluster', RestoreSource.pointInTime({ clusterIdentifier: 'lost', at: '2026-11-23T08:15:00Z' }), {
    SourceDBClusterIdentifier: 'lost', RestoreToTime: '2026-11-23T08:15:00Z', UseLatestRestorableTime: Match.absent(),
  }],
  ['the last second of a deleted cluster', RestoreSource.pointInTime({ clusterResourceIdentifier: 'cluster-ABC' }), {
    SourceDbClusterResourceId: 'cluster-ABC', SourceDBClusterIdentifier: Match.absent(), UseLatestRestorableTime: true, RestoreToTime: Match.absent(),
  }],
])('%s comes back with a valid secret and encrypted', (_, restoreFrom, expected) => {
  const stack = testStack();
  const { encryptionKey } = new AuroraPostgres(stack, 'Restored', { vpc: foreignVpc(stack), restoreFrom });
  const key = stack.resolve(encryptionKey.keyArn);
  Template.fromStack(stack).hasResourceProperties('AWS::RDS::DBCluster', {
    ...INHERITED,
    ...expected,
    KmsKeyId: key,
    ManageMasterUserPassword: true,
    MasterUserSecret: { KmsKeyId: key },
    DatabaseName: 'app',
    EnableIAMDatabaseAuthentication: true,
    DeletionProtection: true,
  });
  expectNoAnnotations(stack);
});

test('what other stacks import of the lost database stays exported when their grants move', () => {
  const exportsOf = (client: 'lost' | 'restored') => {
    const app = new App();
    const env = { account: ACCOUNT, region: REGION };
    const stack = new Stack(app, 'Data', { env });
    const vpc = foreignVpc(stack);
    const databases = {
      lost: new AuroraPostgres(stack, 'Lost', { vpc }),
      restored: new AuroraPostgres(stack, 'Restored', { vpc, restoreFrom: RestoreSource.snapshot('before-the-migration') }),
    };
    const api = new Stack(app, 'Api', { env });
    const group = new ec2.SecurityGroup(api, 'Group', { vpc, allowAllOutbound: false });
    const grantee = new iam.Role(api, 'Client', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    databases[client].grantConnect(Object.assign(grantee, { connections: new ec2.Connections({ securityGroups: [group] }) }), 'app_user');
    new CfnOutput(api, 'Host', { value: databases[client].connectionEnvironment('app_user').DATABASE_HOST });
    const imports = JSON.stringify(Template.fromStack(api).toJSON()).match(/(?<="Fn::ImportValue":")[^"]+/g) ?? [];
    return { imports, exports: Object.values(Template.fromStack(stack).findOutputs('*')).flatMap(({ Export }) => Export?.Name ?? []) };
  };
  const { imports, exports } = exportsOf('lost');
  expect(imports.length).toBeGreaterThan(2);
  expect(exports).toEqual(expect.arrayContaining(imports));
  expect(exportsOf('restored').exports).toEqual(expect.arrayContaining(imports.filter(name => !/PrivateSubnet|Vpc/i.test(name))));
});

describe('both sides of a recovery', () => {
  /** The steps: before; the restored one beside the lost one, which clients still use; clients moved; the lost one removed. */
  function step(databases: { lost: boolean; restored: boolean; client: 'lost' | 'restored' }): { stack: Stack; template: Template } {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    const lost = databases.lost ? new AuroraPostgres(stack, 'Lost', { vpc, databaseName: 'orders' }) : undefined;
    const restored = databases.restored ? new AuroraPostgres(stack, 'Restored', {
      vpc,
      databaseName: 'orders',
      // a literal: the lost one is removed before the restored one
      restoreFrom: RestoreSource.pointInTime({ clusterIdentifier: 'test-lost-8a7b6c5d', at: '2026-11-23T08:15:00Z' }),
    }) : undefined;
    const client = new iam.Role(stack, 'Client', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    ({ lost, restored })[databases.client]!.grantConnect(client, 'app_user');
    return { stack, template: Template.fromStack(stack) };
  }

  const before = step({ lost: true, restored: false, client: 'lost' }).template;
  const beside = step({ lost: true, restored: true, client: 'lost' }).template;
  const moved = step({ lost: true, restored: true, client: 'restored' }).template;
  const after = step({ lost: false, restored: true, client: 'restored' }).template;

  /** Clusters, instances, keys and vaults; what makes users comes and goes with them. */
  const data = (found: string[]) => found.filter(each => /^(RDS|Backup|KMS|SecretsManager)::/.test(each));

  test('the lost one stays as it was, to the last property', () => {
    expect(resourcesOf(beside, /^Lost/)).toEqual(resourcesOf(before, /^Lost/));
    expect(replacements(before, beside)).toEqual([]);
  });

  test('moving the clients replaces nothing that holds data', () => {
    expect(data(replacements(beside, moved))).toEqual([]);
    expect(data(replacements(moved, after))).toEqual(expect.arrayContaining(['RDS::DBCluster removed']));
  });

  test('the two have no name in common', () => {
    const names = (type: string, property: string) =>
      Object.values(beside.findResources(type)).map(({ Properties }) => Properties[property]).filter(name => name !== undefined);
    for (const list of [
      names('AWS::RDS::DBCluster', 'DBClusterIdentifier'),
      names('AWS::Logs::LogGroup', 'LogGroupName'),
      names('AWS::Backup::BackupVault', 'BackupVaultName'),
    ]) {
      expect(list).toHaveLength(2);
      expect(new Set(list).size).toBe(2);
    }
  });

  test('a client moves with one word', () => {
    const resources = [beside, moved].map(template => JSON.stringify(template.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^Client') }] } })));
    expect(resources[0]).toMatch(/"LostCluster\w+","DBClusterResourceId"/);
    expect(resources[1]).toMatch(/"RestoredCluster\w+","DBClusterResourceId"/);
  });

  test('removing the lost one leaves the restored one alone, keeps the lost key and vault, and takes a last snapshot', () => {
    expect(resourcesOf(after, /^Restored/)).toEqual(resourcesOf(moved, /^Restored/));
    const kept = Object.entries<any>(resourcesOf(moved, /^Lost/)).filter(([, { DeletionPolicy }]) => DeletionPolicy && DeletionPolicy !== 'Delete');
    expect(kept.map(([, { Type, DeletionPolicy }]) => `${Type} ${DeletionPolicy}`).sort()).toEqual([
      'AWS::Backup::BackupVault RetainExceptOnCreate', 'AWS::KMS::Key Retain', 'AWS::RDS::DBCluster Snapshot',
    ]);
  });
});

test('the identifier of a database in the same stack, and a time that only the deployment knows', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const { clusterIdentifier } = new AuroraPostgres(stack, 'Lost', { vpc });
  new AuroraPostgres(stack, 'Restored', {
    vpc, restoreFrom: RestoreSource.pointInTime({ clusterIdentifier, at: Token.asString({ Ref: 'At' }) }),
  });
  Template.fromStack(stack).hasResourceProperties('AWS::RDS::DBCluster', {
    SourceDBClusterIdentifier: stack.resolve(clusterIdentifier), RestoreToTime: { Ref: 'At' },
  });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, string, RegExp]>([
  ['no snapshot', '', /`restoreFrom` is "", but it is neither the name nor the ARN of a cluster snapshot/],
  ['a name with a blank', 'of yesterday', /`restoreFrom` is "of yesterday", but it is neither/],
  ['a snapshot of an instance', `arn:aws:rds:${REGION}:111122223333:snapshot:old`, /but it is the ARN of something else than a cluster snapshot/],
  ['a cluster', `arn:aws:rds:${REGION}:111122223333:cluster:old`, /something else than a cluster snapshot/],
  ['a snapshot of another service', `arn:aws:ec2:${REGION}::snapshot/snap-1`, /something else than a cluster snapshot/],
  ['a snapshot of another region', 'arn:aws:rds:us-east-1:111122223333:cluster-snapshot:old', /it lies in us-east-1, .* Copy the snapshot to eu-west-1 first/],
])('refuses %s', (what, snapshot, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, restoreFrom: RestoreSource.snapshot(snapshot) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});

test.each<[string, PointInTimeRestore, RegExp]>([
  ['no source', { at: '2026-11-23T08:15:00Z' }, /`restoreFrom` is .*, but exactly one of `clusterIdentifier` and `clusterResourceIdentifier`/],
  ['two sources', { clusterIdentifier: 'lost', clusterResourceIdentifier: 'cluster-ABC' }, /but exactly one of/],
  ['no identifier', { clusterIdentifier: 'lost_one' }, /`restoreFrom.clusterIdentifier` is "lost_one", but it is not the identifier of a cluster/],
  ['an ARN', { clusterIdentifier: 'arn:aws:rds:eu-west-1:111122223333:cluster:lost' }, /it is not the identifier of a cluster/],
  ['no resource identifier', { clusterResourceIdentifier: 'lost' }, /`restoreFrom.clusterResourceIdentifier` is "lost", but it is not the resource identifier/],
  ['a local time', { clusterIdentifier: 'lost', at: '2026-11-23T08:15:00+01:00' }, /`restoreFrom.at` is "2026-11-23T08:15:00\+01:00", but it is not a second in UTC/],
  ['a day that never was', { clusterIdentifier: 'lost', at: '2026-02-30T08:15:00Z' }, /`restoreFrom.at` is "2026-02-30T08:15:00Z"/],
  ['a day without a time', { clusterIdentifier: 'lost', at: '2026-11-23' }, /Give a time such as "2026-11-23T08:15:00Z"/],
])('refuses %s', (what, moment, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, restoreFrom: RestoreSource.pointInTime(moment) })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
