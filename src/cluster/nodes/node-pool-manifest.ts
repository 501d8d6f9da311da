import { NodeCapacity } from './node-capacity';
import { NodePoolSpec } from './node-pool-spec';

export interface NodePoolManifestProps {
  readonly name: string;
  readonly capacity: NodeCapacity;
  readonly spec: NodePoolSpec;
  readonly autoMode: boolean;
  readonly nodeClassName: string;
}

/** For these reasons another node may be launched before a node goes. */
const REPLACEMENTS = ['Drifted', 'Underutilized'];

/**
 * What may be launched, up to the limits of the budget, and when it ends.
 *
 * @see https://karpenter.sh/docs/concepts/nodepools/
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
 */
export function nodePoolManifest({ name, capacity, spec, autoMode, nodeClassName }: NodePoolManifestProps): object {
  const { labels, taints, purchases, weight } = spec;
  return {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name },
    spec: {
      ...(weight === undefined ? {} : { weight }),
      limits: limits(capacity, autoMode),
      disruption: disruption(spec),
      template: {
        ...(Object.keys(labels).length > 0 ? { metadata: { labels } } : {}),
        spec: {
          nodeClassRef: autoMode
            ? { group: 'eks.amazonaws.com', kind: 'NodeClass', name: nodeClassName }
            : { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: nodeClassName },
          ...(taints.length > 0 ? { taints } : {}),
          expireAfter: kubernetesDuration(spec.maxAgeMinutes),
          terminationGracePeriod: kubernetesDuration(spec.drainMinutes),
          requirements: [
            { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
            // Auto Mode knows no other system, and not the label
            ...(autoMode ? [] : [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }]),
            { key: 'karpenter.sh/capacity-type', operator: 'In', values: purchases },
            { key: 'node.kubernetes.io/instance-type', operator: 'In', values: capacity.instanceTypes },
          ],
        },
      },
    },
  };
}

/** Auto Mode documents no limit on nodes; the limit on vCPUs implies it. */
function limits({ vcpus, memoryGib, nodes }: NodeCapacity, autoMode: boolean): object {
  return { cpu: String(vcpus), memory: `${memoryGib}Gi`, ...(autoMode ? {} : { nodes: String(nodes) }) };
}

function disruption({ consolidateAfterMinutes, nodesAtOnce, quietWindows }: NodePoolSpec): object {
  return {
    consolidationPolicy: 'WhenEmptyOrUnderutilized',
    consolidateAfter: kubernetesDuration(consolidateAfterMinutes),
    budgets: [
      // the node budget has room for so many surplus nodes, and a service keeps its other pods; an empty node needs neither, and only costs
      { nodes: String(nodesAtOnce), reasons: REPLACEMENTS },
      ...quietWindows.map(({ schedule, minutes }) => ({ nodes: '0', schedule, duration: kubernetesDuration(minutes), reasons: REPLACEMENTS })),
    ],
  };
}

function kubernetesDuration(minutes: number): string {
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
