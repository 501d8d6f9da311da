import { IConstruct } from 'constructs';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/**
 * Parameters of the cluster that differ from Aurora's defaults, or that the defaults of another major version would change.
 * All of them exist in every major version that this library runs.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html
 */
export const CLUSTER_PARAMETERS: Record<string, string> = {
  // no connection without TLS, whatever the default of the major version is
  'rds.force_ssl': '1',
  'ssl_min_protocol_version': 'TLSv1.2',
  // passwords, such as the administrator's, are stored with a salt and never as MD5
  'password_encryption': 'scram-sha-256',
  // who came and went, and what changed the schema
  'log_connections': '1',
  'log_disconnections': '1',
  'log_statement': 'ddl',
  // what RDS itself does in the database
  'rds.force_admin_logging_level': 'log',
  // what an operator asks for first: statements above a second, waits for locks above a second, sorts that spill above 10 MB (in kB)
  'log_min_duration_statement': '1000',
  'log_lock_waits': '1',
  'log_temp_files': '10240',
  // vacuums above ten seconds; without the second line RDS keeps them from the log
  'log_autovacuum_min_duration': '10000',
  'rds.force_autovacuum_logging_level': 'warning',
  // which statements cost the most, in full up to 4 kB, and how much of it is waiting for storage; the first two need a restart to change
  'shared_preload_libraries': 'pg_stat_statements',
  'track_activity_query_size': '4096',
  'track_io_timing': '1',
  // a forgotten transaction holds locks and keeps vacuum from cleaning up: five minutes, in milliseconds
  'idle_in_transaction_session_timeout': '300000',
};

/** From version 18 on it may also be a list, in which `authorization` is who came in. */
const LOGGED = ['1', 'on', 'true', 'yes', 'all', 'authorization'];
const OLD_TLS = ['TLSv1', 'TLSv1.1'];

/** A value that takes away what the construct promises. */
interface Guard {
  readonly name: string;
  readonly broken: (value: string) => boolean;
  readonly problem: string;
  readonly remedy: string;
}

const LEAVE_OUT = 'Leave the parameter out.';
const CONNECTIONS_ARE_LOGGED: Omit<Guard, 'name'> = {
  broken: value => !itemsOf(value).some(item => LOGGED.includes(item)), problem: 'who came and went has to be in the log', remedy: LEAVE_OUT,
};
const NO_OLD_TLS: Omit<Guard, 'name'> = {
  broken: value => OLD_TLS.includes(value), problem: 'versions of TLS before 1.2 are broken', remedy: 'Give "TLSv1.2" or "TLSv1.3".',
};

const GUARDS: Guard[] = [
  { name: 'rds.force_ssl', broken: value => value !== '1', problem: 'connections without TLS are never let in', remedy: LEAVE_OUT },
  { name: 'ssl_min_protocol_version', ...NO_OLD_TLS },
  { name: 'ssl_max_protocol_version', ...NO_OLD_TLS },
  { name: 'log_connections', ...CONNECTIONS_ARE_LOGGED },
  { name: 'log_disconnections', ...CONNECTIONS_ARE_LOGGED },
  {
    name: 'password_encryption',
    broken: value => value !== 'scram-sha-256',
    problem: 'passwords are stored as SCRAM-SHA-256 only',
    remedy: LEAVE_OUT,
  },
  {
    name: 'shared_preload_libraries',
    broken: value => !itemsOf(value).includes('pg_stat_statements'),
    problem: 'the statistics of statements come from pg_stat_statements',
    remedy: 'Begin the list with it: "pg_stat_statements,…".',
  },
];

/** Refuses names that no parameter has, values that break a promise of the construct, and settings of pgAudit where it is not loaded. */
export function validateParameters(scope: IConstruct, parameters: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(parameters)) {
    const prop = `parameters["${name}"]`;
    validateMatch(scope, {
      prop: 'parameters',
      value: name,
      pattern: /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/,
      problem: 'no parameter has this name',
      remedy: 'Take the name from `aws rds describe-engine-default-cluster-parameters`.',
    });
    if (isDeployTime(value)) { continue; }
    const guard = GUARDS.find(each => each.name === name && each.broken(value));
    if (guard) { reject(scope, { prop, value, problem: guard.problem, remedy: guard.remedy }); }
    const libraries = parameters.shared_preload_libraries ?? '';
    if (name.startsWith('pgaudit.') && !isDeployTime(libraries) && !itemsOf(libraries).includes('pgaudit')) {
      reject(scope, {
        prop,
        value,
        problem: 'pgAudit is not loaded',
        remedy: 'Set `shared_preload_libraries` to "pg_stat_statements,pgaudit" too.',
      });
    }
  }
}

/**
 * The parameters of a cluster, sorted by name.
 *
 * @param majorVersion of PostgreSQL, such as `17`
 * @param parameters of the user, which win
 */
export function clusterParameters(majorVersion: string, parameters: Record<string, string> = {}): Record<string, string> {
  const merged = { ...CLUSTER_PARAMETERS, ...connectionLog(majorVersion), ...parameters };
  return Object.fromEntries(Object.entries(merged).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * From version 18 on it is a list of what is logged about a connection; a 1 means these three and is there for the sake of the past.
 *
 * @see https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-CONNECTIONS
 */
function connectionLog(majorVersion: string): Record<string, string> {
  return Number.parseInt(majorVersion, 10) >= 18 ? { log_connections: 'receipt,authentication,authorization' } : {};
}

function itemsOf(list: string): string[] {
  return list.toLowerCase().split(',').map(item => item.trim());
}
