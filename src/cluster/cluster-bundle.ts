import { BootstrapBundle, ChartRelease, ManifestFile } from './bootstrap-bundle';
import { CONTROLLER_NAMESPACE } from './karpenter-controller';
import { nodeManifests, NodePoolOptions } from './node-pool';
import { namespaceManifests, webServiceManifests, WebServiceObjects } from './web-service-manifests';

export interface ClusterBundleProps extends NodePoolOptions {
  readonly region: string;
  readonly vpcId: string;
  readonly services: WebServiceObjects[];
}

/** What the cluster gets, in the order in which each part needs the one before: definitions, controllers, nodes, namespaces, web services. */
export function clusterBundle(props: ClusterBundleProps): BootstrapBundle {
  const namespaces = [...new Set(props.services.map(service => service.namespace))].sort();
  const steps = [
    { name: 'Definitions', releases: [release('karpenter-crd', {}), release('aws-load-balancer-controller-crd', {})], files: [] },
    { name: 'Controllers', releases: [karpenter(props), loadBalancerController(props)], files: [] },
    { name: 'Nodes', releases: [], files: [{ name: 'nodes', manifests: nodeManifests(props) }] },
    {
      name: 'Namespaces',
      releases: [],
      files: namespaces.map(namespace => ({
        name: `namespace.${namespace}`,
        manifests: namespaceManifests(namespace, props.services.filter(service => service.namespace === namespace)),
      })),
    },
    { name: 'WebServices', releases: [], files: props.services.map(serviceFile) },
  ];
  return { steps: steps.filter(({ releases, files }) => releases.length > 0 || files.length > 0) };
}

function serviceFile(service: WebServiceObjects): ManifestFile {
  return { name: `${service.namespace}.${service.name}`, manifests: webServiceManifests(service) };
}

function release(releaseName: string, values: object): ChartRelease {
  return { releaseName, namespace: CONTROLLER_NAMESPACE, values };
}

function karpenter({ clusterName, region }: ClusterBundleProps): ChartRelease {
  return release('karpenter', {
    settings: { clusterName, interruptionQueue: clusterName, enableZonalShift: true },
    controller: {
      // pods cannot ask the instance for its region
      env: [{ name: 'AWS_REGION', value: region }],
      resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '1Gi' } },
    },
  });
}

/** The controller binds pods to target groups of CloudFormation's; everything by which it would make load balancers itself is off. */
function loadBalancerController({ clusterName, region, vpcId }: ClusterBundleProps): ChartRelease {
  return release('aws-load-balancer-controller', {
    clusterName,
    region,
    vpcId,
    createIngressClassResource: false,
    ingressClassParams: { create: false },
    enableServiceMutatorWebhook: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
    podDisruptionBudget: { maxUnavailable: 1 },
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  });
}
