import { BootstrapBundle, BootstrapStep, ChartRelease, ManifestFile, NODES_STEP, ObjectRelease } from './bootstrap-bundle';
import { contractOf } from '../../private/deployment-contract';
import { namespaceManifests } from '../services/namespace-manifests';
import { webServiceManifests, WebServiceObjects } from '../services/web-service-manifests';
import { teardownAccess } from '../teardown/node-teardown-access';

export interface KarpenterBundleProps {
  readonly clusterName: string;
  readonly region: string;
  /** The queue on which Karpenter hears that a node is about to end. @default - called like the cluster */
  readonly interruptionQueueName?: string;
  readonly nodeManifests: object[];
}

export interface ClusterBundleProps extends KarpenterBundleProps {
  readonly vpcId: string;
  /** EKS Auto Mode brings Karpenter and the load balancer controller itself. */
  readonly autoMode: boolean;
  readonly storageManifests: object[];
  readonly services: WebServiceObjects[];
}

/** What Karpenter alone needs on somebody else's cluster. */
export function karpenterBundle(props: KarpenterBundleProps): BootstrapBundle {
  return {
    steps: [
      step('Definitions', { charts: [chart('karpenter-crd', {})], objects: [release('teardown', [teardownFile()])] }),
      step('Controllers', { charts: [karpenter(props)] }),
      step(NODES_STEP, { objects: [release('nodes', [{ name: 'nodes', manifests: props.nodeManifests }])] }),
    ],
  };
}

/** What the cluster gets, in the order in which each part needs the one before: definitions, controllers, storage, nodes, namespaces, web services. */
export function clusterBundle(props: ClusterBundleProps): BootstrapBundle {
  const controllers = props.autoMode ? [] : [karpenter(props), loadBalancerController(props)];
  const definitions = props.autoMode ? [] : [chart('karpenter-crd', {}), chart('aws-load-balancer-controller-crd', {})];
  const steps = [
    step('Definitions', { charts: definitions, objects: [release('teardown', [teardownFile()])] }),
    step('Controllers', { charts: controllers }),
    step('Storage', { objects: [release('storage', [{ name: 'storage', manifests: props.storageManifests }])] }),
    step(NODES_STEP, { objects: [release('nodes', [{ name: 'nodes', manifests: props.nodeManifests }])] }),
    // these two are there without any service as well: a release that is not applied any more removes nothing
    step('Namespaces', { objects: [release('namespaces', namespaceFiles(props.services))] }),
    step('WebServices', { objects: [release('web-services', props.services.map(serviceFile))] }),
  ];
  return { steps: steps.filter(({ charts, objects }) => charts.length + objects.length > 0), contract: contractOf(props.clusterName, props.services) };
}

function step(name: string, { charts = [], objects = [] }: Partial<BootstrapStep>): BootstrapStep {
  return { name, charts, objects };
}

function release(name: string, files: ManifestFile[]): ObjectRelease {
  return { releaseName: `innovate-${name}`, files };
}

function teardownFile(): ManifestFile {
  return { name: 'teardown', manifests: teardownAccess() };
}

function namespaceFiles(services: WebServiceObjects[]): ManifestFile[] {
  const namespaces = [...new Set(services.map(service => service.namespace))].sort();
  return namespaces.map(namespace => ({
    name: namespace, manifests: namespaceManifests(namespace, services.filter(service => service.namespace === namespace)),
  }));
}

function serviceFile(service: WebServiceObjects): ManifestFile {
  return { name: `${service.namespace}.${service.name}`, manifests: webServiceManifests(service) };
}

function chart(releaseName: string, values: object): ChartRelease {
  return { releaseName, values };
}

function karpenter({ clusterName, region, interruptionQueueName = clusterName }: KarpenterBundleProps): ChartRelease {
  return chart('karpenter', {
    settings: { clusterName, interruptionQueue: interruptionQueueName, enableZonalShift: true },
    controller: {
      // pods cannot ask the instance for its region
      env: [{ name: 'AWS_REGION', value: region }],
      resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '1Gi' } },
    },
  });
}

/** The controller binds pods to target groups of CloudFormation's; everything by which it would make load balancers itself is off. */
function loadBalancerController({ clusterName, region, vpcId }: ClusterBundleProps): ChartRelease {
  return chart('aws-load-balancer-controller', {
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
