/** What of an environment a vendor or a developer can be let in to. */
export enum PlatformTarget {
  /** The database's writer. */
  DATABASE = 'database',
  /** The database's readers. */
  DATABASE_READER = 'database-reader',
  /** The API, at the internal load balancer. */
  API = 'api',
}
