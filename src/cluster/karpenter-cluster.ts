import { AspectPriority, Aspects, Names, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import { BaselineCapacity, createNodeRole } from './baseline-capacity';
import { BootstrapBundle } from './bootstrap-bundle';
import { BundleDelivery } from './bundle-delivery';
import { validateCloudFrontPrefixList } from './cloudfront-prefix-lists';
import { ClusterBootstrap } from './cluster-bootstrap';
import { clusterBundle } from './cluster-bundle';
import { validateClusterName, validateKubernetesVersion } from './cluster-validation';
import { createControlPlane } from './control-plane';
import { InternalLoadBalancer } from './internal-load-balancer';
import { KarpenterClusterProps } from './karpenter-cluster-props';
import { KarpenterController } from './karpenter-controller';
import { LoadBalancerController } from './load-balancer-controller';
import { NodeCapacity } from './node-budget';
import { VERSIONS } from './versions';
import { WebService, WebServiceOptions } from './web-service';
import { createEncryptionKey } from '../private/encryption-key';

/**
 * An EKS cluster that Karpenter scales within a budget in dollars, on Graviton, behind an internal load balancer that only CloudFront reaches.
 *
 * The API endpoint is private; nodes run Bottlerocket; nothing in it needs a Lambda function with the default bootstrap.
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
export class KarpenterCluster extends Construct implements ec2.IConnectable {
  /** The EKS cluster. */
  public readonly cluster: eks.Cluster;
  /** The cluster's name, as a literal. */
  public readonly clusterName: string;
  /** The internal load balancer of all web services. */
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The cluster's security group, which nodes and pods have; the default port is the API endpoint's. */
  public readonly connections: ec2.Connections;
  /** Encrypts Kubernetes secrets, logs, queue and pipeline artifacts. */
  public readonly encryptionKey: kms.IKey;
  /** The role of the nodes that Karpenter launches. */
  public readonly nodeRole: iam.Role;
  /** The role of Karpenter itself. */
  public readonly controllerRole: iam.Role;
  /** The queue on which Karpenter hears that a node is about to end. */
  public readonly interruptionQueue: sqs.Queue;
  /** What the budget buys in this region. */
  public readonly nodeCapacity: NodeCapacity;
  /** The pipeline that applies the Kubernetes objects, where `ClusterBootstrap.pipeline()` does: notify somebody when it fails. */
  public readonly bootstrapPipeline?: codepipeline.Pipeline;
  /** Goes off when that pipeline fails. */
  public readonly bootstrapFailureAlarm?: cloudwatch.Alarm;

  private readonly services: WebService[] = [];
  private readonly vpc: ec2.IVpc;
  private readonly vpcSubnets: ec2.SubnetSelection;
  private readonly entrance: InternalLoadBalancer;
  private readonly loadBalancerController: LoadBalancerController;
  private readonly delivery: BundleDelivery;

  constructor(scope: Construct, id: string, props: KarpenterClusterProps) {
    super(scope, id);
    const bootstrap = props.bootstrap ?? ClusterBootstrap.pipeline();
    const version = props.kubernetesVersion ?? eks.KubernetesVersion.of(VERSIONS.kubernetes[VERSIONS.kubernetes.length - 1]);
    validateClusterName(this, props.clusterName);
    validateKubernetesVersion(this, version.version);
    validateCloudFrontPrefixList(this, props.cloudFrontPrefixListId);
    this.nodeCapacity = props.nodeBudget._capacityAt(this);
    this.clusterName = props.clusterName ?? Names.uniqueResourceName(this, { maxLength: 40, separator: '-' }).toLowerCase();
    this.vpc = props.vpc;
    this.vpcSubnets = props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', {
      description: `EKS cluster ${this.clusterName}: secrets, logs, queue and artifacts`, services: ['events.amazonaws.com'],
    });
    this.cluster = createControlPlane(this, {
      clusterName: this.clusterName, version, vpc: this.vpc, vpcSubnets: this.vpcSubnets, encryptionKey: this.encryptionKey,
      logRetention: props.logRetention, deletionProtection: props.deletionProtection ?? true, kubectlLayer: bootstrap._kubectlLayer,
    });
    this.connections = new ec2.Connections({ securityGroups: [this.cluster.clusterSecurityGroup], defaultPort: ec2.Port.HTTPS });
    this.grantAdministrators(props.administrators ?? []);

    const baseline = new BaselineCapacity(this, 'Baseline', { cluster: this.cluster, clusterName: this.clusterName, vpcSubnets: this.vpcSubnets });
    this.nodeRole = this.createNodeRole();
    const controller = this.createController(version);
    this.controllerRole = controller.role;
    this.interruptionQueue = controller.interruptionQueue;

    this.entrance = new InternalLoadBalancer(this, 'LoadBalancer', {
      vpc: this.vpc,
      vpcSubnets: this.vpcSubnets,
      certificate: props.certificate,
      cloudFrontPrefixListId: props.cloudFrontPrefixListId,
      deletionProtection: props.deletionProtection ?? true,
    });
    this.loadBalancer = this.entrance.loadBalancer;
    this.loadBalancerController = new LoadBalancerController(this, 'LoadBalancerController', { cluster: this.cluster, clusterName: this.clusterName });
    this.delivery = bootstrap._bind({
      scope: this,
      cluster: this.cluster,
      clusterName: this.clusterName,
      vpc: this.vpc,
      vpcSubnets: this.vpcSubnets,
      encryptionKey: this.encryptionKey,
      logRetention: props.logRetention,
      after: [baseline, controller, this.loadBalancerController],
    });
    this.bootstrapPipeline = this.delivery.pipeline;
    this.bootstrapFailureAlarm = this.delivery.failureAlarm;
    this.deliverWhenComplete();
  }

  /** The web services of the cluster, in the order in which they were added. */
  public get webServices(): WebService[] {
    return [...this.services];
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
   * Responses of the load balancer itself that are server errors, such as "no pod is healthy".
   *
   * @param options Period, statistic and more.
   */
  public metricLoadBalancerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.httpCodeElb(elbv2.HttpCodeElb.ELB_5XX_COUNT, options);
  }

  /**
   * Responses of pods that are server errors.
   *
   * @param options Period, statistic and more.
   */
  public metricServiceErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, options);
  }

  /**
   * How long pods take to answer.
   *
   * @param options Period, statistic and more.
   */
  public metricResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.targetResponseTime(options);
  }

  /**
   * Takes a web service into the bundle, routes requests to it and lets the controller register its pods.
   *
   * @internal
   */
  public _register(service: WebService, options: { port: number; healthCheckPath: string }): elbv2.ApplicationTargetGroup {
    const targetGroup = this.entrance.addTargets(service, { ...options, vpc: this.vpc });
    this.entrance.route(service, service.paths, targetGroup);
    this.loadBalancerController.bind(targetGroup);
    this.services.push(service);
    return targetGroup;
  }

  /**
   * Where requests come from, and where pods may go.
   *
   * @internal
   */
  public _addressRanges(): { loadBalancerCidrs: string[]; vpcCidr: string } {
    const { subnets } = this.vpc.selectSubnets(this.vpcSubnets);
    const vpcCidr = this.vpc.vpcCidrBlock;
    const known = subnets.map(subnet => rangeOf(subnet)).filter(cidr => cidr !== undefined);
    // an imported subnet may not know its range; the load balancer is somewhere in the VPC then
    return { loadBalancerCidrs: known.length === subnets.length ? known : [vpcCidr], vpcCidr };
  }

  private grantAdministrators(administrators: iam.IRole[]): void {
    for (const role of administrators) {
      this.cluster.grantClusterAdmin(`Administrator${role.node.addr.slice(-8)}`, role.roleArn);
    }
  }

  private createNodeRole(): iam.Role {
    const role = createNodeRole(this, 'NodeRole');
    this.cluster.grantAccess('NodeAccess', role.roleArn, [], { accessEntryType: eks.AccessEntryType.EC2_LINUX });
    return role;
  }

  private createController(version: eks.KubernetesVersion): KarpenterController {
    return new KarpenterController(this, 'Karpenter', {
      cluster: this.cluster, clusterName: this.clusterName, kubernetesVersion: version.version,
      subnets: this.vpc.selectSubnets(this.vpcSubnets).subnets, nodeRole: this.nodeRole, encryptionKey: this.encryptionKey,
    });
  }

  /** The bundle is an asset, whose content has to be final: it is made when the app is synthesized, after the last `addWebService`. */
  private deliverWhenComplete(): void {
    const instanceProfile = new iam.InstanceProfile(this, 'NodeProfile', { role: this.nodeRole });
    let delivered = false;
    Aspects.of(this).add({
      visit: (node: IConstruct) => {
        if (node !== this || delivered) { return; }
        delivered = true;
        this.delivery.deliver(this.bundle(instanceProfile.instanceProfileName));
      },
    }, { priority: AspectPriority.MUTATING });
  }

  private bundle(instanceProfileName: string): BootstrapBundle {
    return clusterBundle({
      clusterName: this.clusterName,
      region: Stack.of(this).region,
      vpcId: this.vpc.vpcId,
      capacity: this.nodeCapacity,
      instanceProfileName,
      subnetIds: this.vpc.selectSubnets(this.vpcSubnets).subnetIds,
      securityGroupId: this.cluster.clusterSecurityGroupId,
      services: this.services.map(service => service._describe()),
    });
  }
}

function rangeOf(subnet: ec2.ISubnet): string | undefined {
  try {
    return subnet.ipv4CidrBlock;
  } catch {
    return undefined;
  }
}
