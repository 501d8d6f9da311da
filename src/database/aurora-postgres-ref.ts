import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IConstruct } from 'constructs';

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
   * Lets somebody log in as one database user, without a password.
   *
   * Allows `rds-db:connect` as that user, opens the port where the grantee has security groups, and sets the variables of
   * `connectionEnvironment()` where it has an environment. The user itself is made with SQL: see the documentation page.
   *
   * @param grantee a role, a function inside the VPC, a `WebService`, …
   * @param user the database user, such as `app_user`
   */
  grantConnect(grantee: iam.IGrantable, user: string): iam.Grant;

  /**
   * The environment variables of an application that logs in as this user: `DATABASE_HOST`, `DATABASE_READER_HOST`,
   * `DATABASE_PORT`, `DATABASE_NAME`, `DATABASE_USER` and `DATABASE_AUTH`, which is `iam`.
   */
  connectionEnvironment(user: string): { [name: string]: string };

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
}
