import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresOptions } from '../../src/database/aurora-postgres-options';
import { ConnectionPooling, RdsProxyOptions } from '../../src/database/connection-pooling';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { decide } from '../support/policy-simulation';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

function pooled(stack: Stack, options: AuroraPostgresOptions = {}): AuroraPostgres {
  return new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), pooling: ConnectionPooling.rdsProxy(), ...options });
}

test('without pooling there is no proxy', () => {
  const stack = testStack();
  expect(pooled(stack, { pooling: ConnectionPooling.none() }).proxy).toBeUndefined();
  Template.fromStack(stack).resourceCountIs('AWS::RDS::DBProxy', 0);
});

test('the proxy speaks TLS and IAM on both sides, lies where the database lies, and is called like it', () => {
  const stack = testStack();
  const database = pooled(stack);
  const template = Template.fromStack(stack);
  const [{ Properties: cluster }] = Object.values(template.findResources('AWS::RDS::DBCluster'));
  const [{ Properties: subnets }] = Object.values(template.findResources('AWS::RDS::DBSubnetGroup'));
  template.hasResourceProperties('AWS::RDS::DBProxy', {
    DBProxyName: cluster.DBClusterIdentifier,
    EngineFamily: 'POSTGRESQL',
    DefaultAuthScheme: 'IAM_AUTH',
    Auth: Match.absent(),
    RequireTLS: true,
    IdleClientTimeout: 1800,
    VpcSubnetIds: subnets.SubnetIds,
    VpcSecurityGroupIds: stack.resolve(database._pool!.connections.securityGroups.map(group => group.securityGroupId)),
  });
  template.hasResource('AWS::RDS::DBProxyTargetGroup', {
    Properties: {
      DBClusterIdentifiers: [stack.resolve(database.clusterIdentifier)],
      ConnectionPoolConfigurationInfo: { MaxConnectionsPercent: 90, ConnectionBorrowTimeout: 30 },
    },
    DependsOn: Match.arrayWith([Match.stringLikeRegexp('Reader1'), Match.stringLikeRegexp('Writer')]),
  });
  template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  expectNoAnnotations(stack);
});

test('every name fits, even of the longest path', () => {
  const stack = testStack(REGION, 'AStackWhoseNameIsVeryLongIndeedAndThenSomeMoreToFillItUpEntirely');
  pooled(stack);
  const template = Template.fromStack(stack);
  const names = [
    ...Object.values(template.findResources('AWS::RDS::DBProxy')).map(({ Properties }) => Properties.DBProxyName),
    ...Object.values(template.findResources('AWS::RDS::DBProxyEndpoint')).map(({ Properties }) => Properties.DBProxyEndpointName),
  ];
  expect(names).toHaveLength(2);
  for (const name of names) { expect(name).toMatch(/^(?=.{1,63}$)[a-z](?:-?[a-z0-9]+)*$/); }
});

test('its log is encrypted, ends, and is there before RDS would make one', () => {
  const stack = testStack();
  const database = pooled(stack);
  const template = Template.fromStack(stack);
  const [[proxyId, proxy]] = Object.entries(template.findResources('AWS::RDS::DBProxy'));
  const logs = Object.entries(template.findResources('AWS::Logs::LogGroup', {
    Properties: { LogGroupName: `/aws/rds/proxy/${proxy.Properties.DBProxyName}`, KmsKeyId: stack.resolve(database.encryptionKey.keyArn), RetentionInDays: 365 },
  }));
  expect(logs).toHaveLength(1);
  expect(proxy.DependsOn).toContain(logs[0][0]);
  expect(proxyId).toMatch(/^DatabaseProxy/);
});

test('clients reach the proxy at 5432 and the proxy the cluster at its own port', () => {
  const stack = testStack();
  const database = pooled(stack, { port: 5433 });
  expect(database._pool!.connections.defaultPort!.toString()).toBe('5432');
  const [proxyGroup, clusterGroup] = [database._pool!, database].map(({ connections }) => stack.resolve(connections.securityGroups[0].securityGroupId));
  const port = stack.resolve(database.cluster.clusterEndpoint.port);
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: clusterGroup, SourceSecurityGroupId: proxyGroup, FromPort: port, ToPort: port });
  template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { GroupId: proxyGroup, DestinationSecurityGroupId: clusterGroup, FromPort: port, ToPort: port });
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 1);
});

test('reads have an endpoint of their own where there is a reader', () => {
  const stack = testStack();
  const database = pooled(stack);
  Template.fromStack(stack).hasResourceProperties('AWS::RDS::DBProxyEndpoint', {
    TargetRole: 'READ_ONLY',
    VpcSecurityGroupIds: stack.resolve(database._pool!.connections.securityGroups.map(group => group.securityGroupId)),
  });
  const { DATABASE_HOST: writer, DATABASE_READER_HOST: reader } = stack.resolve(database.connectionEnvironment('app_user'));
  expect(writer['Fn::GetAtt']).toEqual([expect.stringMatching(/^DatabaseProxy/), 'Endpoint']);
  expect(reader['Fn::GetAtt']).toEqual([expect.stringMatching(/^DatabaseProxyReaderEndpoint/), 'Endpoint']);
});

test('without a reader, the writer answers', () => {
  const stack = testStack();
  const database = pooled(stack, { readers: 0 });
  Template.fromStack(stack).resourceCountIs('AWS::RDS::DBProxyEndpoint', 0);
  const { DATABASE_HOST: writer, DATABASE_READER_HOST: reader } = stack.resolve(database.connectionEnvironment('app_user'));
  expect(reader).toEqual(writer);
});

test('all that can be set', () => {
  const stack = testStack();
  pooled(stack, {
    pooling: ConnectionPooling.rdsProxy({ maxConnectionsPercent: 50, borrowTimeout: Duration.minutes(5), idleClientTimeout: Duration.hours(8) }),
  });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::RDS::DBProxy', { IdleClientTimeout: 28_800 });
  template.hasResourceProperties('AWS::RDS::DBProxyTargetGroup', {
    ConnectionPoolConfigurationInfo: { MaxConnectionsPercent: 50, ConnectionBorrowTimeout: 300 },
  });
});

describe('the proxy logs in as the users that were granted, and as nobody else', () => {
  const stack = testStack();
  const database = pooled(stack);
  database.grantConnect(new iam.Role(stack, 'Client', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }), 'app_user');
  const policies = Object.fromEntries(Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).map(([id, { Properties }]) => [
    id.startsWith('DatabaseProxyRole') ? 'proxy' : id.startsWith('Client') ? 'client' : id,
    JSON.parse(JSON.stringify(Properties.PolicyDocument)
      .replace(/\{"Fn::GetAtt":\["\w+","DBClusterResourceId"\]\}/g, '"cluster-ABC"')
      .replace(/\{"Fn::Select":\[6,\{"Fn::Split":\[":",\{"Fn::GetAtt":\["\w+","DBProxyArn"\]\}\]\}\]\}/g, '"prx-ABC"')
      .replace(/\{"Ref":"AWS::Partition"\}/g, '"aws"')
      .replace(/\{"Fn::Join":\["",(\[[^\]]*\])\]\}/g, (_, parts) => JSON.stringify(JSON.parse(parts).join('')))),
  ]));

  test.each([
    ['client', 'prx-ABC/app_user', 'Allowed'],
    ['client', 'prx-ABC/cluster_admin', 'ImplicitlyDenied'],
    ['client', 'cluster-ABC/app_user', 'ImplicitlyDenied'],
    ['proxy', 'cluster-ABC/app_user', 'Allowed'],
    ['proxy', 'cluster-ABC/cluster_admin', 'ImplicitlyDenied'],
    ['proxy', 'cluster-XYZ/app_user', 'ImplicitlyDenied'],
  ])('%s as %s: %s', async (who, user, decision) => {
    expect(await decide({
      principal: `arn:aws:iam::${ACCOUNT}:role/${who}`,
      account: ACCOUNT,
      action: 'rds-db:connect',
      resource: `arn:aws:rds-db:${REGION}:${ACCOUNT}:dbuser:${user}`,
      identityPolicies: [policies[who]],
    })).toBe(decision);
  });
});

test.each<[string, RdsProxyOptions, RegExp]>([
  ['no connection at all', { maxConnectionsPercent: 0 }, /`pooling.maxConnectionsPercent` is 0, but it has to be between 1 and 100 percent/],
  ['more than there are', { maxConnectionsPercent: 101 }, /`pooling.maxConnectionsPercent` is 101/],
  ['a part of a percent', { maxConnectionsPercent: 12.5 }, /has to be a multiple of 1 percent/],
  ['no wait', { borrowTimeout: Duration.seconds(0) }, /`pooling.borrowTimeout` is 0, but it has to be between 1 and 300 seconds/],
  ['a long wait', { borrowTimeout: Duration.minutes(6) }, /`pooling.borrowTimeout` is 360/],
  ['a part of a second', { borrowTimeout: Duration.millis(1500) }, /`pooling.borrowTimeout` is 1.5/],
  ['a short patience', { idleClientTimeout: Duration.seconds(59) }, /`pooling.idleClientTimeout` is 59, but it has to be between 60 and 28800 seconds/],
  ['a long patience', { idleClientTimeout: Duration.hours(9) }, /`pooling.idleClientTimeout` is 32400/],
])('refuses %s', (_, options, message) => {
  const stack = testStack();
  expect(() => pooled(stack, { pooling: ConnectionPooling.rdsProxy(options) })).toThrow(message);
});

test('refuses a database that pauses', () => {
  const capacity = DatabaseCapacity.serverless({ min: 0, pauseAfter: Duration.hours(1) });
  expect(() => pooled(testStack(), { capacity })).toThrow(/`pooling` is .*, but a proxy keeps connections open, so a database with `pauseAfter` would never pause/);
});
