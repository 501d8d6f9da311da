/** Traffic as what it costs the pods: a demand for CPU that the ready ones share. */
import type { KubernetesApi } from './kubernetes-api';
import { setUsage } from './kwok';
import type { Service } from './sampling';

const EVERY_MS = 1000;
/** Without a limit a pod takes what its node has left: at most this many times its request. */
const SATURATION = 2;
/** So little that CPU alone decides: each step down that memory decides would take the autoscaler's whole stabilization window. */
const MEBIBYTES = 3;

/** What the rehearsal does in the autoscaler's place, where there are no metrics. */
export interface AutoscalerSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the request. */
  readonly cpuUtilization: number;
}

const OTHER = 'somebody-else';

/** Pods of one vCPU each, in a namespace that the bundle knows nothing of. */
export async function startOther(api: KubernetesApi, pods: number): Promise<void> {
  await api.create('/api/v1/namespaces', { metadata: { name: OTHER } });
  const labels = { app: OTHER };
  await api.create(`/apis/apps/v1/namespaces/${OTHER}/deployments`, {
    metadata: { name: OTHER },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          nodeSelector: { 'kubernetes.io/arch': 'arm64' },
          containers: [{ name: OTHER, image: 'registry.example/other', resources: { requests: { cpu: '1', memory: '1Gi' } } }],
        },
      },
    },
  });
}

export async function stopOther(api: KubernetesApi): Promise<void> {
  await api.delete(`/api/v1/namespaces/${OTHER}`);
}

export class Traffic {
  demandMillicores = 0;
  private stopped = false;
  private loop?: Promise<void>;
  private current = -1;

  constructor(
    private readonly api: KubernetesApi, private readonly service: Service, private readonly requestedMillicores: number,
    private readonly onError: (error: Error) => void, private readonly autoscaler?: AutoscalerSettings,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.share().catch((error: Error) => this.onError(error));
      await new Promise(resolve => setTimeout(resolve, EVERY_MS));
    }
  }

  private async share(): Promise<void> {
    const { namespace, name } = this.service;
    const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const { spec, status } = await this.api.get(deployment);
    if (this.autoscaler) {
      const { minReplicas, maxReplicas, cpuUtilization } = this.autoscaler;
      const replicas = Math.min(maxReplicas, Math.max(minReplicas, Math.ceil(this.demandMillicores / this.requestedMillicores / cpuUtilization * 100)));
      if (replicas !== spec.replicas) { await this.api.merge(`${deployment}/scale`, { spec: { replicas } }); }
    }
    const each = Math.min(SATURATION * this.requestedMillicores, this.demandMillicores / Math.max(1, status?.readyReplicas ?? 0));
    if (Math.abs(each - this.current) < 1) { return; }
    await setUsage(this.api, namespace, name, { millicores: each, mebibytes: MEBIBYTES });
    this.current = each;
  }
}
