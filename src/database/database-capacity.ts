import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IConstruct } from 'constructs';
import { InstanceOptions } from './capacity-binding';
import { isLimitless, supports } from './engine-versions';
import { connectionsOfClass, connectionsOfRange } from './max-connections';
import { isDeployTime, reject, validateRange } from '../private/validation';

/** The range of `DatabaseCapacity.serverless`, in ACU of about 2 GiB of memory and the processors that go with it. */
export interface ServerlessCapacity {
  /**
   * The least capacity of each instance, in ACU: 0.5 to 256 in steps of 0.5, or 0 with `pauseAfter`.
   *
   * @default 0.5
   */
  readonly min?: number;

  /**
   * The most capacity of each instance, in ACU: 1 to 256 in steps of 0.5.
   *
   * @default 16
   */
  readonly max?: number;

  /**
   * Pauses the instances when nobody was connected for this long, 5 minutes to 24 hours; needs a `min` of 0.
   * The next connection waits until the database has resumed, about 15 seconds: for development, not for production.
   *
   * @default - never pauses
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
   */
  readonly pauseAfter?: Duration;
}

/**
 * Classes with Arm processors of AWS: burstable, memory-optimized, with a local disk as a cache ("Optimized Reads"), and with the most memory.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html
 */
const GRAVITON_FAMILIES = ['t4g', 'r6g', 'r7g', 'r8g', 'r9g', 'r6gd', 'r8gd', 'x2g'];

/**
 * What the instances of an `AuroraPostgres` run on. A change is made in place: RDS changes one instance after the other, each of which restarts.
 *
 * @example
 * import { AuroraPostgres, DatabaseCapacity } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * new AuroraPostgres(this, 'Orders', { vpc, capacity: DatabaseCapacity.serverless({ min: 2, max: 64 }) });
 * new AuroraPostgres(this, 'Ledger', { vpc, capacity: DatabaseCapacity.provisioned(new ec2.InstanceType('r8g.2xlarge')) });
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.html
 */
export abstract class DatabaseCapacity {
  /** Aurora Serverless v2: each instance follows its load within seconds and is paid for by the second. */
  public static serverless(range: ServerlessCapacity = {}): DatabaseCapacity {
    return new ServerlessInstances(range);
  }

  /**
   * Graviton instances of one class, writer and readers alike: the cheaper choice for a load that hardly changes.
   * Not every version of the engine runs on each class, and `t4g` is for development only.
   *
   * @param instanceType such as `new ec2.InstanceType('r8g.xlarge')`
   */
  public static provisioned(instanceType: ec2.InstanceType): DatabaseCapacity {
    return new ProvisionedInstances(instanceType);
  }

  /**
   * The least and the most ACU of each instance; absent where instances are of a class.
   *
   * @internal
   */
  public abstract readonly _range?: { readonly min: number; readonly max: number };

  /**
   * Whether the instances stop when nobody is connected.
   *
   * @internal
   */
  public abstract readonly _pauses: boolean;

  /**
   * Whether the instances have credits to spend instead of a steady speed.
   *
   * @internal
   */
  public abstract readonly _burstable: boolean;

  /**
   * How many connections an instance permits by default; absent where only the deployment knows.
   *
   * @internal
   */
  public abstract readonly _maxConnections?: number;

  /** @internal */
  public abstract _validate(scope: IConstruct, prop: string, engineVersion: rds.AuroraPostgresEngineVersion): void;

  /** @internal */
  public abstract _bind(cluster: rds.CfnDBCluster): void;

  /** @internal */
  public abstract _instance(id: string, options: InstanceOptions): rds.IClusterInstance;
}

class ServerlessInstances extends DatabaseCapacity {
  public readonly _range: { readonly min: number; readonly max: number };
  public readonly _pauses: boolean;
  public readonly _burstable = false;
  public readonly _maxConnections?: number;

  constructor(private readonly props: ServerlessCapacity) {
    super();
    this._range = { min: props.min ?? 0.5, max: props.max ?? 16 };
    this._pauses = props.pauseAfter !== undefined;
    this._maxConnections = connectionsOfRange(this._range);
  }

  public _validate(scope: IConstruct, prop: string, engineVersion: rds.AuroraPostgresEngineVersion): void {
    const { min, max } = this._range;
    validateRange(scope, { prop: `${prop}.min`, value: min, min: 0, max: 256, unit: 'ACU', step: 0.5 });
    validateRange(scope, { prop: `${prop}.max`, value: max, min: 1, max: 256, unit: 'ACU', step: 0.5 });
    if (!isDeployTime(min) && !isDeployTime(max) && min > max) {
      reject(scope, {
        prop: `${prop}.min`, value: min, problem: `it is above \`max\`, which is ${max}`, remedy: 'Lower `min` or raise `max`.',
      });
    }
    validateFeature(scope, engineVersion, 'serverless', 'Aurora Serverless v2 does not run it');
    this.validatePausing(scope, prop);
    if (this._pauses) { validateFeature(scope, engineVersion, 'pausing', 'Aurora cannot pause it'); }
  }

  public _bind(cluster: rds.CfnDBCluster): void {
    // not by the L2's props, which take no value that only the deployment knows
    cluster.serverlessV2ScalingConfiguration = {
      minCapacity: this._range.min,
      maxCapacity: this._range.max,
      secondsUntilAutoPause: this.props.pauseAfter?.toSeconds(),
    };
  }

  public _instance(id: string, { promotionTier, ...options }: InstanceOptions): rds.IClusterInstance {
    return rds.ClusterInstance.serverlessV2(id, { ...options, scaleWithWriter: promotionTier === 1 });
  }

  /** Pausing costs the first caller up to half a minute, so a zero alone is more likely a slip than a wish. */
  private validatePausing(scope: IConstruct, prop: string): void {
    const { pauseAfter } = this.props;
    const { min } = this._range;
    if (min === 0 && !pauseAfter) {
      reject(scope, {
        prop: `${prop}.min`,
        value: 0,
        problem: 'at 0 ACU the database pauses when idle and `pauseAfter` does not ask for that',
        remedy: 'Give 0.5 or more, or set `pauseAfter` too.',
      });
    }
    if (!pauseAfter) { return; }
    if (min !== 0 && !isDeployTime(min)) {
      reject(scope, {
        prop: `${prop}.pauseAfter`,
        value: pauseAfter.toHumanString(),
        problem: `a database pauses only where \`min\` is 0 and it is ${min}`,
        remedy: 'Set `min` to 0, or leave `pauseAfter` out.',
      });
    }
    if (!pauseAfter.isUnresolved()) {
      validateRange(scope, { prop: `${prop}.pauseAfter`, value: pauseAfter.toSeconds({ integral: false }), min: 300, max: 86_400, unit: 'seconds', step: 1 });
    }
  }
}

class ProvisionedInstances extends DatabaseCapacity {
  public readonly _range = undefined;
  public readonly _pauses = false;
  public readonly _burstable: boolean;
  public readonly _maxConnections?: number;

  constructor(private readonly instanceType: ec2.InstanceType) {
    super();
    this._burstable = this.instanceType.toString().startsWith('t');
    this._maxConnections = connectionsOfClass(this.instanceType.toString());
  }

  public _validate(scope: IConstruct, prop: string, engineVersion: rds.AuroraPostgresEngineVersion): void {
    const value = this.instanceType.toString();
    const [family, size, ...rest] = value.split('.');
    if (isDeployTime(value)) { return; }
    if (family === 'db') {
      reject(scope, { prop, value, problem: 'the "db." is added for you', remedy: `Give new ec2.InstanceType('${[size, ...rest].join('.')}').` });
    }
    if (!GRAVITON_FAMILIES.includes(family) || !/^(medium|(\d*x)?large)$/.test(size ?? '') || rest.length > 0) {
      reject(scope, {
        prop,
        value,
        problem: 'Aurora PostgreSQL has no such Graviton instances',
        remedy: `Give a size of ${GRAVITON_FAMILIES.join(', ')}, such as new ec2.InstanceType('r8g.large').`,
      });
    }
    if (isLimitless(engineVersion)) { rejectVersion(scope, engineVersion, 'a limitless database has no instances of a class'); }
  }

  public _bind(_cluster: rds.CfnDBCluster): void {
    // the class stands at each instance
  }

  public _instance(id: string, options: InstanceOptions): rds.IClusterInstance {
    return rds.ClusterInstance.provisioned(id, { ...options, instanceType: this.instanceType });
  }
}

function validateFeature(scope: IConstruct, engineVersion: rds.AuroraPostgresEngineVersion, feature: 'serverless' | 'pausing', problem: string): void {
  if (!supports(engineVersion, feature)) { rejectVersion(scope, engineVersion, problem); }
}

function rejectVersion(scope: IConstruct, engineVersion: rds.AuroraPostgresEngineVersion, problem: string): never {
  reject(scope, {
    prop: 'engineVersion',
    value: engineVersion.auroraPostgresFullVersion,
    problem,
    remedy: 'Leave it out, or give a newer rds.AuroraPostgresEngineVersion such as VER_17_9.',
  });
}
