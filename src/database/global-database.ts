import { Annotations } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct, IConstruct } from 'constructs';
import { AuroraPostgresOptions } from './aurora-postgres-options';
import { DatabaseCapacity } from './database-capacity';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/**
 * The part that an `AuroraPostgres` has in a database that spans several regions: one primary, which is written to, and secondaries that are a second behind.
 *
 * RDS does not manage the administrator's password of such clusters. The primary's is made with the stack, kept in a secret that the customer key
 * encrypts, and **rotated by nobody**: `database.cluster.addRotationSingleUser()` adds a function that does it. A secondary has neither administrator nor
 * secret nor users of its own: all of them come with the data. New minor versions are not installed by themselves either; upgrade the secondaries first.
 *
 * To delete it, delete the secondaries first. After a failover to another region, CloudFormation still takes the former primary for the primary.
 *
 * @example
 * import { AuroraPostgres, DatabaseCapacity, GlobalDatabase } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpcInIreland: ec2.IVpc;
 * declare const vpcInFrankfurt: ec2.IVpc;
 *
 * const capacity = DatabaseCapacity.serverless({ min: 8, max: 64 });
 * const primary = new AuroraPostgres(this, 'Database', { vpc: vpcInIreland, capacity, globalDatabase: GlobalDatabase.primary() });
 *
 * // in a stack of the other region that depends on the first
 * new AuroraPostgres(this, 'Replica', {
 *   vpc: vpcInFrankfurt,
 *   capacity,
 *   globalDatabase: GlobalDatabase.secondary(primary.globalClusterIdentifier!),
 * });
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html
 */
export abstract class GlobalDatabase {
  /** The cluster that is written to, and the global cluster around it. An existing database becomes one in place. */
  public static primary(): GlobalDatabase {
    return new PrimaryCluster();
  }

  /**
   * A cluster in another region that follows the primary. Its `databaseName` is only what clients are told.
   *
   * @param globalClusterIdentifier `globalClusterIdentifier` of the primary
   */
  public static secondary(globalClusterIdentifier: string): GlobalDatabase {
    return new SecondaryCluster(globalClusterIdentifier);
  }

  /**
   * Whether the data, the administrator and the users come from another region.
   *
   * @internal
   */
  public abstract readonly _follows: boolean;

  /** @internal */
  public _validate(scope: IConstruct, _prop: string, _options: AuroraPostgresOptions, capacity: DatabaseCapacity): void {
    if (!capacity._burstable) { return; }
    reject(scope, {
      prop: 'capacity',
      value: 't4g',
      problem: 'burstable instances do not run in a global database',
      remedy: 'Give DatabaseCapacity.serverless({ min: 8, max: 64 }), or another class.',
    });
  }

  /**
   * Makes the cluster a member.
   *
   * @param identifier the name that the global cluster gets where it is made here
   * @returns the name of the global cluster
   *
   * @internal
   */
  public abstract _bind(scope: Construct, cluster: rds.DatabaseCluster, identifier: string, deletionProtection: boolean): string;
}

class PrimaryCluster extends GlobalDatabase {
  public readonly _follows = false;

  public _validate(scope: IConstruct, prop: string, options: AuroraPostgresOptions, capacity: DatabaseCapacity): void {
    super._validate(scope, prop, options, capacity);
    if (capacity._pauses) {
      reject(scope, {
        prop: 'capacity',
        value: 'pauseAfter',
        problem: 'the primary of a global database cannot pause',
        remedy: 'Give a `min` of 8 or more and leave `pauseAfter` out.',
      });
    }
  }

  public _bind(scope: Construct, cluster: rds.DatabaseCluster, identifier: string, deletionProtection: boolean): string {
    const globalCluster = new rds.CfnGlobalCluster(scope, 'GlobalCluster', {
      // a literal, so that stacks of other regions know it without asking
      globalClusterIdentifier: identifier,
      sourceDbClusterIdentifier: cluster.clusterArn,
      deletionProtection,
    });
    // an instance that is still being made would be in the way
    globalCluster.node.addDependency(cluster);
    return identifier;
  }
}

class SecondaryCluster extends GlobalDatabase {
  public readonly _follows = true;

  constructor(private readonly globalClusterIdentifier: string) {
    super();
  }

  public _validate(scope: IConstruct, prop: string, options: AuroraPostgresOptions, capacity: DatabaseCapacity): void {
    super._validate(scope, prop, options, capacity);
    validateMatch(scope, {
      prop,
      value: this.globalClusterIdentifier,
      pattern: /^[A-Za-z](-?[A-Za-z0-9]){0,62}$/,
      problem: 'it is not the identifier of a global cluster',
      remedy: 'Give `globalClusterIdentifier` of the primary.',
    });
    if (options.pooling?._pools) {
      reject(scope, {
        prop: 'pooling',
        value: 'ConnectionPooling.rdsProxy()',
        problem: 'a proxy of a secondary has no writer to offer and refuses connections',
        remedy: 'Pool at the primary, and let readers here connect to `DATABASE_READER_HOST` themselves.',
      });
    }
    if (options.restoreFrom) {
      reject(scope, {
        prop: 'restoreFrom',
        value: 'a source',
        problem: 'the data of a secondary comes from the primary',
        remedy: 'Restore the primary, or leave `globalDatabase` out.',
      });
    }
    if (options.readerAutoScaling) {
      reject(scope, {
        prop: 'readerAutoScaling',
        value: options.readerAutoScaling,
        problem: 'Aurora adds no readers to a secondary of a global database',
        remedy: 'Declare enough `readers`.',
      });
    }
  }

  public _bind(_scope: Construct, cluster: rds.DatabaseCluster, _identifier: string, _deletionProtection: boolean): string {
    const resource = cluster.node.defaultChild as rds.CfnDBCluster;
    resource.globalClusterIdentifier = this.globalClusterIdentifier;
    resource.masterUsername = undefined;
    resource.masterUserPassword = undefined;
    resource.databaseName = undefined;
    return this.globalClusterIdentifier;
  }
}

/** What AWS advises against: below it, replication falls behind when the load rises. */
export function warnOfSmallGlobalDatabase(scope: IConstruct, capacity: DatabaseCapacity): void {
  const min = capacity._range?.min;
  if (min === undefined || isDeployTime(min) || min >= 8) { return; }
  Annotations.of(scope).addWarningV2('cdk-innovate-platform:smallGlobalDatabase',
    `AWS advises at least 8 ACU for the clusters of a global database, and \`capacity.min\` is ${min}: replication may fall behind when the load rises.`);
}
