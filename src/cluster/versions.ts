import { IConstruct } from 'constructs';
import * as table from './cluster-versions.json';
import { isDeployTime, reject } from '../private/validation';

/** The add-ons of EKS that a cluster of this library has. */
export const ADDONS = ['aws-ebs-csi-driver', 'coredns', 'eks-pod-identity-agent', 'kube-proxy', 'metrics-server', 'vpc-cni'] as const;

export type AddonName = typeof ADDONS[number];

/** What belongs to one Kubernetes version. */
export interface KubernetesRelease {
  /** Kubernetes' own, such as `1.36`. */
  readonly version: string;
  /** Of the package `@aws-cdk/lambda-layer-kubectl-v36`, or what its minor is. */
  readonly kubectlLayer: string;
  readonly addons: Record<AddonName, string>;
}

const RELEASES: Record<string, Omit<KubernetesRelease, 'version'>> = table.kubernetes;

/**
 * What works together: all of it stands in cluster-versions.json. scripts/refresh-cluster-versions.ts refreshes add-ons and kubectl layers, and says what
 * else is out; a change of that is tried with all the others, then scripts/refresh-charts.ts is run.
 */
export const VERSIONS = {
  /**
   * What EKS has in standard support and everything below runs on, oldest first; the last is the default.
   *
   * @see https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
   */
  kubernetes: Object.keys(RELEASES).sort((one, other) => minorOf(one) - minorOf(other)),
  /** @see https://karpenter.sh/docs/upgrading/compatibility/ */
  karpenter: table.components.karpenter,
  /** What a cluster of somebody else's may have: this Karpenter accepts the newest, and the images below begin with the oldest. */
  kubernetesOfKarpenter: table.kubernetesOfKarpenter,
  /** @see https://kubernetes-sigs.github.io/aws-load-balancer-controller/ */
  loadBalancerController: table.components.loadBalancerController,
  /** Has a variant for every Kubernetes version above. @see https://github.com/bottlerocket-os/bottlerocket/releases */
  bottlerocket: table.components.bottlerocket,
  /** Has an arm64 image for every Kubernetes version above. @see https://github.com/awslabs/amazon-eks-ami/releases */
  al2023: table.components.al2023,
};

/** `36` of `1.36` and of `v1.36.0-eksbuild.25`. */
export function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1]);
}

/** The versions that belong to a Kubernetes version; one that is known at deployment only is taken for the newest. */
export function releaseOf(kubernetesVersion: string): KubernetesRelease {
  const version = isDeployTime(kubernetesVersion) ? VERSIONS.kubernetes[VERSIONS.kubernetes.length - 1] : kubernetesVersion;
  return { version, ...RELEASES[version] };
}

export function validateKubernetesVersion(scope: IConstruct, version: string): void {
  if (isDeployTime(version) || VERSIONS.kubernetes.includes(version)) { return; }
  const [oldest] = VERSIONS.kubernetes;
  reject(scope, {
    prop: 'kubernetesVersion',
    value: version,
    problem: minorOf(version) < minorOf(oldest)
      ? `EKS has it in extended support at most, and this version of the library begins with ${oldest}`
      : 'this version of the library is not known to work with it',
    remedy: `Choose one of ${VERSIONS.kubernetes.join(', ')}.`,
  });
}
