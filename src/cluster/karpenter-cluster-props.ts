import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ClusterBootstrap } from './bootstrap/cluster-bootstrap';
import { ClusterCompute } from './cluster-compute';
import { NodeBudget } from './nodes/node-budget';
import { NodeImage } from './nodes/node-image';
import { NodePoolSettings } from './nodes/node-pool-options';

/** Properties of `KarpenterCluster`. */
export interface KarpenterClusterProps {
  /** The network. Its subnets need a way out to AWS APIs and image registries, and no tags. */
  readonly vpc: ec2.IVpc;
  /** What the nodes may cost in a month; it becomes the limits of the default NodePool, and pays the baseline workers too. */
  readonly nodeBudget: NodeBudget;
  /**
   * Who launches machines. It is chosen once: with another choice, CloudFormation replaces the cluster.
   *
   * @default ClusterCompute.karpenter()
   */
  readonly compute?: ClusterCompute;
  /**
   * How the nodes of the default pool are bought, replaced and labelled. More pools come by `addNodePool`.
   *
   * @default - Spot and on demand, one node disrupted at a time
   */
  readonly nodePool?: NodePoolSettings;
  /**
   * The operating system of the nodes. Not for `ClusterCompute.autoMode()`, which has its own. The baseline workers run Bottlerocket.
   *
   * @default NodeImage.bottlerocket()
   */
  readonly nodeImage?: NodeImage;
  /**
   * The subnets of control plane, nodes and pods, and of the load balancer unless it has its own.
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
   * Subnets for the load balancer alone, in two zones at least and each a /27 or larger; they need no way out. The pods of web services then take requests from nobody
   * else's addresses: a network policy knows addresses only, so where the load balancer is among the pods, every pod in its subnets gets in as well.
   *
   * @default - `vpcSubnets`
   */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
  /**
   * Certificate of the load balancer, for a name that it is reached by.
   *
   * @default - the load balancer takes no requests, and web services are refused, unless `plainHttp` is true
   */
  readonly certificate?: acm.ICertificate;
  /**
   * Whether the load balancer takes requests by plain HTTP on port 80, from CloudFront and inside the VPC: for a trial that has no certificate.
   * From the load balancer to the pods it is TLS all the same. Every synthesis warns of it.
   *
   * @default false
   */
  readonly plainHttp?: boolean;
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
   * Roles that read everything but secrets in the namespaces of the web services. To log in, a role also needs `eks:DescribeCluster` by a policy of its own,
   * and a way to the private endpoint.
   *
   * @default - none
   */
  readonly developers?: iam.IRole[];
  /**
   * How Karpenter and the Kubernetes objects reach the cluster.
   *
   * @default ClusterBootstrap.pipeline()
   */
  readonly bootstrap?: ClusterBootstrap;
  /**
   * Key of Kubernetes secrets, of the volumes of nodes and pods, of logs, queue and pipeline artifacts.
   *
   * A key of your own has to admit CloudWatch Logs, EventBridge and the IAM policies of its account. The roles of EC2 Auto Scaling and EC2 Spot are admitted from here;
   * an imported key cannot be changed from here and has to admit them already (`docs/cluster.md` has the statements).
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * Where alarms go: the bootstrap failed, pods find no node, Karpenter does not hear of interruptions, the load balancer answers with errors, a web service has
   * too few healthy pods. The topic, and its key where it has one, admit CloudWatch of this account from now on; an imported topic has to admit it already.
   *
   * @default - no alarms but `bootstrapFailureAlarm`, which tells nobody
   */
  readonly alerts?: sns.ITopic;
  /**
   * How long logs are kept: of the control plane, of the bootstrap and the teardown, and the load balancer's of who asked for what.
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
