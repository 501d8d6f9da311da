import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { DatabasePrivileges } from './database-privileges';

/** How somebody connects to an `AuroraPostgres`. */
export interface ConnectOptions {
  /**
   * What the database user may do. The deployment makes the user with exactly these privileges, and takes login and privileges away again
   * when the last grant is removed, unless that was the last user of the database, with whom the Data API goes. All grants of one user say the same.
   *
   * A database that is imported without `secret`, or that follows the primary of a global database, can make no users:
   * say `DatabasePrivileges.MADE_ELSEWHERE` there.
   *
   * @default DatabasePrivileges.READ_WRITE
   */
  readonly privileges?: DatabasePrivileges;

  /**
   * Whether the connection goes through the database's proxy. Migrations better do not: they lock and set what belongs to one session, and a proxy
   * then keeps a connection for them alone.
   *
   * @default - through the proxy where `pooling` makes one, but not with `DatabasePrivileges.OWNER`
   */
  readonly viaProxy?: boolean;

  /**
   * What the names of the environment variables begin with; a second connection of the same grantee needs another.
   *
   * @default 'DATABASE'
   */
  readonly environmentPrefix?: string;
}

/** An Aurora PostgreSQL database that applications log in to with IAM, made by `AuroraPostgres` or imported. */
export interface IAuroraPostgres extends IConstruct, ec2.IConnectable {
  /** Identifier of the cluster, as metrics and log groups name it. */
  readonly clusterIdentifier: string;

  /** The identifier that never changes, as IAM policies name the cluster: `cluster-ABCD…`. */
  readonly clusterResourceIdentifier: string;

  /** Where writes go. */
  readonly clusterEndpoint: rds.Endpoint;

  /** Where reads that may lag a few milliseconds go; the writer answers where there is no reader. */
  readonly readerEndpoint: rds.Endpoint;

  /** The port of both endpoints. */
  readonly port: number;

  /** The database that was made with the cluster. */
  readonly databaseName: string;

  /**
   * The certificates of the authorities that sign the database's own, in PEM: those of RDS in this region, and Amazon's where there is a proxy.
   * Some 5 KB, 10 KB with a proxy, which is more than the environment of a Lambda function holds. An error where the region is not known at synthesis.
   *
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
   */
  readonly certificateAuthorities: string;

  /**
   * Lets somebody log in as one database user, without a password: all that it takes.
   *
   * - The deployment makes the user with these privileges, and `rds_iam`.
   * - `rds-db:connect` as that user is allowed, on the proxy and from there on the cluster where there is a proxy.
   * - The port is opened where the grantee has security groups.
   * - The variables of `connectionEnvironment()` are set where it has an environment; besides, unless it is a Lambda function and where the region is known,
   *   `DATABASE_CERTIFICATE_AUTHORITIES`, the text of `certificateAuthorities`.
   *
   * @param grantee a role, a function inside the VPC, a `WebService`, …
   * @param user the database user, such as `app_user`
   */
  grantConnect(grantee: iam.IGrantable, user: string, options?: ConnectOptions): iam.Grant;

  /**
   * The environment variables of an application that logs in as this user: `DATABASE_HOST`, `DATABASE_READER_HOST`,
   * `DATABASE_PORT`, `DATABASE_NAME`, `DATABASE_USER`, `DATABASE_AUTH`, which is `iam`, and `DATABASE_SSLMODE`, which is `verify-full`.
   */
  connectionEnvironment(user: string, options?: ConnectOptions): { [name: string]: string };

  /** Any metric that RDS publishes for the cluster. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Capacity in use, in ACU: the average over the cluster's instances. */
  metricCapacity(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Capacity in use, in percent of `maxCapacity`: the busiest instance. */
  metricCapacityUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Open connections: the most on one instance. */
  metricConnections(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** How far the slowest reader is behind the writer, in milliseconds. */
  metricReplicaLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Busy processors, in percent: the busiest instance. On Serverless v2 it is a share of the most capacity. */
  metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Deadlocks in a second: the most in the period. */
  metricDeadlocks(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** What is left of the most storage that Aurora gives to a cluster, in bytes. */
  metricVolumeBytesLeft(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** What is left for temporary tables and files, in bytes: the fullest instance. Of instances of a class only. */
  metricFreeLocalStorage(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Age of the oldest transaction id that was not vacuumed, in transactions: at two billions, PostgreSQL takes no writes any more. */
  metricUsedTransactionIds(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What identifies an existing database. */
export interface AuroraPostgresAttributes {
  /** Identifier of the cluster. */
  readonly clusterIdentifier: string;

  /** Resource identifier of the cluster: `cluster-ABCD…`. */
  readonly clusterResourceIdentifier: string;

  /** Host name of the writer endpoint. */
  readonly clusterEndpointAddress: string;

  /** Host name of the reader endpoint. */
  readonly readerEndpointAddress: string;

  /** The database that applications connect to. */
  readonly databaseName: string;

  /**
   * Port of both endpoints.
   *
   * @default 5432
   */
  readonly port?: number;

  /** The cluster's security groups. A rule for each grantee is added to them. */
  readonly securityGroups: ec2.ISecurityGroup[];

  /**
   * User name and password of the administrator, for a deployment that makes users, with its `encryptionKey` where a customer key encrypts it.
   * The cluster's Data API has to be on.
   *
   * @default - grants make no users, and have to say `DatabasePrivileges.MADE_ELSEWHERE`
   */
  readonly secret?: secretsmanager.ISecret;
}
