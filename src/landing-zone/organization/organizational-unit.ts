/**
 * The organizational unit that an account belongs to, inside the Workloads unit.
 *
 * @example
 * import { LandingZoneAccount, OrganizationalUnit } from 'cdk-innovate-platform';
 *
 * const sandbox = LandingZoneAccount.existing({
 *   name: 'sandbox', accountId: '444444444444', organizationalUnit: OrganizationalUnit.of('Sandbox'), monthlyBudgetUsd: 100,
 * });
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html
 */
export class OrganizationalUnit {
  /** Accounts that serve customers. Their data cannot be deleted. */
  public static readonly PRODUCTION = new OrganizationalUnit('Production');

  /** Accounts for development and staging. */
  public static readonly NON_PRODUCTION = new OrganizationalUnit('NonProduction');

  /** A further unit beside Production and NonProduction, e.g. `OrganizationalUnit.of('Sandbox')`. */
  public static of(name: string): OrganizationalUnit {
    return new OrganizationalUnit(name);
  }

  private constructor(
    /** The unit's name in AWS Organizations. */
    public readonly name: string,
  ) {}
}
