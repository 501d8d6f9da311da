import { Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KarpenterCluster } from './karpenter-cluster';
import { associatePodIdentity, createPodRole } from './pod-identity';
import { WebServiceObjects } from './web-service-manifests';
import { isDeployTime, reject, validateMatch, validateRange } from '../private/validation';

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
   * @default - as many as fit on the nodes that the budget pays for
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

/** What one pod of a web service requests, as its Deployment says; the namespace's quota and the largest number of pods follow from it. */
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
 * its own AWS role, Service, autoscaler, disruption budget, network policy, quota and target group.
 *
 * The Deployment is not part of it: a delivery pipeline owns the image, and the autoscaler the number of pods. The Deployment is called
 * like the service, its pods have the label `app.kubernetes.io/name`, use the service account of the same name, read the ConfigMap
 * `<name>-environment` and speak TLS on `port`; the load balancer does not check the certificate, so a self-signed one will do.
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
  /** The pods share the cluster's security group; the default port is the service's. */
  public readonly connections: ec2.Connections;
  /** The target group in which the cluster registers the pods. */
  public readonly targetGroup: elbv2.ApplicationTargetGroup;
  /** The paths that the load balancer sends here. */
  public readonly paths: string[];

  private readonly environment: Record<string, string> = {};
  private readonly objects: Omit<WebServiceObjects, 'environment' | 'targetGroupArn'>;

  constructor(scope: Construct, id: string, props: WebServiceProps) {
    super(scope, id);
    const { cluster, port } = props;
    this.serviceName = props.name ?? kebab(id);
    this.namespace = props.namespace ?? 'app';
    this.paths = props.paths ?? [EVERY_PATH];
    this.validate(props);

    this.objects = this.describe(props);
    this.role = createPodRole(this, 'Role', cluster.clusterName);
    this.grantPrincipal = this.role;
    associatePodIdentity(this, 'Identity', {
      clusterName: cluster.cluster.clusterName, namespace: this.namespace, serviceAccount: this.serviceName, role: this.role,
    });
    this.connections = new ec2.Connections({ securityGroups: [cluster.cluster.clusterSecurityGroup], defaultPort: ec2.Port.tcp(port) });
    cluster.loadBalancer.connections.allowTo(this, ec2.Port.tcp(port), `Load balancer to the pods of ${this.serviceName}`);
    this.targetGroup = cluster._register(this, { port, healthCheckPath: props.healthCheckPath ?? '/healthz' });
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
   * What Kubernetes has to know of the service.
   *
   * @internal
   */
  public _describe(): WebServiceObjects {
    const environment = Object.fromEntries(Object.keys(this.environment).sort().map(name => [name, this.environment[name]]));
    return { ...this.objects, environment, targetGroupArn: this.targetGroup.targetGroupArn };
  }

  private describe({ cluster, port, scaling = {}, podRequests = {} }: WebServiceProps): Omit<WebServiceObjects, 'environment' | 'targetGroupArn'> {
    const podVcpus = podRequests.vcpus ?? 0.25;
    const minReplicas = scaling.minReplicas ?? 2;
    return {
      name: this.serviceName,
      namespace: this.namespace,
      port,
      minReplicas,
      maxReplicas: scaling.maxReplicas ?? Math.max(minReplicas, Math.floor(cluster.nodeCapacity.vcpus / podVcpus)),
      cpuUtilization: scaling.cpuUtilization ?? 65,
      memoryUtilization: scaling.memoryUtilization ?? 75,
      podVcpus,
      podMemoryMib: (podRequests.memory ?? Size.mebibytes(512)).toMebibytes(),
      ...cluster._addressRanges(),
    };
  }

  private validate({ cluster, port, scaling = {}, podRequests = {} }: WebServiceProps): void {
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
    validateRange(this, { prop: 'podRequests.vcpus', value: podRequests.vcpus, min: 0.05, max: 8, unit: 'vCPUs' });
    validateRange(this, { prop: 'paths', value: this.paths.length, min: 1, max: 5, unit: 'paths, which is what a listener rule takes' });
    for (const other of cluster.webServices) { this.validateApartFrom(other); }
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

function kebab(id: string): string {
  return id.replace(/([a-z0-9])([A-Z])/g, '$1-$2').replace(/[^A-Za-z0-9]+/g, '-').toLowerCase();
}
