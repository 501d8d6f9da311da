/**
 * Who launches the machines of a `KarpenterCluster`. Budget and limits are the same for both.
 *
 * @example
 * import { ClusterCompute, KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * new KarpenterCluster(this, 'Cluster', {
 *   vpc,
 *   nodeBudget: NodeBudget.usdPerMonth(2000),
 *   compute: ClusterCompute.autoMode(),
 * });
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/automode.html
 */
export abstract class ClusterCompute {
  /**
   * Karpenter of this library's version, on two baseline workers that are the cluster's own: every version is pinned.
   *
   * @see https://karpenter.sh/docs/
   */
  public static karpenter(): ClusterCompute {
    return new Karpenter();
  }

  /**
   * EKS Auto Mode: AWS runs Karpenter, the network, DNS, volumes and the binding of pods to the load balancer, and chooses their versions and the nodes' image.
   * Its built-in node pools, which have no limits, are off. There are no baseline workers, and every instance costs a fee, which the budget counts.
   *
   * What launches for it is the cluster's own role, by policies of AWS's that are wider than Karpenter's here.
   */
  public static autoMode(): ClusterCompute {
    return new AutoMode();
  }

  /**
   * Whether EKS itself launches machines.
   *
   * @internal
   */
  public abstract readonly _autoMode: boolean;

  protected constructor() {}
}

class Karpenter extends ClusterCompute {
  public readonly _autoMode = false;

  constructor() { super(); }
}

class AutoMode extends ClusterCompute {
  public readonly _autoMode = true;

  constructor() { super(); }
}
