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
}

/** What `DataRetention.custom` keeps. */
export interface CustomRetention {
  /** How far back the database can be restored to any second: 1 to 35 days. */
  readonly pointInTime: Duration;

  /** Snapshots kept in a backup vault besides. */
  readonly tiers: RetentionTier[];
}

/**
 * How long the data of a database can be brought back.
 *
 * @example
 * import { AuroraPostgres, DataRetention } from 'cdk-innovate-platform';
 * import { Duration } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as events from 'aws-cdk-lib/aws-events';
 *
 * declare const vpc: ec2.IVpc;
 * new AuroraPostgres(this, 'Database', {
 *   vpc,
 *   retention: DataRetention.custom({
 *     pointInTime: Duration.days(14),
 *     tiers: [{
 *       name: 'yearly',
 *       schedule: events.Schedule.cron({ minute: '0', hour: '5', day: '1', month: '1' }),
 *       retention: Duration.days(7 * 365),
 *     }],
 *   }),
 * });
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
 */
export class DataRetention {
  /** Any second of the last 35 days, a snapshot of each day for 35 days, of each week for 12 weeks and of each month for a year. */
  public static standard(): DataRetention {
    const at = { minute: '0', hour: '5' };
    return new DataRetention(Duration.days(35), [
      { name: 'daily', schedule: events.Schedule.cron(at), retention: Duration.days(35) },
      { name: 'weekly', schedule: events.Schedule.cron({ ...at, weekDay: 'SUN' }), retention: Duration.days(84) },
      { name: 'monthly', schedule: events.Schedule.cron({ ...at, day: '1' }), retention: Duration.days(365) },
    ]);
  }

  /** Point-in-time recovery and tiers of your own. */
  public static custom(retention: CustomRetention): DataRetention {
    return new DataRetention(retention.pointInTime, retention.tiers);
  }

  /**
   * Point-in-time recovery alone: no vault, nothing that outlives the cluster's own backups.
   *
   * @param days 1 to 35 days
   */
  public static pointInTimeOnly(days: Duration): DataRetention {
    return new DataRetention(days, []);
  }

  private constructor(
    /** How far back the database can be restored to any second. */
    public readonly pointInTime: Duration,
    /** Snapshots kept in a backup vault besides. */
    public readonly tiers: RetentionTier[],
  ) {}
}
