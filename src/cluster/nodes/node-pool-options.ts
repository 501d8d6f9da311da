import { Size } from 'aws-cdk-lib';
import { NodeBudget } from './node-budget';
import { NodeDisruption } from './node-disruption';

/** How a node is bought. */
export enum NodePurchase {
  /** Spare capacity at a lower price, which ends at two minutes' notice. */
  SPOT = 'spot',
  /** At the list price, and nobody takes it away. */
  ON_DEMAND = 'on-demand',
}

/** What a taint does to pods that do not tolerate it. */
export enum TaintEffect {
  /** They are not placed on the node. */
  NO_SCHEDULE = 'NoSchedule',
  /** They are placed on it only where there is no other room. */
  PREFER_NO_SCHEDULE = 'PreferNoSchedule',
  /** They are not placed on the node, and end if they run there. */
  NO_EXECUTE = 'NoExecute',
}

/**
 * Keeps pods away from the nodes of a pool, except those that tolerate it.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
export interface NodeTaint {
  /** The taint's key, such as `example.com/batch`. */
  readonly key: string;
  /**
   * The taint's value.
   *
   * @default - none
   */
  readonly value?: string;
  /**
   * What happens to pods that do not tolerate it.
   *
   * @default TaintEffect.NO_SCHEDULE
   */
  readonly effect?: TaintEffect;
}

/** What every pool of nodes has, the cluster's default one too. */
export interface NodePoolSettings {
  /**
   * Labels of the nodes, for the node selectors of pods.
   *
   * @default - none besides those of Kubernetes and Karpenter
   */
  readonly labels?: Record<string, string>;
  /**
   * What keeps pods away. Not for the default pool, which takes every pod that names no other.
   *
   * @default - none: every pod may come
   */
  readonly taints?: NodeTaint[];
  /**
   * How nodes may be bought. Where both are allowed, the cheaper is tried first, and the budget reckons with the dearer.
   *
   * @default [NodePurchase.SPOT, NodePurchase.ON_DEMAND]
   */
  readonly purchases?: NodePurchase[];
  /**
   * Which pool is tried first where a pod may be on several, 1 to 100: the highest.
   *
   * @default - after all pools that have one
   */
  readonly weight?: number;
  /**
   * When nodes are replaced.
   *
   * @default - one node at a time, at any time, and each after 14 days
   */
  readonly disruption?: NodeDisruption;
  /**
   * The volume of images, logs and temporary files of a node, 20 to 1024 GiB. It is paid from the budget.
   *
   * @default Size.gibibytes(40)
   */
  readonly nodeVolumeSize?: Size;
}

/** Options of an additional pool of nodes. */
export interface NodePoolOptions extends NodePoolSettings {
  /** What the nodes of this pool may cost in a month, besides those of all others. */
  readonly nodeBudget: NodeBudget;
  /**
   * The pool's name in Kubernetes, which nodes have as the label `karpenter.sh/nodepool`.
   *
   * @default - the id in kebab case
   */
  readonly name?: string;
}
