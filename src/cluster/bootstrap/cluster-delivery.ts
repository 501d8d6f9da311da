import { Construct } from 'constructs';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { ClusterBootstrap } from './cluster-bootstrap';
import { NodeTeardown } from '../teardown/node-teardown';

export interface ClusterDeliveryProps extends Omit<ClusterBootstrapTarget, 'scope' | 'teardown'> {
  readonly bootstrap: ClusterBootstrap;
  readonly autoMode: boolean;
}

/** What brings the bundle to a cluster, and before it, so that it goes after it, what removes the machines. */
export function createDelivery(scope: Construct, { bootstrap, ...target }: ClusterDeliveryProps): BundleDelivery {
  return bootstrap._bind({ ...target, scope, teardown: new NodeTeardown(scope, 'NodeTeardown', target) });
}
