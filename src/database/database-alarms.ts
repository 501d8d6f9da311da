import { Duration, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AuroraPostgresBase } from './aurora-postgres-base';
import { IAuroraPostgres } from './aurora-postgres-ref';
import { WatchedDatabase } from './watched-database';
import { allowAlarms, validateAlerts } from '../private/alarm-topic';
import { allowEventRules } from '../private/event-rule-topic';
import { reject, validateRange } from '../private/validation';

/** Props of DatabaseAlarms. */
export interface DatabaseAlarmsProps {
  /** The database, of this library or imported. */
  readonly database: IAuroraPostgres;

  /**
   * Where alarms are sent when they go off and when all is well again. The topic, and its key where it has one, admit CloudWatch and EventBridge
   * of this account from now on; an imported topic cannot be changed from here and has to admit them already.
   */
  readonly alerts: sns.ITopic;

  /**
   * How much of the most capacity may be in use for 15 minutes, in percent: 1 to 100.
   *
   * @default 90
   */
  readonly capacityPercent?: number;

  /**
   * How many connections one instance may have.
   *
   * @default - 80 percent of what its capacity permits, or of `max_connections` where `parameters` say so; no alarm where neither is known,
   * as for an imported database
   */
  readonly connections?: number;

  /**
   * How far a reader may be behind the writer for 5 minutes.
   *
   * @default Duration.seconds(1)
   */
  readonly replicaLag?: Duration;
}

/** What all alarms have in common: silence means that nothing happens, or that the database is paused. */
interface Watch {
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** For how long, in periods of the metric. */
  readonly periods: number;
  /** @default cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD */
  readonly comparison?: cloudwatch.ComparisonOperator;
  /** What it means, and what to do first. */
  readonly description: string;
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
/** PostgreSQL stops at about 2,146 million; autovacuum should have begun at 200 million. */
const OLD_TRANSACTIONS = 1_000_000_000;
const FIVE_MINUTES = Duration.minutes(5);

/**
 * Tells a topic when a database nears one of its limits, or when it was not backed up.
 *
 * `alerts` of `AuroraPostgres` makes it for you; use it for an imported database, or for other thresholds. Metrics that are missing are no alarm,
 * so a paused database is silent.
 *
 * | goes off when | alarm or rule |
 * | --- | --- |
 * | the most capacity is nearly in use | `Capacity`, on instances of a class `Cpu` |
 * | connections run out | `Connections`, and with a proxy `ProxyWait` |
 * | readers are behind the writer | `ReplicaLag` |
 * | transactions lock each other | `Deadlocks` |
 * | storage runs out | `VolumeLeft`, on instances of a class `LocalStorage` |
 * | transaction ids run out | `TransactionIds` |
 * | a backup, a copy, an export or a restore test failed | a rule each |
 *
 * @example
 * import { AuroraPostgres, DatabaseAlarms, IAuroraPostgres } from 'cdk-innovate-platform';
 * import { Duration } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as sns from 'aws-cdk-lib/aws-sns';
 *
 * declare const vpc: ec2.IVpc;
 * declare const alerts: sns.Topic;
 * declare const ledger: IAuroraPostgres; // imported
 *
 * new AuroraPostgres(this, 'Orders', { vpc, alerts });
 * new DatabaseAlarms(this, 'LedgerAlarms', { database: ledger, alerts, connections: 400, replicaLag: Duration.seconds(5) });
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
 */
export class DatabaseAlarms extends Construct {
  private readonly action: actions.SnsAction;

  constructor(scope: Construct, id: string, private readonly props: DatabaseAlarmsProps) {
    super(scope, id);
    this.validate();
    this.action = new actions.SnsAction(props.alerts);
    const watched = props.database instanceof AuroraPostgresBase ? props.database._watched() : {};
    this.watchCapacity(watched);
    this.watchConnections(watched);
    this.watchReaders(watched);
    this.watchStorage(watched);
    this.watchTransactions();
    allowAlarms(this, props.alerts);
    this.watchBackups(watched);
  }

  private validate(): void {
    const { alerts, capacityPercent, connections, replicaLag } = this.props;
    validateAlerts(this, alerts);
    validateRange(this, { prop: 'capacityPercent', value: capacityPercent, min: 1, max: 100, unit: 'percent' });
    validateRange(this, { prop: 'connections', value: connections, min: 1, max: 262_143, unit: 'connections', step: 1 });
    if (replicaLag && !replicaLag.isUnresolved() && replicaLag.toMilliseconds() === 0) {
      reject(this, {
        prop: 'replicaLag', value: '0', problem: 'every reader is a few milliseconds behind the writer', remedy: 'Give a duration such as Duration.seconds(1).',
      });
    }
  }

  /** An imported database may be of either kind: the metric of the other kind has no values. */
  private watchCapacity({ capacity }: WatchedDatabase): void {
    const { database, capacityPercent = 90 } = this.props;
    if (!capacity || capacity._range) {
      this.add('Capacity', {
        metric: database.metricCapacityUtilization({ period: FIVE_MINUTES }),
        threshold: capacityPercent,
        periods: 3,
        description: `An instance has used ${capacityPercent} % of the most capacity for 15 minutes and cannot grow much further.`
          + ' Look for the statement that causes it in Database Insights; if the load is wanted, raise the `max` of the capacity.',
      });
    }
    if (!capacity?._range) {
      this.add('Cpu', {
        metric: database.metricCpuUtilization({ period: FIVE_MINUTES }),
        threshold: capacityPercent,
        periods: 3,
        description: `The processors of an instance have been busy by ${capacityPercent} % for 15 minutes.`
          + ' Look for the statement that causes it in Database Insights; if the load is wanted, give the database a larger class or another reader.',
      });
    }
  }

  private watchConnections({ maxConnections, proxyName }: WatchedDatabase): void {
    const { database, connections = maxConnections && Math.floor(0.8 * maxConnections) } = this.props;
    if (connections !== undefined) {
      this.add('Connections', {
        metric: database.metricConnections(),
        threshold: connections,
        periods: 5,
        description: `An instance has had ${connections} connections for 5 minutes, and soon refuses new ones.`
          + ' Look in pg_stat_activity for the application that holds them, and lower its pool; a proxy (`pooling`) shares them.',
      });
    }
    if (proxyName !== undefined) {
      this.add('ProxyWait', {
        metric: new cloudwatch.Metric({
          namespace: 'AWS/RDS',
          metricName: 'DatabaseConnectionsBorrowLatency',
          dimensionsMap: { ProxyName: proxyName },
          statistic: cloudwatch.Stats.AVERAGE,
          period: Duration.minutes(1),
        }),
        // the metric counts microseconds
        threshold: 100_000,
        periods: 5,
        description: 'For 5 minutes, clients of the proxy have waited for a connection to the database for 0.1 seconds on average: all of them are in use.'
          + ' Compare DatabaseConnections with MaxDatabaseConnectionsAllowed of the proxy, and DatabaseConnectionsCurrentlySessionPinned, which it cannot share.',
      });
    }
  }

  private watchReaders({ hasReaders = true }: WatchedDatabase): void {
    if (!hasReaders) { return; }
    const { database, replicaLag = Duration.seconds(1) } = this.props;
    const milliseconds = replicaLag.toMilliseconds();
    this.add('ReplicaLag', {
      metric: database.metricReplicaLag(),
      threshold: milliseconds,
      periods: 5,
      description: `A reader has been ${milliseconds} ms behind the writer for 5 minutes and answers with old data.`
        + ' Look at the CPU and the capacity of the readers, and for long transactions and bulk writes on the writer.',
    });
  }

  private watchStorage({ capacity }: WatchedDatabase): void {
    const { database } = this.props;
    this.add('VolumeLeft', {
      metric: database.metricVolumeBytesLeft({ period: FIVE_MINUTES }),
      threshold: Size.tebibytes(10).toBytes(),
      periods: 3,
      comparison: LESS_THAN_THRESHOLD,
      description: 'Less than 10 TiB are left of the most storage that Aurora gives to a cluster; at the end of it every write fails.'
        + ' Look for the tables that grow, drop or archive what is not needed, and plan the split of the database now.',
    });
    // the storage of Serverless v2 grows with its capacity
    if (capacity?._range) { return; }
    this.add('LocalStorage', {
      metric: database.metricFreeLocalStorage({ period: FIVE_MINUTES }),
      threshold: Size.gibibytes(2).toBytes(),
      periods: 3,
      comparison: LESS_THAN_THRESHOLD,
      description: 'An instance has less than 2 GiB left for temporary tables, sorting and logs; at the end of it statements fail.'
        + ' Look for "temporary file" in the log of PostgreSQL and mend that statement, or take a larger class.',
    });
  }

  private watchTransactions(): void {
    const { database } = this.props;
    this.add('Deadlocks', {
      metric: database.metricDeadlocks({ period: FIVE_MINUTES }),
      threshold: 0,
      comparison: GREATER_THAN_THRESHOLD,
      periods: 1,
      description: 'Transactions waited for each other, and PostgreSQL ended one of them.'
        + ' The log has both statements ("deadlock detected"): let all transactions lock rows in the same order, and repeat the one that was ended.',
    });
    this.add('TransactionIds', {
      metric: database.metricUsedTransactionIds({ period: FIVE_MINUTES }),
      threshold: OLD_TRANSACTIONS,
      periods: 3,
      description: 'The oldest transaction that was not vacuumed is a billion transactions old; at two billions PostgreSQL takes no writes any more.'
        + ' End transactions that are open for days (pg_stat_activity) and abandoned replication slots, then run VACUUM (FREEZE) on the tables with the highest age.',
    });
  }

  private watchBackups({ failures = [], refusedExports }: WatchedDatabase): void {
    if (refusedExports) {
      this.add('ExportRefused', {
        metric: refusedExports,
        threshold: 1,
        periods: 1,
        description: 'An export to the archive did not start.'
          + ' Look in CloudTrail for the error of StartExportTask, which names what is missing, and start the export by hand.',
      });
    }
    for (const { id, description, eventPattern } of failures) {
      const rule = new events.Rule(this, id, { description, eventPattern });
      rule.addTarget({ bind: () => ({ arn: this.props.alerts.topicArn }) });
    }
    if (failures.length > 0) { allowEventRules(this, this.props.alerts, 'DatabaseBackupsOfThisAccount'); }
  }

  private add(id: string, { metric, threshold, periods, comparison, description }: Watch): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmDescription: `${this.props.database.node.path}: ${description}`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: comparison ?? GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.action);
    alarm.addOkAction(this.action);
  }
}
