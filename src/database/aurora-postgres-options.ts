import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ConnectionPooling } from './connection-pooling';
import { DataRetention } from './data-retention';
import { DatabaseCapacity } from './database-capacity';
import { GlobalDatabase } from './global-database';
import { ReaderAutoScaling } from './reader-auto-scaling';
import { RestoreSource } from './restore-source';

/** What an `AuroraPostgres` is like, wherever it lies. */
export interface AuroraPostgresOptions {
  /**
   * Name of the database that is made with the cluster: lower-case letters, digits and underscores. It cannot be changed later.
   *
   * @default 'app'
   */
  readonly databaseName?: string;

  /**
   * What the instances run on: Serverless v2 within a range, or Graviton instances of one class.
   *
   * @default DatabaseCapacity.serverless()
   */
  readonly capacity?: DatabaseCapacity;

  /**
   * Instances besides the writer, 0 to 15. The first has the writer's size at all times and takes over within seconds;
   * without any, a failure of the writer is an outage of minutes.
   *
   * @default 1
   */
  readonly readers?: number;

  /**
   * Readers that Aurora adds under load and removes again.
   *
   * @default - as many readers as are declared
   */
  readonly readerAutoScaling?: ReaderAutoScaling;

  /**
   * Who keeps connections open: each application for itself, or a proxy for all of them. It can be turned on and off in place, but moves every client.
   *
   * @default ConnectionPooling.none()
   */
  readonly pooling?: ConnectionPooling;

  /**
   * Port of both endpoints: 1150 to 65535. A change moves the running database, and every client has to follow at once.
   *
   * @default 5432
   */
  readonly port?: number;

  /**
   * Whether storage costs more and reading and writing it nothing: the cheaper choice where I/O is a quarter of the bill or more.
   * It is changed in place, once in 30 days to I/O-Optimized and at any time back; instances with a local disk restart.
   *
   * @default false
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.storage-type.html
   */
  readonly ioOptimized?: boolean;

  /**
   * Parameters of the cluster besides those of the construct, and in their place where they have the same name. What would let clients in without TLS,
   * keep connections from the log or lose the statistics of statements is refused.
   *
   * For pgAudit: `{ 'shared_preload_libraries': 'pg_stat_statements,pgaudit', 'pgaudit.log': 'ddl,role' }`, and `CREATE EXTENSION pgaudit`.
   * Some parameters, that list for one, take effect when you have restarted each instance.
   *
   * @default - see the documentation page
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html
   */
  readonly parameters?: { [name: string]: string };

  /**
   * When the daily backup begins, in UTC: half an hour or more, apart from `maintenanceWindow`.
   *
   * @default '02:00-03:00'
   */
  readonly backupWindow?: string;

  /**
   * When AWS may restart instances for newer minor versions and patches, in UTC: half an hour or more a week.
   * What you change in the code never waits for it.
   *
   * @default 'sun:03:30-sun:04:30'
   */
  readonly maintenanceWindow?: string;

  /**
   * How long data can be brought back.
   *
   * @default DataRetention.standard()
   */
  readonly retention?: DataRetention;

  /**
   * Where alarms go when the database nears a limit of its capacity, connections or storage, when readers lag and transactions lock each other,
   * and when a backup failed: see `DatabaseAlarms`, which also makes alarms with other thresholds. The topic, and its key where it has one,
   * admit CloudWatch and EventBridge of this account from now on; an imported topic has to admit them already.
   *
   * @default - metrics only
   */
  readonly alerts?: sns.ITopic;

  /**
   * Version of PostgreSQL. Newer minor versions are installed in the maintenance window. Another major version upgrades the database in place,
   * with an outage of minutes to hours and no way back but a restore: try it on a restored copy first.
   *
   * @default rds.AuroraPostgresEngineVersion.VER_17_9
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

  /**
   * Where the data comes from. It can be given to a new database only, and has to stay for as long as that database exists: see `RestoreSource`.
   *
   * @default - an empty database
   */
  readonly restoreFrom?: RestoreSource;

  /**
   * The part of this cluster in a database that spans several regions.
   *
   * @default - a database of one region, whose administrator's password RDS rotates
   */
  readonly globalDatabase?: GlobalDatabase;
}
