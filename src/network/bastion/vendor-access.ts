import { VendorTarget } from './vendor-target';

/** Who may reach what through a bastion, and until when. */
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
   * The last day of the access, `YYYY-MM-DD`, which ends with that day in UTC. IAM keeps the date: nobody has to remember it,
   * and a day in the past means that nobody gets in.
   */
  readonly accessUntil: string;

  /** What the vendor may reach; at least one. */
  readonly targets: VendorTarget[];
}
