import { ArnFormat, Duration, Stack, Tokenization } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { IAuroraPostgres } from './aurora-postgres-ref';
import { validateUserName } from './postgres-name';

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
   * Lets somebody log in as one database user, without a password.
   *
   * @param grantee a role, a function inside the VPC, a `WebService`, …
   * @param user the database user, such as `app_user`
   */
  public grantConnect(grantee: iam.IGrantable, user: string): iam.Grant {
    const environment = this.connectionEnvironment(user);
    if (isConnectable(grantee)) { this.openPort(grantee, `PostgreSQL as ${user}`); }
    if (hasEnvironment(grantee)) {
      for (const [name, value] of Object.entries(environment)) { grantee.addEnvironment(name, value); }
    }
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['rds-db:connect'],
      resourceArns: [Stack.of(this).formatArn({
        service: 'rds-db',
        resource: 'dbuser',
        resourceName: `${this.clusterResourceIdentifier}/${user}`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })],
    });
  }

  /** The environment variables of an application that logs in as this user. */
  public connectionEnvironment(user: string): { [name: string]: string } {
    validateUserName(this, 'user', user);
    return {
      DATABASE_HOST: this.clusterEndpoint.hostname,
      DATABASE_READER_HOST: this.readerEndpoint.hostname,
      DATABASE_PORT: Tokenization.stringifyNumber(this.port),
      DATABASE_NAME: this.databaseName,
      DATABASE_USER: user,
      DATABASE_AUTH: 'iam',
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

  /** Capacity in use, in percent of `maxCapacity`: the busiest instance. */
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

  /** Lets the client in with rules that become part of its stack and not of the database's, which it already depends on. */
  private openPort(client: ec2.IConnectable, description: string): void {
    const { securityGroups } = client.connections;
    if (securityGroups.length > 0 && securityGroups.every(group => group.allowAllOutbound)) {
      // allowTo() would warn that these groups, a function's own for one, take no rule for the way out
      for (const group of this.connections.securityGroups) {
        for (const source of securityGroups) { group.addIngressRule(source, this.connections.defaultPort!, description, true); }
      }
      return;
    }
    client.connections.allowToDefaultPort(this, description);
  }
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
