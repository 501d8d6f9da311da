/** What works together. A change of one line is tried with all the others, then scripts/refresh-charts.ts is run. */
export const VERSIONS = {
  /**
   * What EKS has in standard support and everything below runs on, oldest first; the last is the default.
   *
   * @see https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
   */
  kubernetes: ['1.34', '1.35', '1.36'],
  /** @see https://karpenter.sh/docs/upgrading/compatibility/ */
  karpenter: '1.14.1',
  /** @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/ */
  loadBalancerController: '2.17.1',
  /** Has a variant for every Kubernetes version above. @see https://github.com/bottlerocket-os/bottlerocket/releases */
  bottlerocket: '1.64.0',
};
