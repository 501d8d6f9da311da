import { Duration } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import { Construct } from 'constructs';
import { daysOf } from '../../private/days';
import { validateRange } from '../../private/validation';

/**
 * How the backups in an account's vault are kept from those who would rather delete them.
 *
 * A locked vault also refuses backups that are to be kept for a shorter time: the organization's backup policy has to keep its
 * backups at least as long.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
 *
 * @example
 * import { Duration } from 'aws-cdk-lib';
 * import { AccountBaseline, VaultLock } from 'cdk-innovate-platform';
 *
 * new AccountBaseline(this, 'Baseline', { vaultLock: VaultLock.compliance(Duration.days(35), Duration.days(14)) });
 */
export class VaultLock {
  /**
   * Nobody deletes a backup before its time, but those who may remove the lock first.
   *
   * @param minRetention 1 to 36500 days
   */
  public static governance(minRetention: Duration): VaultLock {
    return new VaultLock(minRetention);
  }

  /**
   * Nobody deletes a backup before its time, the root user and AWS included, and nobody removes the lock.
   *
   * @param minRetention 1 to 36500 days
   * @param changeableFor how long the lock can still be taken back, 3 to 36500 days from its deployment
   */
  public static compliance(minRetention: Duration, changeableFor: Duration): VaultLock {
    return new VaultLock(minRetention, changeableFor);
  }

  /** Whoever may delete backups deletes them. */
  public static none(): VaultLock {
    return new VaultLock();
  }

  private constructor(private readonly minRetention?: Duration, private readonly changeableFor?: Duration) {}

  /** @internal */
  public _bind(): backup.LockConfiguration | undefined {
    return this.minRetention && { minRetention: this.minRetention, changeableFor: this.changeableFor };
  }

  /** @internal */
  public _validate(scope: Construct, prop: string): void {
    validateRange(scope, { prop: `${prop}.minRetention`, value: daysOf(this.minRetention), min: 1, max: 36500, step: 1, unit: 'days' });
    validateRange(scope, { prop: `${prop}.changeableFor`, value: daysOf(this.changeableFor), min: 3, max: 36500, step: 1, unit: 'days' });
  }
}
