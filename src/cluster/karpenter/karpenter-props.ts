import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ClusterBootstrap } from '../bootstrap/cluster-bootstrap';
import { NodeBudget } from '../nodes/node-budget';
import { NodeImage } from '../nodes/node-image';
import { NodePoolSettings } from '../nodes/node-pool-options';

/** Properties of `Karpenter`. */
export interface KarpenterProps {
  /**
   * The cluster, made by another construct or imported. It has to have
   *
   * - workers of its own, on which Karpenter runs: two at least, with room for a quarter of a vCPU and 512 MiB each;
   * - the add-ons `vpc-cni`, `kube-proxy`, `coredns` and `eks-pod-identity-agent`;
   * - `API` or `API_AND_CONFIG_MAP` as its authentication mode, and no Auto Mode.
   */
  readonly cluster: eks.ICluster;
  /** What the nodes may cost in a month; it becomes the limits of the default NodePool. The cluster's own workers are not in it. */
  readonly nodeBudget: NodeBudget;
  /** The cluster's Kubernetes version, such as `eks.KubernetesVersion.V1_35`: 1.31 to 1.36 with this library's Karpenter and images. */
  readonly kubernetesVersion: eks.KubernetesVersion;
  /**
   * The cluster's name, as a literal of at most 40 characters: it is a key in conditions of Karpenter's policy.
   *
   * @default - that of the cluster, where it is a literal
   */
  readonly clusterName?: string;
  /**
   * The network of the cluster.
   *
   * @default - that of the cluster, where it is known
   */
  readonly vpc?: ec2.IVpc;
  /**
   * The subnets of the nodes. They need a way out to AWS APIs and image registries, and no tags.
   *
   * @default - the private subnets with a way out: `{ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * The security group of the nodes, which the API endpoint has to admit.
   *
   * @default - the one that EKS made for the cluster
   */
  readonly securityGroup?: ec2.ISecurityGroup;
  /**
   * How the nodes of the default pool are bought, replaced and labelled. More pools come by `addNodePool`.
   *
   * @default - Spot and on demand, one node disrupted at a time
   */
  readonly nodePool?: NodePoolSettings;
  /**
   * The operating system of the nodes.
   *
   * @default NodeImage.bottlerocket()
   */
  readonly nodeImage?: NodeImage;
  /**
   * How Karpenter and its NodePools reach the cluster.
   *
   * @default ClusterBootstrap.pipeline()
   */
  readonly bootstrap?: ClusterBootstrap;
  /**
   * Key of the nodes' volumes, the queue, logs and pipeline artifacts. A key of your own has to admit CloudWatch Logs, EventBridge and the IAM policies of its account.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * How long logs are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Where alarms go: the bootstrap failed, pods find no node, Karpenter does not hear of interruptions. The topic, and its key where it has one, admit
   * CloudWatch of this account from now on; an imported topic has to admit it already.
   *
   * @default - no alarms but `bootstrapFailureAlarm`, which tells nobody
   */
  readonly alerts?: sns.ITopic;
}
