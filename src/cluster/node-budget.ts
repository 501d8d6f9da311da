import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { BASELINE, NODE_VOLUMES_GIB } from './node-hardware';
import * as table from './node-prices.json';
import { explain, isDeployTime, reject } from '../private/validation';

/** What a month's budget buys in one region, at worst. */
export interface NodeCapacity {
  /** The vCPUs that Karpenter may launch, besides the baseline workers. */
  readonly vcpus: number;
  /** The memory that Karpenter may launch, in GiB. */
  readonly memoryGib: number;
  /** The nodes that Karpenter may launch. */
  readonly nodes: number;
  /** The instance types that Karpenter may launch. */
  readonly instanceTypes: string[];
  /** What all of it costs in a month of 31 days, on demand: every permitted vCPU, one surplus node while nodes are replaced, and the baseline workers. */
  readonly monthlyUsd: number;
}

/** Options of `NodeBudget.usdPerMonth`. */
export interface NodeBudgetOptions {
  /**
   * The Graviton instance families that Karpenter may choose from: general (`m`), compute (`c`) and memory (`r`) of generations 6 to 8.
   * The dearest of them sets the cap, so a family that costs more per vCPU lowers the number of vCPUs.
   *
   * @default - c7g, c8g and m7g: none costs more per vCPU than m7g, so three families of Spot capacity have the cap of one
   */
  readonly instanceFamilies?: string[];
}

interface InstanceShape {
  readonly usdPerHour: number;
  readonly vcpus: number;
  readonly memoryGib: number;
}

interface BudgetedType extends InstanceShape {
  readonly name: string;
  readonly monthlyUsd: number;
}

const DEFAULT_FAMILIES = ['c7g', 'c8g', 'm7g'];
const HOURS_OF_LONGEST_MONTH = 744;
/** Twice the gp3 price of us-east-1, so that dearer regions are covered too. */
const VOLUME_USD_PER_GIB_MONTH = 0.16;
/** vCPUs of the largest node, best first: fewer and larger nodes waste less, but a small budget has to be spread over several. */
const NODE_SIZES = [8, 4, 2];
const NODES_TO_SPREAD_OVER = 4;
const SHAPES: Record<string, InstanceShape> = table.types;
const REGION_FACTORS: Record<string, number> = table.regionFactors;

/**
 * A monthly amount of money that a cluster's nodes cannot exceed.
 *
 * The amount becomes the limits of the cluster's NodePool: as many vCPUs as the dearest permitted instance type costs on demand in
 * the cluster's region, all month, less the baseline workers and less one surplus node, because Karpenter launches a replacement
 * before it drains a node. Spot capacity only makes it cheaper. Not in it: the cluster itself, data transfer, NAT and load balancer.
 *
 * Prices are list prices in US dollars, of the date in `node-prices.json`; a region that the table lacks, or that is known at
 * deployment only, is counted as the dearest region.
 *
 * @example
 * import { KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * new KarpenterCluster(this, 'Cluster', {
 *   vpc,
 *   nodeBudget: NodeBudget.usdPerMonth(2000, { instanceFamilies: ['m7g', 'r7g'] }),
 * });
 *
 * @see https://karpenter.sh/docs/concepts/nodepools/#speclimits
 */
export class NodeBudget {
  /**
   * A budget in US dollars for a month.
   *
   * @param amount What all nodes together may cost in the longest month, on demand.
   * @param options Which instance families the money may be spent on.
   */
  public static usdPerMonth(amount: number, options: NodeBudgetOptions = {}): NodeBudget {
    return new NodeBudget(amount, options.instanceFamilies ?? DEFAULT_FAMILIES);
  }

  private readonly instanceFamilies: string[];

  private constructor(private readonly amount: number, instanceFamilies: string[]) {
    this.instanceFamilies = [...new Set(instanceFamilies)].sort();
    validateAmount(amount);
    validateFamilies(instanceFamilies);
  }

  /**
   * The capacity that the budget buys where the scope is deployed.
   *
   * @internal
   */
  public _capacityAt(scope: IConstruct): NodeCapacity {
    const factor = regionFactor(Stack.of(scope).region);
    const plans = NODE_SIZES.map(size => planFor(this.amount, typesUpTo(size, this.instanceFamilies, factor), baselineUsd(factor)));
    const plan = plans.find(candidate => candidate.vcpus >= NODES_TO_SPREAD_OVER * candidate.largestNode) ?? plans[plans.length - 1];
    if (plan.vcpus < plan.largestNode) {
      reject(scope, {
        prop: 'nodeBudget',
        value: this.amount,
        problem: 'it does not pay for the two baseline workers, one node of Karpenter\'s and its replacement',
        remedy: `Give at least NodeBudget.usdPerMonth(${Math.ceil(plan.smallestAmount)}).`,
      });
    }
    return {
      vcpus: plan.vcpus, memoryGib: plan.memoryGib, nodes: plan.nodes, instanceTypes: plan.instanceTypes, monthlyUsd: plan.monthlyUsd,
    };
  }
}

interface Plan extends NodeCapacity {
  readonly largestNode: number;
  readonly smallestAmount: number;
}

function planFor(amount: number, types: BudgetedType[], baseline: number): Plan {
  const usdPerVcpu = Math.max(...types.map(type => type.monthlyUsd / type.vcpus));
  const surge = Math.max(...types.map(type => type.monthlyUsd));
  const [smallestNode, largestNode] = [Math.min(...types.map(type => type.vcpus)), Math.max(...types.map(type => type.vcpus))];
  const vcpus = Math.max(0, Math.floor((amount - baseline - surge) / usdPerVcpu));
  return {
    vcpus,
    memoryGib: Math.floor(vcpus * Math.max(...types.map(type => type.memoryGib / type.vcpus))),
    nodes: Math.floor(vcpus / smallestNode),
    instanceTypes: types.map(type => type.name),
    monthlyUsd: Math.ceil(vcpus * usdPerVcpu + surge + baseline),
    largestNode,
    smallestAmount: baseline + surge + largestNode * usdPerVcpu,
  };
}

function typesUpTo(vcpus: number, families: string[], factor: number): BudgetedType[] {
  return Object.keys(SHAPES).sort()
    .filter(name => families.includes(family(name)) && SHAPES[name].vcpus <= vcpus)
    .map(name => ({ name, ...SHAPES[name], monthlyUsd: monthlyUsd(name, NODE_VOLUMES_GIB, factor) }));
}

function baselineUsd(factor: number): number {
  return BASELINE.nodes * monthlyUsd(BASELINE.instanceType, BASELINE.volumesGib, factor);
}

function monthlyUsd(instanceType: string, volumes: { readonly root: number; readonly data: number }, factor: number): number {
  return SHAPES[instanceType].usdPerHour * factor * HOURS_OF_LONGEST_MONTH + (volumes.root + volumes.data) * VOLUME_USD_PER_GIB_MONTH;
}

function regionFactor(region: string): number {
  return REGION_FACTORS[region] ?? Math.max(...Object.values(REGION_FACTORS));
}

function family(instanceType: string): string {
  return instanceType.split('.')[0];
}

function validateAmount(amount: number): void {
  if (!isDeployTime(amount) && amount > 0 && Number.isFinite(amount)) { return; }
  throw new Error(explain({
    prop: 'NodeBudget.usdPerMonth',
    value: isDeployTime(amount) ? 'a deploy-time value' : amount,
    problem: 'a budget is a positive number of US dollars that is known when the app is synthesized',
    remedy: 'Give an amount such as 2000.',
  }));
}

function validateFamilies(families: string[]): void {
  const known = [...new Set(Object.keys(SHAPES).map(family))].filter(name => !name.startsWith('t'));
  const unknown = families.find(name => !known.includes(name));
  if (families.length > 0 && unknown === undefined) { return; }
  throw new Error(explain({
    prop: 'instanceFamilies',
    value: unknown ?? families,
    problem: 'nodes are of Graviton (arm64) families without local disks whose price is in the table',
    remedy: `Choose from ${known.join(', ')}.`,
  }));
}
