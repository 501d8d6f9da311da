import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Client } from 'pg';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { DatabasePrivileges } from '../../src/database/database-privileges';
import { allowLogin, createDatabase, PostgresServer, startPostgres, SUPERUSER } from '../support/postgres';
import { CustomResourceHost, databaseResources, PostgresDataApi } from '../support/postgres-data-api';
import { foreignVpc, testStack } from '../support/stacks';

const { OWNER, READ_ONLY, READ_WRITE } = DatabasePrivileges;

function synthesize(users: Record<string, DatabasePrivileges>): Template {
  const stack = testStack();
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), databaseName: 'orders' });
  for (const [user, privileges] of Object.entries(users)) {
    database.grantConnect(new iam.Role(stack, user, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') }), user, { privileges });
  }
  return Template.fromStack(stack);
}

let server: PostgresServer;
let host: CustomResourceHost;
const clients: Client[] = [];

async function login(user: string, database = 'orders'): Promise<Client> {
  const client = await server.connect(user, database);
  clients.push(client);
  return client;
}

async function deploy(users: Record<string, DatabasePrivileges>, type: 'Create' | 'Update'): Promise<void> {
  for (const { properties } of databaseResources(synthesize(users))) {
    expect(await host.send(type, properties, properties.Name)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: properties.Name });
  }
}

beforeAll(async () => {
  server = await startPostgres();
  await createDatabase(server, 'orders');
  await createDatabase(server, 'neighbour');
  const neighbour = await server.connect(SUPERUSER, 'neighbour');
  // as the library would leave it
  await neighbour.query('REVOKE ALL ON DATABASE neighbour FROM PUBLIC');
  await neighbour.end();
  host = await new CustomResourceHost(new PostgresDataApi(server)).start();
  const users = { orders_api: READ_WRITE, orders_reports: READ_ONLY, orders_migrations: OWNER };
  await deploy(users, 'Create');
  await allowLogin(server, ...Object.keys(users));
  // a second time: nothing is made twice, and nothing that was made is lost
  await deploy(users, 'Update');
  const migrations = await login('orders_migrations');
  await migrations.query('CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)');
  await migrations.query("INSERT INTO items (name) VALUES ('first')");
}, 60_000);

afterEach(async () => {
  for (const client of clients.splice(0)) { await client.end(); }
});

afterAll(() => {
  host?.stop();
  server?.stop();
});

test('every login is with TLS', async () => {
  const api = await login('orders_api');
  expect((await api.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
  for (const user of ['orders_api', 'cluster_admin']) {
    await expect(server.connectInPlainText(user, 'orders')).rejects.toThrow(/pg_hba.conf rejects connection .* no encryption/);
  }
});

test('the server is of the version that the library takes by default', async () => {
  const [{ EngineVersion }] = Object.values(synthesize({}).findResources('AWS::RDS::DBCluster')).map(({ Properties }) => Properties);
  const { rows: [{ server_version: version }] } = await (await login('cluster_admin')).query('SHOW server_version');
  expect(version).toBe(EngineVersion);
});

test.each([
  ['the API writes what migrations made later', 'orders_api', "INSERT INTO items (name) VALUES ('second') RETURNING name"],
  ['the API changes rows', 'orders_api', "UPDATE items SET name = 'changed' WHERE name = 'second' RETURNING name"],
  ['the API deletes rows', 'orders_api', "DELETE FROM items WHERE name = 'changed' RETURNING name"],
  ['the API reads', 'orders_api', "SELECT name FROM items WHERE name = 'first'"],
  ['reports read', 'orders_reports', "SELECT name FROM orders.items WHERE name = 'first'"],
  ['migrations change tables', 'orders_migrations', 'ALTER TABLE items ADD COLUMN IF NOT EXISTS price numeric'],
  ['migrations make views', 'orders_migrations', 'CREATE OR REPLACE VIEW names AS SELECT name FROM items'],
  ['reports read views', 'orders_reports', 'SELECT name FROM names'],
  ['migrations drop tables', 'orders_migrations', 'CREATE TABLE scratch (a int); DROP TABLE scratch'],
  ['migrations have temporary tables', 'orders_migrations', 'CREATE TEMP TABLE scratch (a int)'],
])('%s', async (_, user, sql) => {
  await (await login(user)).query(sql);
});

test.each([
  ['CREATE TABLE more (a int)', /permission denied for schema orders/],
  ['DROP TABLE items', /must be owner/],
  ['ALTER TABLE items ADD COLUMN more int', /must be owner/],
  ['TRUNCATE items', /permission denied/],
  ['CREATE INDEX ON items (name)', /must be owner/],
  ['CREATE SCHEMA mine', /permission denied for database/],
  ['CREATE TABLE public.more (a int)', /permission denied for schema public/],
  ['SELECT * FROM public.pg_stat_statements', /permission denied for schema public/],
  ['CREATE TEMP TABLE more (a int)', /permission denied to create temporary tables/],
  ['CREATE ROLE more', /permission denied to create role/],
  ['CREATE DATABASE more', /permission denied to create database/],
  ['CREATE EXTENSION pgcrypto', /permission denied to create extension/],
  ['SET ROLE orders_owners', /permission denied to set role/],
  ['SET ROLE cluster_admin', /permission denied to set role/],
  ['GRANT orders_owners TO orders_api', /permission denied to grant role/],
  ['ALTER ROLE orders_migrations NOLOGIN', /permission denied to alter role/],
  ['ALTER DATABASE orders SET search_path TO public', /must be owner of database/],
])('the API and the reports may not %s', async (sql, message) => {
  for (const user of ['orders_api', 'orders_reports']) { await expect((await login(user)).query(sql)).rejects.toThrow(message); }
});

test.each(["INSERT INTO items (name) VALUES ('x')", "UPDATE items SET name = 'x'", 'DELETE FROM items', "SELECT nextval('items_id_seq')"])(
  'the reports may not %s', async sql => {
    await expect((await login('orders_reports')).query(sql)).rejects.toThrow(/permission denied for (table|sequence) items/);
  },
);

test.each([
  ['CREATE SCHEMA mine', /permission denied for database/],
  ['CREATE TABLE public.more (a int)', /permission denied for schema public/],
  ['CREATE ROLE more', /permission denied to create role/],
  ['GRANT rds_iam TO cluster_admin', /permission denied to grant role/],
])('migrations may not %s', async (sql, message) => {
  await expect((await login('orders_migrations')).query(sql)).rejects.toThrow(message);
});

test('the migrations of the example application run as the owner, and its API works with what they made', async () => {
  const folder = path.join(__dirname, '..', '..', 'examples', 'application', 'api', 'innovate_api', 'migrations');
  const migrations = await login('orders_migrations');
  for (const file of fs.readdirSync(folder).sort()) { await migrations.query(fs.readFileSync(path.join(folder, file), 'utf8')); }
  const api = await login('orders_api');
  const { rows: [{ id }] } = await api.query("INSERT INTO notes (title) VALUES ('a note') RETURNING id");
  expect((await api.query('DELETE FROM notes WHERE id = $1', [id])).rowCount).toBe(1);
});

test('what migrations make belongs to the owner of the schema', async () => {
  const admin = await login('cluster_admin');
  expect((await admin.query("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'orders'")).rows).toEqual([{ tableowner: 'orders_owners' }]);
});

test.each(['orders_api', 'orders_reports', 'orders_migrations'])('%s sees no other database but the one that proxies need', async user => {
  await expect(server.connect(user, 'neighbour')).rejects.toThrow(/permission denied for database "neighbour"/);
  await login(user, 'postgres');
});

test('whoever is not granted anything does not get in', async () => {
  const superuser = await login(SUPERUSER, 'postgres');
  await superuser.query('CREATE ROLE stranger LOGIN; GRANT rds_iam TO stranger');
  await allowLogin(server, 'stranger');
  await expect(server.connect('stranger', 'orders')).rejects.toThrow(/permission denied for database "orders"/);
});

test('the administrator keeps its password and inherits nothing', async () => {
  const admin = await login('cluster_admin');
  const { rows } = await admin.query(`
    SELECT role, pg_has_role(CURRENT_USER, role, 'USAGE') AS inherits, pg_has_role(CURRENT_USER, role, 'SET') AS becomes
    FROM unnest(ARRAY['rds_iam', 'orders_api', 'orders_migrations', 'orders_owners', 'orders_writers', 'orders_readers']) AS role`);
  expect(rows.filter(({ inherits, becomes }) => inherits || becomes)).toEqual([]);
  expect(rows).toHaveLength(6);
});

test('a transaction that would lock the administrator out changes nothing', async () => {
  const [{ properties }] = databaseResources(synthesize({ locksmith: READ_WRITE })).filter(({ type }) => type === 'Custom::DatabaseUser');
  const statements: string[] = [...properties.Statements];
  // what many a tool does to act for a role that it made
  statements.splice(-1, 0, 'GRANT locksmith TO CURRENT_USER');
  const answer = await host.send('Create', { ...properties, Statements: statements });
  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'not-made' });
  expect(answer.Reason).toMatch(/the administrator cluster_admin would become a member of rds_iam/);
  const admin = await login('cluster_admin');
  expect((await admin.query("SELECT FROM pg_roles WHERE rolname = 'locksmith'")).rowCount).toBe(0);
});

test('other privileges replace the earlier ones', async () => {
  await deploy({ changeling: OWNER }, 'Create');
  await allowLogin(server, 'changeling');
  await (await login('changeling')).query('CREATE TABLE changed (a int)');
  await deploy({ changeling: READ_ONLY }, 'Update');
  const reader = await login('changeling');
  expect((await reader.query('SELECT current_user AS me')).rows).toEqual([{ me: 'changeling' }]);
  await reader.query('SELECT * FROM changed');
  await expect(reader.query('DROP TABLE changed')).rejects.toThrow(/must be owner/);
  await deploy({ changeling: OWNER }, 'Update');
  await (await login('changeling')).query('DROP TABLE changed');
});

test('a removed user cannot log in, its open connections can do nothing, and what was made stays; granted again it can', async () => {
  await deploy({ leaver: READ_WRITE }, 'Create');
  await allowLogin(server, 'leaver');
  const open = await login('leaver');
  await open.query('SELECT * FROM items');
  const [{ properties }] = databaseResources(synthesize({ leaver: READ_WRITE })).filter(({ type }) => type === 'Custom::DatabaseUser');
  expect(await host.send('Delete', properties, 'leaver')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'leaver' });
  await expect(open.query('SELECT * FROM orders.items')).rejects.toThrow(/permission denied for schema orders/);
  // neither as a member of rds_iam nor otherwise
  await expect(server.connect('leaver', 'orders')).rejects.toThrow(/no pg_hba.conf entry|not permitted to log in/);
  expect((await (await login('orders_api')).query("SELECT name FROM items WHERE name = 'first'")).rowCount).toBe(1);
  await deploy({ leaver: READ_WRITE }, 'Create');
  await (await login('leaver')).query('SELECT * FROM items');
});

test('removing a user that is not there is no error', async () => {
  const [{ properties }] = databaseResources(synthesize({ nobody_yet: READ_WRITE })).filter(({ type }) => type === 'Custom::DatabaseUser');
  expect(await host.send('Delete', properties, 'nobody_yet')).toMatchObject({ Status: 'SUCCESS' });
});

test('a restored database has its users already, and the deployment confirms them', async () => {
  await deploy({ orders_api: READ_WRITE }, 'Create');
  await (await login('orders_api')).query('SELECT * FROM items');
});
