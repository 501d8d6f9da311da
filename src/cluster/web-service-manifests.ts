/** A web service as Kubernetes sees it; values may be deploy-time values. */
export interface WebServiceObjects {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly podVcpus: number;
  readonly podMemoryMib: number;
  readonly targetGroupArn: string;
  readonly loadBalancerCidrs: string[];
  readonly vpcCidr: string;
  readonly environment: Record<string, string>;
}

/** Where the EKS Pod Identity agent of each node hands out credentials. @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-config-ipv6.html */
const POD_IDENTITY_AGENT = '169.254.170.23/32';

/**
 * A namespace that admits restricted pods only, as many as its services may grow to; nothing in it opens a load balancer or a node port of its own.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function namespaceManifests(namespace: string, services: WebServiceObjects[]): object[] {
  const pods = services.map(service => podsOf(service));
  const total = (amount: (service: WebServiceObjects) => number) => services.reduce((sum, service, index) => sum + pods[index] * amount(service), 0);
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...Object.fromEntries(['enforce', 'audit', 'warn'].map(mode => [`pod-security.kubernetes.io/${mode}`, 'restricted'])),
          // a rollout waits until the load balancer sends traffic to the new pods
          'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: namespace, namespace },
      spec: {
        hard: {
          'pods': String(total(() => 1)),
          'requests.cpu': `${Math.ceil(total(service => service.podVcpus * 1000))}m`,
          'requests.memory': `${Math.ceil(total(service => service.podMemoryMib))}Mi`,
          'services.loadbalancers': '0',
          'services.nodeports': '0',
        },
      },
    },
  ];
}

/** What a rolling update adds to the most replicas, and two pods for jobs such as a database migration. */
function podsOf(service: WebServiceObjects): number {
  return Math.ceil(service.maxReplicas * 1.25) + 2;
}

/** Everything around the Deployment of a service, which the delivery pipeline owns. Nothing here says how many pods run: the autoscaler does. */
export function webServiceManifests(service: WebServiceObjects): object[] {
  const { name, namespace, port } = service;
  const metadata = { name, namespace, labels: { 'app.kubernetes.io/name': name } };
  const matchLabels = { 'app.kubernetes.io/name': name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: `${name}-environment` }, data: service.environment },
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
      },
    },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: '25%', selector: { matchLabels } } },
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: { matchLabels }, ...trafficOf(service) } },
    {
      apiVersion: 'elbv2.k8s.aws/v1beta1',
      kind: 'TargetGroupBinding',
      metadata,
      spec: { serviceRef: { name, port }, targetGroupARN: service.targetGroupArn, targetType: 'ip' },
    },
  ];
}

function utilization(resource: string, averageUtilization: number): object {
  return { type: 'Resource', resource: { name: resource, target: { type: 'Utilization', averageUtilization } } };
}

/** In: the load balancer. Out: names, the pod's own credentials, the VPC (databases, endpoints) and HTTPS. */
function trafficOf({ port, loadBalancerCidrs, vpcCidr }: WebServiceObjects): object {
  const clusterDns = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
    podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
  };
  return {
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: loadBalancerCidrs.map(cidr => ({ ipBlock: { cidr } })), ports: [{ port, protocol: 'TCP' }] }],
    egress: [
      { to: [clusterDns], ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] },
      { to: [{ ipBlock: { cidr: POD_IDENTITY_AGENT } }], ports: [{ port: 80, protocol: 'TCP' }] },
      { to: [{ ipBlock: { cidr: vpcCidr } }] },
      { ports: [{ port: 443, protocol: 'TCP' }] },
    ],
  };
}
