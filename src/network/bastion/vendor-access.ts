import { VendorTarget } from './vendor-target';

/** Who of a third party may reach what through a bastion, and until when. */
export interface VendorAccess {
  /** The vendor's name, lower case; part of construct ids. */
  readonly name: string;

  /** The IAM role or user of the vendor's account that may take the vendor's role here. IAM refuses one that does not exist. */
  readonly principalArn: string;

  /**
   * The secret-like id that both sides agreed upon, against a confused deputy.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId: string;

  /**
   * The first day of the access, `YYYY-MM-DD` in UTC: the day on which you grant or renew it. Synthesis reads no clock, so this is
   * the day against which a last day in the past, or more than a year away, is refused.
   */
  readonly accessFrom: string;

  /**
   * The last day of the access, `YYYY-MM-DD`, which ends with that day in UTC: at most a year after `accessFrom`. IAM keeps the date,
   * nobody has to remember it; once it is over, `npx cdk-innovate-platform preflight` asks to renew or remove the vendor.
   */
  readonly accessUntil: string;

  /**
   * Ends the access with the next deployment, for sessions of the role that were taken before as well. A port that is being forwarded
   * stays open until its session ends, in an hour at most: `VendorBastion.endSessionsCommand` ends it at once.
   *
   * @default false
   */
  readonly revoked?: boolean;

  /** What the vendor may reach: 1 to 20. */
  readonly targets: VendorTarget[];
}
