import { SizeRoundingBehavior, Size, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { ServiceTraffic } from './service-traffic';
import { deregistrationSeconds, validateHealthCheckPath, validateTraffic } from './target-options';
import type { WebService, WebServiceOptions } from './web-service';
import { kebabCase } from '../../private/kebab-case';
import { isDeployTime, reject, validateMatch, validateRange } from '../../private/validation';
import { PodRequest } from '../nodes/node-pods';

/** What the user wrote of a web service, checked, with defaults filled in. */
export interface WebServiceSpec {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly healthCheckPath: string;
  readonly paths: string[];
  readonly minReplicas: number;
  /** @default - as many as have room */
  readonly maxReplicas?: number;
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly podVcpus: number;
  readonly podMemoryMib: number;
  readonly traffic: ServiceTraffic;
}

/** What a web service has to know of the cluster that it is for. */
export interface WebServiceHost extends IConstruct {
  readonly webServices: WebService[];
  readonly _takesRequests: boolean;
  readonly _longestGraceSeconds: number;
  _podsOf(request: PodRequest): number;
}

const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** Beside each service there are pods and a network policy that are called so, and one policy belongs to the namespace. */
const RESERVED_NAME = /-(?:job|egress)$|^default-deny$/;
/** Of Kubernetes, with Karpenter and the load balancer controller in them, and of AWS's add-ons. */
const RESERVED_NAMESPACE = /^(?:default|kube-.*|amazon-.*)$/;

/** Checks what the user wrote, before anything is created. */
export function resolveWebService(scope: IConstruct, cluster: WebServiceHost, options: WebServiceOptions): WebServiceSpec {
  const { podRequests: { vcpus = 0.25, memory = Size.mebibytes(512) } = {}, scaling = {} } = options;
  const spec: WebServiceSpec = {
    name: options.name ?? kebabCase(scope.node.id),
    namespace: options.namespace ?? 'app',
    port: options.port,
    healthCheckPath: options.healthCheckPath ?? '/healthz',
    paths: options.paths ?? ['/*'],
    minReplicas: scaling.minReplicas ?? 2,
    maxReplicas: scaling.maxReplicas,
    cpuUtilization: scaling.cpuUtilization ?? 65,
    memoryUtilization: scaling.memoryUtilization ?? 75,
    podVcpus: vcpus,
    podMemoryMib: memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE }),
    traffic: options.traffic ?? {},
  };
  validateCluster(scope, cluster);
  validateNames(scope, spec);
  validateNumbers(scope, spec);
  validateHealthCheckPath(scope, spec.healthCheckPath);
  validateTraffic(scope, spec.traffic);
  validateFit(scope, cluster, spec);
  for (const other of cluster.webServices) { validateApart(scope, spec, other); }
  return spec;
}

/** Whether the nodes have room and time for the pods; asked once more when all node pools are known. */
export function validateFit(scope: IConstruct, cluster: WebServiceHost, spec: WebServiceSpec): void {
  const { podVcpus: vcpus, podMemoryMib: memoryMib, minReplicas, traffic } = spec;
  const room = cluster._podsOf({ vcpus, memoryMib });
  if (room === 0) {
    reject(scope, {
      prop: 'podRequests', value: { vcpus, memoryMib }, problem: 'no node that the budget pays for surely has room for such a pod',
      remedy: 'Request less, or give the cluster a larger `nodeBudget`, from which larger nodes follow.',
    });
  }
  if (!isDeployTime(minReplicas) && minReplicas > room) {
    reject(scope, {
      prop: 'scaling.minReplicas', value: minReplicas, problem: `the budget surely has room for ${room} such pods only, on nodes without taints`,
      remedy: 'Lower it or `podRequests`, give the cluster a larger `nodeBudget`, or add a node pool without taints before the service.',
    });
  }
  const leaving = deregistrationSeconds(traffic);
  const longest = cluster._longestGraceSeconds;
  if (leaving !== undefined && leaving >= longest) {
    reject(scope, {
      prop: 'traffic.deregistrationDelay', value: leaving,
      problem: `a node of this cluster that ends leaves its pods ${longest} seconds, which have to be longer than the load balancer goes on sending`,
      remedy: `Give less than ${longest} seconds; \`disruption.drainTimeout\` and \`purchases\` of the node pools set that limit.`,
    });
  }
}

function validateCluster(scope: IConstruct, cluster: WebServiceHost): void {
  if (Stack.of(scope) !== Stack.of(cluster)) {
    reject(scope, {
      prop: 'cluster', value: cluster.node.path, problem: 'it is in another stack, and each of the two stacks would need the other first',
      remedy: 'Create the service in the cluster\'s stack: `cluster.addWebService(…)`.',
    });
  }
  if (!cluster._takesRequests) {
    reject(scope, {
      prop: 'certificate', value: undefined, problem: `the load balancer of ${cluster.node.path} needs one to take requests by TLS`,
      remedy: 'Give the cluster a `certificate`, or `plainHttp: true` for a trial.',
    });
  }
}

function validateNames(scope: IConstruct, { name, namespace }: WebServiceSpec): void {
  for (const [prop, value] of [['name', name], ['namespace', namespace]]) {
    validateMatch(scope, {
      prop, value, pattern: NAME, problem: 'Kubernetes takes lower-case letters, digits and inner hyphens, at most 40 here', remedy: 'Give a name such as "api".',
    });
  }
  if (RESERVED_NAME.test(name)) {
    reject(scope, {
      prop: 'name', value: name, problem: 'names that end in "-job" or "-egress", and "default-deny", belong to what stands beside a service', remedy: 'Give a name such as "api".',
    });
  }
  if (RESERVED_NAMESPACE.test(namespace)) {
    reject(scope, {
      prop: 'namespace', value: namespace,
      problem: 'it belongs to Kubernetes and AWS, whose own pods would not bear the quota, the pod security and the closed network of a web service\'s namespace',
      remedy: 'Give a namespace of its own, such as "app".',
    });
  }
}

function validateNumbers(scope: IConstruct, spec: WebServiceSpec): void {
  const { minReplicas, maxReplicas } = spec;
  validateRange(scope, { prop: 'port', value: spec.port, min: 1024, max: 65535, unit: 'a port that an unprivileged container may open', step: 1 });
  validateRange(scope, { prop: 'scaling.minReplicas', value: minReplicas, min: 1, max: 1000, unit: 'pods', step: 1 });
  validateRange(scope, { prop: 'scaling.maxReplicas', value: maxReplicas, min: 1, max: 10_000, unit: 'pods', step: 1 });
  if (maxReplicas !== undefined && !isDeployTime(maxReplicas) && minReplicas > maxReplicas) {
    reject(scope, {
      prop: 'scaling.minReplicas', value: minReplicas, problem: `\`scaling.maxReplicas\` is ${maxReplicas}`, remedy: 'Give a maximum that is not below the minimum.',
    });
  }
  validateRange(scope, { prop: 'scaling.cpuUtilization', value: spec.cpuUtilization, min: 10, max: 95, unit: 'percent', step: 1 });
  validateRange(scope, { prop: 'scaling.memoryUtilization', value: spec.memoryUtilization, min: 10, max: 95, unit: 'percent', step: 1 });
  validateRange(scope, { prop: 'podRequests.vcpus', value: spec.podVcpus, min: 0.01, max: 64, unit: 'vCPUs' });
  validateRange(scope, { prop: 'podRequests.memory', value: spec.podMemoryMib, min: 16, max: 524_288, unit: 'MiB' });
  validateRange(scope, { prop: 'paths', value: spec.paths.length, min: 1, max: 5, unit: 'paths, which is what a listener rule takes' });
}

function validateApart(scope: IConstruct, { name, namespace, paths }: WebServiceSpec, other: WebService): void {
  if (other.serviceName === name && other.namespace === namespace) {
    reject(scope, {
      prop: 'name', value: name, problem: `${other.node.path} has this name in the namespace "${namespace}" already`, remedy: 'Give each web service a `name` of its own.',
    });
  }
  const shared = paths.find(path => other.paths.includes(path));
  if (shared !== undefined) {
    reject(scope, {
      prop: 'paths', value: paths, problem: `${other.node.path} answers ${shared} already`, remedy: 'Give each web service `paths` of its own, such as ["/reports/*"].',
    });
  }
}
