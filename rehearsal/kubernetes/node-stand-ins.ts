/** Nodes that run nothing and say that they do: enough for Deployments to become available, for budgets and autoscalers to count. */
import type { ClusterClient, KubernetesObject } from './cluster-client';

const ZONES = ['a', 'b', 'c'];
const POLL_MS = 300;
const HEARTBEAT_MS = 10_000;

export class NodeStandIns {
  private running = true;
  private beats = 0;
  private work: Promise<void> = Promise.resolve();
  private readonly names = ZONES.map(zone => `stand-in-${zone}`);

  constructor(private readonly client: ClusterClient, private readonly region = 'eu-west-1') {}

  async start(): Promise<void> {
    await Promise.all(ZONES.map(zone => this.client.send('POST', '/api/v1/nodes', this.node(zone))));
    await this.beat();
    this.work = this.play();
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.work;
  }

  private async play(): Promise<void> {
    while (this.running) {
      if (Date.now() - this.beats > HEARTBEAT_MS) { await this.beat().catch(() => undefined); }
      const pods = await this.client.list('/api/v1/pods').catch(() => []);
      // a pod may be gone before its turn
      await Promise.all(pods.filter(({ spec }) => this.names.includes(spec.nodeName as string)).map(pod => this.advance(pod).catch(() => undefined)));
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }

  private async advance({ metadata, spec, status }: KubernetesObject): Promise<void> {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    if ((metadata as { deletionTimestamp?: string }).deletionTimestamp) {
      await this.client.send('DELETE', path, { gracePeriodSeconds: 0 });
    } else if (status.phase !== 'Running') {
      const now = new Date().toISOString();
      const gates = ((spec.readinessGates ?? []) as { conditionType: string }[]).map(({ conditionType }) => conditionType);
      await this.client.send('PATCH', `${path}/status`, {
        status: {
          phase: 'Running',
          startTime: now,
          podIP: '192.0.2.1',
          podIPs: [{ ip: '192.0.2.1' }],
          conditions: ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready', ...gates].map(type => ({ type, status: 'True', lastTransitionTime: now })),
          containerStatuses: (spec.containers as { name: string; image: string }[]).map(({ name, image }) => ({
            name, image, imageID: image, ready: true, started: true, restartCount: 0, state: { running: { startedAt: now } },
          })),
        },
      });
    }
  }

  private async beat(): Promise<void> {
    this.beats = Date.now();
    const now = new Date().toISOString();
    await Promise.all(this.names.map(name => this.client.send('PATCH', `/api/v1/nodes/${name}/status`, {
      status: {
        capacity: RESOURCES,
        allocatable: RESOURCES,
        conditions: [{ type: 'Ready', status: 'True', reason: 'StandIn', lastHeartbeatTime: now, lastTransitionTime: now }],
      },
    })));
  }

  private node(zone: string): object {
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `stand-in-${zone}`,
        labels: {
          'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': `stand-in-${zone}`,
          'topology.kubernetes.io/region': this.region, 'topology.kubernetes.io/zone': `${this.region}${zone}`,
        },
      },
    };
  }
}

const RESOURCES = { 'cpu': '64', 'memory': '256Gi', 'pods': '110', 'ephemeral-storage': '100Gi' };
