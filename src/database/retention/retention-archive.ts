import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * The whole database as Parquet files in S3, on a schedule: the cold tier that AWS Backup does not have for Aurora.
 *
 * It is read with Athena and restored by nothing: no cluster can be made of it. Tables with rows of 2 GB, large objects of 500 MB, unlogged
 * and temporary tables are not exported.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/export-cluster-data.html
 */
export interface RetentionArchive {
  /** How long each export is kept; at least `transitionAfter` and the shortest time that the storage class is paid for. */
  readonly retention: Duration;

  /**
   * When an export is made, in UTC.
   *
   * @default - on the first day of each month at 07:00
   */
  readonly schedule?: events.Schedule;

  /**
   * After how many days an export moves to `storageClass`.
   *
   * @default Duration.days(7)
   */
  readonly transitionAfter?: Duration;

  /**
   * Where it moves to: `DEEP_ARCHIVE`, `GLACIER`, `GLACIER_INSTANT_RETRIEVAL` or `INFREQUENT_ACCESS`.
   *
   * @default s3.StorageClass.DEEP_ARCHIVE
   */
  readonly storageClass?: s3.StorageClass;
}
