import { VendorTarget } from './vendor-target';

/** What the developers with a permission set may reach through a bastion. */
export interface DeveloperAccess {
  /**
   * The name of the permission set of IAM Identity Center, e.g. `InnovateDeveloper`; part of construct ids. It has to be assigned
   * in the bastion's account and to allow `sts:AssumeRole` on the role that the bastion makes for it.
   *
   * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
   */
  readonly permissionSet: string;

  /** What the developers may reach: 1 to 20. */
  readonly targets: VendorTarget[];
}
