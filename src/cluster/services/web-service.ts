import { Annotations, Duration, Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KarpenterCluster } from '../karpenter-cluster';
import { associatePodIdentity, createPodRole } from '../pod-identity';
import { callsAws } from './aws-permissions';
import { ServiceEnvironment } from './service-environment';
import { ServiceTraffic } from './service-traffic';
import { deregistrationSeconds } from './target-options';
import { Traffic, WebServiceConnections } from './web-service-connections';
import { WebServiceJob } from './web-service-job';
import { WebServiceObjects } from './web-service-manifests';
import { resolveWebService, validateFit, WebServiceSpec } from './web-service-validation';
import { isDeployTime, reject } from '../../private/validation';

/** A request that fails in a night without traffic is no five percent. */
const LEAST_REQUESTS = 20;

/** How many pods of a web service run. */
export interface WebServiceScaling {
  /**
   * The pods that always run; two or more, so that one zone or node can fail, and no more than have room.
   *
   * @default 2
   */
  readonly minReplicas?: number;
  /**
   * The most pods. A warning says where they are more than surely have room.
   *
   * @default - as many as have room, whatever nodes the budget is spent on
   */
  readonly maxReplicas?: number;
  /**
   * Percent of the requested CPU that pods use on average before more are started.
   *
   * @default 65
   */
  readonly cpuUtilization?: number;
  /**
   * Percent of the requested memory that pods use on average before more are started.
   *
   * @default 75
   */
  readonly memoryUtilization?: number;
}

/** What one pod of a web service requests, as its Deployment has to say; the namespace's quota and the largest number of pods follow from it. */
export interface WebServicePodRequests {
  /**
   * CPU of one pod, in vCPUs.
   *
   * @default 0.25
   */
  readonly vcpus?: number;
  /**
   * Memory of one pod.
   *
   * @default Size.mebibytes(512)
   */
  readonly memory?: Size;
}

/** Options of `KarpenterCluster.addWebService`. */
export interface WebServiceOptions {
  /** The port on which the pods speak TLS. */
  readonly port: number;
  /**
   * Name of the Service, of its Deployment and of their label `app.kubernetes.io/name`. Names that end in `-job` or `-egress` belong to what stands beside a service.
   *
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * The Kubernetes namespace, one of its own: it is created, and admits pods of the restricted security standard only. Not `default`, `kube-…` or `amazon-…`.
   *
   * @default 'app'
   */
  readonly namespace?: string;
  /**
   * Path that answers 200 over HTTPS while a pod is able to serve.
   *
   * @default '/healthz'
   */
  readonly healthCheckPath?: string;
  /**
   * Paths that the load balancer sends to the service, e.g. `/api/*`.
   *
   * @default - every path that no other service has
   */
  readonly paths?: string[];
  /**
   * How many pods run.
   *
   * @default - two, and as many as the budget allows under load
   */
  readonly scaling?: WebServiceScaling;
  /**
   * What one pod requests.
   *
   * @default - a quarter of a vCPU and 512 MiB
   */
  readonly podRequests?: WebServicePodRequests;
  /**
   * How the load balancer treats the pods.
   *
   * @default - requests go to the pod with the fewest open ones; a pod that leaves has 30 seconds
   */
  readonly traffic?: ServiceTraffic;
}

/** Properties of `WebService`. */
export interface WebServiceProps extends WebServiceOptions {
  /** The cluster that runs the service, in the same stack. */
  readonly cluster: KarpenterCluster;
}

/**
 * A container that serves HTTPS behind the cluster's load balancer, and everything around it: namespace, service account with
 * its own AWS role, Service, autoscaler, disruption budget, network policies, quota and target group.
 *
 * The Deployment is not part of it: a delivery pipeline owns the image, and the autoscaler the number of pods. The Deployment is called
 * like the service, its pods have the label `app.kubernetes.io/name`, use the service account of the same name, read the ConfigMap
 * `<name>-environment` and speak TLS on `port`; the load balancer does not check the certificate, so a self-signed one will do. One that
 * could not run is refused when it is applied; `npx cdk-innovate-platform check-deployment` says so before.
 *
 * Pods reach nobody but the cluster's DNS and whom they were let to: by `connections`, in either direction, by permissions of AWS in a policy of the role,
 * which open HTTPS, and by `allowInternet()`. They take requests from the load balancer's subnets: from nobody else where those are its own
 * (`loadBalancerSubnets` of the cluster).
 *
 * @example
 * import { KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as acm from 'aws-cdk-lib/aws-certificatemanager';
 * import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 * declare const certificate: acm.ICertificate;
 * declare const table: dynamodb.ITable;
 *
 * const cluster = new KarpenterCluster(this, 'Cluster', { vpc, certificate, nodeBudget: NodeBudget.usdPerMonth(2000) });
 * const api = cluster.addWebService('Api', { port: 8443, scaling: { minReplicas: 2, maxReplicas: 60 } });
 * table.grantReadWriteData(api);
 * api.addEnvironment('TABLE_NAME', table.tableName);
 *
 * @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/
 */
export class WebService extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** Name of the Kubernetes Service, and of the Deployment that a pipeline has to bring. */
  public readonly serviceName: string;
  /** The Kubernetes namespace. */
  public readonly namespace: string;
  /** The role that the pods have. */
  public readonly role: iam.Role;
  /** Grants go to the pods' role. */
  public readonly grantPrincipal: iam.IPrincipal;
  /** The pods share the cluster's security group; the default port is the service's. What is opened here is in their network policy as well. */
  public readonly connections: ec2.Connections;
  /** The target group in which the cluster registers the pods. */
  public readonly targetGroup: elbv2.ApplicationTargetGroup;
  /** The paths that the load balancer sends here. */
  public readonly paths: string[];
  /** The cluster that runs the service. */
  public readonly cluster: KarpenterCluster;

  private readonly environment = new ServiceEnvironment(this);
  private job?: WebServiceJob;
  private readonly network: WebServiceConnections;
  private readonly spec: WebServiceSpec;

  constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    const { cluster } = props;
    this.cluster = cluster;
    this.spec = resolveWebService(this, cluster, props);
    const { port, traffic, healthCheckPath } = this.spec;
    this.serviceName = this.spec.name;
    this.namespace = this.spec.namespace;
    this.paths = this.spec.paths;

    this.role = createPodRole(this, 'Role', cluster.clusterName);
    this.grantPrincipal = this.role;
    associatePodIdentity(this, 'Identity', {
      clusterName: cluster.cluster.clusterName, namespace: this.namespace, serviceAccount: this.serviceName, role: this.role,
    });
    const { clusterSecurityGroup } = cluster.cluster;
    this.network = new WebServiceConnections({ name: this.serviceName, namespace: this.namespace }, clusterSecurityGroup, port);
    this.connections = this.network;
    cluster.loadBalancer.connections.allowTo(clusterSecurityGroup, ec2.Port.tcp(port), `Load balancer to the pods of ${this.serviceName}`);
    this.targetGroup = cluster._register(this, { port, healthCheckPath, traffic });
  }

  /**
   * Adds a variable to the ConfigMap `<name>-environment`.
   *
   * @param name The variable, such as `DATABASE_HOST`.
   * @param value Its value, which may be known at deployment only. No secrets: who reads the namespace reads it.
   */
  public addEnvironment(name: string, value: string): void {
    this.environment.add(name, value);
  }

  /**
   * Adds a job beside the service, with a role of its own: such as the migration of the database before a release.
   *
   * @throws where the service has one already
   */
  public addJob(): WebServiceJob {
    this.refuseSecondJob();
    return new WebServiceJob(this, 'Job', { service: this });
  }

  /**
   * Lets the pods open HTTPS connections to every address, for somebody else's API. A grant of an AWS service does the same, because the
   * addresses of AWS are not known; `connections.allowTo(ec2.Peer.ipv4(…), …)` is narrower where the address is.
   */
  public allowInternet(): void {
    this.connections.allowToAnyIpv4(ec2.Port.HTTPS, `${this.serviceName} to the internet`);
  }

  /** Requests that the load balancer sent to the pods. */
  public metricRequests(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.requestCount(this.byTheMinute(options));
  }

  /** Responses of pods that are server errors. */
  public metricServerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, this.byTheMinute(options));
  }

  /** Responses of pods that are server errors, in percent of the requests; 0 where there are 20 requests or fewer, which prove nothing. */
  public metricServerErrorRate(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'Requests with a server error, in percent',
      expression: `IF(requests > ${LEAST_REQUESTS}, 100 * errors / requests, 0)`,
      usingMetrics: { requests: this.metricRequests(), errors: this.metricServerErrors() },
      period: Duration.minutes(1),
      ...options,
    });
  }

  /** How long pods take to answer, in seconds: all but the slowest of a hundred requests. */
  public metricResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.targetResponseTime(this.byTheMinute({ statistic: cloudwatch.Stats.p(99), ...options }));
  }

  /** Pods to which the load balancer sends requests: the fewest. */
  public metricHealthyPods(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.healthyHostCount(this.byTheMinute({ statistic: cloudwatch.Stats.MINIMUM, ...options }));
  }

  /** Pods that do not pass the health check: the most. */
  public metricUnhealthyPods(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.targetGroup.metrics.unhealthyHostCount(this.byTheMinute({ statistic: cloudwatch.Stats.MAXIMUM, ...options }));
  }

  /** @internal */
  public _addJob(job: WebServiceJob): void {
    this.refuseSecondJob();
    this.job = job;
  }

  /**
   * What Kubernetes has to know of the service.
   *
   * @internal
   */
  public _describe(): WebServiceObjects {
    const { cluster, room, spec: { healthCheckPath: _path, paths: _paths, traffic, maxReplicas = room, ...spec } } = this;
    return {
      ...spec,
      maxReplicas,
      leastGraceSeconds: (deregistrationSeconds(traffic) ?? 0) + 1,
      mostGraceSeconds: cluster._longestGraceSeconds,
      ...cluster._addressRanges(),
      traffic: this.openTraffic(),
      environment: this.environment.variables,
      jobEnvironment: this.job?._environment,
      targetGroupArn: this.targetGroup.targetGroupArn,
      autoMode: cluster._autoMode,
    };
  }

  /**
   * Looks again, now that all node pools are known.
   *
   * @internal
   */
  public _complete(): void {
    validateFit(this, this.cluster, this.spec);
    const { room, spec: { maxReplicas } } = this;
    if (maxReplicas === undefined || isDeployTime(maxReplicas) || maxReplicas <= room) { return; }
    Annotations.of(this).addWarningV2('cdk-innovate-platform:maxReplicasAboveBudget',
      `\`scaling.maxReplicas\` is ${maxReplicas}, but the budget surely has room for ${room} such pods only: others may stay pending. Give ${room}, request less for a pod, or raise the node budget.`);
  }

  /** The pods that have room whatever nodes the budget is spent on. */
  private get room(): number {
    return this.cluster._podsOf({ vcpus: this.spec.podVcpus, memoryMib: this.spec.podMemoryMib });
  }

  private openTraffic(): Traffic[] {
    const { traffic } = this.network;
    const https: Traffic = { direction: 'out', peer: { cidr: ec2.Peer.anyIpv4().uniqueId }, protocol: 'TCP', port: 443 };
    const asks = [this.role, this.job?.role].some(role => role !== undefined && callsAws(role));
    return !asks || traffic.some(one => JSON.stringify(one) === JSON.stringify(https)) ? traffic : [...traffic, https];
  }

  private refuseSecondJob(): void {
    if (!this.job) { return; }
    reject(this, { prop: 'service', value: this.node.path, problem: 'it has its job already', remedy: 'Use the one that is there: keep what `addJob()` returned.' });
  }

  private byTheMinute(options?: cloudwatch.MetricOptions): cloudwatch.MetricOptions {
    return { period: Duration.minutes(1), ...options };
  }
}
