import { NodeCapacity } from './node-capacity';
import { InstanceShape, shapeOf } from './node-prices';

/** What one pod requests. */
export interface PodRequest {
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** More than the daemons of a node request: network, kube-proxy, pod identity and volumes. */
const DAEMONS = { milliCpus: 250, memoryMib: 256, pods: 5 };
/** Karpenter takes this share of the memory for the hypervisor's, and Graviton keeps 64 MiB besides. */
const VM_MEMORY_OVERHEAD = 0.075;
const GRAVITON_RESERVED_MIB = 64;
const EVICTION_MIB = 100;

/**
 * How many such pods have room at least, whatever permitted types are chosen: the fewest over all ways to fill the limit with nodes that hold one.
 *
 * A node's own needs are reckoned as Karpenter does for Bottlerocket and AL2023; pods of other services are not.
 *
 * @see https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/pkg/providers/instancetype/types.go
 */
export function podsOf({ vcpus, instanceTypes }: NodeCapacity, request: PodRequest): number {
  const nodes = instanceTypes.map(name => ({ vcpus: shapeOf(name).vcpus, pods: podsOnNode(shapeOf(name), request) })).filter(({ pods }) => pods > 0);
  // the fewest pods on so many vCPUs, where a node is added as long as one fits
  const fewest = [0];
  for (let free = 1; free <= vcpus; free++) {
    const counts = nodes.filter(node => node.vcpus <= free).map(node => node.pods + fewest[free - node.vcpus]);
    fewest.push(counts.length > 0 ? Math.min(...counts) : 0);
  }
  return fewest[vcpus];
}

function podsOnNode(shape: InstanceShape, { vcpus, memoryMib }: PodRequest): number {
  const milliCpus = shape.vcpus * 1000 - kubeletMilliCpus(shape.vcpus) - DAEMONS.milliCpus;
  return Math.max(0, Math.min(
    shape.maxPods - DAEMONS.pods,
    Math.floor(milliCpus / (vcpus * 1000)),
    Math.floor((allocatableMib(shape) - DAEMONS.memoryMib) / memoryMib),
  ));
}

function allocatableMib({ memoryGib, maxPods }: InstanceShape): number {
  const known = memoryGib * 1024 - GRAVITON_RESERVED_MIB;
  return known - Math.ceil(known * VM_MEMORY_OVERHEAD) - (255 + 11 * maxPods) - EVICTION_MIB;
}

/** 6 % of the first core, 1 % of the second, 0.5 % of the third and fourth, 0.25 % of all others. */
function kubeletMilliCpus(vcpus: number): number {
  const cores = (from: number, to: number) => Math.max(0, Math.min(vcpus, to) - from);
  return 60 * cores(0, 1) + 10 * cores(1, 2) + 5 * cores(2, 4) + 2.5 * cores(4, Infinity);
}
