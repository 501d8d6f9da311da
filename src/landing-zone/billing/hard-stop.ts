import { Construct } from 'constructs';
import { validateRange } from '../../private/validation';

/**
 * What happens when an account has overrun its budget: it is frozen by a service control policy.
 *
 * A frozen account keeps running what runs. New machines, clusters, databases and caches, and larger ones, are refused to
 * everybody but the administration role, and so are calls that may make them smaller: what is to be reduced is deleted or stopped, or
 * changed by that role. AWS updates the costs of a budget up to three times a day, so the freeze ends an overrun rather than preventing it.
 *
 * `aws budgets execute-budget-action` lifts the freeze (`REVERSE_BUDGET_ACTION`) and arms it again (`RESET_BUDGET_ACTION`); do not rely on
 * the next month for either.
 *
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html
 *
 * @example
 * import { HardStop } from 'cdk-innovate-platform';
 *
 * const development = HardStop.atPercent(120);
 * const production = HardStop.afterApproval(200);
 */
export class HardStop {
  /**
   * Freezes the account by itself. For accounts whose machines nobody waits for: replacements of lost machines are refused too.
   *
   * @param percent of the monthly budget that has been spent, from 100 to 1000
   */
  public static atPercent(percent: number): HardStop {
    return new HardStop(percent, 'AUTOMATIC');
  }

  /**
   * Asks through the cost alerts, and freezes the account once somebody has approved it in AWS Budgets.
   *
   * @param percent of the monthly budget that has been spent, from 100 to 1000
   */
  public static afterApproval(percent: number): HardStop {
    return new HardStop(percent, 'MANUAL');
  }

  private constructor(
    /** How much of the monthly budget has to be spent, in percent. */
    public readonly percent: number,
    private readonly approvalModel: string,
  ) {}

  /** @internal */
  public _bind(): { readonly percent: number; readonly approvalModel: string } {
    return { percent: this.percent, approvalModel: this.approvalModel };
  }

  /** @internal */
  public _validate(scope: Construct, prop: string): void {
    validateRange(scope, { prop, value: this.percent, min: 100, max: 1000, unit: 'percent of the monthly budget' });
  }
}
