import { IConstruct } from 'constructs';
import { VERSIONS } from './versions';
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

export function validateKubernetesVersion(scope: IConstruct, version: string): void {
  if (isDeployTime(version) || VERSIONS.kubernetes.includes(version)) { return; }
  reject(scope, {
    prop: 'kubernetesVersion', value: version, problem: 'this version of the library is not known to work with it',
    remedy: `Choose one of ${VERSIONS.kubernetes.join(', ')}.`,
  });
}
