import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { AuroraPostgresProps } from './aurora-postgres-props';
import { DataRetention } from './data-retention';
import { DatabaseCapacity } from './database-capacity';
import { DatabaseWindows, DEFAULT_WINDOWS } from './maintenance-windows';

/** What has a default, decided. */
export interface DatabaseSettings {
  readonly databaseName: string;
  readonly port: number;
  readonly capacity: DatabaseCapacity;
  readonly readers: number;
  readonly retention: DataRetention;
  readonly engineVersion: rds.AuroraPostgresEngineVersion;
  readonly windows: DatabaseWindows;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly deletionProtection: boolean;
}

export const DEFAULT_PORT = 5432;

export function settingsOf(props: AuroraPostgresProps): DatabaseSettings {
  return {
    databaseName: props.databaseName ?? 'app',
    port: props.port ?? DEFAULT_PORT,
    capacity: props.capacity ?? DatabaseCapacity.serverless(),
    readers: props.readers ?? 1,
    retention: props.retention ?? DataRetention.standard(),
    engineVersion: props.engineVersion ?? rds.AuroraPostgresEngineVersion.VER_17_9,
    windows: {
      backupWindow: props.backupWindow ?? DEFAULT_WINDOWS.backupWindow,
      maintenanceWindow: props.maintenanceWindow ?? DEFAULT_WINDOWS.maintenanceWindow,
    },
    vpcSubnets: props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    deletionProtection: props.deletionProtection ?? true,
  };
}
