import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BastionRole, Conditions } from './bastion-role';
import { BoundHost } from './bound-host';
import { VendorAccess } from './vendor-access';
import { isDeployTime } from '../../private/validation';

/** The path of the vendors' roles, by which their sessions are told from everybody else's. */
export const VENDOR_ROLE_PATH = '/vendor-bastion/';

/** The role of a vendor: for one principal of another account, with an external id, until its access ends. */
export class VendorRole extends BastionRole {
  constructor(scope: Construct, id: string, access: VendorAccess, host: BoundHost) {
    const within = period(access);
    super(scope, id, {
      owner: `vendor ${access.name}`,
      description: `Vendor ${access.name}, until ${access.accessUntil}`,
      path: VENDOR_ROLE_PATH,
      principal: new iam.ArnPrincipal(access.principalArn).withConditions({
        StringEquals: { 'sts:ExternalId': access.externalId },
        // a role's session never says whether its user gave a second factor; a user's does
        ...(access.principalArn.includes(':user/') ? { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } : {}),
        ...within,
      }),
      targets: access.targets,
      host,
      within,
      denials: denials(access),
    });
    if (isDeployTime(access.principalArn)) { this.denyUsersWithoutSecondFactor(); }
    if (access.revoked) { this.denyEverybody(); }
  }

  /** An ARN that is known at deployment may turn out to be a user's. */
  private denyUsersWithoutSecondFactor(): void {
    this.denyTaking('UsersWithoutSecondFactor', {
      StringEquals: { 'aws:PrincipalType': 'User' }, BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' },
    });
  }

  private denyEverybody(): void {
    this.denyTaking('Revoked');
  }

  private denyTaking(sid: string, conditions?: Conditions): void {
    this.role.assumeRolePolicy!.addStatements(new iam.PolicyStatement({
      sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: ['sts:AssumeRole'], conditions,
    }));
  }
}

function period({ accessFrom, accessUntil }: VendorAccess): Conditions {
  return {
    DateGreaterThanEquals: { 'aws:CurrentTime': `${accessFrom}T00:00:00Z` },
    DateLessThan: { 'aws:CurrentTime': lastSecond(accessUntil) },
  };
}

/** What the role has been granted elsewhere ends with the access, too. */
function denials({ accessUntil, revoked }: VendorAccess): iam.PolicyStatement[] {
  const denyAll = (sid: string, conditions?: Conditions) =>
    new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, actions: ['*'], resources: ['*'], conditions });
  return [
    denyAll('AccessEnded', { DateGreaterThanEquals: { 'aws:CurrentTime': lastSecond(accessUntil) } }),
    ...(revoked ? [denyAll('Revoked')] : []),
  ];
}

function lastSecond(day: string): string {
  return `${day}T23:59:59Z`;
}
