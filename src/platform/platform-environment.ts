import { Duration } from 'aws-cdk-lib';
import { PlatformDomain } from './platform-domain';
import { PlatformRestoredDatabase } from './platform-restored-database';
import { AuroraPostgresOptions } from '../database/aurora-postgres-options';
import { DataRetention } from '../database/data-retention';
import { DatabaseCapacity } from '../database/database-capacity';
import { GitFlowPipelineOptions } from '../delivery/git-flow-pipeline-props';
import { AccountBaselineProps } from '../landing-zone/audit/account-baseline';
import { HardStop } from '../landing-zone/billing/hard-stop';
import { SecureVpcOptions } from '../network/vpc/secure-vpc-options';

/** What every environment is asked for; the presets fill in the rest. */
export interface PlatformEnvironmentOptions {
  /**
   * The account that the environment alone lives in: 12 digits.
   *
   * @default - not known yet: the landing zone creates an account for `accountEmail`, and the environment's stacks follow
   * once its id, an output of the landing zone's stack, stands here
   */
  readonly account?: string;
  /**
   * E-mail address of the root user of an account that the landing zone creates. It stays here after `account` is known.
   *
   * @default - the account exists already
   */
  readonly accountEmail?: string;
  /** Most that the cluster's machines may cost in a month, in US dollars, the baseline workers included. */
  readonly monthlyNodeBudget: number;
  /**
   * The region of everything but the edge.
   *
   * @default - the region of the management account
   */
  readonly region?: string;
  /**
   * IPv4 range of the VPC, /16 to /20; no two environments may overlap.
   *
   * @default - `10.16.0.0/16` for staging, `10.32.0.0/16` for production; a custom environment has to give one
   */
  readonly cidr?: string;
  /**
   * What of the network is different: NAT gateways, endpoints, IPv6, network ACLs, logs.
   *
   * @default - a `SecureVpc` with its defaults
   */
  readonly network?: SecureVpcOptions;
  /**
   * The environment's own domain, instead of one below the platform's.
   *
   * @default - the platform's zone for production, `<name>.<zone>` for the others
   */
  readonly domain?: PlatformDomain;
  /**
   * Cost of the whole account in a month, in US dollars, above which the budget alerts.
   *
   * @default - twice the node budget
   */
  readonly monthlyAccountBudget?: number;
  /**
   * What happens when the account overruns that budget, e.g. `HardStop.atPercent(120)`.
   *
   * @default - messages only
   */
  readonly hardStop?: HardStop;
  /**
   * What of the account's baseline is different, e.g. `createConfigRole: false` for an account that has used AWS Config before.
   *
   * @default - an `AccountBaseline` with its defaults, whose findings go where the alarms go
   */
  readonly baseline?: AccountBaselineProps;
  /**
   * What of the database is different: capacity, readers, pooling, retention.
   *
   * @default - 0.5 to 4 ACU and 7 days point in time for staging, 1 to 32 ACU and `DataRetention.standard()` for production
   */
  readonly database?: AuroraPostgresOptions;
  /**
   * Databases that were restored beside the first, whose id is `Database`. The last one is the environment's: API, bastion and migrations use it.
   * Those before it stay until `retiredDatabases` names them.
   *
   * @default - none
   */
  readonly restoredDatabases?: PlatformRestoredDatabase[];
  /**
   * Ids of databases that are no longer made: each refuses to go while its `deletionProtection` is on, and leaves a last snapshot.
   *
   * @default - none
   */
  readonly retiredDatabases?: string[];
  /**
   * What of the delivery is different: smoke test, image scan, checks, execution mode, folders of the repository.
   *
   * @default - a `GitFlowPipeline` with its defaults, which asks for an approval in production and watches the API's errors after a release. Pull requests are checked by the
   * workflows that `npx cdk-innovate-platform github` writes, or with `checks: true` in one environment by CodeBuild
   */
  readonly delivery?: GitFlowPipelineOptions;
  /**
   * Availability zones to spread over, 2 to 6.
   *
   * @default - 2 for staging, 3 for production
   */
  readonly maxAzs?: number;
  /**
   * ARNs of the roles that administer everything in the cluster, e.g. of the platform team's permission set.
   *
   * @default - none: only the bootstrap pipeline and the delivery change the cluster
   */
  readonly administrators?: string[];
  /**
   * ARNs of the roles that read what runs in the API's namespace, everything but secrets, e.g. of the developers' permission set.
   *
   * @default - none
   */
  readonly readers?: string[];
  /**
   * Id of CloudFront's origin-facing prefix list in the environment's region.
   *
   * @default - known for 16 regions; elsewhere the synth asks for it, with the command that tells it
   */
  readonly cloudFrontPrefixListId?: string;
  /**
   * Whether database, cluster and load balancer refuse to be deleted.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/** An environment that is neither of the presets. */
export interface CustomEnvironmentOptions extends PlatformEnvironmentOptions {
  /** Name of the environment: lower case, e.g. `qa`. */
  readonly name: string;
  /** The branch that deploys to it. */
  readonly branch: string;
  /** Whether it serves customers: a domain and a manual approval are then required. */
  readonly production: boolean;
}

/** What the presets decide, and nothing else does. */
interface EnvironmentPreset {
  readonly name: string;
  readonly branch: string;
  readonly production: boolean;
  readonly cidr?: string;
}

/**
 * One environment of the platform: an account, a network, a branch and a budget.
 *
 * Non-production is a smaller copy of production, never a different shape.
 *
 * @example
 * import { PlatformEnvironment } from 'cdk-innovate-platform';
 *
 * const environments = [
 *   PlatformEnvironment.staging({ account: '222222222222', monthlyNodeBudget: 400 }),
 *   PlatformEnvironment.production({ account: '333333333333', monthlyNodeBudget: 4000 }),
 *   PlatformEnvironment.custom({ name: 'load-test', branch: 'load-test', production: false, account: '444444444444', cidr: '10.48.0.0/16', monthlyNodeBudget: 900 }),
 * ];
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/organizing-your-aws-environment/workloads-ou.html
 */
export class PlatformEnvironment {
  /** The environment for tests, which follows `develop`. */
  public static staging(options: PlatformEnvironmentOptions): PlatformEnvironment {
    return new PlatformEnvironment(options, { name: 'staging', branch: 'develop', production: false, cidr: '10.16.0.0/16' });
  }

  /** The environment of the customers, which follows `main` behind a manual approval. */
  public static production(options: PlatformEnvironmentOptions): PlatformEnvironment {
    return new PlatformEnvironment(options, { name: 'production', branch: 'main', production: true, cidr: '10.32.0.0/16' });
  }

  /** Any further environment; its network range has to be given. */
  public static custom(options: CustomEnvironmentOptions): PlatformEnvironment {
    return new PlatformEnvironment(options, options);
  }

  /** Name, e.g. `staging`. */
  public readonly name: string;
  /** Branch that deploys to it, e.g. `develop`. */
  public readonly branch: string;
  /** Whether it serves customers. */
  public readonly isProduction: boolean;
  /** Account id, where it is known. */
  public readonly account?: string;
  /** E-mail address of the root user, of an account that the landing zone creates. */
  public readonly accountEmail?: string;
  /** Region, where it was given. */
  public readonly region?: string;
  /** IPv4 range of the VPC, where it is known. */
  public readonly cidr?: string;
  /** What of the network is different. */
  public readonly network?: SecureVpcOptions;
  /** The environment's own domain, where it was given. */
  public readonly domain?: PlatformDomain;
  /** US dollars a month for the cluster's machines. */
  public readonly monthlyNodeBudget: number;
  /** US dollars a month for the whole account. */
  public readonly monthlyAccountBudget: number;
  /** What happens when the account overruns its budget. */
  public readonly hardStop?: HardStop;
  /** What of the account's baseline is different. */
  public readonly baseline?: AccountBaselineProps;
  /** What the database is like. */
  public readonly database: AuroraPostgresOptions;
  /** Databases that were restored beside the first. */
  public readonly restoredDatabases: PlatformRestoredDatabase[];
  /** Ids of databases that are no longer made. */
  public readonly retiredDatabases: string[];
  /** What of the delivery is different. */
  public readonly delivery?: GitFlowPipelineOptions;
  /** Number of availability zones. */
  public readonly maxAzs: number;
  /** ARNs of the roles that administer the cluster. */
  public readonly administrators: string[];
  /** ARNs of the roles that read what runs in the API's namespace. */
  public readonly readers: string[];
  /** Id of CloudFront's prefix list, where it was given. */
  public readonly cloudFrontPrefixListId?: string;
  /** Whether database, cluster and load balancer refuse to be deleted. */
  public readonly deletionProtection: boolean;

  private constructor(options: PlatformEnvironmentOptions, preset: EnvironmentPreset) {
    const { production } = preset;
    this.name = preset.name;
    this.branch = preset.branch;
    this.isProduction = production;
    this.account = options.account;
    this.accountEmail = options.accountEmail;
    this.region = options.region;
    this.cidr = options.cidr ?? preset.cidr;
    this.network = options.network;
    this.domain = options.domain;
    this.monthlyNodeBudget = options.monthlyNodeBudget;
    this.monthlyAccountBudget = options.monthlyAccountBudget ?? 2 * options.monthlyNodeBudget;
    this.hardStop = options.hardStop;
    this.baseline = options.baseline;
    this.delivery = options.delivery;
    this.maxAzs = options.maxAzs ?? (production ? 3 : 2);
    this.administrators = options.administrators ?? [];
    this.readers = options.readers ?? [];
    this.cloudFrontPrefixListId = options.cloudFrontPrefixListId;
    this.deletionProtection = options.deletionProtection ?? true;
    this.restoredDatabases = options.restoredDatabases ?? [];
    this.retiredDatabases = options.retiredDatabases ?? [];
    this.database = {
      capacity: DatabaseCapacity.serverless(production ? { min: 1, max: 32 } : { min: 0.5, max: 4 }),
      retention: production ? DataRetention.standard() : DataRetention.pointInTimeOnly(Duration.days(7)),
      deletionProtection: this.deletionProtection,
      ...options.database,
    };
  }
}
