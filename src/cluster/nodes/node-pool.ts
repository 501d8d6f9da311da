import { NodeCapacity } from './node-capacity';
import { NodePoolSpec } from './node-pool-spec';

/**
 * A pool of nodes with a budget of its own: what `addNodePool` made.
 *
 * @example
 * import { KarpenterCluster, NodeBudget, NodePool, NodePurchase } from 'cdk-innovate-platform';
 *
 * declare const cluster: KarpenterCluster;
 *
 * const batch: NodePool = cluster.addNodePool('Batch', {
 *   nodeBudget: NodeBudget.usdPerMonth(800, { instanceFamilies: ['r7g'] }),
 *   purchases: [NodePurchase.SPOT],
 *   taints: [{ key: 'example.com/batch' }],
 * });
 *
 * @see https://karpenter.sh/docs/concepts/nodepools/
 */
export class NodePool {
  /**
   * A pool whose settings have been checked.
   *
   * @internal
   */
  public static _of(name: string, capacity: NodeCapacity, spec: NodePoolSpec): NodePool {
    return new NodePool(name, capacity, spec);
  }

  private constructor(
    /** The pool's name in Kubernetes, which its nodes have as the label `karpenter.sh/nodepool`. */
    public readonly name: string,
    /** What the pool's budget buys in this region. */
    public readonly capacity: NodeCapacity,
    /** @internal */
    public readonly _spec: NodePoolSpec,
  ) {}
}
