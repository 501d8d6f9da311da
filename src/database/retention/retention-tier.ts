import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';

/** One series of snapshots: how often one is taken and how long each is kept. */
export interface RetentionTier {
  /** Name of the backup rule: letters, digits and hyphens, unique among the tiers. */
  readonly name: string;

  /**
   * When a snapshot is taken, in UTC.
   *
   * Where two tiers fall on the same time, AWS Backup takes one snapshot and keeps it as long as the longer of the two says.
   */
  readonly schedule: events.Schedule;

  /** How long each snapshot is kept: at least one day. */
  readonly retention: Duration;

  /**
   * Whether the tier has to satisfy `legalMinimum`: its snapshots are then kept in the locked vault, and a shorter `retention` is refused.
   *
   * @default - true where `retention` is as long as the legal minimum
   */
  readonly underLegalMinimum?: boolean;

  /**
   * Refused: AWS Backup has no cold storage for Aurora and would ignore this without a word. `archive` is the cold tier.
   *
   * @default - never
   */
  readonly coldStorageAfter?: Duration;
}
