import { AccountScope } from './account-scope';
import { PermissionSet } from './permission-set';

/** One group that has one permission set in some accounts. */
export interface AccessAssignment {
  /** The group's name: 1 to 128 letters, digits, spaces and `+=,.@_-`. It is created unless `existingGroups` has its id. */
  readonly group: string;

  /** What the group may do. */
  readonly permissionSet: PermissionSet;

  /** Where the group may do it. */
  readonly accounts: AccountScope;
}

/**
 * The organization's IAM Identity Center, which a person has to enable first, in the region of the landing zone.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/enable-identity-center.html
 */
export interface IdentityCenterProps {
  /** ARN of the organization's instance, e.g. `arn:aws:sso:::instance/ssoins-1234567890abcdef`; from `aws sso-admin list-instances`. */
  readonly instanceArn: string;

  /** The instance's identity store, e.g. `d-1234567890`; from the same command. */
  readonly identityStoreId: string;

  /**
   * Who may do what, and where.
   *
   * @default - `developers`: DEVELOPER in non-production and DEVELOPER_VIEW in production; `release-approvers`: RELEASE_APPROVER
   * in production; `administrators`: ADMINISTRATOR in all accounts; `finance`: BILLING in the management account;
   * `auditors`: AUDITOR in all accounts
   */
  readonly assignments?: AccessAssignment[];

  /**
   * Ids of groups that exist already, by the names that `assignments` gives them: those that an identity provider
   * provisions by SCIM, or that somebody made by hand.
   *
   * @default - every group is created, without members
   */
  readonly existingGroups?: { readonly [name: string]: string };
}
