import { Aws, Duration, Names, RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AuroraPostgresBase } from './aurora-postgres-base';
import { AuroraPostgresProps } from './aurora-postgres-props';
import { AuroraPostgresAttributes, IAuroraPostgres } from './aurora-postgres-ref';
import { CLUSTER_PARAMETERS } from './cluster-parameters';
import { DataRetention } from './data-retention';
import { DatabaseBackup } from './database-backup';
import { createMonitoringRole } from './monitoring-role';
import { ADMIN_USER, validateDatabaseName } from './postgres-name';
import { validateRetention } from './retention-validation';
import { validateServerlessCapacity } from './serverless-capacity';
import { createEncryptionKey } from '../private/encryption-key';
import { createLogGroup } from '../private/log-group';
import { isDeployTime, reject, validateRange } from '../private/validation';

const DEFAULT_PORT = 5432;
const MONITORING_SECONDS = [1, 5, 10, 15, 30, 60];

/**
 * An Aurora PostgreSQL database that scales by itself, survives the loss of a zone, and knows no application passwords.
 *
 * A Serverless v2 writer and readers in different zones, encrypted with a customer key, TLS only, IAM login, an administrator's
 * secret that RDS keeps and rotates, backups per `DataRetention`, PostgreSQL's log and 15 months of insights.
 *
 * @example
 * import { AuroraPostgres } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as lambda from 'aws-cdk-lib/aws-lambda';
 *
 * declare const vpc: ec2.IVpc;
 * declare const orders: lambda.Function;
 *
 * const database = new AuroraPostgres(this, 'Database', { vpc, databaseName: 'orders', maxCapacity: 32 });
 * database.grantConnect(orders, 'orders_api');
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.html
 */
export class AuroraPostgres extends AuroraPostgresBase {
  /** A database that lives elsewhere, in the account and region of this stack. */
  public static fromAuroraPostgresAttributes(scope: Construct, id: string, attributes: AuroraPostgresAttributes): IAuroraPostgres {
    class Import extends AuroraPostgresBase {
      public readonly clusterIdentifier = attributes.clusterIdentifier;
      public readonly clusterResourceIdentifier = attributes.clusterResourceIdentifier;
      public readonly port = attributes.port ?? DEFAULT_PORT;
      public readonly clusterEndpoint = new rds.Endpoint(attributes.clusterEndpointAddress, this.port);
      public readonly readerEndpoint = new rds.Endpoint(attributes.readerEndpointAddress, this.port);
      public readonly databaseName = attributes.databaseName;
      public readonly connections = new ec2.Connections({ securityGroups: attributes.securityGroups, defaultPort: ec2.Port.tcp(this.port) });
    }
    return new Import(scope, id);
  }

  /** The cluster. */
  public readonly cluster: rds.DatabaseCluster;

  /** Key of everything that the database stores. */
  public readonly encryptionKey: kms.IKey;

  /** The administrator's user name and password, kept and rotated by RDS. */
  public readonly secret: secretsmanager.ISecret;

  /** The log group of PostgreSQL's log. */
  public readonly logGroup: logs.LogGroup;

  /** Identifier of the cluster, as metrics and log groups name it. */
  public readonly clusterIdentifier: string;

  /** The identifier that never changes, as IAM policies name the cluster. */
  public readonly clusterResourceIdentifier: string;

  /** Where writes go. */
  public readonly clusterEndpoint: rds.Endpoint;

  /** Where reads that may lag a few milliseconds go. */
  public readonly readerEndpoint: rds.Endpoint;

  /** The port of both endpoints. */
  public readonly port: number;

  /** The database that was made with the cluster. */
  public readonly databaseName: string;

  /** The security group of the cluster, with the database's port. */
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, private readonly props: AuroraPostgresProps) {
    super(scope, id);
    this.databaseName = props.databaseName ?? 'app';
    this.port = props.port ?? DEFAULT_PORT;
    const retention = props.retention ?? DataRetention.standard();
    const zones = this.validate(retention);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Aurora PostgreSQL ${this.node.path}` });
    this.connections = this.addSecurityGroup();
    const clusterIdentifier = this.literalIdentifier();
    this.logGroup = createLogGroup(this, 'Log', {
      logGroupName: `/aws/rds/cluster/${clusterIdentifier}/postgresql`,
      encryptionKey: this.encryptionKey,
      retention: props.logRetention,
    });
    this.cluster = this.addCluster(clusterIdentifier, retention.pointInTime, zones);
    this.clusterIdentifier = this.cluster.clusterIdentifier;
    this.clusterResourceIdentifier = this.cluster.clusterResourceIdentifier;
    this.clusterEndpoint = new rds.Endpoint(this.cluster.clusterEndpoint.hostname, this.port);
    this.readerEndpoint = new rds.Endpoint(this.cluster.clusterReadEndpoint.hostname, this.port);
    this.secret = this.manageAdminPassword();
    if (retention.tiers.length > 0) {
      new DatabaseBackup(this, 'Backup', {
        cluster: this.cluster,
        encryptionKey: this.encryptionKey,
        tiers: retention.tiers,
        // kept with its backups, but not by a first deployment that rolls back: the next try would find it in the way
        removalPolicy: this.destroyed ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
    }
  }

  private get destroyed(): boolean {
    return this.props.removalPolicy === RemovalPolicy.DESTROY;
  }

  private get minCapacity(): number {
    return this.props.minCapacity ?? 0.5;
  }

  private get maxCapacity(): number {
    return this.props.maxCapacity ?? 16;
  }

  private get engineVersion(): rds.AuroraPostgresEngineVersion {
    return this.props.engineVersion ?? rds.AuroraPostgresEngineVersion.VER_17_7;
  }

  private get vpcSubnets(): ec2.SubnetSelection {
    return this.props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  }

  /** Refuses what cannot work, and returns the zones that the instances are spread over. */
  private validate(retention: DataRetention): string[] {
    const { props, minCapacity, maxCapacity, engineVersion } = this;
    validateDatabaseName(this, 'databaseName', props.databaseName);
    validateServerlessCapacity(this, { minCapacity, maxCapacity, autoPauseAfter: props.autoPauseAfter, engineVersion });
    validateRange(this, { prop: 'readers', value: props.readers, min: 0, max: 15, unit: 'instances', step: 1 });
    validateRange(this, { prop: 'port', value: props.port, min: 1150, max: 65_535, unit: 'port number', step: 1 });
    validateRetention(this, retention);
    this.validateMonitoringInterval();
    const zones = [...new Set(props.vpc.selectSubnets(this.vpcSubnets).availabilityZones)];
    if (zones.length < 2 && !zones.some(isDeployTime)) {
      reject(this, { prop: 'vpcSubnets', value: zones, problem: 'Aurora needs subnets in two zones', remedy: 'Select subnets in two zones or more.' });
    }
    return zones;
  }

  private validateMonitoringInterval(): void {
    const { monitoringInterval } = this.props;
    if (!monitoringInterval || monitoringInterval.isUnresolved() || [0, ...MONITORING_SECONDS].includes(monitoringInterval.toSeconds())) { return; }
    reject(this, {
      prop: 'monitoringInterval',
      value: monitoringInterval.toHumanString(),
      problem: 'RDS does not know this interval',
      remedy: `Give ${MONITORING_SECONDS.join(', ')} seconds, or Duration.seconds(0) for none.`,
    });
  }

  /**
   * A name known before the cluster exists, because RDS names the log group after it: made by RDS, that group would be
   * unencrypted and kept for ever. It also makes an update that would replace the database fail instead of starting empty.
   */
  private literalIdentifier(): string {
    const name = Names.uniqueResourceName(this, { maxLength: 60, separator: '-' });
    return name.toLowerCase().replace(/-+/g, '-');
  }

  private addSecurityGroup(): ec2.Connections {
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: this.props.vpc,
      description: 'Aurora PostgreSQL',
      allowAllOutbound: false,
    });
    return new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(this.port) });
  }

  private addCluster(clusterIdentifier: string, pointInTime: Duration, zones: string[]): rds.DatabaseCluster {
    const { props } = this;
    const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: this.engineVersion });
    const insights = {
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: this.encryptionKey,
      performanceInsightRetention: rds.PerformanceInsightRetention.MONTHS_15,
    };
    const instance = (id: string, index: number, scaleWithWriter?: boolean) => rds.ClusterInstance.serverlessV2(id, {
      ...insights,
      availabilityZone: zones[index % zones.length],
      autoMinorVersionUpgrade: true,
      publiclyAccessible: false,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      scaleWithWriter,
    });
    const monitoringInterval = props.monitoringInterval ?? Duration.seconds(60);
    const monitored = monitoringInterval.isUnresolved() || monitoringInterval.toSeconds() > 0;

    const cluster = new rds.DatabaseCluster(this, 'Cluster', {
      ...insights,
      databaseInsightsMode: rds.DatabaseInsightsMode.ADVANCED,
      engine,
      parameterGroup: new rds.ParameterGroup(this, 'ParameterGroup', {
        engine, description: 'TLS only, with the log of an operator', parameters: CLUSTER_PARAMETERS,
      }),
      clusterIdentifier,
      defaultDatabaseName: this.databaseName,
      // without any value the L2 would make a secret of its own; manageAdminPassword() removes it again
      credentials: rds.Credentials.fromPassword(ADMIN_USER, SecretValue.unsafePlainText(Aws.NO_VALUE)),
      iamAuthentication: true,
      vpc: props.vpc,
      vpcSubnets: this.vpcSubnets,
      securityGroups: this.connections.securityGroups,
      port: this.port,
      writer: instance('Writer', 0),
      readers: Array.from({ length: props.readers ?? 1 }, (_, index) => instance(`Reader${index + 1}`, index + 1, index === 0)),
      serverlessV2MinCapacity: this.minCapacity,
      serverlessV2MaxCapacity: this.maxCapacity,
      serverlessV2AutoPauseDuration: props.autoPauseAfter,
      storageEncryptionKey: this.encryptionKey,
      // 02:00 to 03:00, clear of the maintenance that follows on Sundays and of the snapshots of DataRetention.standard() at 05:00
      backup: { retention: pointInTime, preferredWindow: '02:00-03:00' },
      preferredMaintenanceWindow: 'sun:03:30-sun:04:30',
      deleteAutomatedBackups: this.destroyed,
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['postgresql'],
      monitoringInterval: monitored ? monitoringInterval : undefined,
      monitoringRole: monitored ? createMonitoringRole(this, 'MonitoringRole') : undefined,
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.SNAPSHOT,
    });
    cluster.node.addDependency(this.logGroup);
    return cluster;
  }

  /** RDS makes the administrator's secret and rotates it every seven days, without a function. The L2 has no prop for it yet. */
  private manageAdminPassword(): secretsmanager.ISecret {
    const resource = this.cluster.node.defaultChild as rds.CfnDBCluster;
    resource.masterUserPassword = undefined;
    resource.manageMasterUserPassword = true;
    resource.masterUserSecret = { kmsKeyId: this.encryptionKey.keyArn };
    return secretsmanager.Secret.fromSecretAttributes(this, 'Secret', {
      secretCompleteArn: resource.attrMasterUserSecretSecretArn,
      encryptionKey: this.encryptionKey,
    });
  }
}
