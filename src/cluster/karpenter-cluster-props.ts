import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ClusterBootstrap } from './cluster-bootstrap';
import { NodeBudget } from './node-budget';

/** Properties of `KarpenterCluster`. */
export interface KarpenterClusterProps {
  /** The network. Its subnets need a way out to AWS APIs and image registries, and no tags. */
  readonly vpc: ec2.IVpc;
  /** What the nodes may cost in a month; it becomes the limits of Karpenter's NodePool. */
  readonly nodeBudget: NodeBudget;
  /**
   * The subnets of control plane, nodes, pods and load balancer.
   *
   * @default - the private subnets with a way out: `{ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * The cluster's name, as a literal of at most 40 characters: it is a key in conditions of Karpenter's policy.
   *
   * @default - derived from the construct's path
   */
  readonly clusterName?: string;
  /**
   * The Kubernetes version, one of those that this version of the library knows to work with its controllers.
   *
   * @default - the newest of them
   */
  readonly kubernetesVersion?: eks.KubernetesVersion;
  /**
   * Certificate of the load balancer.
   *
   * @default - the load balancer speaks HTTP, inside the VPC only, and a warning says so
   */
  readonly certificate?: acm.ICertificate;
  /**
   * The id of CloudFront's origin-facing prefix list in the cluster's region.
   *
   * @default - from a table of the regions whose id AWS has published
   */
  readonly cloudFrontPrefixListId?: string;
  /**
   * Roles that administer everything in the cluster.
   *
   * @default - none: only the bootstrap can change the cluster
   */
  readonly administrators?: iam.IRole[];
  /**
   * How Karpenter and the Kubernetes objects reach the cluster.
   *
   * @default ClusterBootstrap.pipeline()
   */
  readonly bootstrap?: ClusterBootstrap;
  /**
   * Key of Kubernetes secrets, logs, queue and pipeline artifacts. A key of your own has to admit CloudWatch Logs and EventBridge.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * How long the control plane's logs are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Whether cluster and load balancer refuse to be deleted.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}
