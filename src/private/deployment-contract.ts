/** Where a bundle keeps it, beside the charts: what `cdk-innovate-platform check-deployment` reads. */
export const CONTRACT_FILE = 'contract.json';

/** What the Deployment of one web service has to be like: it is called like the service. */
export interface ServiceContract {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
  /** What one pod requests, all containers together. */
  readonly podVcpus: number;
  readonly podMemoryMib: number;
  /** More than the load balancer goes on sending requests to a pod that leaves. */
  readonly leastGraceSeconds: number;
  /** What a node that ends leaves its pods. */
  readonly mostGraceSeconds: number;
}

/** What the Deployments of a cluster's web services have to be like. */
export interface DeploymentContract {
  readonly cluster: string;
  readonly services: ServiceContract[];
}

/** Without what is none of a Deployment's business. */
export function contractOf(cluster: string, services: ServiceContract[]): DeploymentContract {
  return {
    cluster,
    services: services.map(({ name, namespace, port, podVcpus, podMemoryMib, leastGraceSeconds, mostGraceSeconds }) =>
      ({ name, namespace, port, podVcpus, podMemoryMib, leastGraceSeconds, mostGraceSeconds })),
  };
}
