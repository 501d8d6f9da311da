import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';

/**
 * A restore of the latest snapshot on a schedule, into the subnets of the database, deleted by itself.
 *
 * It proves that a snapshot is there, whole, and can be decrypted and made a cluster of. It starts no instance, so it proves nothing about
 * what a query would answer: a function on "Restore Job State Change" events can add one, ask, and report with `PutRestoreValidationResult`.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
 */
export interface RestoreTesting {
  /**
   * When a test starts, in UTC.
   *
   * @default - on the second day of each month at 08:00
   */
  readonly schedule?: events.Schedule;

  /**
   * How old a snapshot may be to be tested: 1 to 365 days. A test without a snapshot as young as that finds nothing to restore.
   *
   * @default Duration.days(35)
   */
  readonly newerThan?: Duration;

  /**
   * How long the restored cluster is kept for somebody's own checks: 1 to 168 hours.
   *
   * @default Duration.hours(1)
   */
  readonly validationWindow?: Duration;
}
