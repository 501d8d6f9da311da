import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { NodeCapacity } from './node-capacity';
import { NodeTerms, planNodes } from './node-plan';
import { STEADY_FAMILIES } from './node-prices';
import { explain, isDeployTime, reject } from '../../private/validation';

/** Options of `NodeBudget.usdPerMonth`. */
export interface NodeBudgetOptions {
  /**
   * The Graviton instance families that may be launched: general (`m`), compute (`c`) and memory (`r`) of generations 6 to 8.
   * The dearest of them sets the cap, so a family that costs more per vCPU lowers the number of vCPUs.
   *
   * @default - c7g, c8g and m7g: none costs more per vCPU than m7g, so three families of Spot capacity have the cap of one
   */
  readonly instanceFamilies?: string[];
}

const DEFAULT_FAMILIES = ['c7g', 'c8g', 'm7g'];

/**
 * A monthly amount of money that bounds what the nodes of a pool cost, in every hour of the month by its share.
 *
 * The amount becomes the limits of a NodePool: as many vCPUs as the dearest permitted instance type costs on demand in the cluster's region, all month,
 * volumes included, less what runs beside them while nodes are replaced, and less the baseline workers where the budget is the cluster's own.
 * With EKS Auto Mode its fee is counted. No hour costs more, at prices on demand, as long as in it every node grows too old at most once, or is taken away by EC2
 * at most three times (with the default `drainTimeout`; (minutes + 1) ÷ 2 times with another). More is paid by the discount of Spot capacity: where that costs
 * at most 40 % of the price on demand (with volumes as large as the default's), nothing that EC2 takes away breaks the promise. Nodes that people delete by hand count as too old.
 *
 * Not in it: the cluster itself, PersistentVolumes, data transfer, NAT and load balancer.
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
    validateAmount(amount);
    validateFamilies(instanceFamilies);
    this.instanceFamilies = [...new Set(instanceFamilies)].sort();
  }

  /**
   * The capacity that the budget buys where the scope is deployed.
   *
   * @param prop the budget's prop, as the user wrote it
   *
   * @internal
   */
  public _capacityAt(scope: IConstruct, terms: NodeTerms, prop: string = 'nodeBudget'): NodeCapacity {
    const { smallestUsd, ...capacity } = planNodes(this.amount, Stack.of(scope).region, this.instanceFamilies, terms);
    if (capacity.nodes === 0) {
      reject(scope, {
        prop,
        value: this.amount,
        problem: `it does not pay for ${terms.paysBaseline ? 'the two baseline workers, ' : ''}one node and ${terms.nodesAtOnce} more while nodes are replaced`,
        remedy: `Give at least NodeBudget.usdPerMonth(${smallestUsd}).`,
      });
    }
    return capacity;
  }
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
  const unknown = families.find(name => !STEADY_FAMILIES.includes(name));
  if (families.length > 0 && unknown === undefined) { return; }
  const sibling = unknown === undefined ? undefined : gravitonSibling(unknown);
  throw new Error(explain({
    prop: 'instanceFamilies',
    value: unknown ?? families,
    problem: sibling ? 'that family is x86 and nodes are Graviton (arm64)' : 'nodes are of Graviton (arm64) families without local disks whose price is in the table',
    remedy: sibling ? `Its Graviton sibling is ${sibling}.` : `Choose from ${STEADY_FAMILIES.join(', ')}.`,
  }));
}

/** The family of the same purpose and the nearest generation, of an x86 family such as `c7i`, `m6a`, `r5` or `t3`. */
function gravitonSibling(family: string): string | undefined {
  const [, purpose, generation, variant] = /^([cmrt])(\d)([a-z-]*)$/.exec(family) ?? [];
  if (purpose === undefined || variant.includes('g')) { return undefined; }
  const siblings = STEADY_FAMILIES.filter(name => name.startsWith(purpose === 't' ? 'm' : purpose));
  return siblings.reduce((nearest, name) => distance(name) < distance(nearest) ? name : nearest);

  function distance(name: string): number {
    return Math.abs(Number(name[1]) - Number(generation));
  }
}
