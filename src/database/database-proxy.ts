import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { createLogGroup } from '../private/log-group';

/** How a client reaches the database. */
export interface DatabaseRoute extends ec2.IConnectable {
  readonly endpoint: rds.Endpoint;
  readonly readerEndpoint: rds.Endpoint;
  /** Lets the client log in as one user. */
  grantLogin(grantee: iam.IGrantable, user: string): iam.Grant;
}

/** The cluster that a pool stands in front of. */
export interface PooledCluster {
  readonly cluster: rds.DatabaseCluster;
  /** A literal: the pool is called like the cluster. */
  readonly clusterIdentifier: string;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  /** The endpoint for reads needs one at all times. */
  readonly hasReader: boolean;
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
}

export interface DatabaseProxyProps extends PooledCluster {
  readonly maxConnectionsPercent: number;
  readonly borrowTimeout: Duration;
  readonly idleClientTimeout: Duration;
}

/** Every proxy of PostgreSQL listens here, whatever the port of its cluster. */
const PORT = 5432;

/** RDS Proxy in front of one cluster, with IAM login and TLS on both sides of it, and no secret. */
export class DatabaseProxy extends Construct implements DatabaseRoute {
  public readonly proxy: rds.DatabaseProxy;
  public readonly connections: ec2.Connections;
  public readonly endpoint: rds.Endpoint;
  public readonly readerEndpoint: rds.Endpoint;
  private readonly role: iam.Role;

  constructor(scope: Construct, id: string, private readonly props: DatabaseProxyProps) {
    super(scope, id);
    const { cluster, clusterIdentifier, vpc, vpcSubnets } = props;
    const securityGroups = [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'RDS Proxy', allowAllOutbound: false })];
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(PORT) });
    this.role = new iam.Role(this, 'Role', {
      description: 'RDS Proxy logs in to one Aurora cluster',
      assumedBy: new iam.ServicePrincipal('rds.amazonaws.com'),
    });
    // made by RDS, it would be unencrypted and kept for ever
    const logGroup = createLogGroup(this, 'Log', {
      logGroupName: `/aws/rds/proxy/${clusterIdentifier}`, encryptionKey: props.encryptionKey, retention: props.logRetention,
    });
    this.proxy = new rds.DatabaseProxy(this, 'Resource', {
      dbProxyName: clusterIdentifier,
      proxyTarget: rds.ProxyTarget.fromCluster(cluster),
      defaultAuthScheme: rds.DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      role: this.role,
      vpc,
      vpcSubnets,
      securityGroups,
      maxConnectionsPercent: props.maxConnectionsPercent,
      borrowTimeout: props.borrowTimeout,
      idleClientTimeout: props.idleClientTimeout,
    });
    this.proxy.node.addDependency(logGroup);
    this.endpoint = new rds.Endpoint(this.proxy.endpoint, PORT);
    this.readerEndpoint = props.hasReader ? this.addReaderEndpoint(securityGroups) : this.endpoint;
  }

  /** The client logs in to the proxy, and the proxy to the cluster, as the same user. */
  public grantLogin(grantee: iam.IGrantable, user: string): iam.Grant {
    grantClusterLogin(this, this.role, this.props.cluster.clusterResourceIdentifier, user);
    return this.proxy.grantConnect(grantee, user);
  }

  private addReaderEndpoint(securityGroups: ec2.ISecurityGroup[]): rds.Endpoint {
    const { clusterIdentifier, vpc, vpcSubnets } = this.props;
    const endpoint = this.proxy.addEndpoint('ReaderEndpoint', {
      // at most 63 characters, of which the cluster takes 60
      dbProxyEndpointName: `${clusterIdentifier}-ro`,
      targetRole: rds.ProxyEndpointTargetRole.READ_ONLY,
      vpc,
      vpcSubnets,
      securityGroups,
    });
    return new rds.Endpoint(endpoint.endpoint, PORT);
  }
}

/** Lets somebody log in to a cluster as one user. */
export function grantClusterLogin(scope: Construct, grantee: iam.IGrantable, clusterResourceIdentifier: string, user: string): iam.Grant {
  return iam.Grant.addToPrincipal({
    grantee,
    actions: ['rds-db:connect'],
    resourceArns: [Stack.of(scope).formatArn({
      service: 'rds-db',
      resource: 'dbuser',
      resourceName: `${clusterResourceIdentifier}/${user}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })],
  });
}
