import { IConstruct } from 'constructs';
import { AuroraPostgresProps } from './aurora-postgres-props';
import { validateParameters } from './cluster-parameters';
import { DatabaseSettings } from './database-settings';
import { validateWindows } from './maintenance-windows';
import { validateDatabaseName } from './postgres-name';
import { validateReaderAutoScaling } from './reader-auto-scaling';
import { validateRetention } from './retention-validation';
import { isDeployTime, reject, validateRange } from '../private/validation';

const MONITORING_SECONDS = [1, 5, 10, 15, 30, 60];

/** Refuses what cannot work, and returns the zones that the instances are spread over. */
export function validateDatabase(scope: IConstruct, props: AuroraPostgresProps, settings: DatabaseSettings): string[] {
  const { capacity, engineVersion, readers, retention, windows } = settings;
  validateDatabaseName(scope, 'databaseName', props.databaseName);
  capacity._validate(scope, 'capacity', engineVersion);
  props.pooling?._validate(scope, 'pooling', capacity);
  validateRange(scope, { prop: 'readers', value: props.readers, min: 0, max: 15, unit: 'instances', step: 1 });
  validateReaderAutoScaling(scope, readers, props.readerAutoScaling);
  validateRange(scope, { prop: 'port', value: props.port, min: 1150, max: 65_535, unit: 'port number', step: 1 });
  validateRetention(scope, retention, props.removalPolicy);
  validateWindows(scope, windows);
  validateParameters(scope, props.parameters);
  validateReplication(scope, props, settings);
  props.restoreFrom?._validate(scope, 'restoreFrom');
  props.globalDatabase?._validate(scope, 'globalDatabase', props, capacity);
  validateMonitoringInterval(scope, props);
  return zonesOf(scope, props, settings);
}

function zonesOf(scope: IConstruct, { vpc }: AuroraPostgresProps, { vpcSubnets }: DatabaseSettings): string[] {
  const zones = [...new Set(vpc.selectSubnets(vpcSubnets).availabilityZones)];
  if (zones.length < 2 && !zones.some(isDeployTime)) {
    reject(scope, { prop: 'vpcSubnets', value: zones, problem: 'Aurora needs subnets in two zones', remedy: 'Select subnets in two zones or more.' });
  }
  return zones;
}

/** What is replicated to others has to be running. */
function validateReplication(scope: IConstruct, { parameters }: AuroraPostgresProps, { capacity }: DatabaseSettings): void {
  const replication = parameters?.['rds.logical_replication'];
  if (!capacity._pauses || replication !== '1') { return; }
  reject(scope, {
    prop: 'parameters["rds.logical_replication"]',
    value: replication,
    problem: 'a database with logical replication never pauses, and `capacity` asks for that',
    remedy: 'Leave one of the two out.',
  });
}

function validateMonitoringInterval(scope: IConstruct, { monitoringInterval }: AuroraPostgresProps): void {
  if (!monitoringInterval || monitoringInterval.isUnresolved()) { return; }
  if ([0, ...MONITORING_SECONDS].includes(monitoringInterval.toSeconds({ integral: false }))) { return; }
  reject(scope, {
    prop: 'monitoringInterval',
    value: monitoringInterval.toHumanString(),
    problem: 'RDS does not know this interval',
    remedy: `Give ${MONITORING_SECONDS.join(', ')} seconds, or Duration.seconds(0) for none.`,
  });
}
