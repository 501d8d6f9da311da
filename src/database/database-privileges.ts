/**
 * What a database user may do, as `grantConnect` is told.
 *
 * @see https://www.postgresql.org/docs/17/ddl-priv.html
 */
export enum DatabasePrivileges {
  /** Reads and writes the rows of every table of the application's schema, also of tables that are made later. Changes no table and makes none. */
  READ_WRITE = 'READ_WRITE',

  /** Reads the rows of every table of the application's schema, also of tables that are made later. */
  READ_ONLY = 'READ_ONLY',

  /** Makes, changes and drops tables in the application's schema, as migrations do. What it makes belongs to the schema's owner, and not to the user. */
  OWNER = 'OWNER',

  /**
   * The deployment makes no user: SQL of your own does, and says what it may do. A user that the deployment has made before loses its login
   * when all its grants say this: `ALTER ROLE … LOGIN` and `GRANT rds_iam` give it back.
   */
  MADE_ELSEWHERE = 'MADE_ELSEWHERE',
}
