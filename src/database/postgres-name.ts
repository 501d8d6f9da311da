import { IConstruct } from 'constructs';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/**
 * PostgreSQL's reserved key words, which would have to be quoted wherever they are used.
 *
 * @see https://www.postgresql.org/docs/17/sql-keywords-appendix.html
 */
const RESERVED_KEY_WORDS = new Set(`
  all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
  constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default
  deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner
  intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or
  order outer overlaps placing primary references returning right select session_user similar some symmetric system_user table
  tablesample then to trailing true union unique user using variadic verbose when where window with`.trim().split(/\s+/));

/** The administrator that RDS makes with the cluster; `postgres` and `admin` are what attackers try first. */
export const ADMIN_USER = 'cluster_admin';

const RESERVED_DATABASES = new Set(['admin', 'postgres', 'rdsadmin', 'template0', 'template1']);
const RESERVED_USERS = new Set(['none', 'postgres', 'public']);

export function validateDatabaseName(scope: IConstruct, prop: string, name: string | undefined): void {
  validateName(scope, prop, name, RESERVED_DATABASES, 'Give a name such as "app" or "orders".');
}

export function validateUserName(scope: IConstruct, prop: string, user: string): void {
  const remedy = 'Give a database user of the application, such as "app_user".';
  if (user === ADMIN_USER) {
    reject(scope, { prop, value: user, problem: 'the administrator logs in with the managed secret, whose rotation IAM login would break', remedy });
  }
  if (user.startsWith('rds')) {
    reject(scope, { prop, value: user, problem: 'names that begin with "rds" belong to RDS', remedy });
  }
  validateName(scope, prop, user, RESERVED_USERS, remedy);
}

function validateName(scope: IConstruct, prop: string, value: string | undefined, reserved: Set<string>, remedy: string): void {
  if (value === undefined || isDeployTime(value)) { return; }
  validateMatch(scope, {
    prop,
    value,
    pattern: /^[a-z][a-z0-9_]{0,62}$/,
    remedy,
    problem: 'a PostgreSQL name that needs no quotes has 1 to 63 lower-case letters, digits and underscores and begins with a letter',
  });
  if (RESERVED_KEY_WORDS.has(value) || reserved.has(value) || value.startsWith('pg_')) {
    reject(scope, { prop, value, problem: 'PostgreSQL or RDS reserves this name', remedy });
  }
}
