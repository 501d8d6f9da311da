import * as sns from 'aws-cdk-lib/aws-sns';
import { KarpenterCluster } from '../cluster/karpenter-cluster';
import { WebService } from '../cluster/services/web-service';
import { AuroraPostgres } from '../database/aurora-postgres';
import { GitFlowPipeline } from '../delivery/git-flow-pipeline';
import { PlatformPipeline } from '../delivery/platform-pipeline/platform-pipeline';
import { AccountBaseline } from '../landing-zone/audit/account-baseline';
import { VendorBastion } from '../network/bastion/vendor-bastion';
import { SecureVpc } from '../network/vpc/secure-vpc';
import { EdgeFirewall } from '../site/firewall/edge-firewall';
import { SpaStaticSite } from '../site/spa-static-site';

/** The constructs of one environment, to reach into. */
export interface EnvironmentResources {
  /** Where alarms go. */
  readonly alerts: sns.ITopic;
  /** Threat detection, record of changes and backups of the account. */
  readonly baseline: AccountBaseline;
  /** The network. */
  readonly network: SecureVpc;
  /** The database. */
  readonly database: AuroraPostgres;
  /** The cluster. */
  readonly cluster: KarpenterCluster;
  /** What the platform owns around the API's Deployment. */
  readonly api: WebService;
  /** The firewall in front of site and API. */
  readonly firewall: EdgeFirewall;
  /** The site, and the only door to the API. */
  readonly site: SpaStaticSite;
  /** The pipeline that follows the environment's branch. */
  readonly delivery: GitFlowPipeline;
  /**
   * The pipeline that deploys the environment's stacks.
   *
   * @default - none, where the platform has no `platformPipeline`
   */
  readonly platformPipeline?: PlatformPipeline;
  /**
   * The vendors' door.
   *
   * @default - none, where no vendor may enter the environment
   */
  readonly bastion?: VendorBastion;
}
