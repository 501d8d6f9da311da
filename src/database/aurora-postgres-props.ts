import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AuroraPostgresOptions } from './aurora-postgres-options';

/** Properties of `AuroraPostgres`. */
export interface AuroraPostgresProps extends AuroraPostgresOptions {
  /** Network of the database. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the database, in two zones or more.
   *
   * @default - the isolated subnets, which have no route to the internet
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
}
