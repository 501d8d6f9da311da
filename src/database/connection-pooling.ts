import { Duration } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { DatabaseCapacity } from './database-capacity';
import { DatabaseProxy, PooledCluster } from './database-proxy';
import { reject, validateRange } from '../private/validation';

/** The pool of `ConnectionPooling.rdsProxy`. */
export interface RdsProxyOptions {
  /**
   * The most connections that the proxy opens, in percent of what the database permits: 1 to 100. The rest is for migrations and people.
   *
   * @default 90
   */
  readonly maxConnectionsPercent?: number;

  /**
   * How long a client waits for a connection while all of them are busy: 1 second to 5 minutes.
   *
   * @default Duration.seconds(30)
   */
  readonly borrowTimeout?: Duration;

  /**
   * After how long the proxy closes a client's connection that is idle: 1 minute to 8 hours.
   *
   * @default Duration.minutes(30)
   */
  readonly idleClientTimeout?: Duration;
}

/**
 * Who keeps connections to the database open: each application for itself, or a proxy for all of them.
 *
 * @example
 * import { AuroraPostgres, ConnectionPooling } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as lambda from 'aws-cdk-lib/aws-lambda';
 *
 * declare const vpc: ec2.IVpc;
 * declare const orders: lambda.Function; // inside the VPC
 *
 * const database = new AuroraPostgres(this, 'Database', { vpc, pooling: ConnectionPooling.rdsProxy() });
 * database.grantConnect(orders, 'orders_api'); // to the proxy, and the proxy to the cluster
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.html
 */
export abstract class ConnectionPooling {
  /** Applications connect to the cluster itself and keep a pool of their own. */
  public static none(): ConnectionPooling {
    return new NoPool();
  }

  /**
   * RDS Proxy: thousands of clients share few connections, and a failover takes seconds without a change of address.
   * IAM login and TLS to the proxy and from the proxy, no secret. Not for a database that pauses, which it would keep awake.
   */
  public static rdsProxy(options: RdsProxyOptions = {}): ConnectionPooling {
    return new RdsProxy(options);
  }

  /** Whether somebody else keeps the connections. @internal */
  public abstract readonly _pools: boolean;

  /** @internal */
  public abstract _validate(scope: IConstruct, prop: string, capacity: DatabaseCapacity): void;

  /** @internal */
  public abstract _bind(scope: Construct, cluster: PooledCluster): DatabaseProxy | undefined;
}

class NoPool extends ConnectionPooling {
  public readonly _pools = false;

  public _validate(_scope: IConstruct, _prop: string, _capacity: DatabaseCapacity): void {
    // nothing to get wrong
  }

  public _bind(_scope: Construct, _cluster: PooledCluster): DatabaseProxy | undefined {
    return undefined;
  }
}

class RdsProxy extends ConnectionPooling {
  public readonly _pools = true;

  constructor(private readonly options: RdsProxyOptions) {
    super();
  }

  public _validate(scope: IConstruct, prop: string, capacity: DatabaseCapacity): void {
    const { maxConnectionsPercent, borrowTimeout, idleClientTimeout } = this.options;
    validateRange(scope, { prop: `${prop}.maxConnectionsPercent`, value: maxConnectionsPercent, min: 1, max: 100, unit: 'percent', step: 1 });
    validateSeconds(scope, `${prop}.borrowTimeout`, borrowTimeout, 1, 300);
    validateSeconds(scope, `${prop}.idleClientTimeout`, idleClientTimeout, 60, 28_800);
    if (capacity._pauses) {
      reject(scope, {
        prop,
        value: 'ConnectionPooling.rdsProxy()',
        problem: 'a proxy keeps connections open, so a database with `pauseAfter` would never pause',
        remedy: 'Leave one of the two out.',
      });
    }
  }

  public _bind(scope: Construct, cluster: PooledCluster): DatabaseProxy | undefined {
    const { maxConnectionsPercent = 90, borrowTimeout = Duration.seconds(30), idleClientTimeout = Duration.minutes(30) } = this.options;
    return new DatabaseProxy(scope, 'Proxy', { ...cluster, maxConnectionsPercent, borrowTimeout, idleClientTimeout });
  }
}

function validateSeconds(scope: IConstruct, prop: string, value: Duration | undefined, min: number, max: number): void {
  if (!value || value.isUnresolved()) { return; }
  validateRange(scope, { prop, value: value.toSeconds({ integral: false }), min, max, unit: 'seconds', step: 1 });
}
