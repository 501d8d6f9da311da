import { OrganizationalUnit } from './organizational-unit';
import { HardStop } from '../billing/hard-stop';

/** The name of the account that holds the organization, which no account for workloads may have. */
export const MANAGEMENT_NAME = 'management';

/** What every account for workloads has. */
export interface LandingZoneAccountProps {
  /** The account's name, unique in the landing zone: 1 to 50 letters, digits, spaces, dots, hyphens and underscores. */
  readonly name: string;

  /** The unit whose guardrails apply. */
  readonly organizationalUnit: OrganizationalUnit;

  /** What the account should cost in a month, in US dollars. Alerts are sent at 80 % and 100 % spent, and when the forecast passes 100 %. */
  readonly monthlyBudgetUsd: number;

  /**
   * What happens when the account overruns its budget.
   *
   * @default - messages only
   */
  readonly hardStop?: HardStop;
}

/** What is known of an account that exists. */
export interface ExistingAccountProps extends LandingZoneAccountProps {
  /** The account's id: 12 digits. */
  readonly accountId: string;
}

/** What a new account needs. */
export interface CreatedAccountProps extends LandingZoneAccountProps {
  /** The e-mail address of the account's root user. No other AWS account may have it. */
  readonly email: string;

  /**
   * The account's id, once the deployment that created it has told it. The account stays a resource of the stack.
   *
   * @default - not known yet
   */
  readonly accountId?: string;
}

/**
 * An account for workloads: one that the landing zone creates, or one that exists already.
 *
 * @example
 * import { LandingZoneAccount, OrganizationalUnit } from 'cdk-innovate-platform';
 *
 * const production = LandingZoneAccount.create({
 *   name: 'production',
 *   email: 'aws+production@innovate.example',
 *   organizationalUnit: OrganizationalUnit.PRODUCTION,
 *   monthlyBudgetUsd: 6000,
 * });
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html
 */
export class LandingZoneAccount {
  /** A new account. It is kept when the stack is deleted; name and e-mail cannot be changed by CloudFormation afterwards. */
  public static create(props: CreatedAccountProps): LandingZoneAccount {
    return new LandingZoneAccount(props.name, props.organizationalUnit, props.monthlyBudgetUsd, props.email, props.accountId, props.hardStop);
  }

  /**
   * An account that is a member of the organization already. The guardrails of its unit are attached
   * to the account itself, so they apply wherever in the organization it lives.
   *
   * An account that was invited has no `OrganizationAccountAccessRole`, which the guardrails except and the first-run checklist uses:
   * make it there before.
   */
  public static existing(props: ExistingAccountProps): LandingZoneAccount {
    return new LandingZoneAccount(props.name, props.organizationalUnit, props.monthlyBudgetUsd, undefined, props.accountId, props.hardStop);
  }

  private constructor(
    /** The account's name. */
    public readonly name: string,
    /** The unit whose guardrails apply. */
    public readonly organizationalUnit: OrganizationalUnit,
    /** The account's budget for a month, in US dollars. */
    public readonly monthlyBudgetUsd: number,
    /** E-mail address of the root user, of an account that is created. */
    public readonly email?: string,
    /** The account's id, where it is known. */
    public readonly accountId?: string,
    /** What happens when the account overruns its budget. */
    public readonly hardStop?: HardStop,
  ) {}

  /** @internal */
  public get _isCreated(): boolean {
    return this.email !== undefined;
  }
}
