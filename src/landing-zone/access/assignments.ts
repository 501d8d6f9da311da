import { AccountScope } from './account-scope';
import { AccessAssignment, IdentityCenterProps } from './identity-center';
import { PermissionSet } from './permission-set';
import { MANAGEMENT, ScopedAccount } from './scoped-account';

/** One group with one permission set in one account. */
export interface SingleAssignment {
  readonly group: string;
  readonly permissionSet: PermissionSet;
  readonly account: ScopedAccount;
}

/** The five groups of a landing zone. */
const DEFAULT_ASSIGNMENTS: AccessAssignment[] = [
  { group: 'developers', permissionSet: PermissionSet.DEVELOPER, accounts: AccountScope.NON_PRODUCTION },
  { group: 'developers', permissionSet: PermissionSet.DEVELOPER_VIEW, accounts: AccountScope.PRODUCTION },
  { group: 'release-approvers', permissionSet: PermissionSet.RELEASE_APPROVER, accounts: AccountScope.PRODUCTION },
  { group: 'administrators', permissionSet: PermissionSet.ADMINISTRATOR, accounts: AccountScope.ALL },
  { group: 'finance', permissionSet: PermissionSet.BILLING, accounts: AccountScope.MANAGEMENT },
  { group: 'auditors', permissionSet: PermissionSet.AUDITOR, accounts: AccountScope.ALL },
];

export function assignmentsOf({ assignments }: IdentityCenterProps): AccessAssignment[] {
  return assignments ?? DEFAULT_ASSIGNMENTS;
}

/** What an assignment is known by: no part can have a colon. */
export function assignmentId({ group, permissionSet, account }: SingleAssignment): string {
  return [group, permissionSet.name, account.name].join(':');
}

export function singleAssignments({ group, permissionSet, accounts: scope }: AccessAssignment, accounts: ScopedAccount[]): SingleAssignment[] {
  return scope._select([...accounts, MANAGEMENT]).map(account => ({ group, permissionSet, account }));
}
