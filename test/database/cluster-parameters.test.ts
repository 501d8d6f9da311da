import { Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as rds from 'aws-cdk-lib/aws-rds';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { AuroraPostgresProps } from '../../src/database/aurora-postgres-props';
import { CLUSTER_PARAMETERS, clusterParameters } from '../../src/database/cluster-parameters';
import { expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

function database(props: Partial<AuroraPostgresProps>): Stack {
  const stack = testStack();
  new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), ...props });
  return stack;
}

function parametersOf(stack: Stack): Record<string, unknown> {
  return Object.values(Template.fromStack(stack).findResources('AWS::RDS::DBClusterParameterGroup'))[0].Properties.Parameters;
}

test('without any, those of the construct', () => {
  expect(parametersOf(database({}))).toEqual(CLUSTER_PARAMETERS);
});

test('more of them, and others in the place of those of the construct', () => {
  const stack = database({ parameters: { 'work_mem': '65536', 'log_min_duration_statement': '250', 'rds.log_retention_period': '1440' } });
  expect(parametersOf(stack)).toEqual({
    ...CLUSTER_PARAMETERS, 'work_mem': '65536', 'log_min_duration_statement': '250', 'rds.log_retention_period': '1440',
  });
  expectNoAnnotations(stack);
});

test('the order in which they are given changes nothing', () => {
  const names = ['work_mem', 'autovacuum_naptime', 'max_wal_senders'];
  const orders = [names, [...names].reverse()].map(order => JSON.stringify(clusterParameters('17', Object.fromEntries(order.map(name => [name, '20'])))));
  expect(orders[0]).toBe(orders[1]);
});

test('pgAudit, as documented', () => {
  const parameters = { 'shared_preload_libraries': 'pg_stat_statements,pgaudit', 'pgaudit.log': 'ddl,role' };
  expect(parametersOf(database({ parameters }))).toMatchObject(parameters);
});

test.each([['17', '1'], ['18', 'receipt,authentication,authorization']])('version %s logs connections by "%s"', (major, expected) => {
  const stack = database({ engineVersion: rds.AuroraPostgresEngineVersion.of(`${major}.9`, major) });
  Template.fromStack(stack).hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
    Family: `aurora-postgresql${major}`, Parameters: Match.objectLike({ log_connections: expected, log_disconnections: '1' }),
  });
});

test('a value that only the deployment knows is let pass', () => {
  expect(parametersOf(database({ parameters: { 'rds.force_ssl': Token.asString({ Ref: 'Tls' }) } }))).toMatchObject({ 'rds.force_ssl': { Ref: 'Tls' } });
});

const refusing = testStack();
const vpc = foreignVpc(refusing);

test.each<[string, Record<string, string>, RegExp]>([
  ['connections without TLS', { 'rds.force_ssl': '0' }, /`parameters\["rds.force_ssl"\]` is "0", but connections without TLS are never let in/],
  ['an old version of TLS', { ssl_min_protocol_version: 'TLSv1.1' }, /`parameters\["ssl_min_protocol_version"\]` is "TLSv1.1", but versions .* are broken/],
  ['no new version of TLS', { ssl_max_protocol_version: 'TLSv1' }, /`parameters\["ssl_max_protocol_version"\]` is "TLSv1"/],
  ['connections that nobody sees', { log_connections: 'off' }, /`parameters\["log_connections"\]` is "off", but who came and went/],
  ['only knocks at the door', { log_connections: 'receipt' }, /`parameters\["log_connections"\]` is "receipt", but who came and went/],
  ['departures that nobody sees', { log_disconnections: '0' }, /`parameters\["log_disconnections"\]` is "0"/],
  ['passwords as MD5', { password_encryption: 'md5' }, /`parameters\["password_encryption"\]` is "md5"/],
  ['no statistics', { shared_preload_libraries: 'pgaudit' }, /`parameters\["shared_preload_libraries"\]` is "pgaudit", but .*pg_stat_statements/],
  ['an audit that is not loaded', { 'pgaudit.log': 'ddl' }, /`parameters\["pgaudit.log"\]` is "ddl", but pgAudit is not loaded/],
  ['a name of nothing', { 'Work-Mem': '1' }, /`parameters` is "Work-Mem", but no parameter has this name/],
])('refuses %s', (what, parameters, message) => {
  expect(() => new AuroraPostgres(refusing, what, { vpc, parameters })).toThrow(message);
  expect(refusing.node.findChild(what).node.children).toEqual([]);
});
