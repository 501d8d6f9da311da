import { DatabasePrivileges } from './database-privileges';

/** Privileges that the deployment gives. */
export type MadePrivileges = Exclude<DatabasePrivileges, DatabasePrivileges.MADE_ELSEWHERE>;

/**
 * The roles without login that hold the privileges; users are members of one of them.
 * Each statement below is one call of the Data API, which takes no two in one and reads a colon as a parameter. All calls are one transaction.
 */
export function groupRole(database: string, privileges: MadePrivileges): string {
  return `${database}_${GROUPS[privileges]}`;
}

export const LONGEST_GROUP_SUFFIX = '_writers'.length;

const GROUPS: Record<MadePrivileges, string> = {
  [DatabasePrivileges.OWNER]: 'owners',
  [DatabasePrivileges.READ_WRITE]: 'writers',
  [DatabasePrivileges.READ_ONLY]: 'readers',
};
const ALL = Object.keys(GROUPS) as MadePrivileges[];

/** Any number will do, as long as nothing else in the database locks it. */
const LOCK = '4019830162817';

/**
 * Before anything: one transaction at a time, which does not wait for a migration for ever.
 * Remembers whether the administrator is a member of `rds_iam`, as `checkAdministrator` asks for.
 */
const BEGIN = [
  "SET LOCAL lock_timeout = '20s'",
  `DO $$ BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(${LOCK}); END $$`,
  "DO $$ BEGIN PERFORM pg_catalog.set_config('innovate.was_iam', CAST(pg_catalog.pg_has_role(CURRENT_USER, 'rds_iam', 'USAGE') AS text), true); END $$",
];

/**
 * After everything: RDS lets members of `rds_iam` log in with IAM only. If the administrator became one, its password, which this
 * very function logs in with, would be worth nothing; the exception undoes the transaction instead.
 */
const CHECK_ADMINISTRATOR = `DO $$ BEGIN
  IF pg_catalog.pg_has_role(CURRENT_USER, 'rds_iam', 'USAGE') AND pg_catalog.current_setting('innovate.was_iam') = 'false' THEN
    RAISE EXCEPTION 'the administrator % would become a member of rds_iam and could not log in any more', CURRENT_USER;
  END IF;
END $$`;

/** The schema of the application, called like the database, and who may do what in it. */
export function schemaStatements(database: string): string[] {
  const schema = database;
  const [owners, writers, readers] = ALL.map(privileges => groupRole(database, privileges));
  return [
    ...BEGIN,
    ...[owners, writers, readers].map(role => createRole(role)),
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${owners}, ${writers}, ${readers}`,
    `GRANT TEMPORARY ON DATABASE ${database} TO ${owners}`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    'CREATE EXTENSION IF NOT EXISTS pg_stat_statements',
    ...asMemberOf(owners, [
      `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owners}`,
      `SET LOCAL ROLE ${owners}`,
      `GRANT USAGE ON SCHEMA ${schema} TO ${writers}, ${readers}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${writers}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE, SELECT ON SEQUENCES TO ${writers}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${readers}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON SEQUENCES TO ${readers}`,
      'RESET ROLE',
    ]),
    CHECK_ADMINISTRATOR,
  ];
}

/** A user that logs in with IAM and has exactly these privileges, whatever it had before. Follows `schemaStatements`. */
export function userStatements(database: string, user: string, privileges: MadePrivileges): string[] {
  const group = groupRole(database, privileges);
  const others = ALL.map(each => groupRole(database, each)).filter(each => each !== group);
  return [
    ...BEGIN,
    createRole(user),
    `ALTER ROLE ${user} LOGIN NOCREATEDB NOCREATEROLE`,
    `GRANT rds_iam TO ${user}`,
    `REVOKE ${others.join(', ')} FROM ${user}`,
    `GRANT ${group} TO ${user}`,
    `ALTER ROLE ${user} IN DATABASE ${database} SET search_path TO ${database}`,
    ...privileges === DatabasePrivileges.OWNER
      // tables then belong to the group, so that the next owner may change them, too
      ? asMemberOf(group, [`ALTER ROLE ${user} IN DATABASE ${database} SET role TO ${group}`])
      : [`ALTER ROLE ${user} IN DATABASE ${database} RESET role`],
    CHECK_ADMINISTRATOR,
  ];
}

/** Takes login and privileges from a user. It is not dropped: what it may own stays, and it can be given back what it had. */
export function removalStatements(database: string, user: string): string[] {
  return [
    ...BEGIN,
    `DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${user}') THEN
    ALTER ROLE ${user} NOLOGIN;
    REVOKE rds_iam, ${ALL.map(privileges => groupRole(database, privileges)).join(', ')} FROM ${user};
  END IF;
END $$`,
  ];
}

function createRole(role: string): string {
  return `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
END $$`;
}

/** Since PostgreSQL 16 who makes a role has to be a member of it to act for it; nobody else ever sees this membership. */
function asMemberOf(role: string, statements: string[]): string[] {
  return [`GRANT ${role} TO CURRENT_USER`, ...statements, `REVOKE ${role} FROM CURRENT_USER`];
}
