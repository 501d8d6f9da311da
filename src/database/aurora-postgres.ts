import { Annotations, Aws, Duration, Names, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AuroraPostgresBase } from './aurora-postgres-base';
import { AuroraPostgresProps } from './aurora-postgres-props';
import { AuroraPostgresAttributes, IAuroraPostgres } from './aurora-postgres-ref';
import { validateDatabase } from './aurora-postgres-validation';
import { clusterParameters } from './cluster-parameters';
import { DatabaseAlarms } from './database-alarms';
import { DatabaseBackup } from './database-backup';
import { DatabaseProxy } from './database-proxy';
import { DatabaseSettings, settingsOf } from './database-settings';
import { CannotAdminister, DatabaseAdministration } from './database-users';
import { supportsDataApi } from './engine-versions';
import { warnOfSmallGlobalDatabase } from './global-database';
import { ImportedAuroraPostgres } from './imported-aurora-postgres';
import { createMonitoringRole } from './monitoring-role';
import { ADMIN_USER } from './postgres-name';
import { scaleReaders, warnOfScaledReaders } from './reader-auto-scaling';
import { WatchedDatabase } from './watched-database';
import { createEncryptionKey } from '../private/encryption-key';
import { createLogGroup } from '../private/log-group';
import { reject } from '../private/validation';

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
 * const database = new AuroraPostgres(this, 'Database', { vpc, databaseName: 'orders' });
 * database.grantConnect(orders, 'orders_api');
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.html
 */
export class AuroraPostgres extends AuroraPostgresBase {
  /** A database that lives elsewhere, in the account and region of this stack. */
  public static fromAuroraPostgresAttributes(scope: Construct, id: string, attributes: AuroraPostgresAttributes): IAuroraPostgres {
    return new ImportedAuroraPostgres(scope, id, attributes);
  }

  /** The cluster. */
  public readonly cluster: rds.DatabaseCluster;

  /** Key of everything that the database stores. */
  public readonly encryptionKey: kms.IKey;

  /** Name of the database that spans several regions, the same in all of them; a literal. Absent without `globalDatabase`. */
  public readonly globalClusterIdentifier?: string;

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

  /** Where `retention.archive` puts Parquet files, for those who read them. */
  public readonly archiveBucket?: s3.IBucket;

  /** @internal */
  public readonly _backup?: DatabaseBackup;

  /** The proxy that applications connect to. Absent without `pooling`. */
  public readonly proxy?: rds.DatabaseProxy;

  /** @internal */
  public readonly _pool?: DatabaseProxy;

  private readonly settings: DatabaseSettings;
  private readonly adminSecret?: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, private readonly props: AuroraPostgresProps) {
    super(scope, id);
    this.settings = settingsOf(props);
    const { retention } = this.settings;
    const zones = validateDatabase(this, props, this.settings);
    this.databaseName = this.settings.databaseName;
    this.port = this.settings.port;

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
    this.adminSecret = this.addAdminSecret();
    this.keepExported();
    this.settings.capacity._bind(this.resource);
    props.restoreFrom?._bind(this.resource);
    this.globalClusterIdentifier = props.globalDatabase?._bind(this, this.cluster, clusterIdentifier, this.settings.deletionProtection);
    if (props.readerAutoScaling) { scaleReaders(this, this.cluster, this.settings.readers, props.readerAutoScaling); }
    this._pool = props.pooling?._bind(this, {
      cluster: this.cluster,
      clusterIdentifier,
      vpc: props.vpc,
      vpcSubnets: this.settings.vpcSubnets,
      hasReader: this.settings.readers > 0,
      encryptionKey: this.encryptionKey,
      logRetention: props.logRetention,
    });
    this.proxy = this._pool?.proxy;
    this.warn();
    if (retention.tiers.length > 0 || retention.archive) {
      this._backup = new DatabaseBackup(this, 'Backup', {
        cluster: this.cluster,
        vpc: props.vpc,
        encryptionKey: this.encryptionKey,
        retention,
        // kept with its backups, but not by a first deployment that rolls back: the next try would find it in the way
        removalPolicy: this.destroyed ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
    }
    this.archiveBucket = this._backup?.archive?.bucket;
    if (props.alerts) { new DatabaseAlarms(this, 'Alarms', { database: this, alerts: props.alerts }); }
  }

  /**
   * The administrator's user name and password, kept and rotated by RDS; for the primary of a global database kept by Secrets Manager and not rotated.
   * A secondary has none and throws an error.
   */
  public get secret(): secretsmanager.ISecret {
    return this.adminSecret ?? reject(this, {
      prop: 'secret',
      value: undefined,
      problem: 'the administrator of a global database logs in with the secret of its primary',
      remedy: 'Use `secret` of the primary.',
    });
  }

  /** @internal */
  public _administration(): DatabaseAdministration | CannotAdminister {
    if (!this.adminSecret) {
      return { cannot: 'a secondary of a global database takes its users from the primary', remedy: 'Grant the user on the primary with its privileges, and here say' };
    }
    if (!supportsDataApi(this.settings.engineVersion)) {
      return {
        cannot: `Aurora PostgreSQL ${this.settings.engineVersion.auroraPostgresFullVersion} has no Data API`,
        remedy: 'Give a newer `engineVersion` such as VER_17_9, or say',
      };
    }
    return {
      clusterArn: this.cluster.clusterArn,
      secret: this.adminSecret,
      after: [this.cluster],
      encryptionKey: () => this.encryptionKey,
      logRetention: this.props.logRetention,
      enableDataApi: () => { this.resource.enableHttpEndpoint = true; },
    };
  }

  /** @internal */
  public _watched(): WatchedDatabase {
    const configured = this.props.parameters?.max_connections;
    return {
      capacity: this.settings.capacity,
      // a formula or a token says nothing now
      maxConnections: configured === undefined ? this.settings.capacity._maxConnections : /^\d+$/.test(configured) ? Number(configured) : undefined,
      hasReaders: this.settings.readers > 0,
      proxyName: this.proxy?.dbProxyName,
      failures: this._backup?.failures,
      refusedExports: this._backup?.archive?.metricRefusedStarts(),
    };
  }

  private get resource(): rds.CfnDBCluster {
    return this.cluster.node.defaultChild as rds.CfnDBCluster;
  }

  private get destroyed(): boolean {
    return this.props.removalPolicy === RemovalPolicy.DESTROY;
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
    const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: this.settings.engineVersion });
    const insights = {
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: this.encryptionKey,
      performanceInsightRetention: rds.PerformanceInsightRetention.MONTHS_15,
    };
    const instance = (id: string, index: number, promotionTier?: 1 | 2) => this.settings.capacity._instance(id, {
      ...insights,
      availabilityZone: zones[index % zones.length],
      autoMinorVersionUpgrade: true,
      publiclyAccessible: false,
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      preferredMaintenanceWindow: this.settings.windows.maintenanceWindow,
      promotionTier,
    });
    const monitoringInterval = props.monitoringInterval ?? Duration.seconds(60);
    const monitored = monitoringInterval.isUnresolved() || monitoringInterval.toSeconds() > 0;

    const cluster = new rds.DatabaseCluster(this, 'Cluster', {
      ...insights,
      databaseInsightsMode: rds.DatabaseInsightsMode.ADVANCED,
      engine,
      parameterGroup: new rds.ParameterGroup(this, 'ParameterGroup', {
        engine, description: 'TLS only, with the log of an operator', parameters: clusterParameters(this.settings.engineVersion.auroraPostgresMajorVersion, props.parameters),
      }),
      clusterIdentifier,
      defaultDatabaseName: this.databaseName,
      credentials: this.credentials(),
      iamAuthentication: true,
      vpc: props.vpc,
      vpcSubnets: this.settings.vpcSubnets,
      securityGroups: this.connections.securityGroups,
      port: this.port,
      writer: instance('Writer', 0),
      readers: Array.from({ length: this.settings.readers }, (_, index) => instance(`Reader${index + 1}`, index + 1, index === 0 ? 1 : 2)),
      storageEncryptionKey: this.encryptionKey,
      storageType: props.ioOptimized ? rds.DBClusterStorageType.AURORA_IOPT1 : undefined,
      backup: { retention: pointInTime, preferredWindow: this.settings.windows.backupWindow },
      preferredMaintenanceWindow: this.settings.windows.maintenanceWindow,
      deleteAutomatedBackups: this.destroyed,
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ['postgresql'],
      monitoringInterval: monitored ? monitoringInterval : undefined,
      monitoringRole: monitored ? createMonitoringRole(this, 'MonitoringRole') : undefined,
      deletionProtection: this.settings.deletionProtection,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.SNAPSHOT,
    });
    cluster.node.addDependency(this.logGroup);
    return cluster;
  }

  /** Where RDS keeps the password, the L2 has to be given one, or it would make a secret: addAdminSecret() removes it again. */
  private credentials(): rds.Credentials {
    return this.props.globalDatabase && !this.props.globalDatabase._follows
      ? rds.Credentials.fromGeneratedSecret(ADMIN_USER, { encryptionKey: this.encryptionKey })
      : rds.Credentials.fromPassword(ADMIN_USER, SecretValue.unsafePlainText(Aws.NO_VALUE));
  }

  /** RDS makes the administrator's secret and rotates it every seven days, without a function, but not for a global database. The L2 has no prop for it yet. */
  private addAdminSecret(): secretsmanager.ISecret | undefined {
    if (this.props.globalDatabase) { return this.cluster.secret; }
    this.resource.masterUserPassword = undefined;
    this.resource.manageMasterUserPassword = true;
    this.resource.masterUserSecret = { kmsKeyId: this.encryptionKey.keyArn };
    return secretsmanager.Secret.fromSecretAttributes(this, 'Secret', {
      secretCompleteArn: this.resource.attrMasterUserSecretSecretArn,
      encryptionKey: this.encryptionKey,
    });
  }

  /**
   * What applications of other stacks import stays exported when their last grant moves to another database, to a restored one for example:
   * this stack is deployed before theirs, and CloudFormation removes no export that is in use.
   */
  private keepExported(): void {
    const stack = Stack.of(this);
    if (stack.nested) { return; }
    const [{ securityGroupId }] = this.connections.securityGroups;
    const values = [this.clusterEndpoint.hostname, this.readerEndpoint.hostname, this.clusterResourceIdentifier, securityGroupId];
    for (const value of values) { stack.exportValue(value); }
  }

  private warn(): void {
    if (this.destroyed && this.settings.deletionProtection) {
      Annotations.of(this).addWarningV2('cdk-innovate-platform:database-protected',
        'The database is to be destroyed with its stack (`removalPolicy`), and RDS will refuse: set `deletionProtection: false` as well.');
    }
    if (this.props.globalDatabase) { warnOfSmallGlobalDatabase(this, this.settings.capacity); }
    if (this.props.readerAutoScaling && this.destroyed) { warnOfScaledReaders(this); }
  }
}
