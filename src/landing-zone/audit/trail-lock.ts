import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { daysOf } from '../../private/days';
import { reject, validateRange } from '../../private/validation';

/**
 * How the files of the audit trail are kept from those who would rather delete them.
 *
 * A lock applies to each file from the moment it is delivered, and changes of the lock apply to later files only.
 * Switching it on replaces the bucket of a landing zone that had none; the former bucket and its files are kept.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 *
 * @example
 * import { Duration } from 'aws-cdk-lib';
 * import { TrailLock } from 'cdk-innovate-platform';
 *
 * const sevenYears = TrailLock.compliance(Duration.days(2557));
 */
export class TrailLock {
  /**
   * Nobody deletes a file before the period is over, the root user of the management account and AWS included. The period of a
   * file cannot be shortened either: try a landing zone out with `governance`.
   *
   * @param period 1 day to `trailRetention`
   */
  public static compliance(period: Duration): TrailLock {
    return new TrailLock(s3.ObjectLockRetention.compliance, period);
  }

  /**
   * Nobody deletes a file before the period is over, but those who may `s3:BypassGovernanceRetention`.
   *
   * @param period 1 day to `trailRetention`
   */
  public static governance(period: Duration): TrailLock {
    return new TrailLock(s3.ObjectLockRetention.governance, period);
  }

  /** Versions of files are kept for 30 days after they are deleted, and that is all. */
  public static none(): TrailLock {
    return new TrailLock();
  }

  private constructor(private readonly mode?: (period: Duration) => s3.ObjectLockRetention, private readonly period?: Duration) {}

  /** @internal */
  public _bind(): s3.ObjectLockRetention | undefined {
    return this.period && this.mode?.(this.period);
  }

  /** @internal */
  public _validate(scope: Construct, prop: string, retention: Duration): void {
    const [locked, kept] = [daysOf(this.period), daysOf(retention)];
    validateRange(scope, { prop, value: locked, min: 1, max: 36500, step: 1, unit: 'days' });
    if (locked !== undefined && kept !== undefined && locked > kept) {
      reject(scope, {
        prop,
        value: `${locked} days`,
        problem: `the trail is kept for ${kept} days only, and a locked file cannot be deleted then`,
        remedy: 'Shorten the lock, or lengthen `trailRetention`.',
      });
    }
  }
}
