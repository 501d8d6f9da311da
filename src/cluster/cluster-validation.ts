import { IConstruct } from 'constructs';
import { minorOf, VERSIONS } from './versions';
import { isDeployTime, reject, validateMatch } from '../private/validation';

export function validateClusterName(scope: IConstruct, clusterName: string | undefined): void {
  const remedy = 'Give a name such as "shop-production" as a literal string.';
  if (isDeployTime(clusterName)) {
    reject(scope, {
      prop: 'clusterName', value: 'a deploy-time value', problem: 'it is a condition key of Karpenter\'s policy and has to be known at synthesis', remedy,
    });
  }
  validateMatch(scope, {
    prop: 'clusterName', value: clusterName, pattern: /^[A-Za-z][A-Za-z0-9-]{0,39}$/,
    problem: 'a cluster\'s name starts with a letter and has at most 40 letters, digits and hyphens', remedy,
  });
}

/** Somebody else's cluster may have any version that Karpenter accepts. */
export function validateKarpenterRunsOn(scope: IConstruct, kubernetesVersion: string): void {
  const { oldest, newest } = VERSIONS.kubernetesOfKarpenter;
  const minor = minorOf(kubernetesVersion);
  if (isDeployTime(kubernetesVersion) || (minor >= minorOf(oldest) && minor <= minorOf(newest))) { return; }
  reject(scope, {
    prop: 'kubernetesVersion',
    value: kubernetesVersion,
    problem: `Karpenter ${VERSIONS.karpenter} runs on ${oldest} to ${newest}`,
    remedy: minor > minorOf(newest) ? 'Take a newer version of this library.' : 'Upgrade the cluster first.',
  });
}
