import { OrganizationalUnit } from '../organization/organizational-unit';

/** An account as a scope sees it. */
export interface ScopedAccount {
  readonly name: string;
  /** Undefined is the management account, which is in no unit. */
  readonly organizationalUnit?: OrganizationalUnit;
}

/** The management account has no name that people give: this one is none that an account for workloads can have. */
export const MANAGEMENT: ScopedAccount = { name: '@management' };

export function isManagement(account: ScopedAccount): boolean {
  return account.organizationalUnit === undefined;
}
