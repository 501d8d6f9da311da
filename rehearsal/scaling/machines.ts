/**
 * What a machine does of its own once EC2 has started it: it boots, its kubelet registers a Node with the labels and taints of its user data,
 * and when EC2 has ended it, the cloud's controller takes the Node away. kwok plays everything on it.
 */
import type { KubernetesApi, KubernetesObject } from './kubernetes-api';
import type { LocalEc2, Machine } from './local-ec2';

const NODES = '/api/v1/nodes';
const NODE_CLAIMS = '/apis/karpenter.sh/v1/nodeclaims';
const POLL_MS = 1000;

export interface Shape {
  readonly vcpus: number;
  readonly memoryGib: number;
}

export interface MachinesOptions {
  readonly ec2: LocalEc2;
  readonly api: KubernetesApi;
  readonly region: string;
  /** From EC2's start of the machine to its Node, in seconds. */
  readonly bootSeconds: number;
  /** Where kwok answers for every kubelet. */
  readonly kubeletPort: number;
  readonly kubernetesVersion: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly onError: (error: Error) => void;
}

/** Runs beside the day until it is stopped. */
export class Machines {
  private readonly firstSeen = new Map<string, number>();
  private readonly registered = new Map<string, string>();
  private stopped = false;
  private loop?: Promise<void>;

  constructor(private readonly options: MachinesOptions) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  /** The Node of a machine, where it has registered one. */
  nodeOf(machineId: string): string | undefined {
    return this.registered.get(machineId);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.pass().catch((error: Error) => this.options.onError(error));
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
  }

  private async pass(): Promise<void> {
    const now = Date.now();
    for (const machine of await this.options.ec2.machines()) {
      if (machine.state === 'running') {
        const since = this.firstSeen.get(machine.id) ?? now;
        this.firstSeen.set(machine.id, since);
        if (!this.registered.has(machine.id) && now - since >= this.bootSecondsOf(machine) * 1000) { await this.register(machine); }
      } else if (this.registered.has(machine.id)) {
        await this.options.api.delete(`${NODES}/${this.registered.get(machine.id)}`);
        this.registered.delete(machine.id);
      }
    }
  }

  /** The baseline workers are there before the day begins. */
  private bootSecondsOf({ tags }: Machine): number {
    return tags['karpenter.sh/nodepool'] ? this.options.bootSeconds : 0;
  }

  private async register(machine: Machine): Promise<void> {
    const name = machine.privateDnsName!;
    const claim = await this.claimOf(machine);
    if (machine.tags['karpenter.sh/nodepool'] && !claim?.status?.allocatable) { return; }
    await this.options.api.create(NODES, this.node(machine, claim));
    this.registered.set(machine.id, name);
  }

  private async claimOf(machine: Machine): Promise<KubernetesObject | undefined> {
    if (!machine.tags['karpenter.sh/nodepool']) { return undefined; }
    return (await this.options.api.list(NODE_CLAIMS)).find(({ status }) => status?.providerID === providerId(machine));
  }

  private node(machine: Machine, claim?: KubernetesObject): KubernetesObject {
    const { region, kubeletPort, kubernetesVersion } = this.options;
    const name = machine.privateDnsName!;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/arch': machine.architecture,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/hostname': name,
          'node.kubernetes.io/instance-type': machine.type,
          'topology.kubernetes.io/region': region,
          'topology.kubernetes.io/zone': machine.zone,
          ...machine.kubelet.labels,
        },
        annotations: { 'kwok.x-k8s.io/node': 'fake', 'metrics.k8s.io/resource-metrics-path': `/metrics/nodes/${name}/metrics/resource` },
      },
      spec: { providerID: providerId(machine), taints: taintsOf(machine) },
      status: {
        ...claim ? { capacity: claim.status.capacity, allocatable: claim.status.allocatable } : this.baselineResources(machine),
        // the metrics server goes to the external address, which is where kwok answers; the internal one is the machine's in its subnet
        addresses: [
          { type: 'InternalIP', address: machine.privateIp }, { type: 'Hostname', address: name }, { type: 'ExternalIP', address: '127.0.0.1' },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
        nodeInfo: {
          architecture: machine.architecture, operatingSystem: 'linux', kubeletVersion: `v${kubernetesVersion}`, osImage: 'played by kwok',
          bootID: '', containerRuntimeVersion: '', kernelVersion: '', kubeProxyVersion: '', machineID: '', systemUUID: '',
        },
      },
    };
  }

  /** As EKS reserves for the system on a worker that may have 110 pods. */
  private baselineResources({ type }: Machine) {
    const { vcpus, memoryGib } = this.options.shapes[type];
    const capacity = { 'cpu': String(vcpus), 'memory': `${Math.floor(memoryGib * 1024 * 0.94)}Mi`, 'pods': '110', 'ephemeral-storage': '20Gi' };
    return { capacity, allocatable: { ...capacity, cpu: `${vcpus * 1000 - 70}m`, memory: `${Math.floor(memoryGib * 1024 * 0.94) - 1565}Mi` } };
  }
}

function providerId({ zone, id }: Machine): string {
  return `aws:///${zone}/${id}`;
}

/** `key = ["value:effect"]`, as Bottlerocket writes it. */
function taintsOf({ kubelet }: Machine): { key: string; value?: string; effect: string }[] {
  return Object.entries(kubelet.taints ?? {}).flatMap(([key, texts]) => texts.map(text => {
    const [value, effect] = text.split(':');
    return { key, ...value ? { value } : {}, effect };
  }));
}
