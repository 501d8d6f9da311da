import { Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct, IConstruct } from 'constructs';
import { ConnectOptions, IAuroraPostgres } from './aurora-postgres-ref';
import { certificateAuthoritiesOf, hasCertificateAuthorities, leadingAuthorityOf } from './certificate-authorities';
import { DatabasePrivileges } from './database-privileges';
import { DatabaseProxy, DatabaseRoute, grantClusterLogin } from './database-proxy';
import { CannotAdminister, DatabaseAdministration, DatabaseUsers } from './database-users';
import { validateUserName } from './postgres-name';
import { WatchedDatabase } from './watched-database';
import { reject, validateMatch } from '../private/validation';

const DEFAULT_PREFIX = 'DATABASE';
/** What each environment connects to, by the prefix of the variables: a second connection would overwrite the first. */
const CONNECTED = new WeakMap<object, Record<string, string>>();

/**
 * What a database of this library and an imported one do alike: see `AuroraPostgres` for an example.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
 */
export abstract class AuroraPostgresBase extends Construct implements IAuroraPostgres {
  /** Identifier of the cluster, as metrics and log groups name it. */
  public abstract readonly clusterIdentifier: string;

  /** The identifier that never changes, as IAM policies name the cluster. */
  public abstract readonly clusterResourceIdentifier: string;

  /** Where writes go. */
  public abstract readonly clusterEndpoint: rds.Endpoint;

  /** Where reads that may lag a few milliseconds go; the writer answers where there is no reader. */
  public abstract readonly readerEndpoint: rds.Endpoint;

  /** The port of both endpoints. */
  public abstract readonly port: number;

  /** The database that was made with the cluster. */
  public abstract readonly databaseName: string;

  /** The security groups of the cluster, with the database's port. */
  public abstract readonly connections: ec2.Connections;

  /**
   * The pool in front of the cluster, if there is one.
   *
   * @internal
   */
  public abstract readonly _pool?: DatabaseProxy;

  private readonly privileges: Record<string, DatabasePrivileges> = {};
  private users?: DatabaseUsers;

  /**
   * What it takes to run SQL as the administrator, or why that cannot be.
   *
   * @internal
   */
  public abstract _administration(): DatabaseAdministration | CannotAdminister;

  /**
   * What alarms have to know besides metrics.
   *
   * @internal
   */
  public _watched(): WatchedDatabase {
    return {};
  }

  /** The certificates of the authorities that sign the database's own, in PEM: those of RDS in this region, and Amazon's where there is a proxy. */
  public get certificateAuthorities(): string {
    const { region } = Stack.of(this);
    if (!hasCertificateAuthorities(region)) {
      reject(this, {
        prop: 'region',
        value: region,
        problem: 'the authorities of RDS are kept by region, and those of this one are not known',
        remedy: 'Take https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem into the application\'s image.',
      });
    }
    return certificateAuthoritiesOf(region, this._pool !== undefined);
  }

  /**
   * Lets somebody log in as one database user, without a password: all that it takes, the user included.
   *
   * @param grantee a role, a function inside the VPC, a `WebService`, …
   * @param user the database user, such as `app_user`
   */
  public grantConnect(grantee: iam.IGrantable, user: string, options: ConnectOptions = {}): iam.Grant {
    const environment = this.connectionEnvironment(user, options);
    const route = this.route(options);
    this.validateReach(grantee);
    if (hasEnvironment(grantee)) { this.validateEnvironment(grantee, user, options); }
    this.makeUser(user, options.privileges);
    if (isConnectable(grantee)) { openPort(grantee, route, `PostgreSQL as ${user}`); }
    if (hasEnvironment(grantee)) {
      for (const [name, value] of Object.entries({ ...environment, ...this.authoritiesFor(grantee, options) })) { grantee.addEnvironment(name, value); }
    }
    return route.grantLogin(grantee, user);
  }

  /** The environment variables of an application that logs in as this user. */
  public connectionEnvironment(user: string, options: ConnectOptions = {}): { [name: string]: string } {
    validateUserName(this, 'user', user);
    const prefix = options.environmentPrefix ?? DEFAULT_PREFIX;
    validateMatch(this, {
      prop: 'environmentPrefix',
      value: prefix,
      pattern: /^[A-Z][A-Z0-9_]*$/,
      problem: 'the names of environment variables are written with capital letters, digits and underscores',
      remedy: 'Give a prefix such as "MIGRATION".',
    });
    const { endpoint, readerEndpoint } = this.route(options);
    return {
      [`${prefix}_HOST`]: endpoint.hostname,
      [`${prefix}_READER_HOST`]: readerEndpoint.hostname,
      [`${prefix}_PORT`]: Tokenization.stringifyNumber(endpoint.port),
      [`${prefix}_NAME`]: this.databaseName,
      [`${prefix}_USER`]: user,
      [`${prefix}_AUTH`]: 'iam',
      [`${prefix}_SSLMODE`]: 'verify-full',
    };
  }

  /** Any metric that RDS publishes for the cluster, by the minute. */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/RDS',
      metricName,
      dimensionsMap: { DBClusterIdentifier: this.clusterIdentifier },
      period: Duration.minutes(1),
      ...options,
    }).attachTo(this);
  }

  /** Capacity in use, in ACU: the average over the cluster's instances. */
  public metricCapacity(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ServerlessDatabaseCapacity', { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }

  /** Capacity in use, in percent of the most capacity: the busiest instance. */
  public metricCapacityUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ACUUtilization', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Open connections: the most on one instance. */
  public metricConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DatabaseConnections', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** How far the slowest reader is behind the writer, in milliseconds. */
  public metricReplicaLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('AuroraReplicaLag', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Busy processors, in percent: the busiest instance. On Serverless v2 it is a share of the most capacity. */
  public metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('CPUUtilization', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** Deadlocks in a second: the most in the period. */
  public metricDeadlocks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('Deadlocks', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /** What is left of the most storage that Aurora gives to a cluster, in bytes. */
  public metricVolumeBytesLeft(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('AuroraVolumeBytesLeftTotal', { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /** What is left for temporary tables and files, in bytes: the fullest instance. Of instances of a class only. */
  public metricFreeLocalStorage(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('FreeLocalStorage', { statistic: cloudwatch.Stats.MINIMUM, ...options });
  }

  /** Age of the oldest transaction id that was not vacuumed, in transactions: at two billions, PostgreSQL takes no writes any more. */
  public metricUsedTransactionIds(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('MaximumUsedTransactionIDs', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  private route({ viaProxy, privileges }: ConnectOptions): DatabaseRoute {
    const pool = this._pool;
    if (viaProxy && !pool) {
      reject(this, {
        prop: 'viaProxy', value: true, problem: 'the database has no proxy',
        remedy: 'Give the database `pooling: ConnectionPooling.rdsProxy()`, or leave it out.',
      });
    }
    if (pool && (viaProxy ?? privileges !== DatabasePrivileges.OWNER)) { return pool; }
    return {
      endpoint: this.clusterEndpoint,
      readerEndpoint: this.readerEndpoint,
      connections: this.connections,
      grantLogin: (grantee, user) => grantClusterLogin(this, grantee, this.clusterResourceIdentifier, user),
    };
  }

  private makeUser(user: string, given: DatabasePrivileges | undefined): void {
    const privileges = given ?? DatabasePrivileges.READ_WRITE;
    const before = this.privileges[user] ?? privileges;
    if (before !== privileges) {
      reject(this, {
        prop: 'privileges', value: privileges, problem: `an earlier grant gave the user "${user}" ${before}`,
        remedy: 'Say the same in all grants of one user, or give each its own.',
      });
    }
    if (privileges !== DatabasePrivileges.MADE_ELSEWHERE) {
      this.users ??= new DatabaseUsers(this, 'Users', this.databaseName, this.administration(given));
      this.users.add(user, privileges);
    }
    this.privileges[user] = privileges;
  }

  private administration(privileges: DatabasePrivileges | undefined): DatabaseAdministration {
    const administration = this._administration();
    if (!('cannot' in administration)) { return administration; }
    reject(this, {
      prop: 'privileges', value: privileges, problem: `the deployment cannot make the user: ${administration.cannot}`,
      remedy: `${administration.remedy} \`privileges: DatabasePrivileges.MADE_ELSEWHERE\` and make the user with SQL of your own.`,
    });
  }

  private validateEnvironment(grantee: object, user: string, { environmentPrefix = DEFAULT_PREFIX }: ConnectOptions): void {
    const connected = CONNECTED.get(grantee) ?? {};
    const connection = `"${user}" of ${this.node.path}`;
    const before = connected[environmentPrefix] ?? connection;
    if (before !== connection) {
      reject(this, {
        prop: 'environmentPrefix', value: environmentPrefix, problem: `the variables of this grantee tell how to connect as ${before} already`,
        remedy: 'Give this connection another, such as "MIGRATION".',
      });
    }
    CONNECTED.set(grantee, { ...connected, [environmentPrefix]: connection });
  }

  /** A function outside every VPC has no way to a database. */
  private validateReach(grantee: object): void {
    if (!('isBoundToVpc' in grantee) || grantee.isBoundToVpc) { return; }
    reject(this, {
      prop: 'grantee', value: (grantee as unknown as IConstruct).node.path, problem: 'the function is in no VPC, so it cannot reach the database',
      remedy: 'Give the function `vpc` and `vpcSubnets`.',
    });
  }

  /** The environment of a Lambda function holds 4 KB: one root has room there. */
  private authoritiesFor(grantee: object, options: ConnectOptions): { [name: string]: string } {
    const { region } = Stack.of(this);
    if (!hasCertificateAuthorities(region)) { return {}; }
    const viaProxy = this._pool !== undefined && this.route(options) === this._pool;
    const authorities = 'functionArn' in grantee ? leadingAuthorityOf(region, viaProxy) : this.certificateAuthorities;
    return { [`${options.environmentPrefix ?? DEFAULT_PREFIX}_CERTIFICATE_AUTHORITIES`]: authorities };
  }
}

/** Lets the client in with rules that become part of its stack and not of the database's, which it already depends on. */
function openPort(client: ec2.IConnectable, { connections }: ec2.IConnectable, description: string): void {
  const { securityGroups } = client.connections;
  if (securityGroups.length > 0 && securityGroups.every(group => group.allowAllOutbound)) {
    // allowTo() would warn that these groups, a function's own for one, take no rule for the way out
    for (const group of connections.securityGroups) {
      for (const source of securityGroups) { group.addIngressRule(source, connections.defaultPort!, description, true); }
    }
    return;
  }
  client.connections.allowToDefaultPort({ connections }, description);
}

/** A function, or a service of this library. */
interface HasEnvironment {
  addEnvironment(name: string, value: string): unknown;
}

function isConnectable(grantee: iam.IGrantable): grantee is iam.IGrantable & ec2.IConnectable {
  return 'connections' in grantee;
}

function hasEnvironment(grantee: iam.IGrantable): grantee is iam.IGrantable & HasEnvironment {
  return 'addEnvironment' in grantee && typeof grantee.addEnvironment === 'function';
}
