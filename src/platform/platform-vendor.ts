/** What of an environment a vendor can be let in to. */
export enum PlatformTarget {
  /** The database's writer. */
  DATABASE = 'database',
  /** The database's readers. */
  DATABASE_READER = 'database-reader',
  /** The API, at the internal load balancer. */
  API = 'api',
}

/** A third party that reaches named internal services, for a limited time. */
export interface PlatformVendor {
  /** Name, unique in the platform, e.g. `acme-payments`. */
  readonly name: string;
  /** The role or user of the vendor's own account that may enter. */
  readonly principalArn: string;
  /** Agreed with the vendor; guards against the confused deputy. */
  readonly externalId: string;
  /** Last day of access, `YYYY-MM-DD` in UTC; it ends by itself. */
  readonly accessUntil: string;
  /** The services it reaches. */
  readonly targets: PlatformTarget[];
  /**
   * Names of the environments it may enter.
   *
   * @default - every environment that does not serve customers
   */
  readonly environments?: string[];
}
