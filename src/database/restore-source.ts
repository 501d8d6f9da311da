import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IConstruct } from 'constructs';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/** The moment that `RestoreSource.pointInTime` brings back. */
export interface PointInTimeRestore {
  /**
   * Identifier of the cluster, which still exists: `AuroraPostgres.clusterIdentifier`.
   *
   * @default - `clusterResourceIdentifier` is given
   */
  readonly clusterIdentifier?: string;

  /**
   * Resource identifier of a cluster that may have been deleted: `cluster-ABCD…`. Its automated backups are kept unless it was made with
   * `RemovalPolicy.DESTROY`; `aws rds describe-db-cluster-automated-backups` lists them.
   *
   * @default - `clusterIdentifier` is given
   */
  readonly clusterResourceIdentifier?: string;

  /**
   * The second, in UTC: `2026-11-23T08:15:00Z`.
   *
   * @default - the latest that can be restored, usually within the last five minutes
   */
  readonly at?: string;
}

/**
 * Where the data of a new `AuroraPostgres` comes from.
 *
 * A recovery is a new database beside the lost one, with an id of its own: the old one is removed when nobody needs it any more. The source stays
 * in the code for as long as the database exists, because CloudFormation answers another source, or none, with a new and empty database. (It does not
 * get far: that database would have the name of this one, and the deployment fails before anything is touched.)
 * Everything else is as for any other database: the administrator gets a new secret, and the data is encrypted with the new database's own key.
 *
 * @example
 * import { AuroraPostgres, RestoreSource } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * const lost = new AuroraPostgres(this, 'Database', { vpc });
 * new AuroraPostgres(this, 'DatabaseOf23November', {
 *   vpc,
 *   restoreFrom: RestoreSource.pointInTime({ clusterIdentifier: lost.clusterIdentifier, at: '2026-11-23T08:15:00Z' }),
 * });
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-restore-snapshot.html
 */
export abstract class RestoreSource {
  /**
   * A snapshot of a cluster, in the region of the new database: an automated or a manual one, or a recovery point of AWS Backup.
   *
   * One that is kept elsewhere has to be copied first; one of another account needs its ARN.
   *
   * @param snapshot its name or ARN, such as `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:awsbackup:job-…`
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-restore-snapshot.html
   */
  public static snapshot(snapshot: string): RestoreSource {
    return new SnapshotSource(snapshot);
  }

  /**
   * One second of the days that `DataRetention` keeps for point-in-time recovery. The restored cluster has the engine version of its source.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-pitr.html
   */
  public static pointInTime(moment: PointInTimeRestore): RestoreSource {
    return new PointInTimeSource(moment);
  }

  /** @internal */
  public abstract _validate(scope: IConstruct, prop: string): void;

  /**
   * Says where the data comes from, and takes away what is inherited from there.
   *
   * @internal
   */
  public _bind(cluster: rds.CfnDBCluster): void {
    cluster.masterUsername = undefined;
    // what is restored with a key is encrypted; to say so again is refused for an encrypted source
    cluster.storageEncrypted = undefined;
  }
}

class SnapshotSource extends RestoreSource {
  constructor(private readonly snapshotIdentifier: string) {
    super();
  }

  public _validate(scope: IConstruct, prop: string): void {
    const value = this.snapshotIdentifier;
    if (isDeployTime(value)) { return; }
    if (value.startsWith('arn:')) {
      this.validateArn(scope, prop);
      return;
    }
    validateMatch(scope, {
      prop,
      value,
      pattern: /^((rds|awsbackup):)?[A-Za-z](-?[A-Za-z0-9])*$/,
      problem: 'it is neither the name nor the ARN of a cluster snapshot',
      remedy: 'Copy the name or the ARN from `aws rds describe-db-cluster-snapshots`.',
    });
  }

  public _bind(cluster: rds.CfnDBCluster): void {
    super._bind(cluster);
    cluster.snapshotIdentifier = this.snapshotIdentifier;
  }

  private validateArn(scope: IConstruct, prop: string): void {
    const value = this.snapshotIdentifier;
    const { service, resource, region } = Arn.split(value, ArnFormat.COLON_RESOURCE_NAME);
    if (service !== 'rds' || resource !== 'cluster-snapshot') {
      reject(scope, {
        prop, value, problem: 'it is the ARN of something else than a cluster snapshot', remedy: 'Give an ARN such as "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:…".',
      });
    }
    const here = Stack.of(scope).region;
    if (!isDeployTime(here) && region !== here) {
      reject(scope, {
        prop, value, problem: `it lies in ${region}, and a database is restored from snapshots of its own region, which is ${here}`, remedy: `Copy the snapshot to ${here} first.`,
      });
    }
  }
}

class PointInTimeSource extends RestoreSource {
  constructor(private readonly moment: PointInTimeRestore) {
    super();
  }

  public _validate(scope: IConstruct, prop: string): void {
    const { clusterIdentifier, clusterResourceIdentifier, at } = this.moment;
    if ((clusterIdentifier === undefined) === (clusterResourceIdentifier === undefined)) {
      reject(scope, {
        prop,
        value: this.moment,
        problem: 'exactly one of `clusterIdentifier` and `clusterResourceIdentifier` says what is restored',
        remedy: 'Give `clusterIdentifier` for a cluster that exists, `clusterResourceIdentifier` for one that was deleted.',
      });
    }
    validateMatch(scope, {
      prop: `${prop}.clusterIdentifier`,
      value: clusterIdentifier,
      pattern: /^[A-Za-z](-?[A-Za-z0-9]){0,62}$/,
      problem: 'it is not the identifier of a cluster',
      remedy: 'Copy `DBClusterIdentifier` from `aws rds describe-db-clusters`.',
    });
    validateMatch(scope, {
      prop: `${prop}.clusterResourceIdentifier`,
      value: clusterResourceIdentifier,
      pattern: /^cluster-[A-Z0-9]+$/,
      problem: 'it is not the resource identifier of a cluster',
      remedy: 'Copy `DbClusterResourceId` from `aws rds describe-db-cluster-automated-backups`.',
    });
    if (at === undefined || isDeployTime(at) || isSecond(at)) { return; }
    reject(scope, { prop: `${prop}.at`, value: at, problem: 'it is not a second in UTC', remedy: 'Give a time such as "2026-11-23T08:15:00Z".' });
  }

  public _bind(cluster: rds.CfnDBCluster): void {
    super._bind(cluster);
    const { clusterIdentifier, clusterResourceIdentifier, at } = this.moment;
    cluster.sourceDbClusterIdentifier = clusterIdentifier;
    cluster.sourceDbClusterResourceId = clusterResourceIdentifier;
    if (at === undefined) {
      cluster.useLatestRestorableTime = true;
    } else {
      cluster.restoreToTime = at;
    }
  }
}

/** Whether a text is a second of the calendar in UTC: `2026-02-30` is none. */
function isSecond(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString() === text.replace('Z', '.000Z');
}
