import { NodeImageDetails } from './node-image-details';
import { VERSIONS } from '../versions';

/**
 * The operating system of the nodes that Karpenter launches, in a pinned release for arm64. A newer release comes with a newer version of this library and
 * replaces nodes one at a time.
 *
 * @example
 * import { KarpenterCluster, NodeBudget, NodeImage } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const vpc: ec2.IVpc;
 *
 * new KarpenterCluster(this, 'Cluster', {
 *   vpc,
 *   nodeBudget: NodeBudget.usdPerMonth(2000),
 *   nodeImage: NodeImage.al2023(),
 * });
 *
 * @see https://karpenter.sh/docs/concepts/nodeclasses/#specamiselectorterms
 */
export abstract class NodeImage {
  /** Bottlerocket: a read-only system of containers, without a shell and without SSH. */
  public static bottlerocket(): NodeImage {
    return new Bottlerocket();
  }

  /** Amazon Linux 2023 for EKS: for agents that need a general system. */
  public static al2023(): NodeImage {
    return new AmazonLinux();
  }

  protected constructor() {}

  /**
   * The release and its volumes; all volumes together are as large with every image, so that a node costs the same.
   *
   * @internal
   */
  public abstract _details(volumes: { readonly root: number; readonly data: number }): NodeImageDetails;
}

class Bottlerocket extends NodeImage {
  constructor() { super(); }

  public _details({ root, data }: { readonly root: number; readonly data: number }): NodeImageDetails {
    return { alias: `bottlerocket@v${VERSIONS.bottlerocket}`, devices: [{ deviceName: '/dev/xvda', gib: root }, { deviceName: '/dev/xvdb', gib: data }] };
  }
}

class AmazonLinux extends NodeImage {
  constructor() { super(); }

  public _details({ root, data }: { readonly root: number; readonly data: number }): NodeImageDetails {
    return { alias: `al2023@${VERSIONS.al2023}`, devices: [{ deviceName: '/dev/xvda', gib: root + data }] };
  }
}
