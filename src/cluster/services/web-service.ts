import { Duration, Size, SizeRoundingBehavior, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KarpenterCluster } from '../karpenter-cluster';
import { podsOf } from '../nodes/node-pods';
import { associatePodIdentity, createPodRole } from '../pod-identity';
import { ServiceTraffic } from './service-traffic';
import { TargetOptions, validateHealthCheckPath, validateTraffic } from './target-options';
import { Traffic, WebServiceConnections } from './web-service-connections';
import { WebServiceObjects } from './web-service-manifests';
import { isDeployTime, reject, validateMatch, validateRange } from '../../private/validation';

/** How many pods of a web service run. */
export interface WebServiceScaling {
  /**
   * The pods that always run; two or more, so that one zone or node can fail.
   *
   * @default 2
   */
  readonly minReplicas?: number;
  /**
   * The most pods.
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
   * Name of the Service, of its Deployment and of their label `app.kubernetes.io/name`.
   *
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * The Kubernetes namespace; it is created, and admits pods of the restricted security standard only.
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
  /** The cluster that runs the service. */
  readonly cluster: KarpenterCluster;
}

const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
const EVERY_PATH = '/*';

/**
 * A container that serves HTTPS behind the cluster's load balancer, and everything around it: namespace, service account with
 * its own AWS role, Service, autoscaler, disruption budget, network policies, quota and target group.
 *
 * The Deployment is not part of it: a delivery pipeline owns the image, and the autoscaler the number of pods. The Deployment is called
 * like the service, its pods have the label `app.kubernetes.io/name`, use the service account of the same name, read the ConfigMap
 * `<name>-environment` and speak TLS on `port`; the load balancer does not check the certificate, so a self-signed one will do. One that
 * could not run is refused when it is applied; `npx cdk-innovate-platform check-deployment` says so before.
 *
 * Pods reach nobody but the cluster's DNS and whom they were let to: by `connections`, in either direction, by a grant of an AWS service,
 * which opens HTTPS, and by `allowInternet()`.
 *
 * @example
 * import { KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 * declare const table: dynamodb.ITable;
 *
 * const cluster = new KarpenterCluster(this, 'Cluster', { vpc, nodeBudget: NodeBudget.usdPerMonth(2000) });
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

  private readonly environment: Record<string, string> = {};
  private readonly network: WebServiceConnections;
  private readonly cluster: KarpenterCluster;

  constructor(scope: Construct, id: string, private readonly props: WebServiceProps) {
    super(scope, id);
    const { cluster, port, traffic = {}, healthCheckPath = '/healthz' } = props;
    this.cluster = cluster;
    this.serviceName = props.name ?? kebab(id);
    this.namespace = props.namespace ?? 'app';
    this.paths = props.paths ?? [EVERY_PATH];
    this.validate(props);

    this.role = createPodRole(this, 'Role', cluster.clusterName);
    this.grantPrincipal = this.role;
    associatePodIdentity(this, 'Identity', {
      clusterName: cluster.cluster.clusterName, namespace: this.namespace, serviceAccount: this.serviceName, role: this.role,
    });
    const { clusterSecurityGroup } = cluster.cluster;
    this.network = new WebServiceConnections({ name: this.serviceName, namespace: this.namespace }, clusterSecurityGroup, port);
    this.connections = this.network;
    cluster.loadBalancer.connections.allowTo(clusterSecurityGroup, ec2.Port.tcp(port), `Load balancer to the pods of ${this.serviceName}`);
    const target: TargetOptions = { port, healthCheckPath, traffic };
    this.targetGroup = cluster._register(this, target);
  }

  /**
   * Adds a variable to the ConfigMap `<name>-environment`.
   *
   * @param name The variable, such as `DATABASE_HOST`.
   * @param value Its value, which may be known at deployment only. No secrets: who reads the namespace reads it.
   */
  public addEnvironment(name: string, value: string): void {
    validateMatch(this, {
      prop: 'name',
      value: name,
      pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
      problem: 'it is not the name of an environment variable',
      remedy: 'Use letters, digits and underscores, such as "DATABASE_HOST".',
    });
    this.environment[name] = value;
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

  /**
   * What Kubernetes has to know of the service.
   *
   * @internal
   */
  public _describe(): WebServiceObjects {
    const { cluster, props: { port, scaling = {} } } = this;
    const { podVcpus, podMemoryMib } = requestsOf(this.props);
    const minReplicas = scaling.minReplicas ?? 2;
    const room = podsOf(cluster.nodeCapacity, { vcpus: podVcpus, memoryMib: podMemoryMib });
    return {
      name: this.serviceName,
      namespace: this.namespace,
      port,
      minReplicas,
      maxReplicas: scaling.maxReplicas ?? Math.max(minReplicas, room),
      cpuUtilization: scaling.cpuUtilization ?? 65,
      memoryUtilization: scaling.memoryUtilization ?? 75,
      podVcpus,
      podMemoryMib,
      ...cluster._addressRanges(),
      traffic: this.openTraffic(),
      environment: Object.fromEntries(Object.keys(this.environment).sort().map(name => [name, this.environment[name]])),
      targetGroupArn: this.targetGroup.targetGroupArn,
      autoMode: cluster._autoMode,
    };
  }

  private openTraffic(): Traffic[] {
    const { traffic } = this.network;
    const https: Traffic = { direction: 'out', peer: { cidr: ec2.Peer.anyIpv4().uniqueId }, protocol: 'TCP', port: 443 };
    return !callsAws(this.role) || traffic.some(one => JSON.stringify(one) === JSON.stringify(https)) ? traffic : [...traffic, https];
  }

  private byTheMinute(options?: cloudwatch.MetricOptions): cloudwatch.MetricOptions {
    return { period: Duration.minutes(1), ...options };
  }

  private validate(props: WebServiceProps): void {
    const { cluster, port, scaling = {} } = props;
    validateRange(this, { prop: 'port', value: port, min: 1024, max: 65535, unit: 'a port that an unprivileged container may open', step: 1 });
    for (const [prop, value] of [['name', this.serviceName], ['namespace', this.namespace]]) {
      validateMatch(this, {
        prop,
        value,
        pattern: NAME,
        problem: 'Kubernetes takes lower-case letters, digits and inner hyphens, at most 40 here',
        remedy: 'Give a name such as "api".',
      });
    }
    const { minReplicas = 2, maxReplicas } = scaling;
    validateRange(this, { prop: 'scaling.minReplicas', value: minReplicas, min: 1, max: 1000, unit: 'pods', step: 1 });
    validateRange(this, { prop: 'scaling.maxReplicas', value: maxReplicas, min: 1, max: 10_000, unit: 'pods', step: 1 });
    if (maxReplicas !== undefined && !isDeployTime(maxReplicas) && minReplicas > maxReplicas) {
      reject(this, {
        prop: 'scaling.minReplicas',
        value: minReplicas,
        problem: `\`scaling.maxReplicas\` is ${maxReplicas}`,
        remedy: 'Give a maximum that is not below the minimum.',
      });
    }
    validateRange(this, { prop: 'scaling.cpuUtilization', value: scaling.cpuUtilization, min: 10, max: 95, unit: 'percent', step: 1 });
    validateRange(this, { prop: 'scaling.memoryUtilization', value: scaling.memoryUtilization, min: 10, max: 95, unit: 'percent', step: 1 });
    const { podVcpus, podMemoryMib } = requestsOf(props);
    validateRange(this, { prop: 'podRequests.vcpus', value: podVcpus, min: 0.01, max: 64, unit: 'vCPUs' });
    validateRange(this, { prop: 'podRequests.memory', value: podMemoryMib, min: 16, max: 524_288, unit: 'MiB' });
    this.validateRoom(props);
    validateHealthCheckPath(this, props.healthCheckPath ?? '/');
    validateTraffic(this, props.traffic ?? {});
    validateRange(this, { prop: 'paths', value: this.paths.length, min: 1, max: 5, unit: 'paths, which is what a listener rule takes' });
    for (const other of cluster.webServices) { this.validateApartFrom(other); }
  }

  private validateRoom(props: WebServiceProps): void {
    const { podVcpus: vcpus, podMemoryMib: memoryMib } = requestsOf(props);
    if (podsOf(props.cluster.nodeCapacity, { vcpus, memoryMib }) > 0) { return; }
    reject(this, {
      prop: 'podRequests', value: { vcpus, memoryMib }, problem: 'no node that the budget pays for surely has room for such a pod',
      remedy: 'Request less, or give the cluster a larger `nodeBudget`, from which larger nodes follow.',
    });
  }

  private validateApartFrom(other: WebService): void {
    if (other.serviceName === this.serviceName && other.namespace === this.namespace) {
      reject(this, {
        prop: 'name',
        value: this.serviceName,
        problem: `${other.node.path} has this name in the namespace "${this.namespace}" already`,
        remedy: 'Give each web service a `name` of its own.',
      });
    }
    const shared = this.paths.find(path => other.paths.includes(path));
    if (shared !== undefined) {
      reject(this, {
        prop: 'paths',
        value: this.paths,
        problem: `${other.node.path} answers ${shared} already`,
        remedy: 'Give each web service `paths` of its own, such as ["/reports/*"].',
      });
    }
  }
}

function requestsOf({ podRequests = {} }: WebServiceProps): { podVcpus: number; podMemoryMib: number } {
  const { vcpus = 0.25, memory = Size.mebibytes(512) } = podRequests;
  return { podVcpus: vcpus, podMemoryMib: memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE }) };
}

/** Whether the role has permissions that take a request to use; the login to a database does not. */
function callsAws(role: iam.Role): boolean {
  const stack = Stack.of(role);
  const policy = role.node.tryFindChild('DefaultPolicy') as iam.Policy | undefined;
  const statements: { Action?: string | string[] }[] = stack.resolve(policy?.document)?.Statement ?? [];
  const managed: unknown[] = stack.resolve((role.node.defaultChild as iam.CfnRole).managedPolicyArns) ?? [];
  return managed.length > 0 || statements.some(({ Action: action }) => [action].flat().some(name => name !== 'rds-db:connect'));
}

function kebab(id: string): string {
  return id.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
}
