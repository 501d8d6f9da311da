import { Lazy, Names, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IDependable } from 'constructs';
import { autoModeNetworkPolicy } from './auto-mode-network-policy';
import { BaselineCapacity, createAddon } from './baseline-capacity';
import { BootstrapBundle } from './bootstrap/bootstrap-bundle';
import { BundleDelivery } from './bootstrap/bundle-delivery';
import { ClusterBootstrap } from './bootstrap/cluster-bootstrap';
import { clusterBundle } from './bootstrap/cluster-bundle';
import { createDelivery } from './bootstrap/cluster-delivery';
import { PublishedBundle } from './bootstrap/published-bundle';
import { reportCapacity } from './capacity-report';
import { ClusterAccess, validateApart } from './cluster-access';
import { ClusterAlarms } from './cluster-alarms';
import { ClusterCompute } from './cluster-compute';
import { createClusterKey } from './cluster-key';
import { validateClusterName } from './cluster-validation';
import { createControlPlane } from './control-plane';
import { ImportedKarpenterCluster } from './imported-karpenter-cluster';
import { KarpenterClusterAttributes } from './karpenter-cluster-attributes';
import { KarpenterClusterBase } from './karpenter-cluster-base';
import { KarpenterClusterProps } from './karpenter-cluster-props';
import { IKarpenterCluster } from './karpenter-cluster-ref';
import { NodeCapacity } from './nodes/node-capacity';
import { PodRequest } from './nodes/node-pods';
import { NodePool } from './nodes/node-pool';
import { NodePoolOptions } from './nodes/node-pool-options';
import { NodePools } from './nodes/node-pools';
import { createAutoModeSupply, createKarpenterSupply, NodeSupply } from './nodes/node-supply';
import { storageManifests } from './persistent-volumes';
import { InternalLoadBalancer } from './services/internal-load-balancer';
import { LoadBalancerController } from './services/load-balancer-controller';
import { loadBalancerCidrs, LoadBalancerSubnetsProps, validateLoadBalancerSubnets } from './services/load-balancer-subnets';
import { TargetOptions } from './services/target-options';
import { WebService, WebServiceOptions } from './services/web-service';
import { serviceAlarms } from './services/web-service-alarms';
import { releaseOf, validateKubernetesVersion, VERSIONS } from './versions';
import { whenComplete } from './when-complete';
import { validateAlerts } from '../private/alarm-topic';
import { validateCloudFrontPrefixList } from '../private/cloudfront-prefix-lists';
import { contractOf } from '../private/deployment-contract';
import { reject } from '../private/validation';

/**
 * An EKS cluster that Karpenter scales within a budget in dollars, on Graviton, behind an internal load balancer that only CloudFront reaches.
 *
 * The API endpoint is private; nodes run Bottlerocket; every version is pinned by this library; secrets, volumes, queue and logs are encrypted with one key.
 * When the stack is deleted, a small function first ends the machines that Karpenter launched.
 *
 * @example
 * import { KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as acm from 'aws-cdk-lib/aws-certificatemanager';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 * declare const certificate: acm.ICertificate;
 *
 * const cluster = new KarpenterCluster(this, 'Cluster', {
 *   vpc,
 *   certificate,
 *   nodeBudget: NodeBudget.usdPerMonth(2000),
 * });
 * cluster.addWebService('Api', { port: 8443 });
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/clusters.html
 * @see https://karpenter.sh/docs/
 */
export class KarpenterCluster extends KarpenterClusterBase {
  /** A cluster of another stack, in the account and region of this one: what an origin, a bastion or a pipeline needs of it. */
  public static fromKarpenterClusterAttributes(scope: Construct, id: string, attributes: KarpenterClusterAttributes): IKarpenterCluster {
    return new ImportedKarpenterCluster(scope, id, attributes);
  }

  /** The EKS cluster. */
  public readonly cluster: eks.Cluster;
  /** The cluster's name, as a literal. */
  public readonly clusterName: string;
  /** The internal load balancer of all web services. */
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The cluster's security group, which nodes and pods have; the default port is the API endpoint's. */
  public readonly connections: ec2.Connections;
  /** Encrypts Kubernetes secrets, the volumes of nodes and pods, logs, queue and pipeline artifacts. */
  public readonly encryptionKey: kms.IKey;
  /** The role of the nodes that are launched for pods. */
  public readonly nodeRole: iam.Role;
  /** The role of Karpenter itself; none with `ClusterCompute.autoMode()`. */
  public readonly controllerRole?: iam.Role;
  /** The queue on which Karpenter hears that a node is about to end; none with `ClusterCompute.autoMode()`. */
  public readonly interruptionQueue?: sqs.Queue;
  /** The pipeline that applies the Kubernetes objects, where `ClusterBootstrap.pipeline()` does: notify somebody when it fails. */
  public readonly bootstrapPipeline?: codepipeline.Pipeline;
  /** Goes off when that pipeline fails. */
  public readonly bootstrapFailureAlarm?: cloudwatch.Alarm;
  /**
   * Whether EKS itself launches nodes and binds pods.
   *
   * @internal
   */
  public readonly _autoMode: boolean;
  /**
   * People's roles.
   *
   * @internal
   */
  protected readonly _access: ClusterAccess;

  private readonly services: WebService[] = [];
  private readonly vpc: ec2.IVpc;
  private readonly vpcSubnets: ec2.SubnetSelection;
  private readonly subnets: LoadBalancerSubnetsProps;
  private readonly kubernetesVersion: string;
  private readonly pools: NodePools;
  private readonly supply: NodeSupply;
  private readonly entrance: InternalLoadBalancer;
  private readonly loadBalancerController?: LoadBalancerController;
  private readonly delivery: BundleDelivery;
  private readonly alarms?: ClusterAlarms;

  constructor(scope: Construct, id: string, props: KarpenterClusterProps) {
    super(scope, id);
    const version = props.kubernetesVersion ?? eks.KubernetesVersion.of(VERSIONS.kubernetes[VERSIONS.kubernetes.length - 1]);
    const bootstrap = props.bootstrap ?? ClusterBootstrap.pipeline();
    this.validate(props, version, bootstrap);
    this.kubernetesVersion = version.version;
    this.clusterName = props.clusterName ?? Names.uniqueResourceName(this, { maxLength: 40, separator: '-' }).toLowerCase();
    this.vpc = props.vpc;
    this.subnets = subnetsOf(props);
    this.vpcSubnets = this.subnets.vpcSubnets;
    this._autoMode = (props.compute ?? ClusterCompute.karpenter())._autoMode;
    this.pools = this.createPools(props);

    this.encryptionKey = props.encryptionKey ?? createClusterKey(this, 'Key', this.clusterName);
    this.cluster = createControlPlane(this, {
      clusterName: this.clusterName, version, vpc: this.vpc, vpcSubnets: this.vpcSubnets, encryptionKey: this.encryptionKey, autoMode: this._autoMode,
      logRetention: props.logRetention, deletionProtection: props.deletionProtection ?? true, kubectlLayer: bootstrap._kubectlLayer,
    });
    this.connections = new ec2.Connections({ securityGroups: [this.cluster.clusterSecurityGroup], defaultPort: ec2.Port.HTTPS });
    this._access = this.createAccess(props);
    const baseline = this.createBaseline();
    this.supply = this.createSupply();
    this.nodeRole = this.supply.nodeRole;
    this.controllerRole = this.supply.controller?.role;
    this.interruptionQueue = this.supply.controller?.interruptionQueue;

    this.entrance = this.createEntrance(props);
    this.loadBalancer = this.entrance.loadBalancer;
    this.loadBalancerController = this.createLoadBalancerController();
    const controllers = this.loadBalancerController ? [this.loadBalancerController] : [];
    this.delivery = this.createDelivery(props, bootstrap, [...baseline, ...this.supply.parts, ...controllers]);
    this.createAutoModeMetrics();
    this.bootstrapPipeline = this.delivery.pipeline;
    this.bootstrapFailureAlarm = this.delivery.failureAlarm;
    this.alarms = this.createAlarms(props);
    whenComplete(this, () => this.finish());
  }

  /** What the budgets of all node pools together buy in this region, at worst. */
  public get nodeCapacity(): NodeCapacity {
    return this.pools.total;
  }

  /** The node pools, the default one first. */
  public get nodePools(): NodePool[] {
    return [...this.pools.pools];
  }

  /** The web services of the cluster, in the order in which they were added. */
  public get webServices(): WebService[] {
    return [...this.services];
  }

  /**
   * What the Deployments of the web services have to be like, as JSON: for the `deploymentContract` of a delivery, and for `npx cdk-innovate-platform check-deployment`.
   */
  public get deploymentContract(): string {
    return Lazy.string({ produce: () => JSON.stringify(contractOf(this.clusterName, this.services.map(service => service._describe()))) });
  }

  /**
   * Adds a container that serves HTTPS: everything around its Deployment.
   *
   * @param id The construct's id, from which the service takes its name.
   * @param options Port, scaling and what else is not the default.
   */
  public addWebService(id: string, options: WebServiceOptions): WebService {
    return new WebService(this, id, { ...options, cluster: this });
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
   * Takes a web service into the bundle, routes requests to it and lets the controller register its pods.
   *
   * @internal
   */
  public _register(service: WebService, options: TargetOptions): elbv2.ApplicationTargetGroup {
    const targetGroup = this.entrance.addTargets(service, options);
    this.entrance.route(service, service.paths, targetGroup);
    this.loadBalancerController?.bind(targetGroup);
    this.services.push(service);
    return targetGroup;
  }

  /**
   * Where requests come from, and where pods may go.
   *
   * @internal
   */
  public _addressRanges(): { loadBalancerCidrs: string[]; vpcCidr: string } {
    return { loadBalancerCidrs: loadBalancerCidrs(this, this.subnets), vpcCidr: this.vpc.vpcCidrBlock };
  }

  /**
   * Whether requests reach the load balancer at all.
   *
   * @internal
   */
  public get _takesRequests(): boolean {
    return this.entrance.listener !== undefined;
  }

  /**
   * How many pods that tolerate nothing have room at least.
   *
   * @internal
   */
  public _podsOf(request: PodRequest): number {
    return this.pools.podsOf(request);
  }

  /**
   * How long pods may take to end, on whatever node they are.
   *
   * @internal
   */
  public get _longestGraceSeconds(): number {
    return this.pools.longestGraceSeconds;
  }

  private validate(props: KarpenterClusterProps, { version }: eks.KubernetesVersion, bootstrap: ClusterBootstrap): void {
    validateClusterName(this, props.clusterName);
    validateKubernetesVersion(this, version);
    bootstrap._validate(this, version);
    validateCloudFrontPrefixList(this, 'cloudFrontPrefixListId', props.cloudFrontPrefixListId);
    validateAlerts(this, props.alerts);
    validateApart(this, props.administrators ?? [], props.developers ?? []);
    validateLoadBalancerSubnets(this, subnetsOf(props));
    if (props.certificate && props.plainHttp) {
      reject(this, { prop: 'plainHttp', value: true, problem: 'there is a `certificate`', remedy: 'Leave out one of the two.' });
    }
  }

  private createPools({ nodeBudget, nodePool, nodeImage }: KarpenterClusterProps): NodePools {
    return new NodePools(this, {
      clusterName: this.clusterName, budget: nodeBudget, defaults: nodePool, image: nodeImage, autoMode: this._autoMode, paysBaseline: !this._autoMode,
    });
  }

  private createAccess({ administrators = [], developers = [] }: KarpenterClusterProps): ClusterAccess {
    const access = new ClusterAccess(this, 'Access', {
      cluster: this.cluster, namespaces: () => this.services.map(service => service.namespace),
    });
    for (const role of administrators) { access.administer(role); }
    for (const role of developers) { access.view(role); }
    return access;
  }

  /** Auto Mode has its own. */
  private createBaseline(): IDependable[] {
    if (this._autoMode) { return []; }
    return [new BaselineCapacity(this, 'Baseline', {
      cluster: this.cluster,
      clusterName: this.clusterName,
      release: releaseOf(this.kubernetesVersion),
      vpcSubnets: this.vpcSubnets,
      encryptionKey: this.encryptionKey,
    })];
  }

  /** The one add-on that Auto Mode lacks. It becomes active on nodes only, and the first come with the bundle: whoever applies that elsewhere adds it there. */
  private createAutoModeMetrics(): void {
    if (!this._autoMode || this.delivery instanceof PublishedBundle) { return; }
    createAddon(this, 'metrics-server', { cluster: this.cluster, release: releaseOf(this.kubernetesVersion) }).node.addDependency(this.delivery);
  }

  private createSupply(): NodeSupply {
    const { cluster, encryptionKey } = this;
    if (this._autoMode) { return createAutoModeSupply(this, { cluster, encryptionKey }); }
    return createKarpenterSupply(this, {
      cluster,
      encryptionKey,
      clusterName: this.clusterName,
      kubernetesVersion: this.kubernetesVersion,
      subnets: this.vpc.selectSubnets(this.vpcSubnets).subnets,
      securityGroup: cluster.clusterSecurityGroup,
    });
  }

  private createEntrance(props: KarpenterClusterProps): InternalLoadBalancer {
    const { certificate, plainHttp = false, cloudFrontPrefixListId, deletionProtection = true, logRetention } = props;
    return new InternalLoadBalancer(this, 'LoadBalancer', {
      clusterName: this.clusterName,
      autoMode: this._autoMode,
      vpc: this.vpc,
      vpcSubnets: this.subnets.loadBalancerSubnets ?? this.vpcSubnets,
      certificate,
      plainHttp,
      cloudFrontPrefixListId,
      deletionProtection,
      logRetention,
    });
  }

  private createLoadBalancerController(): LoadBalancerController | undefined {
    if (this._autoMode) { return undefined; }
    return new LoadBalancerController(this, 'LoadBalancerController', { cluster: this.cluster, clusterName: this.clusterName });
  }

  private createDelivery({ logRetention }: KarpenterClusterProps, bootstrap: ClusterBootstrap, after: IDependable[]): BundleDelivery {
    return createDelivery(this, {
      bootstrap,
      cluster: this.cluster,
      clusterName: this.clusterName,
      vpc: this.vpc,
      vpcSubnets: this.vpcSubnets,
      securityGroup: this.cluster.clusterSecurityGroup,
      encryptionKey: this.encryptionKey,
      logRetention,
      autoMode: this._autoMode,
      after,
    });
  }

  private createAlarms({ alerts }: KarpenterClusterProps): ClusterAlarms | undefined {
    if (!alerts) { return undefined; }
    const alarms = new ClusterAlarms(this, 'Alarms', { alerts, clusterName: this.clusterName });
    alarms.tell(this.delivery.failureAlarm);
    if (this.supply.controller) { alarms.watchInterruptions(this.supply.controller); }
    alarms.watchLoadBalancer(this.metricLoadBalancerErrors());
    return alarms;
  }

  private finish(): void {
    for (const service of this.services) { service._complete(); }
    for (const service of this.alarms ? this.services : []) { serviceAlarms(service).forEach(alarm => this.alarms!.tell(alarm)); }
    this.delivery.deliver(this.bundle());
    reportCapacity(this, this.pools, this.services.map(service => service._describe()));
  }

  private bundle(): BootstrapBundle {
    return clusterBundle({
      clusterName: this.clusterName,
      region: Stack.of(this).region,
      vpcId: this.vpc.vpcId,
      autoMode: this._autoMode,
      nodeManifests: this.pools.manifests({
        ...this.supply.identity,
        subnetIds: this.vpc.selectSubnets(this.vpcSubnets).subnetIds,
        securityGroupId: this.cluster.clusterSecurityGroupId,
        encryptionKeyArn: this.encryptionKey.keyArn,
      }),
      storageManifests: [...this._autoMode ? autoModeNetworkPolicy() : [], ...storageManifests(this.encryptionKey.keyArn, { autoMode: this._autoMode })],
      services: this.services.map(service => service._describe()),
    });
  }
}

function subnetsOf({ vpc, vpcSubnets, loadBalancerSubnets }: KarpenterClusterProps): LoadBalancerSubnetsProps {
  return { vpc, vpcSubnets: vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, loadBalancerSubnets };
}
