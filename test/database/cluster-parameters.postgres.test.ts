import { clusterParameters } from '../../src/database/cluster-parameters';
import { PostgresServer, startPostgres, SUPERUSER } from '../support/postgres';

interface Setting {
  readonly name: string;
  readonly setting: string;
  readonly unit: string | null;
  readonly context: string;
  readonly vartype: string;
  readonly min_val: string | null;
  readonly max_val: string | null;
  readonly enumvals: string[] | null;
}

const ALL = clusterParameters('17');
/** What PostgreSQL itself knows; the rest is RDS's. */
const PLAIN = Object.entries(ALL).filter(([name]) => !name.startsWith('rds.'));

let server: PostgresServer;
let settings: Map<string, Setting>;

beforeAll(async () => {
  // a value that the server does not take would keep it from starting
  server = await startPostgres(Object.fromEntries(PLAIN));
  const client = await server.connect(SUPERUSER, 'postgres');
  const { rows } = await client.query('SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals FROM pg_settings WHERE name = ANY ($1)', [
    PLAIN.map(([name]) => name),
  ]);
  await client.end();
  settings = new Map(rows.map((row: Setting) => [row.name, row]));
}, 60_000);

afterAll(() => server?.stop());

test('the names that are RDS\'s own are known', () => {
  expect(Object.keys(ALL).filter(name => name.startsWith('rds.'))).toEqual([
    'rds.force_admin_logging_level', 'rds.force_autovacuum_logging_level', 'rds.force_ssl',
  ]);
});

test.each(PLAIN)('%s takes %s', (name, value) => {
  const { vartype, setting, min_val: min, max_val: max, enumvals } = settings.get(name)!;
  switch (vartype) {
    case 'bool':
      expect(['0', '1']).toContain(value);
      expect(setting).toBe(value === '1' ? 'on' : 'off');
      break;
    case 'enum':
      expect(enumvals).toContain(value);
      expect(setting).toBe(value);
      break;
    case 'integer':
      expect(Number(value)).toBeGreaterThanOrEqual(Number(min));
      expect(Number(value)).toBeLessThanOrEqual(Number(max));
      expect(setting).toBe(value);
      break;
    default:
      expect(setting).toBe(value);
  }
});

test.each([
  ['idle_in_transaction_session_timeout', 'ms'],
  ['log_autovacuum_min_duration', 'ms'],
  ['log_min_duration_statement', 'ms'],
  ['log_temp_files', 'kB'],
  ['track_activity_query_size', 'B'],
])('%s is counted in %s', (name, unit) => {
  expect(settings.get(name)!.unit).toBe(unit);
});

test('these alone need a restart', () => {
  expect([...settings.values()].filter(({ context }) => context === 'postmaster').map(({ name }) => name).sort()).toEqual([
    'shared_preload_libraries', 'track_activity_query_size',
  ]);
});
