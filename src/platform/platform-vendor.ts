import { PlatformTarget } from './platform-target';

/** A third party that reaches named internal services, for a limited time. */
export interface PlatformVendor {
  /** Name, unique in the platform, e.g. `acme-payments`. */
  readonly name: string;
  /** The role or user of the vendor's own account that may enter. */
  readonly principalArn: string;
  /** Agreed with the vendor; guards against the confused deputy. */
  readonly externalId: string;
  /** First day of access, `YYYY-MM-DD` in UTC: the day on which it is granted or renewed. */
  readonly accessFrom: string;
  /** Last day of access, `YYYY-MM-DD` in UTC, at most a year after the first; it ends by itself. */
  readonly accessUntil: string;
  /**
   * Ends the access with the next deployment, for sessions of the role that were taken before as well.
   *
   * @default false
   */
  readonly revoked?: boolean;
  /** The services it reaches: at least one. */
  readonly targets: PlatformTarget[];
  /**
   * Names of the environments it may enter.
   *
   * @default - every environment that does not serve customers
   */
  readonly environments?: string[];
}
