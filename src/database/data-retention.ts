import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { BackupCopy } from './retention/backup-copy';
import { daysOf } from '../private/days';
import { LegalMinimum } from './retention/legal-minimum';
import { RestoreTesting } from './retention/restore-testing';
import { RetentionArchive } from './retention/retention-archive';
import { RetentionTier } from './retention/retention-tier';

/** What every preset of `DataRetention` takes. */
export interface RetentionSafeguards {
  /**
   * Vaults in other regions and accounts that snapshots are copied to.
   *
   * @default - none
   */
  readonly copies?: BackupCopy[];

  /**
   * Restores the latest snapshot on a schedule.
   *
   * @default - nobody tries
   */
  readonly restoreTesting?: RestoreTesting;
}

/** What presets take that may keep data for years. */
export interface RetentionOptions extends RetentionSafeguards {
  /**
   * What a law wants kept. At least one tier has to be as long.
   *
   * @default - snapshots can be deleted by those who may; `sevenYears` locks its yearly tier in governance mode
   */
  readonly legalMinimum?: LegalMinimum;

  /**
   * The database as Parquet files in S3 besides, cheap and for years.
   *
   * @default - no archive
   */
  readonly archive?: RetentionArchive;
}

/** What `DataRetention.custom` keeps. */
export interface CustomRetention extends RetentionOptions {
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
  public static standard(options: RetentionOptions = {}): DataRetention {
    return new DataRetention({ pointInTime: Duration.days(35), tiers: [daily(35), weekly(84), monthly(365)], ...options });
  }

  /**
   * Any second of the last 30 days and a snapshot of each day for 30 days, in a vault that outlives the cluster: nothing else.
   *
   * The GDPR wants personal data kept no longer than needed (article 5) and erased within a month of the request (articles 12 and 17).
   * What is erased in the database is gone from every backup 30 days later, by itself. There is no archive and no legal minimum for the
   * same reason; copies are kept as long as the snapshots. Deleting people from a backup is not possible, so after a restore
   * erase again whoever was erased since.
   */
  public static gdpr(options: RetentionSafeguards = {}): DataRetention {
    const { copies, restoreTesting } = options;
    return new DataRetention({ pointInTime: Duration.days(30), tiers: [daily(30)], copies, restoreTesting });
  }

  /**
   * For what tax and commercial law want kept: any second of the last 35 days, a snapshot of each day for 35 days, of each month for a year,
   * and of each year for seven years, locked in governance mode. A record that is made and deleted between two Januaries is in no yearly
   * snapshot: never delete such records, or add an `archive`, which is made monthly.
   */
  public static sevenYears(options: RetentionOptions = {}): DataRetention {
    // 2557 days: seven years have at most two 29ths of February
    const years = Duration.days(2557);
    return new DataRetention({
      pointInTime: Duration.days(35),
      tiers: [daily(35), monthly(365), { name: 'yearly', schedule: events.Schedule.cron({ ...TIMES.yearly, day: '1', month: '1' }), retention: years }],
      ...options,
      legalMinimum: options.legalMinimum ?? LegalMinimum.governance(years),
    });
  }

  /** Point-in-time recovery and tiers of your own. */
  public static custom(retention: CustomRetention): DataRetention {
    return new DataRetention(retention);
  }

  /**
   * Point-in-time recovery alone: no vault, nothing that outlives the cluster's own backups.
   *
   * @param days 1 to 35 days
   */
  public static pointInTimeOnly(days: Duration): DataRetention {
    return new DataRetention({ pointInTime: days, tiers: [] });
  }

  /** How far back the database can be restored to any second. */
  public readonly pointInTime: Duration;

  /** Snapshots kept in a backup vault besides. */
  public readonly tiers: RetentionTier[];

  /** Vaults in other regions and accounts that snapshots are copied to. */
  public readonly copies: BackupCopy[];

  /** What a law wants kept. */
  public readonly legalMinimum?: LegalMinimum;

  /** The database as Parquet files in S3 besides. */
  public readonly archive?: RetentionArchive;

  /** Restores on a schedule. */
  public readonly restoreTesting?: RestoreTesting;

  private constructor(retention: CustomRetention) {
    this.pointInTime = retention.pointInTime;
    this.tiers = retention.tiers;
    this.copies = retention.copies ?? [];
    this.legalMinimum = retention.legalMinimum;
    this.archive = retention.archive;
    this.restoreTesting = retention.restoreTesting;
  }

  /** Whether a tier's snapshots are kept in the locked vault. @internal */
  public _underLegalMinimum({ underLegalMinimum, retention }: RetentionTier): boolean {
    const [minimum, kept] = [daysOf(this.legalMinimum?.period), daysOf(retention)];
    return this.legalMinimum !== undefined && (underLegalMinimum ?? (minimum !== undefined && kept !== undefined && kept >= minimum));
  }
}

/**
 * Clear of the cluster's own backup window and of its maintenance, and more than a start window apart: of rules whose windows overlap,
 * AWS Backup makes one snapshot, by the rule that keeps it longest, and the copies of the others are left out.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
 */
const at = (hour: string) => ({ minute: '0', hour });
const TIMES = { daily: at('5'), weekly: at('9'), monthly: at('12'), yearly: at('15') };

function daily(days: number): RetentionTier {
  return { name: 'daily', schedule: events.Schedule.cron(TIMES.daily), retention: Duration.days(days) };
}

function weekly(days: number): RetentionTier {
  return { name: 'weekly', schedule: events.Schedule.cron({ ...TIMES.weekly, weekDay: 'SUN' }), retention: Duration.days(days) };
}

function monthly(days: number): RetentionTier {
  return { name: 'monthly', schedule: events.Schedule.cron({ ...TIMES.monthly, day: '1' }), retention: Duration.days(days) };
}
