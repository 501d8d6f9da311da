import { ServiceContract } from './deployment-contract';
import { quantity } from './deployment-quantity';

/** A Deployment as it is written; nothing in it is sure to be there. */
export interface Deployment {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly strategy?: { readonly type?: string };
    readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> }; readonly spec?: PodSpec };
  };
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly nodeSelector?: Record<string, string>;
  readonly affinity?: {
    readonly nodeAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: NodeSelectorTerm[] } };
  };
  readonly topologySpreadConstraints?: { readonly topologyKey?: string }[];
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: SecurityContext;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly volumes?: Record<string, unknown>[];
  readonly containers?: Container[];
  readonly initContainers?: Container[];
}

interface NodeSelectorTerm { readonly matchExpressions?: { readonly key?: string; readonly operator?: string; readonly values?: string[] }[] }

interface Container {
  readonly resources?: { readonly requests?: { readonly cpu?: unknown; readonly memory?: unknown } };
  readonly ports?: { readonly containerPort?: number; readonly hostPort?: number }[];
  readonly readinessProbe?: object;
  readonly restartPolicy?: string;
  readonly securityContext?: SecurityContext;
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: string[]; readonly drop?: string[] };
  readonly seccompProfile?: { readonly type?: string };
}

/** One thing that a Deployment has to be like, said twice: for the API server, and for a command that has the file only. */
export interface DeploymentRule {
  readonly id: string;
  /** What is wrong and what to write instead: one line. */
  readonly message: (contract: ServiceContract) => string;
  /** In CEL, of `object` and of the variables of src/cluster/services/deployment-policy.ts. */
  readonly expression: string;
  readonly holds: (pod: PodSpec, contract: ServiceContract, deployment: Deployment) => boolean;
}

const NAME_LABEL = 'app.kubernetes.io/name';
const ARCHITECTURE = 'kubernetes.io/arch';
const ZONE = 'topology.kubernetes.io/zone';
/** What Kubernetes assumes where a pod says nothing. */
const DEFAULT_GRACE_SECONDS = 30;
/** What the restricted security standard admits. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const ADDABLE_CAPABILITY = 'NET_BIND_SERVICE';
const SECCOMP = ['RuntimeDefault', 'Localhost'];

/** Whether a path is there, since CEL ends with an error where something on the way is missing. */
function has(start: string, ...fields: string[]): string {
  return fields.map((_, index) => `has(${[start, ...fields.slice(0, index + 1)].join('.')})`).join(' && ');
}

/** A field of the container's security context, or else of the pod's. */
function inherited(field: string, test: (value: string) => string): string {
  const of = (owner: string) => test(`${owner}.securityContext.${field}`);
  return `variables.allContainers.all(c, ${has('c', 'securityContext', field)} ? ${of('c')} : (${has('variables.pod', 'securityContext', field)} && ${of('variables.pod')}))`;
}

/** Of all containers together, those that run beside them included. */
const REQUESTED = (resource: string) => '(variables.containers + variables.initContainers.filter(c, has(c.restartPolicy) && c.restartPolicy == \'Always\'))'
  + `.map(c, quantity(c.resources.requests.${resource}).asApproximateFloat()).sum()`;
const ALL_REQUEST = `variables.allContainers.all(c, ${has('c', 'resources', 'requests')} && 'cpu' in c.resources.requests && 'memory' in c.resources.requests)`;

/** What every Deployment of a web service has to be like. */
export const DEPLOYMENT_RULES: DeploymentRule[] = [
  {
    id: 'label',
    message: ({ name }) => `The pods need the label ${NAME_LABEL}: ${name}, by which Service, autoscaler and network policy know them. Set it in spec.template.metadata.labels (and in spec.selector.matchLabels).`,
    expression: `'${NAME_LABEL}' in variables.labels && variables.labels['${NAME_LABEL}'] == variables.name`,
    holds: (_, { name }, deployment) => deployment.spec?.template?.metadata?.labels?.[NAME_LABEL] === name,
  },
  {
    id: 'service-account',
    message: ({ name }) => `The pods get their AWS role by the service account ${name}. Set spec.template.spec.serviceAccountName: ${name}.`,
    expression: `${has('variables.pod', 'serviceAccountName')} && variables.pod.serviceAccountName == variables.name`,
    holds: (pod, { name }) => pod.serviceAccountName === name,
  },
  {
    id: 'replicas',
    message: () => 'The autoscaler says how many pods run, and applying a number undoes it. Leave spec.replicas out.',
    // a Deployment without a number has one pod when it is made, and afterwards what the autoscaler said
    expression: 'object.spec.replicas == (request.operation == \'CREATE\' ? 1 : oldObject.spec.replicas)',
    holds: (_pod, _contract, deployment) => deployment.spec?.replicas === undefined,
  },
  {
    id: 'requests',
    message: () => 'Every container, init containers included, needs requests for cpu and memory: the autoscaler, the quota and the choice of nodes reckon with them. Set resources.requests.',
    expression: ALL_REQUEST,
    holds: pod => allContainers(pod).every(({ resources }) => resources?.requests?.cpu !== undefined && resources.requests.memory !== undefined),
  },
  {
    id: 'requested-cpu',
    message: ({ podVcpus }) => `A pod requests ${podVcpus * 1000}m of cpu in all, as \`podRequests.vcpus\` of the web service says, and no init container requests more. Make the two agree: quota and largest number of pods follow from it.`,
    expression: requestedExpression('cpu', '1000.0', 'milliCpus', 0.5),
    holds: (pod, { podVcpus }) => requests(pod, 'cpu', podVcpus, 0.0005),
  },
  {
    id: 'requested-memory',
    message: ({ podMemoryMib }) => `A pod requests ${podMemoryMib}Mi of memory in all, as \`podRequests.memory\` of the web service says, and no init container requests more. Make the two agree: quota and largest number of pods follow from it.`,
    expression: requestedExpression('memory', '1.0', 'bytes', 512),
    holds: (pod, { podMemoryMib }) => requests(pod, 'memory', podMemoryMib * 2 ** 20, 512),
  },
  {
    id: 'architecture',
    message: () => `The nodes are Graviton. Set spec.template.spec.nodeSelector: {${ARCHITECTURE}: arm64}, and build the image for linux/arm64.`,
    expression: `(${has('variables.pod', 'nodeSelector')} && '${ARCHITECTURE}' in variables.pod.nodeSelector && variables.pod.nodeSelector['${ARCHITECTURE}'] == 'arm64')`
      + ` || (${has('variables.pod', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')}`
      + ' && variables.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.all(t, has(t.matchExpressions)'
      + ` && t.matchExpressions.exists(e, e.key == '${ARCHITECTURE}' && e.operator == 'In' && e.values == ['arm64'])))`,
    holds: ({ nodeSelector, affinity }) => {
      const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
      return nodeSelector?.[ARCHITECTURE] === 'arm64' || (terms.length > 0 && terms.every(({ matchExpressions = [] }) => matchExpressions
        .some(({ key, operator, values }) => key === ARCHITECTURE && operator === 'In' && values?.join() === 'arm64')));
    },
  },
  {
    id: 'zones',
    message: () => `The pods have to be spread over zones, so that one may fail. Add a topologySpreadConstraint with topologyKey: ${ZONE}.`,
    expression: `${has('variables.pod', 'topologySpreadConstraints')} && variables.pod.topologySpreadConstraints.exists(t, t.topologyKey == '${ZONE}')`,
    holds: ({ topologySpreadConstraints = [] }) => topologySpreadConstraints.some(({ topologyKey }) => topologyKey === ZONE),
  },
  {
    id: 'port',
    message: ({ port }) => `The load balancer sends requests to port ${port}, by TLS. Add containerPort: ${port} to the container that serves.`,
    expression: 'variables.containers.exists(c, has(c.ports) && c.ports.exists(p, p.containerPort == variables.port))',
    holds: ({ containers = [] }, { port }) => containers.some(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === port)),
  },
  {
    id: 'readiness',
    message: () => 'Without a readiness probe a pod counts as able to serve from its start, for rollouts and for the disruption budget. Add a readinessProbe to the container that serves.',
    expression: 'variables.containers.exists(c, has(c.readinessProbe))',
    holds: ({ containers = [] }) => containers.some(({ readinessProbe }) => readinessProbe !== undefined),
  },
  {
    id: 'strategy',
    message: () => 'With Recreate all pods end before a new one starts. Set spec.strategy: {type: RollingUpdate}, or leave it out.',
    expression: `!(${has('object.spec', 'strategy', 'type')}) || object.spec.strategy.type != 'Recreate'`,
    holds: (_pod, _contract, deployment) => deployment.spec?.strategy?.type !== 'Recreate',
  },
  {
    id: 'shutdown',
    message: ({ leastGraceSeconds, mostGraceSeconds }) => `When a pod ends, the load balancer waits ${leastGraceSeconds - 1} seconds for its last answers, and a node that ends waits ${mostGraceSeconds}`
      + ` seconds for its pods. Set spec.template.spec.terminationGracePeriodSeconds (${DEFAULT_GRACE_SECONDS} where it is missing) to a number from ${leastGraceSeconds} to ${mostGraceSeconds}.`,
    expression: 'variables.grace >= variables.leastGrace && variables.grace <= variables.mostGrace',
    holds: ({ terminationGracePeriodSeconds: grace = DEFAULT_GRACE_SECONDS }, { leastGraceSeconds, mostGraceSeconds }) =>
      grace >= leastGraceSeconds && grace <= mostGraceSeconds,
  },
  {
    id: 'non-root',
    message: () => 'The namespace admits no pod that may run as root. Set securityContext.runAsNonRoot: true for the pod, and no runAsUser: 0.',
    expression: inherited('runAsNonRoot', value => value)
      + ` && variables.allContainers.all(c, !(${has('c', 'securityContext', 'runAsUser')}) || c.securityContext.runAsUser != 0)`
      + ` && (!(${has('variables.pod', 'securityContext', 'runAsUser')}) || variables.pod.securityContext.runAsUser != 0)`,
    holds: pod => pod.securityContext?.runAsUser !== 0 && allContainers(pod).every(({ securityContext: own }) => own?.runAsUser !== 0
      && (own?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) === true),
  },
  {
    id: 'privilege-escalation',
    message: () => 'The namespace admits no container that may gain privileges. Set securityContext.allowPrivilegeEscalation: false for every container, init containers included.',
    expression: `variables.allContainers.all(c, ${has('c', 'securityContext', 'allowPrivilegeEscalation')} && !c.securityContext.allowPrivilegeEscalation)`,
    holds: pod => allContainers(pod).every(({ securityContext }) => securityContext?.allowPrivilegeEscalation === false),
  },
  {
    id: 'capabilities',
    message: () => `The namespace admits no container with capabilities. Set securityContext.capabilities: {drop: [ALL]} for every container, init containers included, and add none but ${ADDABLE_CAPABILITY}.`,
    expression: `variables.allContainers.all(c, ${has('c', 'securityContext', 'capabilities', 'drop')} && 'ALL' in c.securityContext.capabilities.drop`
      + ` && (!has(c.securityContext.capabilities.add) || c.securityContext.capabilities.add.all(a, a == '${ADDABLE_CAPABILITY}')))`,
    holds: pod => allContainers(pod).every(({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL')
      && (securityContext.capabilities.add ?? []).every(capability => capability === ADDABLE_CAPABILITY)),
  },
  {
    id: 'seccomp',
    message: () => 'The namespace admits no container without a filter of system calls. Set securityContext.seccompProfile: {type: RuntimeDefault} for the pod.',
    expression: inherited('seccompProfile', value => `${value}.type in ${JSON.stringify(SECCOMP).replace(/"/g, '\'')}`),
    holds: pod => allContainers(pod).every(({ securityContext }) => SECCOMP.includes((securityContext?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type ?? '')),
  },
  {
    id: 'host',
    message: () => `The namespace admits no pod that shares its node's network, processes, ports or files. Leave out hostNetwork, hostPID, hostIPC and hostPort, and use volumes of these kinds only: ${VOLUMES.join(', ')}.`,
    expression: [
      ...['hostNetwork', 'hostPID', 'hostIPC'].map(field => `(!has(variables.pod.${field}) || !variables.pod.${field})`),
      'variables.allContainers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0))',
      `(!has(variables.pod.volumes) || variables.pod.volumes.all(v, ${VOLUMES.map(kind => `has(v.${kind})`).join(' || ')}))`,
    ].join(' && '),
    holds: pod => !pod.hostNetwork && !pod.hostPID && !pod.hostIPC
      && allContainers(pod).every(({ ports = [] }) => ports.every(({ hostPort }) => !hostPort))
      // a volume that says nothing is an empty directory
      && (pod.volumes ?? []).every(volume => Object.keys(volume).every(field => field === 'name' || VOLUMES.includes(field))),
  },
];

/** The rules that a Deployment breaks. */
export function violations(deployment: Deployment, contract: ServiceContract): DeploymentRule[] {
  const pod = deployment.spec?.template?.spec ?? {};
  return DEPLOYMENT_RULES.filter(rule => !rule.holds(pod, contract, deployment));
}

function allContainers({ containers = [], initContainers = [] }: PodSpec): Container[] {
  return [...containers, ...initContainers];
}

/** Where something requests nothing, another rule says so. */
function requestedExpression(resource: string, factor: string, variable: string, tolerance: number): string {
  const close = (amount: string) => `(${amount} > variables.${variable} - ${tolerance.toFixed(1)} && ${amount} < variables.${variable} + ${tolerance.toFixed(1)})`;
  const first = `variables.initContainers.all(c, quantity(c.resources.requests.${resource}).asApproximateFloat() * ${factor} < variables.${variable} + ${tolerance.toFixed(1)})`;
  return `!(${ALL_REQUEST}) || (${close(`${REQUESTED(resource)} * ${factor}`)} && ${first})`;
}

function requests(pod: PodSpec, resource: 'cpu' | 'memory', expected: number, tolerance: number): boolean {
  const all = allContainers(pod);
  if (all.some(({ resources }) => resources?.requests?.cpu === undefined || resources.requests.memory === undefined)) { return true; }
  const amount = ({ resources }: Container) => quantity(resources!.requests![resource]);
  const together = [...pod.containers ?? [], ...(pod.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  const sum = together.reduce((total, container) => total + amount(container), 0);
  return Math.abs(sum - expected) < tolerance && (pod.initContainers ?? []).every(container => amount(container) < expected + tolerance);
}
