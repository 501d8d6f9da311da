/**
 * Auto Mode accepts network policies and enforces none until it is told to, by this object.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
 */
export function autoModeNetworkPolicy(): object[] {
  return [{
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' }, data: { 'enable-network-policy-controller': 'true' },
  }];
}
