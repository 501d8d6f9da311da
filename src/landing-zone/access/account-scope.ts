import { isManagement, ScopedAccount } from './scoped-account';
import { OrganizationalUnit } from '../organization/organizational-unit';

interface ScopePart {
  /** What is missing if no account is covered; undefined where a landing zone may do without. */
  readonly required?: string;
  readonly covers: (account: ScopedAccount) => boolean;
}

/**
 * The accounts that an assignment reaches. One that joins the scope later is reached as well.
 *
 * @example
 * import { AccountScope, OrganizationalUnit } from 'cdk-innovate-platform';
 *
 * const scopes = [AccountScope.PRODUCTION, AccountScope.named('staging'), AccountScope.inUnit(OrganizationalUnit.of('Sandbox'))];
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html
 */
export class AccountScope {
  /** The accounts of the unit NonProduction. */
  public static readonly NON_PRODUCTION = new AccountScope([{ covers: inUnit(OrganizationalUnit.NON_PRODUCTION) }]);

  /** The accounts of the unit Production. */
  public static readonly PRODUCTION = new AccountScope([{ covers: inUnit(OrganizationalUnit.PRODUCTION) }]);

  /** Every account for workloads. */
  public static readonly WORKLOADS = new AccountScope([{ covers: account => !isManagement(account) }]);

  /** The management account. */
  public static readonly MANAGEMENT = new AccountScope([{ covers: isManagement }]);

  /** Every account of the landing zone, the management account included. */
  public static readonly ALL = new AccountScope([{ covers: () => true }]);

  /**
   * Accounts for workloads by their names, as in `accounts`.
   *
   * @param name the name of one account
   * @param others the names of further accounts
   */
  public static named(name: string, ...others: string[]): AccountScope {
    return new AccountScope([name, ...others].map(one => ({ required: one, covers: account => !isManagement(account) && account.name === one })));
  }

  /** The accounts of a unit, for one beside Production and NonProduction. */
  public static inUnit(unit: OrganizationalUnit): AccountScope {
    return new AccountScope([{ required: unit.name, covers: inUnit(unit) }]);
  }

  private constructor(private readonly parts: ScopePart[]) {}

  /**
   * The accounts in the scope, in the order they are given.
   *
   * @internal
   */
  public _select<T extends ScopedAccount>(accounts: T[]): T[] {
    return accounts.filter(account => this.parts.some(part => part.covers(account)));
  }

  /**
   * The names and units that no account has.
   *
   * @internal
   */
  public _missing(accounts: ScopedAccount[]): string[] {
    return this.parts.filter(part => part.required !== undefined && !accounts.some(part.covers)).map(part => part.required!);
  }
}

function inUnit(unit: OrganizationalUnit): (account: ScopedAccount) => boolean {
  return account => account.organizationalUnit?.name === unit.name;
}
