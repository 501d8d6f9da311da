import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { ConnectOptions, IAuroraPostgres } from '../../src/database/aurora-postgres-ref';
import { leadingAuthorityOf } from '../../src/database/certificate-authorities';
import { ConnectionPooling } from '../../src/database/connection-pooling';
import { DatabasePrivileges } from '../../src/database/database-privileges';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

function role(stack: Stack): iam.Role {
  return new iam.Role(stack, 'Consumer', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
}

function handler(stack: Stack, vpc?: ec2.IVpc): lambda.Function {
  return new lambda.Function(stack, 'Orders', {
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
    vpc,
  });
}

function imported(stack: Stack): IAuroraPostgres {
  return AuroraPostgres.fromAuroraPostgresAttributes(stack, 'Imported', {
    clusterIdentifier: 'theirs',
    clusterResourceIdentifier: 'cluster-ABC',
    clusterEndpointAddress: 'theirs.cluster-xyz.eu-west-1.rds.amazonaws.com',
    readerEndpointAddress: 'theirs.cluster-ro-xyz.eu-west-1.rds.amazonaws.com',
    databaseName: 'orders',
    port: 5444,
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'TheirGroup', 'sg-12345678')],
  });
}

/** Database and consumer in stacks of their own, as the platform has them. */
function twoStacks() {
  const app = new App();
  const env = { account: ACCOUNT, region: REGION };
  const data = new Stack(app, 'Data', { env });
  const consumer = new Stack(app, 'Consumer', { env });
  const vpc = foreignVpc(data);
  return { data, consumer, vpc, database: new AuroraPostgres(data, 'Database', { vpc }) };
}

test('a role may log in as exactly one user of exactly this cluster', () => {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  const grant = database.grantConnect(role(stack), 'app_user');
  expect(grant.success).toBe(true);
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [{
        Action: 'rds-db:connect',
        Effect: 'Allow',
        Resource: {
          'Fn::Join': ['', [
            'arn:', { Ref: 'AWS::Partition' }, `:rds-db:${REGION}:${ACCOUNT}:dbuser:`, stack.resolve(database.cluster.clusterResourceIdentifier), '/app_user',
          ]],
        },
      }],
    },
  });
  Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
});

test('a function in another stack gets in, and the rule is part of its stack', () => {
  const { data, consumer, vpc, database } = twoStacks();
  database.grantConnect(handler(consumer, vpc), 'app_user');
  const [dataTemplate, consumerTemplate] = [Template.fromStack(data), Template.fromStack(consumer)];

  dataTemplate.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  consumerTemplate.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    FromPort: 5432,
    ToPort: 5432,
    IpProtocol: 'tcp',
    GroupId: { 'Fn::ImportValue': Match.stringLikeRegexp('DatabaseSecurityGroup') },
    SourceSecurityGroupId: Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^OrdersSecurityGroup'), 'GroupId'] }),
  });
  consumerTemplate.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: 'rds-db:connect' }),
      ]),
    },
  });
  expect(data.dependencies).toEqual([]);
  expect(consumer.dependencies).toEqual([data]);
  expectNoAnnotations(data);
  expectNoAnnotations(consumer);
});

test('a client that may not go everywhere gets its way out, in its own stack', () => {
  const { data, consumer, vpc, database } = twoStacks();
  const group = new ec2.SecurityGroup(consumer, 'Closed', { vpc, allowAllOutbound: false });
  const instance = new ec2.Instance(consumer, 'Instance', {
    vpc,
    securityGroup: group,
    instanceType: new ec2.InstanceType('t4g.micro'),
    machineImage: ec2.MachineImage.genericLinux({ [REGION]: 'ami-12345678' }),
  });
  database.grantConnect(instance, 'app_user');
  Template.fromStack(data).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  const template = Template.fromStack(consumer);
  const rule = { FromPort: 5432, ToPort: 5432, Description: 'PostgreSQL as app_user' };
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { ...rule, SourceSecurityGroupId: consumer.resolve(group.securityGroupId) });
  template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { ...rule, GroupId: consumer.resolve(group.securityGroupId) });
  expectNoAnnotations(consumer);
});

test('a function finds the connection in its environment', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const database = new AuroraPostgres(stack, 'Database', { vpc, databaseName: 'orders', port: 5433 });
  database.grantConnect(handler(stack, vpc), 'app_user');
  const hosts = [database.cluster.clusterEndpoint, database.cluster.clusterReadEndpoint].map(endpoint => stack.resolve(endpoint.hostname));
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        DATABASE_HOST: hosts[0],
        DATABASE_READER_HOST: hosts[1],
        DATABASE_PORT: '5433',
        DATABASE_NAME: 'orders',
        DATABASE_USER: 'app_user',
        DATABASE_AUTH: 'iam',
        DATABASE_SSLMODE: 'verify-full',
      },
    },
  });
});

/** A service: has an environment of its own, in which certificates have room. */
class Service extends iam.Role {
  public readonly environment: Record<string, string> = {};
  public addEnvironment(name: string, value: string): void { this.environment[name] = value; }
}

function service(stack: Stack, id = 'Service'): Service {
  return new Service(stack, id, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
}

test('a function in no VPC is refused before anything is made for it', () => {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  expect(() => database.grantConnect(handler(stack), 'app_user')).toThrow(
    'Test/Database: `grantee` is "Test/Orders", but the function is in no VPC, so it cannot reach the database. Give the function `vpc` and `vpcSubnets`.');
  Template.fromStack(stack).resourceCountIs('Custom::DatabaseUser', 0);
});

test('a service finds the certificates of all authorities in its environment, too; a function has room for one', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const database = new AuroraPostgres(stack, 'Database', { vpc });
  const api = service(stack);
  database.grantConnect(api, 'app_user');
  expect(api.environment).toEqual({ ...database.connectionEnvironment('app_user'), DATABASE_CERTIFICATE_AUTHORITIES: database.certificateAuthorities });
  database.grantConnect(handler(stack, vpc), 'app_user');
  Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { DATABASE_HOST: Match.anyValue(), DATABASE_CERTIFICATE_AUTHORITIES: leadingAuthorityOf('eu-west-1', false) } },
  });
});

test('in a region that only the deployment knows, the service is told to verify and brings the certificates itself', () => {
  const stack = new Stack(new App(), 'Test');
  const api = service(stack);
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) }).grantConnect(api, 'app_user');
  expect(Object.keys(api.environment)).not.toContain('DATABASE_CERTIFICATE_AUTHORITIES');
  expect(api.environment.DATABASE_SSLMODE).toBe('verify-full');
});

test('a second user of one service, such as its migrations, has variables of its own', () => {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  const api = service(stack);
  database.grantConnect(api, 'app_user');
  database.grantConnect(api, 'app_user');
  database.grantConnect(api, 'migrations', { privileges: DatabasePrivileges.OWNER, environmentPrefix: 'MIGRATION' });
  expect(api.environment).toMatchObject({ DATABASE_USER: 'app_user', MIGRATION_USER: 'migrations', MIGRATION_SSLMODE: 'verify-full' });
  expect(() => database.grantConnect(api, 'other_user')).toThrow(
    /`environmentPrefix` is "DATABASE", but the variables of this grantee tell how to connect as "app_user" of Test\/Database already. Give this connection another/,
  );
});

test('two databases of one service do not overwrite each other', () => {
  const stack = testStack();
  const vpc = foreignVpc(stack);
  const [orders, stock] = ['Orders', 'Stock'].map(id => new AuroraPostgres(stack, id, { vpc }));
  const api = service(stack);
  orders.grantConnect(api, 'app_user');
  expect(() => stock.grantConnect(api, 'app_user')).toThrow(/`environmentPrefix` is "DATABASE"/);
  stock.grantConnect(api, 'app_user', { environmentPrefix: 'STOCK' });
  expect(api.environment.STOCK_HOST).not.toBe(api.environment.DATABASE_HOST);
});

describe('with a proxy', () => {
  const { OWNER, READ_ONLY } = DatabasePrivileges;

  function pooled(stack: Stack) {
    const vpc = foreignVpc(stack);
    return { vpc, database: new AuroraPostgres(stack, 'Database', { vpc, port: 5433, pooling: ConnectionPooling.rdsProxy() }) };
  }

  test.each<[string, ConnectOptions, 'proxy' | 'cluster']>([
    ['an application', {}, 'proxy'],
    ['a reader', { privileges: READ_ONLY }, 'proxy'],
    ['migrations, whose locks and settings belong to a session', { privileges: OWNER }, 'cluster'],
    ['an application that asks for it', { viaProxy: false }, 'cluster'],
    ['migrations that ask for it', { privileges: OWNER, viaProxy: true }, 'proxy'],
  ])('%s connects to the right one', (_, options, to) => {
    const stack = testStack();
    const { vpc, database } = pooled(stack);
    database.grantConnect(handler(stack, vpc), 'app_user', options);
    const { endpoint, connections } = to === 'proxy' ? database._pool! : { endpoint: database.clusterEndpoint, connections: database.connections };
    const port = to === 'proxy' ? 5432 : 5433;
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ DATABASE_HOST: stack.resolve(endpoint.hostname), DATABASE_PORT: String(port) }) },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: stack.resolve(connections.securityGroups[0].securityGroupId),
      FromPort: port,
      ToPort: port,
      SourceSecurityGroupId: Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^OrdersSecurityGroup'), 'GroupId'] }),
    });
    // what the client may do, and what the proxy may do for it
    const logins = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) => JSON.stringify(Properties).includes('rds-db:connect'));
    expect(logins.map(({ Properties }) => JSON.stringify(Properties.PolicyDocument).includes('DBProxyArn')).sort()).toEqual(to === 'proxy' ? [false, true] : [false]);
    template.hasResourceProperties('Custom::DatabaseUser', { Name: 'app_user' });
  });

  test('a client in another stack gets in, and the rule is part of its stack', () => {
    const app = new App();
    const env = { account: ACCOUNT, region: REGION };
    const [data, consumer] = [new Stack(app, 'Data', { env }), new Stack(app, 'Consumer', { env })];
    const { vpc, database } = pooled(data);
    database.grantConnect(handler(consumer, vpc), 'app_user');
    Template.fromStack(consumer).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 5432, GroupId: { 'Fn::ImportValue': Match.stringLikeRegexp('DatabaseProxySecurityGroup') },
    });
    expect(data.dependencies).toEqual([]);
    expectNoAnnotations(data);
    expectNoAnnotations(consumer);
  });
});

test.each<[string, ConnectOptions, RegExp]>([
  ['a proxy that is not there', { viaProxy: true }, /`viaProxy` is true, but the database has no proxy. Give the database `pooling: ConnectionPooling.rdsProxy\(\)`/],
  ['a prefix that is no name', { environmentPrefix: 'my-db' }, /`environmentPrefix` is "my-db", but the names of environment variables are written with/],
])('refuses %s, and leaves no trace', (_, options, message) => {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  const api = service(stack);
  expect(() => database.grantConnect(api, 'app_user', options)).toThrow(message);
  expect(api.environment).toEqual({});
  Template.fromStack(stack).resourceCountIs('Custom::DatabaseUser', 0);
});

test('an imported database grants the same', () => {
  const stack = testStack();
  const database = imported(stack);
  database.grantConnect(handler(stack, foreignVpc(stack)), 'app_user', { privileges: DatabasePrivileges.MADE_ELSEWHERE });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { GroupId: 'sg-12345678', FromPort: 5444, ToPort: 5444 });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([Match.objectLike({
        Action: 'rds-db:connect',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:rds-db:${REGION}:${ACCOUNT}:dbuser:cluster-ABC/app_user`]] },
      })]),
    },
  });
  expect(database.connectionEnvironment('app_user')).toEqual({
    DATABASE_HOST: 'theirs.cluster-xyz.eu-west-1.rds.amazonaws.com',
    DATABASE_READER_HOST: 'theirs.cluster-ro-xyz.eu-west-1.rds.amazonaws.com',
    DATABASE_PORT: '5444',
    DATABASE_NAME: 'orders',
    DATABASE_USER: 'app_user',
    DATABASE_AUTH: 'iam',
    DATABASE_SSLMODE: 'verify-full',
  });
  expectNoAnnotations(stack);
});

test.each<[string, (database: IAuroraPostgres) => { toMetricConfig(): any }, string, string]>([
  ['capacity', database => database.metricCapacity(), 'ServerlessDatabaseCapacity', 'Average'],
  ['utilization', database => database.metricCapacityUtilization(), 'ACUUtilization', 'Maximum'],
  ['connections', database => database.metricConnections(), 'DatabaseConnections', 'Maximum'],
  ['replica lag', database => database.metricReplicaLag(), 'AuroraReplicaLag', 'Maximum'],
  ['any other', database => database.metric('Deadlocks', { statistic: 'Sum' }), 'Deadlocks', 'Sum'],
])('the metric of %s is the cluster\'s', (_, metric, metricName, statistic) => {
  expect(metric(imported(testStack())).toMetricConfig().metricStat).toMatchObject({
    namespace: 'AWS/RDS', metricName, statistic, dimensions: [{ name: 'DBClusterIdentifier', value: 'theirs' }],
  });
});

const stranger = imported(testStack());

test.each([
  ['every user', '*', /`user` is "\*", but a PostgreSQL name/],
  ['a name that needs quotes', 'App-User', /`user` is "App-User"/],
  ['the administrator', 'cluster_admin', /`user` is "cluster_admin", but the administrator logs in with the managed secret/],
  ['a role of RDS', 'rds_superuser', /names that begin with "rds" belong to RDS/],
  ['a user of RDS', 'rdsproxyadmin', /names that begin with "rds" belong to RDS/],
  ['the system\'s owner', 'postgres', /reserves this name/],
  ['a key word', 'user', /reserves this name/],
])('refuses to let in as %s', (_, user, message) => {
  const consumer = role(testStack());
  expect(() => stranger.grantConnect(consumer, user)).toThrow(message);
  expect(consumer.node.tryFindChild('DefaultPolicy')).toBeUndefined();
});
