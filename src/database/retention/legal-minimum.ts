import { Duration } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { validateDays } from './days';
import { daysOf } from '../../private/days';
import { reject } from '../../private/validation';

/** Options of `LegalMinimum.governance`. */
export interface GovernanceOptions {
  /**
   * The longest that anything may be kept in the locked vault.
   *
   * @default - no limit
   */
  readonly maximum?: Duration;
}

/** Options of `LegalMinimum.compliance`. */
export interface ComplianceOptions extends GovernanceOptions {
  /** For how long the lock can still be removed, from the deployment on: 3 days or more. After that, nobody removes it, AWS included. */
  readonly changeableFor: Duration;
}

/**
 * How long a law wants backups kept, and who can still delete them before.
 *
 * It locks a vault of its own: AWS Backup fails every job whose snapshot would be kept for less than the minimum, so shorter tiers
 * stay in the other vault. Try it out with `governance`: a lock in compliance mode cannot be shortened or removed, and the vault
 * costs money until its last snapshot is over.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
 *
 * @example
 * import { DataRetention, LegalMinimum } from 'cdk-innovate-platform';
 * import { Duration } from 'aws-cdk-lib';
 *
 * const retention = DataRetention.sevenYears({
 *   legalMinimum: LegalMinimum.compliance(Duration.days(2557), { changeableFor: Duration.days(30) }),
 * });
 */
export class LegalMinimum {
  /**
   * Nobody deletes a snapshot before the period is over, the root user and AWS included.
   *
   * @param period 1 to 36500 days
   */
  public static compliance(period: Duration, options: ComplianceOptions): LegalMinimum {
    return new LegalMinimum(period, s3.ObjectLockRetention.compliance, options.maximum, options.changeableFor);
  }

  /**
   * Nobody deletes a snapshot before the period is over, but those who may remove the lock (`backup:DeleteBackupVaultLockConfiguration`)
   * or bypass it (`s3:BypassGovernanceRetention`).
   *
   * @param period 1 to 36500 days
   */
  public static governance(period: Duration, options: GovernanceOptions = {}): LegalMinimum {
    return new LegalMinimum(period, s3.ObjectLockRetention.governance, options.maximum);
  }

  private constructor(
    /** How long everything under the minimum is kept. */
    public readonly period: Duration,
    private readonly mode: (period: Duration) => s3.ObjectLockRetention,
    private readonly maximum?: Duration,
    private readonly changeableFor?: Duration,
  ) {}

  /** @internal */
  public get _vaultLock(): backup.LockConfiguration {
    return { minRetention: this.period, maxRetention: this.maximum, changeableFor: this.changeableFor };
  }

  /** @internal */
  public get _objectLock(): s3.ObjectLockRetention {
    return this.mode(this.period);
  }

  /** @internal */
  public _validate(scope: IConstruct, prop: string): void {
    validateDays(scope, `${prop}.period`, this.period);
    validateDays(scope, `${prop}.maximum`, this.maximum);
    validateDays(scope, `${prop}.changeableFor`, this.changeableFor, 3);
    const [period, maximum] = [daysOf(this.period), daysOf(this.maximum)];
    if (period !== undefined && maximum !== undefined && maximum < period) {
      reject(scope, {
        prop: `${prop}.maximum`, value: `${maximum} days`, problem: `the minimum is ${period} days`, remedy: 'Lengthen the maximum, or leave it out.',
      });
    }
  }

  /** Refuses what the lock would fail every night. @internal */
  public _validateKept(scope: IConstruct, prop: string, retention: Duration): void {
    const [kept, period, maximum] = [daysOf(retention), daysOf(this.period), daysOf(this.maximum)];
    if (kept !== undefined && period !== undefined && kept < period) {
      reject(scope, {
        prop, value: `${kept} days`, problem: `the legal minimum is ${period} days`, remedy: 'Keep it longer, or take it out of the legal minimum.',
      });
    }
    if (kept !== undefined && maximum !== undefined && kept > maximum) {
      reject(scope, {
        prop, value: `${kept} days`, problem: `the locked vault keeps nothing for longer than ${maximum} days`, remedy: 'Shorten it, or raise `maximum`.',
      });
    }
  }
}
