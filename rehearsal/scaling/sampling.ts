/** What there is, every second or two: pods by Kubernetes, machines and their price by EC2. */
import { type Budget, SHAPES, usdPerHour } from './budget';
import type { ScalingCluster } from './cluster';
import type { Machine } from './local-ec2';

const EVERY_MS = 1500;

/** The web service that the day is about. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
}

export interface Sample {
  readonly second: number;
  readonly phase: string;
  readonly demandVcpus: number;
  readonly pods: {
    /** What the autoscaler wants. */
    readonly wanted: number;
    readonly ready: number;
    /** Without a place on a node, whosever they are. */
    readonly pending: number;
    /** The least that the disruption budget allows. */
    readonly floor: number;
  };
  readonly machines: {
    readonly baseline: number;
    readonly onDemand: number;
    readonly spot: number;
    /** `c7g.2xlarge spot` → 3; of Karpenter's. */
    readonly byOffer: Readonly<Record<string, number>>;
  };
  /** Of Karpenter's machines. */
  readonly vcpus: number;
  /** On demand, baseline workers and volumes included. */
  readonly usdPerHour: number;
}

export function isKarpenters({ tags }: Machine): boolean {
  return tags['karpenter.sh/nodepool'] !== undefined;
}

export function isAlive({ state }: Machine): boolean {
  return state === 'pending' || state === 'running';
}

export class Sampler {
  readonly samples: Sample[] = [];
  /** Every machine that was ever launched, as it was when it was last seen alive. */
  readonly launched = new Map<string, Machine>();
  phase = 'night';
  demandVcpus = 0;
  private readonly startedAt = Date.now();
  private stopped = false;
  private loop?: Promise<void>;

  constructor(
    private readonly cluster: ScalingCluster, private readonly service: Service, readonly budget: Budget, private readonly onSample: (sample: Sample) => void,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  get second(): number {
    return (Date.now() - this.startedAt) / 1000;
  }

  get last(): Sample | undefined {
    return this.samples.at(-1);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const started = Date.now();
      await this.take().catch((error: Error) => this.cluster.note(error));
      await new Promise(resolve => setTimeout(resolve, Math.max(0, EVERY_MS - (Date.now() - started))));
    }
  }

  private async take(): Promise<void> {
    const { namespace, name } = this.service;
    const { api, ec2, stack } = this.cluster;
    const second = this.second;
    const [machines, autoscaler, deployment, disruption, pending] = await Promise.all([
      ec2.machines(),
      api.get(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/${name}`),
      api.get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`),
      api.get(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}`),
      api.count('/api/v1/pods?fieldSelector=spec.nodeName%3D,status.phase%3DPending'),
    ]);
    const alive = machines.filter(isAlive);
    const own = alive.filter(isKarpenters);
    own.forEach(machine => this.launched.set(machine.id, machine));
    const byOffer: Record<string, number> = {};
    for (const { type, lifecycle } of own) { byOffer[`${type} ${lifecycle}`] = (byOffer[`${type} ${lifecycle}`] ?? 0) + 1; }
    const sample: Sample = {
      second,
      phase: this.phase,
      demandVcpus: this.demandVcpus,
      pods: {
        wanted: Math.max(autoscaler.status?.desiredReplicas ?? 0, deployment.spec.replicas ?? 0),
        ready: deployment.status?.readyReplicas ?? 0,
        pending,
        floor: disruption.status?.desiredHealthy ?? 0,
      },
      machines: {
        baseline: alive.length - own.length,
        onDemand: own.filter(({ lifecycle }) => lifecycle === 'on-demand').length,
        spot: own.filter(({ lifecycle }) => lifecycle === 'spot').length,
        byOffer: Object.fromEntries(Object.entries(byOffer).sort()),
      },
      vcpus: own.reduce((sum, { type }) => sum + SHAPES[type].vcpus, 0),
      usdPerHour: alive.reduce((sum, machine) => sum + usdPerHour(machine, stack.region), 0),
    };
    this.samples.push(sample);
    this.onSample(sample);
  }
}
