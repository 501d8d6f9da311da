import { deploymentPolicies } from './deployment-policy';
import { WebServiceObjects } from './web-service-manifests';

/** The label that makes a rollout wait until the load balancer sends requests to the new pods: of the controller, and of EKS Auto Mode. */
const READINESS_GATE = 'elbv2.k8s.aws/pod-readiness-gate-inject';
const AUTO_MODE_READINESS_GATE = 'eks.amazonaws.com/pod-readiness-gate-inject';

/** What a job, such as a database migration, and a pod for looking around may take: two of a service's pods. */
const FURTHER_PODS = 2;
/** A rolling update starts so many pods more, while as many that it replaces still end. */
const SURGE = 0.25;

/**
 * A namespace that admits restricted pods only, as many as its services may grow to, whose pods talk to nobody unless a policy says so;
 * nothing in it opens a load balancer or a node port of its own.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function namespaceManifests(namespace: string, services: WebServiceObjects[]): object[] {
  const metadata = { name: namespace, namespace };
  const total = (amount: (service: WebServiceObjects) => number) => services.reduce((sum, service) => sum + podsOf(service) * amount(service), 0);
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...Object.fromEntries(['enforce', 'audit', 'warn'].map(mode => [`pod-security.kubernetes.io/${mode}`, 'restricted'])),
          [services[0].autoMode ? AUTO_MODE_READINESS_GATE : READINESS_GATE]: 'enabled',
        },
        // with a namespace goes all that is in it: the Deployments of others as well
        annotations: { 'helm.sh/resource-policy': 'keep' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata,
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
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata,
      // with the quota, a pod that requests nothing would be refused: a job or a pod for looking around
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '100m', memory: '128Mi' } }] },
    },
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'default-deny', namespace }, spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
    ...deploymentPolicies(namespace, services),
  ];
}

function podsOf({ maxReplicas }: WebServiceObjects): number {
  return maxReplicas + 2 * Math.ceil(maxReplicas * SURGE) + FURTHER_PODS;
}
