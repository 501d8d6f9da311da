import { PlatformTarget } from './platform-target';
import { PermissionSet } from '../landing-zone/access/permission-set';

/** Developers who reach named internal services of an environment through its bastion. */
export interface PlatformDevelopers {
  /**
   * With what they sign in. It has to be assigned in the environment's account and to allow `sts:AssumeRole` on `role/bastion-developers/*`,
   * as `PermissionSet.DEVELOPER` does.
   *
   * @default PermissionSet.DEVELOPER
   */
  readonly permissionSet?: PermissionSet;
  /** The services they reach. */
  readonly targets: PlatformTarget[];
  /**
   * Names of the environments they may enter.
   *
   * @default - every environment that does not serve customers
   */
  readonly environments?: string[];
}
