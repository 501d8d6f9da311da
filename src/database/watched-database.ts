import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { BackupFailure } from './database-backup';
import { DatabaseCapacity } from './database-capacity';

/** What is known of a database besides its metrics; of an imported one nothing is. */
export interface WatchedDatabase {
  readonly capacity?: DatabaseCapacity;
  /** How many connections an instance permits. */
  readonly maxConnections?: number;
  /** Whether there is anybody that may lag. */
  readonly hasReaders?: boolean;
  readonly proxyName?: string;
  readonly failures?: readonly BackupFailure[];
  /** Exports to the archive that RDS did not even start. */
  readonly refusedExports?: cloudwatch.IMetric;
}
