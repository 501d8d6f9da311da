import { BASELINE } from './node-hardware';
import { instanceTypesOf, monthlyUsd, shapeOf } from './node-prices';

/** What a pool's budget has to reckon with, besides prices. */
export interface NodeTerms {
  readonly autoMode: boolean;
  /** Whether this budget pays the cluster's baseline workers too. */
  readonly paysBaseline: boolean;
  /** All volumes of a node, in GiB. Encryption costs nothing by the GiB. */
  readonly volumesGib: number;
  /** How long a node that ends may go on running. */
  readonly drainMinutes: number;
  /** How many nodes are replaced at a time, where Karpenter chooses the time. */
  readonly nodesAtOnce: number;
}

/** The limits of a NodePool within which an hour costs no more than its share of a month. */
export interface NodePlan {
  readonly instanceTypes: string[];
  readonly vcpus: number;
  readonly memoryGib: number;
  readonly nodes: number;
  readonly monthlyUsd: number;
  /** The amount from which on the plan has one node. */
  readonly smallestUsd: number;
}

/** vCPUs of the largest node, best first: fewer and larger nodes waste less, but a small budget has to be spread over several. */
const NODE_SIZES = [8, 4, 2];
const NODES_TO_SPREAD_OVER = 4;
/** Between the end of a drain and the end of the bill: Karpenter's polling, the call that terminates, the deletion of the volumes. */
const SHUTDOWN_MINUTES = 1;
/** Against rounding: a limit that is exactly paid for is a limit. */
const EPSILON = 1e-9;

/**
 * The largest limits with which no hour costs more than its share of the amount.
 *
 * Of the three limits only the one on vCPUs carries the promise: memory and nodes follow from it, and Karpenter does not count nodes within one pass.
 * What the limit does not stop is paid for here, as Karpenter's code has it (docs/decisions/0017-what-a-node-budget-promises.md):
 * - a replacement launches before the node that it replaces ends: `surge`, the dearest permitted node, as often as `nodesAtOnce`;
 * - a node that is marked for deletion is in none of Karpenter's sums. Expiry and interruptions mark any number of nodes at once, and all of them may
 *   be launched anew while they drain: `overlap`, the whole limit twice, for as long as a drain may take, once an hour. An interruption lasts two minutes
 *   and is charged like any other, since Karpenter ends the node itself: the same minutes are enough for several.
 */
export function planNodes(amount: number, region: string, families: string[], terms: NodeTerms): NodePlan {
  const plans = NODE_SIZES.map(size => planWith(instanceTypesOf(families, size), amount, region, terms));
  return plans.find(plan => plan.vcpus >= NODES_TO_SPREAD_OVER * Math.max(...plan.instanceTypes.map(type => shapeOf(type).vcpus))) ?? plans[plans.length - 1];
}

function planWith(instanceTypes: string[], amount: number, region: string, terms: NodeTerms): NodePlan {
  const types = instanceTypes.map(name => ({ ...shapeOf(name), monthlyUsd: monthlyUsd(name, { region, ...terms }) }));
  const smallestNode = Math.min(...types.map(type => type.vcpus));
  const overlap = (terms.drainMinutes + SHUTDOWN_MINUTES) / 60;
  const usdPerVcpu = Math.max(...types.map(type => type.monthlyUsd / type.vcpus)) * (1 + overlap);
  const surge = terms.nodesAtOnce * Math.max(...types.map(type => type.monthlyUsd));
  const fixed = surge + (terms.paysBaseline ? baselineUsd(region) : 0);
  const nodes = Math.max(0, Math.floor((amount - fixed) / (usdPerVcpu * smallestNode) + EPSILON));
  const vcpus = nodes * smallestNode;
  return {
    instanceTypes,
    vcpus,
    memoryGib: vcpus * Math.max(...types.map(type => type.memoryGib / type.vcpus)),
    nodes,
    monthlyUsd: Math.ceil(fixed + vcpus * usdPerVcpu - EPSILON),
    smallestUsd: Math.ceil(fixed + smallestNode * usdPerVcpu),
  };
}

function baselineUsd(region: string): number {
  const { nodes, instanceType, volumesGib } = BASELINE;
  return nodes * monthlyUsd(instanceType, { region, autoMode: false, volumesGib: volumesGib.root + volumesGib.data });
}
