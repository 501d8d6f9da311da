import { NOT_MADE, USERS_FUNCTION } from '../../src/database/users-function/code';
import { createDatabase, PostgresServer, startPostgres } from '../support/postgres';
import { CustomResourceHost, DataApiError, PostgresDataApi } from '../support/postgres-data-api';

const GIVEN = {
  ClusterArn: 'arn:aws:rds:eu-west-1:222222222222:cluster:orders',
  SecretArn: 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:rds!cluster-1-abcdef',
  Database: 'orders',
  Name: 'marks',
  Statements: ['CREATE TABLE IF NOT EXISTS marks (a int)', 'INSERT INTO marks VALUES (1)'],
  RemovalStatements: ['DELETE FROM marks'],
};

let server: PostgresServer;
let dataApi: PostgresDataApi;
let host: CustomResourceHost;

async function marks(): Promise<number> {
  const client = await server.connect('cluster_admin', 'orders');
  const { rows: [{ table }] } = await client.query("SELECT to_regclass('marks') AS table");
  const count = table === null ? -1 : (await client.query('SELECT FROM marks')).rowCount!;
  await client.end();
  return count;
}

async function forget(): Promise<void> {
  const client = await server.connect('cluster_admin', 'orders');
  await client.query('DROP TABLE IF EXISTS marks');
  await client.end();
}

beforeAll(async () => {
  server = await startPostgres();
  await createDatabase(server, 'orders');
}, 60_000);

beforeEach(async () => {
  dataApi = new PostgresDataApi(server);
  host = await new CustomResourceHost(dataApi).start();
});

afterEach(async () => {
  host.stop();
  await forget();
});

afterAll(() => server?.stop());

test('the text is short enough to be part of a template', () => {
  expect(USERS_FUNCTION.length).toBeLessThanOrEqual(4096);
});

test('all statements are one transaction, and CloudFormation is told', async () => {
  expect(await host.send('Create', GIVEN)).toEqual({
    Status: 'SUCCESS', PhysicalResourceId: 'marks', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'resource',
  });
  expect(host.headers['content-type'] ?? '').toBe('');
  expect(dataApi.calls.map(({ name }) => name)).toEqual(['Begin', 'Execute', 'Execute', 'Commit']);
  for (const { input } of dataApi.calls) { expect(input).toMatchObject({ resourceArn: GIVEN.ClusterArn, secretArn: GIVEN.SecretArn }); }
  expect(new Set(dataApi.calls.slice(1).map(({ input }) => input.transactionId)).size).toBe(1);
  expect(await marks()).toBe(1);
  expect(host.pauses).toEqual([]);
});

test('an update keeps the name and runs the new statements', async () => {
  await host.send('Create', GIVEN);
  expect(await host.send('Update', { ...GIVEN, Statements: ['INSERT INTO marks VALUES (2)'] }, 'marks')).toMatchObject({
    Status: 'SUCCESS', PhysicalResourceId: 'marks',
  });
  expect(await marks()).toBe(2);
});

test('a removal runs the statements for it', async () => {
  await host.send('Create', GIVEN);
  expect(await host.send('Delete', GIVEN, 'marks')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'marks' });
  expect(await marks()).toBe(0);
});

test('a resource without statements for its removal just goes', async () => {
  expect(await host.send('Delete', { ...GIVEN, RemovalStatements: undefined }, 'marks')).toMatchObject({ Status: 'SUCCESS' });
  expect(dataApi.calls).toEqual([]);
});

test('an error of SQL is told at once, undoes everything, and its rollback has nothing to remove', async () => {
  const answer = await host.send('Create', { ...GIVEN, Statements: [...GIVEN.Statements, 'SELECT nonsense'] });
  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NOT_MADE });
  expect(answer.Reason).toBe('DatabaseErrorException: ERROR: column "nonsense" does not exist; SQLState: 42703');
  expect(dataApi.calls.map(({ name }) => name)).toEqual(['Begin', 'Execute', 'Execute', 'Execute', 'Rollback']);
  expect(host.pauses).toEqual([]);
  expect(await marks()).toBe(-1);

  dataApi.calls.splice(0);
  expect(await host.send('Delete', GIVEN, answer.PhysicalResourceId)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'marks' });
  expect(dataApi.calls).toEqual([]);
});

test('a failed update keeps the name, so that nothing is replaced', async () => {
  expect(await host.send('Update', { ...GIVEN, Statements: ['SELECT nonsense'] }, 'marks')).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'marks' });
});

test('two statements in one call are an error, as on Aurora', async () => {
  const answer = await host.send('Create', { ...GIVEN, Statements: ['SELECT 1; SELECT 2'] });
  expect(answer.Reason).toMatch(/cannot insert multiple commands/);
});

test.each([
  ['the database wakes up', 'DatabaseResumingException'],
  ['the database fails over', 'DatabaseUnavailableException'],
  ['a statement takes too long', 'StatementTimeoutException'],
  ['the endpoint was turned on a moment ago', 'HttpEndpointNotEnabledException'],
  ['the role was made a moment ago', 'AccessDeniedException'],
  ['the secret cannot be read yet', 'SecretsErrorException'],
])('waits while %s', async (_, name) => {
  const error = new DataApiError(name, 'later');
  // before the transaction, twice, and in the middle of it
  dataApi.answers.push(error, error, undefined, undefined, error);
  expect(await host.send('Create', GIVEN)).toMatchObject({ Status: 'SUCCESS' });
  expect(host.pauses).toEqual([1, 2, 4]);
  expect(dataApi.calls.map(({ name: call }) => call)).toEqual([
    'Begin', 'Begin', 'Begin', 'Execute', 'Execute', 'Rollback', 'Begin', 'Execute', 'Execute', 'Commit',
  ]);
  expect(await marks()).toBe(1);
});

test('waits for somebody who holds a lock', async () => {
  await host.send('Create', GIVEN);
  const other = await server.connect('cluster_admin', 'orders');
  await other.query('BEGIN; LOCK TABLE marks');
  const first = host.send('Update', { ...GIVEN, Statements: ["SET LOCAL lock_timeout = '50ms'", 'INSERT INTO marks VALUES (2)'] }, 'marks');
  while (host.pauses.length === 0) { await new Promise(resolve => setTimeout(resolve, 10)); }
  await other.query('COMMIT');
  await other.end();
  expect(await first).toMatchObject({ Status: 'SUCCESS' });
  expect(await marks()).toBe(2);
});

test('gives up in time to tell so', async () => {
  const hurried = await new CustomResourceHost(dataApi, 91_500).start();
  dataApi.answers.push(...Array.from({ length: 9 }, () => new DataApiError('DatabaseResumingException', 'later')));
  expect(await hurried.send('Create', GIVEN)).toMatchObject({ Status: 'FAILED', Reason: 'DatabaseResumingException: later' });
  expect(hurried.pauses).toEqual([1]);
  hurried.stop();
});

test.each(['DatabaseNotFoundException', 'HttpEndpointNotEnabledException'])('a removal does not wait for what is gone: %s', async name => {
  dataApi.answers.push(new DataApiError(name, 'gone'));
  expect(await host.send('Delete', GIVEN, 'marks')).toMatchObject({ Status: 'SUCCESS' });
  expect(host.pauses).toEqual([]);
});

test('a removal that fails is told', async () => {
  expect(await host.send('Delete', GIVEN, 'marks')).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'marks' });
});

test('where the answer does not get through, Lambda calls again', async () => {
  host.statuses.push(503);
  await expect(host.send('Create', GIVEN)).rejects.toThrow('CloudFormation answered 503');
});
