import { Traffic, TrafficPeer } from './web-service-connections';
import { ServiceContract } from '../../private/deployment-contract';

/** A web service as Kubernetes sees it; values may be deploy-time values. */
export interface WebServiceObjects extends ServiceContract {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly targetGroupArn: string;
  readonly loadBalancerCidrs: string[];
  readonly vpcCidr: string;
  /** What was opened besides the load balancer's way in. */
  readonly traffic: Traffic[];
  readonly environment: Record<string, string>;
  /** @default - the service has no job */
  readonly jobEnvironment?: Record<string, string>;
  /** EKS Auto Mode binds pods to target groups itself. */
  readonly autoMode: boolean;
}

/** Where the EKS Pod Identity agent of each node hands out credentials. @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-config-ipv6.html */
const POD_IDENTITY_AGENT = '169.254.170.23/32';
const NAME_LABEL = 'app.kubernetes.io/name';

/** What a service's job is called: its service account, and the label of its pods. */
export function jobName(service: string): string {
  return `${service}-job`;
}

/** Everything around the Deployment of a service, which the delivery pipeline owns. Nothing here says how many pods run: the autoscaler does. */
export function webServiceManifests(service: WebServiceObjects): object[] {
  const { name, namespace, port } = service;
  const metadata = { name, namespace, labels: { [NAME_LABEL]: name } };
  const matchLabels = { [NAME_LABEL]: name };
  return [
    ...identity(metadata, service.environment),
    ...service.jobEnvironment ? identity({ name: jobName(name), namespace, labels: { [NAME_LABEL]: jobName(name) } }, service.jobEnvironment) : [],
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { type: 'ClusterIP', selector: matchLabels, ports: [{ name: 'https', port, targetPort: port, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: service.minReplicas,
        maxReplicas: service.maxReplicas,
        metrics: [utilization('cpu', service.cpuUtilization), utilization('memory', service.memoryUtilization)],
        behavior: BEHAVIOR,
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      // rounded up, so that even a single pod may be moved; and a pod that does not work anyway holds no node
      spec: { maxUnavailable: '25%', unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels } },
    },
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: { matchLabels }, ...wayIn(service) } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { ...metadata, name: `${name}-egress` },
      // a job of the service goes the same ways, but is called differently, so that no request is sent to it
      spec: { podSelector: { matchExpressions: [{ key: NAME_LABEL, operator: 'In', values: [name, jobName(name)] }] }, ...wayOut(service) },
    },
    {
      apiVersion: service.autoMode ? 'eks.amazonaws.com/v1' : 'elbv2.k8s.aws/v1beta1',
      kind: 'TargetGroupBinding',
      metadata,
      spec: { serviceRef: { name, port }, targetGroupARN: service.targetGroupArn, targetType: 'ip' },
    },
  ];
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: { readonly [label: string]: string };
}

/** Who pods are, and what they read at their start. */
function identity(metadata: Metadata, data: Record<string, string>): object[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: `${metadata.name}-environment` }, data },
  ];
}

/**
 * Up at once, by as much again or four pods every 15 seconds, which is how often the autoscaler looks: new pods on new nodes take a minute as it is.
 * Down to what the busiest of the last five minutes needed, and by at most half of the pods in a minute, so that metrics that are wrong for a moment
 * cost no more than that half. Slower would be paid for without use.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
const BEHAVIOR = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }, { type: 'Pods', value: 4, periodSeconds: 15 }],
  },
  scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
};

function utilization(resource: string, averageUtilization: number): object {
  return { type: 'Resource', resource: { name: resource, target: { type: 'Utilization', averageUtilization } } };
}

/** The load balancer, and who was let in besides. */
function wayIn(service: WebServiceObjects): object {
  const loadBalancer = { from: service.loadBalancerCidrs.map(cidr => ({ ipBlock: { cidr } })), ports: [{ port: service.port, protocol: 'TCP' }] };
  return { policyTypes: ['Ingress'], ingress: [loadBalancer, ...rules(service, 'in').map(({ peers, ports }) => ({ from: peers, ports }))] };
}

/** Names, the pod's own credentials, and what was granted. */
function wayOut(service: WebServiceObjects): object {
  const clusterDns = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
  };
  const names = { ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] };
  return {
    policyTypes: ['Egress'],
    egress: [
      // with EKS Auto Mode no pod answers, but a part of the node
      service.autoMode ? names : { to: [clusterDns], ...names },
      { to: [{ ipBlock: { cidr: POD_IDENTITY_AGENT } }], ports: [{ port: 80, protocol: 'TCP' }] },
      ...rules(service, 'out').map(({ peers, ports }) => ({ to: peers, ports })),
    ],
  };
}

/** One rule for each peer, with all its ports. */
function rules({ traffic, vpcCidr }: WebServiceObjects, direction: Traffic['direction']): { peers?: object[]; ports: object[] }[] {
  const byPeer = new Map<string, { peers?: object[]; ports: object[] }>();
  for (const { peer, direction: way, ...port } of traffic) {
    if (way !== direction) { continue; }
    const peers = peersOf(peer, vpcCidr);
    const key = JSON.stringify(peers);
    byPeer.set(key, { peers, ports: [...byPeer.get(key)?.ports ?? [], port] });
  }
  return [...byPeer.values()];
}

/** Undefined, and so missing in the rule, is everybody. */
function peersOf(peer: TrafficPeer, vpcCidr: string): object[] | undefined {
  if (peer === 'anywhere') { return undefined; }
  if (peer === 'vpc') { return [{ ipBlock: { cidr: vpcCidr } }]; }
  if ('cidr' in peer) { return [{ ipBlock: { cidr: peer.cidr } }]; }
  const { name, namespace } = peer.service;
  return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: { [NAME_LABEL]: name } } }];
}
