import { ServiceContract } from '../../../src/private/deployment-contract';

/** What the examples are measured by. */
export const EXAMPLE_CONTRACT: ServiceContract = {
  name: 'orders', namespace: 'shop', port: 8443, podVcpus: 0.5, podMemoryMib: 512, leastGraceSeconds: 31, mostGraceSeconds: 120,
};

export interface DeploymentExample {
  readonly name: string;
  readonly deployment: Record<string, any>;
  /** The ids of the rules that it breaks. */
  readonly violates: string[];
}

const LABELS = { 'app.kubernetes.io/name': 'orders' };
const ARM64 = { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] };
const RESTRICTED = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

interface Parts {
  readonly pod?: object;
  readonly container?: object;
  readonly spec?: object;
  readonly labels?: object;
}

/** Deployments by what differs from one that keeps every rule; `undefined` removes a field. */
function deployment({ pod = {}, container = {}, spec = {}, labels = LABELS }: Parts): Record<string, any> {
  const written = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'orders',
          nodeSelector: { 'kubernetes.io/arch': 'arm64' },
          topologySpreadConstraints: [{
            topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels },
          }],
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          terminationGracePeriodSeconds: 60,
          containers: [{ ...serving(), ...container }],
          ...pod,
        },
      },
      ...spec,
    },
  };
  return JSON.parse(JSON.stringify(written));
}

function serving(): Record<string, any> {
  return {
    name: 'orders',
    image: 'registry.example/orders@sha256:0000000000000000000000000000000000000000000000000000000000000000',
    ports: [{ containerPort: 8443 }],
    resources: requests('500m', '512Mi'),
    readinessProbe: { httpGet: { path: '/readyz', port: 8443, scheme: 'HTTPS' } },
    securityContext: RESTRICTED,
  };
}

function requests(cpu: string | number, memory: string | number): object {
  return { requests: { cpu, memory } };
}

function beside(name: string, cpu: string, memory: string, more: object = {}): object {
  return { name, image: 'registry.example/tool:1', resources: requests(cpu, memory), securityContext: RESTRICTED, ...more };
}

function example(name: string, violates: string[], parts: Parts): DeploymentExample {
  return { name, violates, deployment: deployment(parts) };
}

function affinity(terms: object[]): object {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
}

/** Good and wrong Deployments, all of them valid to the API's own schema. */
export const DEPLOYMENT_EXAMPLES: DeploymentExample[] = [
  example('the plainest one', [], {}),
  example('amounts written differently', [], { container: { resources: requests('0.5', '536870912') } }),
  example('two containers that request the amount together', [], {
    pod: { containers: [{ ...serving(), resources: requests('400m', '384Mi') }, beside('proxy', '100m', '128Mi')] },
  }),
  example('a container that runs beside, written as an init container', [], {
    pod: { containers: [{ ...serving(), resources: requests('400m', '384Mi') }], initContainers: [beside('proxy', '100m', '128Mi', { restartPolicy: 'Always' })] },
  }),
  example('an init container that requests no more than the pod', [], { pod: { initContainers: [beside('migrate', '500m', '512Mi')] } }),
  example('arm64 by affinity', [], { pod: { nodeSelector: undefined, affinity: affinity([{ matchExpressions: [ARM64] }]) } }),
  example('the container says what the pod does not', [], {
    pod: { securityContext: undefined },
    container: { securityContext: { ...RESTRICTED, runAsNonRoot: true, seccompProfile: { type: 'Localhost', localhostProfile: 'orders.json' } } },
  }),
  example('a low port and its capability', [], {
    container: { securityContext: { ...RESTRICTED, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } },
  }),
  example('volumes of the kinds that are admitted', [], {
    pod: {
      volumes: [{ name: 'tmp', emptyDir: {} }, { name: 'settings', configMap: { name: 'orders-environment' } }, { name: 'token', projected: { sources: [] } }],
    },
  }),
  example('a second more to end than the load balancer waits', [], { pod: { terminationGracePeriodSeconds: 31 } }),
  example('two minutes to end', [], { pod: { terminationGracePeriodSeconds: 120 } }),

  example('a label of another service', ['label'], { labels: { 'app.kubernetes.io/name': 'order' } }),
  example('no label of that name', ['label'], { labels: { app: 'orders' } }),
  example('another service account', ['service-account'], { pod: { serviceAccountName: 'default' } }),
  example('no service account', ['service-account'], { pod: { serviceAccountName: undefined } }),
  example('a number of pods', ['replicas'], { spec: { replicas: 3 } }),
  example('no requests', ['requests'], { container: { resources: undefined } }),
  example('no request for memory', ['requests'], { container: { resources: { requests: { cpu: '500m' } } } }),
  example('an init container without requests', ['requests'], { pod: { initContainers: [beside('migrate', '1', '1', { resources: undefined })] } }),
  example('less CPU than the contract', ['requested-cpu'], { container: { resources: requests('250m', '512Mi') } }),
  example('more CPU by a second container', ['requested-cpu'], { pod: { containers: [serving(), beside('proxy', '100m', '0')] } }),
  example('more memory than the contract', ['requested-memory'], { container: { resources: requests('500m', '1Gi') } }),
  example('megabytes for mebibytes', ['requested-memory'], { container: { resources: requests('500m', '512M') } }),
  example('an init container that requests more', ['requested-cpu', 'requested-memory'], { pod: { initContainers: [beside('migrate', '2', '4Gi')] } }),
  example('any architecture', ['architecture'], { pod: { nodeSelector: undefined } }),
  example('an architecture that Kubernetes does not know', ['architecture'], { pod: { nodeSelector: { 'kubernetes.io/arch': 'aarch64' } } }),
  example('an affinity that permits amd64 too', ['architecture'], {
    pod: { nodeSelector: undefined, affinity: affinity([{ matchExpressions: [{ ...ARM64, values: ['amd64', 'arm64'] }] }]) },
  }),
  example('a second term of the affinity without the architecture', ['architecture'], {
    pod: { nodeSelector: undefined, affinity: affinity([{ matchExpressions: [ARM64] }, { matchExpressions: [{ key: 'disk', operator: 'Exists' }] }]) },
  }),
  example('no spread', ['zones'], { pod: { topologySpreadConstraints: undefined } }),
  example('a spread over nodes only', ['zones'], {
    pod: { topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: LABELS } }] },
  }),
  example('another port', ['port'], { container: { ports: [{ containerPort: 8080 }] } }),
  example('no port', ['port'], { container: { ports: undefined } }),
  example('no readiness probe', ['readiness'], { container: { readinessProbe: undefined } }),
  example('everything at once', ['strategy'], { spec: { strategy: { type: 'Recreate' } } }),
  example('ten minutes to end', ['shutdown'], { pod: { terminationGracePeriodSeconds: 600 } }),
  example('the half minute of Kubernetes to end', ['shutdown'], { pod: { terminationGracePeriodSeconds: undefined } }),
  example('no time to end', ['shutdown'], { pod: { terminationGracePeriodSeconds: 0 } }),
  example('perhaps root', ['non-root'], { pod: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } } }),
  example('a container that takes it back', ['non-root'], { container: { securityContext: { ...RESTRICTED, runAsNonRoot: false } } }),
  example('user 0', ['non-root'], { pod: { securityContext: { runAsNonRoot: true, runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } } }),
  example('privileges may be gained', ['privilege-escalation'], { container: { securityContext: { capabilities: { drop: ['ALL'] } } } }),
  example('capabilities are kept', ['capabilities'], { container: { securityContext: { allowPrivilegeEscalation: false } } }),
  example('a capability too many', ['capabilities'], {
    container: { securityContext: { ...RESTRICTED, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } },
  }),
  example('no filter of system calls', ['seccomp'], { pod: { securityContext: { runAsNonRoot: true } } }),
  example('an explicit lack of one', ['seccomp'], { pod: { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Unconfined' } } } }),
  example('the node\'s network', ['host'], { pod: { hostNetwork: true } }),
  example('the node\'s port', ['host'], { container: { ports: [{ containerPort: 8443, hostPort: 8443 }] } }),
  example('the node\'s files', ['host'], { pod: { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] } }),
  example('nothing right', ['label', 'service-account', 'requests', 'architecture', 'zones', 'port', 'readiness', 'non-root', 'privilege-escalation', 'capabilities', 'seccomp'], {
    labels: { app: 'orders' },
    pod: { serviceAccountName: undefined, nodeSelector: undefined, topologySpreadConstraints: undefined, securityContext: undefined, containers: [{ name: 'orders', image: 'orders' }] },
  }),
];
