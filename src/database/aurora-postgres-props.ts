import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { DataRetention } from './data-retention';

/** Properties of `AuroraPostgres`. */
export interface AuroraPostgresProps {
  /** Network of the database. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the database, in two zones or more.
   *
   * @default - the isolated subnets, which have no route to the internet
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Name of the database that is made with the cluster: lower-case letters, digits and underscores. It cannot be changed later.
   *
   * @default 'app'
   */
  readonly databaseName?: string;

  /**
   * The least capacity of each instance, in ACU of about 2 GiB: 0.5 to 256 in steps of 0.5, or 0 with `autoPauseAfter`.
   *
   * @default 0.5
   */
  readonly minCapacity?: number;

  /**
   * The most capacity of each instance, in ACU: 1 to 256 in steps of 0.5.
   *
   * @default 16
   */
  readonly maxCapacity?: number;

  /**
   * Pauses the instances when nobody was connected for this long, 5 minutes to 24 hours; needs a `minCapacity` of 0.
   * The next connection waits until the database has resumed, about 15 seconds: for development, not for production.
   *
   * @default - never pauses
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
   */
  readonly autoPauseAfter?: Duration;

  /**
   * Instances besides the writer, 0 to 15. The first has the writer's size at all times and takes over within seconds;
   * without any, a failure of the writer is an outage of minutes.
   *
   * @default 1
   */
  readonly readers?: number;

  /**
   * Port of both endpoints: 1150 to 65535.
   *
   * @default 5432
   */
  readonly port?: number;

  /**
   * How long data can be brought back.
   *
   * @default DataRetention.standard()
   */
  readonly retention?: DataRetention;

  /**
   * Version of PostgreSQL. Newer minor versions are installed in the maintenance window.
   *
   * @default rds.AuroraPostgresEngineVersion.VER_17_7
   */
  readonly engineVersion?: rds.AuroraPostgresEngineVersion;

  /**
   * Key of the storage, the administrator's secret, the insights, the log and the vault.
   * A key of your own has to let CloudWatch Logs use it. It cannot be changed later.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long PostgreSQL's log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * How often the operating system's metrics are written: 1, 5, 10, 15, 30 or 60 seconds; `Duration.seconds(0)` for never.
   *
   * @default Duration.seconds(60)
   */
  readonly monitoringInterval?: Duration;

  /**
   * Whether RDS refuses to delete the cluster until this is turned off.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * What becomes of the data when the construct is removed. Anything but `DESTROY` keeps the vault, too.
   *
   * @default RemovalPolicy.SNAPSHOT
   */
  readonly removalPolicy?: RemovalPolicy;
}
