import { App, Fn, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresOptions } from '../../src/database/aurora-postgres-options';
import { AuroraPostgresAttributes } from '../../src/database/aurora-postgres-ref';
import { DatabaseCapacity } from '../../src/database/database-capacity';
import { DatabasePrivileges } from '../../src/database/database-privileges';
import { GlobalDatabase } from '../../src/database/global-database';
import { FIRST_RUN_METADATA } from '../../src/private/first-run';
import { decide, PolicyDocument } from '../support/policy-simulation';
import { databaseResources } from '../support/postgres-data-api';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../support/stacks';

const { MADE_ELSEWHERE, OWNER, READ_ONLY, READ_WRITE } = DatabasePrivileges;

const CLUSTER = `arn:aws:rds:${REGION}:${ACCOUNT}:cluster:orders`;
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:rds!cluster-1a2b-abcdef`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;

function client(stack: Stack, id = 'Client'): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
}

function create(stack: Stack, options: AuroraPostgresOptions = {}): AuroraPostgres {
  return new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), databaseName: 'orders', ...options });
}

function imported(stack: Stack, attributes: Partial<AuroraPostgresAttributes> = {}) {
  return AuroraPostgres.fromAuroraPostgresAttributes(stack, 'Imported', {
    clusterIdentifier: 'theirs',
    clusterResourceIdentifier: 'cluster-ABC',
    clusterEndpointAddress: 'theirs.cluster-xyz.eu-west-1.rds.amazonaws.com',
    readerEndpointAddress: 'theirs.cluster-ro-xyz.eu-west-1.rds.amazonaws.com',
    databaseName: 'orders',
    securityGroups: [],
    ...attributes,
  });
}

test('nobody asks for a user: no function, and no Data API', () => {
  const stack = testStack();
  create(stack).grantConnect(client(stack), 'app_user', { privileges: MADE_ELSEWHERE });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::Function', 0);
  template.hasResourceProperties('AWS::RDS::DBCluster', { EnableHttpEndpoint: Match.absent() });
});

test('the first user brings the function, the schema and the Data API', () => {
  const stack = testStack();
  const database = create(stack, { logRetention: logs.RetentionDays.TWO_YEARS });
  database.grantConnect(client(stack), 'orders_api');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::RDS::DBCluster', { EnableHttpEndpoint: true });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Runtime: Match.stringLikeRegexp('^nodejs2[2-9]'), Architectures: ['arm64'], Timeout: 300, VpcConfig: Match.absent(), Environment: Match.absent(),
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: Match.absent(), KmsKeyId: stack.resolve(database.encryptionKey.keyArn), RetentionInDays: 731,
  });
  expect(databaseResources(template).map(({ type, properties }) => [type, properties.Name, properties.Database])).toEqual([
    ['Custom::DatabaseSchema', 'orders', 'orders'], ['Custom::DatabaseUser', 'orders_api', 'orders'],
  ]);
  for (const { properties } of databaseResources(template)) {
    expect(properties).toMatchObject({
      ClusterArn: stack.resolve(database.cluster.clusterArn), SecretArn: stack.resolve(database.secret.secretArn), ServiceTimeout: '1200',
    });
  }
  expectNoAnnotations(stack);
});

test('a user follows the schema, which follows the writer and the permissions', () => {
  const stack = testStack();
  create(stack).grantConnect(client(stack), 'orders_api');
  const template = Template.fromStack(stack);
  const [schemaId] = Object.keys(template.findResources('Custom::DatabaseSchema'));
  template.hasResource('Custom::DatabaseUser', { DependsOn: Match.arrayWith([schemaId]) });
  for (const id of ['^DatabaseClusterWriter', '^DatabaseUsersRoleDefaultPolicy']) {
    template.hasResource('Custom::DatabaseSchema', { DependsOn: Match.arrayWith([Match.stringLikeRegexp(id)]) });
  }
});

test('all users of a database share one function, and a user is made once', () => {
  const stack = testStack();
  const database = create(stack);
  database.grantConnect(client(stack, 'One'), 'orders_api');
  database.grantConnect(client(stack, 'Two'), 'orders_api', { privileges: READ_WRITE });
  database.grantConnect(client(stack, 'Three'), 'reports', { privileges: READ_ONLY });
  database.grantConnect(client(stack, 'Four'), 'migrations', { privileges: OWNER });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Lambda::Function', 1);
  template.resourceCountIs('Custom::DatabaseSchema', 1);
  const users = databaseResources(template).filter(({ type }) => type === 'Custom::DatabaseUser').map(({ properties }) => [
    properties.Name, properties.Statements.filter((sql: string) => /^GRANT orders_/.test(sql) && !sql.endsWith('CURRENT_USER')).join(),
  ]);
  expect(users.sort()).toEqual([
    ['migrations', 'GRANT orders_owners TO migrations'],
    ['orders_api', 'GRANT orders_writers TO orders_api'],
    ['reports', 'GRANT orders_readers TO reports'],
  ]);
});

test('the order of grants changes nothing', () => {
  const templates = [['a_user', 'b_user'], ['b_user', 'a_user']].map(users => {
    const stack = testStack();
    const database = create(stack);
    users.forEach(user => database.grantConnect(client(stack, user), user));
    return Template.fromStack(stack).toJSON().Resources;
  });
  expect(templates[0]).toEqual(templates[1]);
});

test('users are part of the database\'s stack, and grants of the grantee\'s', () => {
  const app = new App();
  const env = { account: ACCOUNT, region: REGION };
  const [data, consumer] = [new Stack(app, 'Data', { env }), new Stack(app, 'Consumer', { env })];
  create(data).grantConnect(client(consumer), 'orders_api');
  Template.fromStack(data).resourceCountIs('Custom::DatabaseUser', 1);
  Template.fromStack(consumer).resourceCountIs('Custom::DatabaseUser', 0);
  expect(data.dependencies).toEqual([]);
});

test('no statement has a colon, which the Data API takes for a parameter', () => {
  const stack = testStack();
  const database = create(stack);
  [READ_WRITE, READ_ONLY, OWNER].forEach(privileges => database.grantConnect(client(stack, privileges), privileges.toLowerCase(), { privileges }));
  const resources = databaseResources(Template.fromStack(stack));
  expect(resources).toHaveLength(4);
  for (const { properties } of resources) {
    for (const sql of [...properties.Statements, ...properties.RemovalStatements ?? []]) { expect(sql).not.toContain(':'); }
  }
});

describe('an imported database', () => {
  function withSecret(stack: Stack, encryptionKey?: kms.IKey) {
    return imported(stack, { secret: secretsmanager.Secret.fromSecretAttributes(stack, 'TheirSecret', { secretCompleteArn: SECRET, encryptionKey }) });
  }

  test('with its secret has users made, by a function of this stack', () => {
    const stack = testStack();
    withSecret(stack, kms.Key.fromKeyArn(stack, 'TheirKey', KEY)).grantConnect(client(stack), 'orders_api');
    const template = Template.fromStack(stack);
    for (const { properties } of databaseResources(template)) {
      expect(properties).toMatchObject({ SecretArn: SECRET, Database: 'orders' });
      expect(JSON.stringify(properties.ClusterArn)).toContain(`:rds:${REGION}:${ACCOUNT}:cluster:theirs`);
    }
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ImportedKey'), 'Arn'] } });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt', Resource: KEY })]) },
    });
    expectNoAnnotations(stack);
  });

  test('is not allowed a key that is not known', () => {
    const stack = testStack();
    withSecret(stack).grantConnect(client(stack), 'orders_api');
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain('kms:');
  });

  test('has its Data API on the first-run checklist', () => {
    const stack = testStack();
    withSecret(stack).grantConnect(client(stack), 'orders_api');
    expect(Template.fromStack(stack).toJSON().Metadata[FIRST_RUN_METADATA]['data-api-theirs']).toMatchObject({
      beforeDeployment: true,
      check: {
        command: ['rds', 'describe-db-clusters', '--db-cluster-identifier', 'theirs', '--query', 'DBClusters[0].HttpEndpointEnabled'], expected: 'true',
      },
    });
  });

  test('without its secret makes no users', () => {
    const stack = testStack();
    imported(stack).grantConnect(client(stack), 'orders_api', { privileges: MADE_ELSEWHERE });
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 0);
  });
});

test.each<[string, (stack: Stack) => void, RegExp]>([
  ['a user with two privileges', stack => {
    const database = create(stack);
    database.grantConnect(client(stack, 'One'), 'orders_api');
    database.grantConnect(client(stack, 'Two'), 'orders_api', { privileges: READ_ONLY });
  }, /`privileges` is "READ_ONLY", but an earlier grant gave the user "orders_api" READ_WRITE. Say the same in all grants of one user/],
  ['a user that is made and is not', stack => {
    const database = create(stack);
    database.grantConnect(client(stack, 'One'), 'orders_api', { privileges: MADE_ELSEWHERE });
    database.grantConnect(client(stack, 'Two'), 'orders_api');
  }, /an earlier grant gave the user "orders_api" MADE_ELSEWHERE/],
  ['an imported database without a secret', stack => imported(stack).grantConnect(client(stack), 'orders_api'),
    /`privileges` is missing, but the deployment cannot make the user: it was imported without its administrator's `secret`. Import it with `secret`, or say/],
  ['a secondary of a global database', stack => create(stack, {
    globalDatabase: GlobalDatabase.secondary('global'), capacity: DatabaseCapacity.serverless({ min: 8 }),
  }).grantConnect(client(stack), 'orders_api'), /a secondary of a global database takes its users from the primary. Grant the user on the primary/],
  ['an engine without the Data API', stack => create(stack, { engineVersion: rds.AuroraPostgresEngineVersion.VER_17_2 })
    .grantConnect(client(stack), 'orders_api'), /Aurora PostgreSQL 17.2 has no Data API. Give a newer `engineVersion` such as VER_17_9, or say/],
  ['a user that only the deployment knows', stack => create(stack).grantConnect(client(stack), Fn.importValue('User')),
    /`user` is .*, but a user that the deployment makes has to be known at synthesis/],
  ['a user called like a role of privileges', stack => create(stack).grantConnect(client(stack), 'orders_writers'),
    /`user` is "orders_writers", but the role that holds the privileges has this name/],
  ['a name of the database that leaves no room', stack => create(stack, { databaseName: 'a'.repeat(56) }).grantConnect(client(stack), 'orders_api'),
    /`databaseName` is "a+", but roles are called after it and a suffix.*at most 55 characters/],
  ['a database called like a schema of PostgreSQL', stack => create(stack, { databaseName: 'public' }).grantConnect(client(stack), 'orders_api'),
    /`databaseName` is "public", but the application's schema is called after it/],
  ['an imported database with a name that needs quotes', stack => imported(stack, {
    databaseName: 'Orders', secret: secretsmanager.Secret.fromSecretCompleteArn(stack, 'TheirSecret', SECRET),
  }).grantConnect(client(stack), 'orders_api'), /`databaseName` is "Orders", but a PostgreSQL name that needs no quotes/],
])('refuses %s', (_, grant, message) => {
  const stack = testStack();
  expect(() => grant(stack)).toThrow(message);
});

describe('the function may run SQL in its own cluster, and nothing else', () => {
  const stack = testStack();
  create(stack).grantConnect(client(stack), 'orders_api');
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy', {
    Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^DatabaseUsersRole') }] },
  }));
  // stands for a key that the simulator does not know: each caller of KMS has its own
  const SECRET_ARN = 'aws:PrincipalTag/SecretArn';
  const policy: PolicyDocument = JSON.parse(JSON.stringify(Properties.PolicyDocument)
    .replace('kms:EncryptionContext:SecretARN', SECRET_ARN)
    .replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},":rds:[^\]]*\]\]\}/g, JSON.stringify(CLUSTER))
    .replace(/\{"Fn::GetAtt":\["DatabaseCluster\w+","MasterUserSecret.SecretArn"\]\}/g, JSON.stringify(SECRET))
    .replace(/\{"Fn::GetAtt":\["DatabaseKey\w+","Arn"\]\}/g, JSON.stringify(KEY))
    .replace(/\{"Fn::GetAtt":\["DatabaseUsersLog\w+","Arn"\]\}/g, JSON.stringify(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:users:*`)));

  test('every reference is known here', () => {
    expect(JSON.stringify(policy)).not.toMatch(/Fn::|"Ref"/);
    expect(JSON.stringify(policy)).toContain(SECRET_ARN);
  });

  /** What the database's key says of its account. */
  const KEY_POLICY = {
    Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
  };
  const OTHER_SECRET = SECRET.replace('1a2b', '3c4d');
  const throughSecretsManager = (secret: string) => ({
    'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`, [SECRET_ARN]: secret,
  });
  test.each<[string, string, string, Record<string, string>, string]>([
    ['begins', 'rds-data:BeginTransaction', CLUSTER, {}, 'Allowed'],
    ['runs a statement', 'rds-data:ExecuteStatement', CLUSTER, {}, 'Allowed'],
    ['commits', 'rds-data:CommitTransaction', CLUSTER, {}, 'Allowed'],
    ['rolls back', 'rds-data:RollbackTransaction', CLUSTER, {}, 'Allowed'],
    ['reads the secret', 'secretsmanager:GetSecretValue', SECRET, {}, 'Allowed'],
    ['decrypts the secret', 'kms:Decrypt', KEY, throughSecretsManager(SECRET), 'Allowed'],
    ['writes its log', 'logs:PutLogEvents', `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:users:log-stream:one`, {}, 'Allowed'],
    ['another cluster', 'rds-data:ExecuteStatement', `${CLUSTER}-2`, {}, 'ImplicitlyDenied'],
    ['many statements at once', 'rds-data:BatchExecuteStatement', CLUSTER, {}, 'ImplicitlyDenied'],
    ['another secret', 'secretsmanager:GetSecretValue', OTHER_SECRET, {}, 'ImplicitlyDenied'],
    ['a change of the secret', 'secretsmanager:PutSecretValue', SECRET, {}, 'ImplicitlyDenied'],
    ['the key for another secret', 'kms:Decrypt', KEY, throughSecretsManager(OTHER_SECRET), 'ImplicitlyDenied'],
    ['the key for itself', 'kms:Decrypt', KEY, { [SECRET_ARN]: SECRET }, 'ImplicitlyDenied'],
    ['a change of the cluster', 'rds:ModifyDBCluster', CLUSTER, {}, 'ImplicitlyDenied'],
  ])('%s (%s)', async (_, action, resource, context, decision) => {
    expect(await decide({
      principal: `arn:aws:iam::${ACCOUNT}:role/users`, account: ACCOUNT, action, resource, context, identityPolicies: [policy],
      resourcePolicy: action.startsWith('kms:') ? KEY_POLICY : undefined,
    })).toBe(decision);
  });
});
