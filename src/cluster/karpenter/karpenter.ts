import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { KarpenterController } from './karpenter-controller';
import { KarpenterProps } from './karpenter-props';
import { validateAlerts } from '../../private/alarm-topic';
import { isDeployTime, reject } from '../../private/validation';
import { BootstrapBundle } from '../bootstrap/bootstrap-bundle';
import { BundleDelivery } from '../bootstrap/bundle-delivery';
import { ClusterBootstrap } from '../bootstrap/cluster-bootstrap';
import { karpenterBundle } from '../bootstrap/cluster-bundle';
import { createDelivery } from '../bootstrap/cluster-delivery';
import { reportCapacity } from '../capacity-report';
import { ClusterAlarms } from '../cluster-alarms';
import { createClusterKey } from '../cluster-key';
import { unschedulablePods } from '../cluster-metrics';
import { validateClusterName, validateKarpenterRunsOn } from '../cluster-validation';
import { NodeCapacity } from '../nodes/node-capacity';
import { NodePool } from '../nodes/node-pool';
import { NodePoolOptions } from '../nodes/node-pool-options';
import { NodePools } from '../nodes/node-pools';
import { createKarpenterSupply, NodeSupply } from '../nodes/node-supply';
import { whenComplete } from '../when-complete';

/**
 * Karpenter alone, within a budget in dollars, on a cluster that is somebody else's: its role and queue, the role of its nodes, its NodePools, what installs
 * them and what removes the machines when the stack is deleted. Everything else of the cluster stays as it is.
 *
 * @example
 * import { Karpenter, NodeBudget } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as eks from 'aws-cdk-lib/aws-eks-v2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * const cluster = eks.Cluster.fromClusterAttributes(this, 'Shop', {
 *   clusterName: 'shop',
 *   clusterSecurityGroupId: 'sg-0123456789abcdef0',
 *   vpc,
 * });
 * Karpenter.install(this, 'Karpenter', {
 *   cluster,
 *   kubernetesVersion: eks.KubernetesVersion.V1_35,
 *   nodeBudget: NodeBudget.usdPerMonth(1000),
 * });
 *
 * @see https://karpenter.sh/docs/
 */
export class Karpenter extends Construct {
  /** Installs Karpenter on a cluster; the same as the constructor. */
  public static install(scope: Construct, id: string, props: KarpenterProps): Karpenter {
    return new Karpenter(scope, id, props);
  }

  /** The cluster's name, as a literal. */
  public readonly clusterName: string;
  /** The role of the nodes. */
  public readonly nodeRole: iam.Role;
  /** The role of Karpenter itself. */
  public readonly controllerRole: iam.Role;
  /** The queue on which Karpenter hears that a node is about to end. */
  public readonly interruptionQueue: sqs.Queue;
  /** Encrypts the nodes' volumes, the queue, logs and pipeline artifacts. */
  public readonly encryptionKey: kms.IKey;
  /** The pipeline that installs and upgrades Karpenter, where `ClusterBootstrap.pipeline()` does: notify somebody when it fails. */
  public readonly bootstrapPipeline?: codepipeline.Pipeline;
  /** Goes off when that pipeline fails. */
  public readonly bootstrapFailureAlarm?: cloudwatch.Alarm;

  private readonly vpc: ec2.IVpc;
  private readonly vpcSubnets: ec2.SubnetSelection;
  private readonly securityGroup: ec2.ISecurityGroup;
  private readonly pools: NodePools;
  private readonly supply: NodeSupply;
  private readonly delivery: BundleDelivery;

  constructor(scope: Construct, id: string, props: KarpenterProps) {
    super(scope, id);
    const bootstrap = props.bootstrap ?? ClusterBootstrap.pipeline();
    this.clusterName = this.nameOf(props);
    this.validate(props, bootstrap);
    this.vpc = props.vpc ?? this.known('vpc', 'the network of the cluster', () => props.cluster.vpc);
    this.vpcSubnets = props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
    this.securityGroup = props.securityGroup ?? this.known('securityGroup', 'the security group of the cluster', () => props.cluster.clusterSecurityGroup);
    this.pools = new NodePools(this, {
      clusterName: this.clusterName, budget: props.nodeBudget, defaults: props.nodePool, image: props.nodeImage, autoMode: false, paysBaseline: false,
    });

    this.encryptionKey = props.encryptionKey ?? createClusterKey(this, 'Key', this.clusterName);
    this.supply = this.createSupply(props);
    this.nodeRole = this.supply.nodeRole;
    const controller = this.supply.controller!;
    this.controllerRole = controller.role;
    this.interruptionQueue = controller.interruptionQueue;
    this.delivery = this.createDelivery(props, bootstrap);
    this.bootstrapPipeline = this.delivery.pipeline;
    this.bootstrapFailureAlarm = this.delivery.failureAlarm;
    this.createAlarms(props, controller);
    whenComplete(this, () => {
      this.delivery.deliver(this.bundle());
      reportCapacity(this, this.pools);
    });
  }

  /** What the budgets of all node pools together buy in this region, at worst. */
  public get nodeCapacity(): NodeCapacity {
    return this.pools.total;
  }

  /** The node pools, the default one first. */
  public get nodePools(): NodePool[] {
    return [...this.pools.pools];
  }

  /**
   * Adds another kind of nodes, with a budget of its own that comes on top.
   *
   * @param id Unique among the pools, from which the pool takes its name.
   * @param options The budget, and what distinguishes its nodes.
   */
  public addNodePool(id: string, options: NodePoolOptions): NodePool {
    return this.pools.add(id, options);
  }

  /**
   * Pods that fit on no node: for a minute or two while a node is launched, for longer when the budget is spent or a pod asks for what no node has.
   *
   * @param options Period, statistic and more.
   */
  public metricUnschedulablePods(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return unschedulablePods(this.clusterName, options);
  }

  private nameOf({ cluster, clusterName }: KarpenterProps): string {
    const known = isDeployTime(cluster.clusterName) ? undefined : cluster.clusterName;
    if (clusterName !== undefined && known !== undefined && clusterName !== known) {
      reject(this, { prop: 'clusterName', value: clusterName, problem: `the cluster is called "${known}"`, remedy: 'Leave the prop out.' });
    }
    const name = clusterName ?? cluster.clusterName;
    validateClusterName(this, name);
    return name;
  }

  private validate({ kubernetesVersion, alerts }: KarpenterProps, bootstrap: ClusterBootstrap): void {
    validateKarpenterRunsOn(this, kubernetesVersion.version);
    bootstrap._validate(this, kubernetesVersion.version);
    validateAlerts(this, alerts);
  }

  /** An imported cluster throws when it is asked for what it was not told. */
  private known<T>(prop: string, what: string, read: () => T | undefined): T {
    let value: T | undefined;
    try {
      value = read();
    } catch { /* refused below, in words that say what to do */ }
    return value ?? reject(this, {
      prop, value: undefined, problem: `${what} is not known either`, remedy: 'Give the prop, or import the cluster with it: eks.Cluster.fromClusterAttributes.',
    });
  }

  private createSupply({ cluster, kubernetesVersion }: KarpenterProps): NodeSupply {
    return createKarpenterSupply(this, {
      cluster,
      clusterName: this.clusterName,
      kubernetesVersion: kubernetesVersion.version,
      subnets: this.vpc.selectSubnets(this.vpcSubnets).subnets,
      securityGroup: this.securityGroup,
      encryptionKey: this.encryptionKey,
    });
  }

  private createDelivery({ cluster, logRetention }: KarpenterProps, bootstrap: ClusterBootstrap): BundleDelivery {
    return createDelivery(this, {
      bootstrap,
      cluster,
      clusterName: this.clusterName,
      vpc: this.vpc,
      vpcSubnets: this.vpcSubnets,
      securityGroup: this.securityGroup,
      encryptionKey: this.encryptionKey,
      logRetention,
      autoMode: false,
      clusterStays: true,
      after: [cluster, ...this.supply.parts],
    });
  }

  private createAlarms({ alerts }: KarpenterProps, controller: KarpenterController): void {
    if (!alerts) { return; }
    const alarms = new ClusterAlarms(this, 'Alarms', { alerts, clusterName: this.clusterName });
    alarms.tell(this.delivery.failureAlarm);
    alarms.watchInterruptions(controller);
  }

  private bundle(): BootstrapBundle {
    return karpenterBundle({
      clusterName: this.clusterName,
      region: Stack.of(this).region,
      nodeManifests: this.pools.manifests({
        ...this.supply.identity,
        subnetIds: this.vpc.selectSubnets(this.vpcSubnets).subnetIds,
        securityGroupId: this.securityGroup.securityGroupId,
        encryptionKeyArn: this.encryptionKey.keyArn,
      }),
    });
  }
}
