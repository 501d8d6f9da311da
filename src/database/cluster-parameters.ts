/**
 * Parameters of the cluster that differ from Aurora's defaults, or that the defaults of another major version would change.
 * All of them exist in every major version that Aurora Serverless v2 runs.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html
 */
export const CLUSTER_PARAMETERS: Record<string, string> = {
  // no connection without TLS
  'rds.force_ssl': '1',
  'ssl_min_protocol_version': 'TLSv1.2',
  // who came and went, and what changed the schema
  'log_connections': '1',
  'log_disconnections': '1',
  'log_statement': 'ddl',
  // what an operator asks for first: statements above a second, waits for locks, sorts that spill above 10 MB (in kB), slow vacuums
  'log_min_duration_statement': '1000',
  'log_lock_waits': '1',
  'log_temp_files': '10240',
  'log_autovacuum_min_duration': '10000',
  'shared_preload_libraries': 'pg_stat_statements',
  'track_activity_query_size': '4096',
  // a forgotten transaction holds locks and keeps vacuum from cleaning up: five minutes, in milliseconds
  'idle_in_transaction_session_timeout': '300000',
};
