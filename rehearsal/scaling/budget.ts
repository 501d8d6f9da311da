/** What the platform promises: the NodePools' limits, and the dollars that they follow from. */
import type { KubernetesApi } from './kubernetes-api';
import type { Machine } from './local-ec2';
import type { Shape } from './machines';
import * as table from '../../src/cluster/nodes/node-prices.json';

const HOURS_OF_LONGEST_MONTH = 744;

export const SHAPES: Readonly<Record<string, Shape & { readonly usdPerHour: number }>> = table.types;
const REGION_FACTORS: Readonly<Record<string, number>> = table.regionFactors;

export interface Budget {
  readonly usdPerHour: number;
  /** Sums over the NodePools. */
  readonly vcpus: number;
  readonly nodes: number;
  readonly instanceTypes: readonly string[];
  /** vCPUs by which replacements in flight may exceed the limit: one node of the largest permitted type for each pool. */
  readonly surplusVcpus: number;
}

interface Requirement {
  readonly key: string;
  readonly values?: string[];
}

export async function budgetOf(api: KubernetesApi, monthlyUsd: number): Promise<Budget> {
  const pools = (await api.list('/apis/karpenter.sh/v1/nodepools')).map(({ spec }) => ({
    limits: spec.limits as { cpu: string; nodes: string },
    types: (spec.template.spec.requirements as Requirement[]).find(({ key }) => key === 'node.kubernetes.io/instance-type')?.values ?? [],
  }));
  const sum = (amount: (pool: typeof pools[number]) => number) => pools.reduce((total, pool) => total + amount(pool), 0);
  return {
    usdPerHour: monthlyUsd / HOURS_OF_LONGEST_MONTH,
    vcpus: sum(({ limits }) => Number(limits.cpu)),
    nodes: sum(({ limits }) => Number(limits.nodes)),
    instanceTypes: [...new Set(pools.flatMap(({ types }) => types))].sort(),
    surplusVcpus: sum(({ types }) => Math.max(...types.map(type => SHAPES[type].vcpus))),
  };
}

/** List price on demand, volumes included, in the machine's region. */
export function usdPerHour({ type, security }: Machine, region: string): number {
  const factor = REGION_FACTORS[region] ?? Math.max(...Object.values(REGION_FACTORS));
  const gib = security.volumes.reduce((sum, volume) => sum + volume.gib, 0);
  return SHAPES[type].usdPerHour * factor + gib * table.bounds.volumeUsdPerGibMonth / HOURS_OF_LONGEST_MONTH;
}
