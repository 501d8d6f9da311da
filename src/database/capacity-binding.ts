import * as rds from 'aws-cdk-lib/aws-rds';

/** One instance of a cluster. */
export interface InstanceOptions extends rds.ClusterInstanceOptions {
  /** Readers of tier 1 take over first, and on Serverless v2 have the writer's size at all times. @default - the writer */
  readonly promotionTier?: 1 | 2;
}
