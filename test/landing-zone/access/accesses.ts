import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AccessAccount, AccessControl } from '../../../src/landing-zone/access/access-control';
import { validateIdentityCenter } from '../../../src/landing-zone/access/access-validation';
import { AccountScope } from '../../../src/landing-zone/access/account-scope';
import { AccessAssignment, IdentityCenterProps } from '../../../src/landing-zone/access/identity-center';
import { PermissionSet } from '../../../src/landing-zone/access/permission-set';
import { ReadableTrail } from '../../../src/landing-zone/access/trail-access';
import { OrganizationalUnit } from '../../../src/landing-zone/organization/organizational-unit';
import { PolicyDocument } from '../../support/policy-simulation';
import { managementStack } from '../landing-zones';

export const INSTANCE = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';

export const STAGING: AccessAccount = { name: 'staging', accountId: '222222222222', organizationalUnit: OrganizationalUnit.NON_PRODUCTION };
export const PRODUCTION: AccessAccount = { name: 'production', accountId: '333333333333', organizationalUnit: OrganizationalUnit.PRODUCTION };
export const SANDBOX: AccessAccount = { name: 'my sandbox', accountId: '444444444444', organizationalUnit: OrganizationalUnit.of('Sandbox') };

/** Access as the landing zone makes it: checked, then built. */
export function accessControl(
  stack: Stack, identityCenter: Partial<IdentityCenterProps> = {}, accounts = [STAGING, PRODUCTION], auditTrail?: ReadableTrail,
): AccessControl {
  const props = { instanceArn: INSTANCE, identityStoreId: 'd-1234567890', ...identityCenter };
  validateIdentityCenter(stack, props, accounts);
  return new AccessControl(stack, 'Access', { identityCenter: props, accounts, auditTrail });
}

export function synthesize(identityCenter: Partial<IdentityCenterProps> = {}, accounts?: AccessAccount[]): Template {
  const stack = managementStack();
  accessControl(stack, identityCenter, accounts);
  return Template.fromStack(stack);
}

/** One permission set for the developers of staging. */
export function only(permissionSet: PermissionSet, accounts = AccountScope.named('staging')): AccessAssignment[] {
  return [{ group: 'developers', permissionSet, accounts }];
}

/** The inline policy of each permission set, as it is deployed, by name. */
export function inlinePolicies(template: Template): Record<string, PolicyDocument | undefined> {
  const sets = Object.values(template.findResources('AWS::SSO::PermissionSet'));
  return Object.fromEntries(sets.map(({ Properties }) => [Properties.Name, Properties.InlinePolicy]));
}
