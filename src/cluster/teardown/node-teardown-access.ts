/** The group of the teardown's access entry; the cluster knows it by the role below. */
export const TEARDOWN_GROUP = 'innovate:node-teardown';

/**
 * What the teardown may do inside the cluster. None of EKS's own access policies but the administrator's reaches NodePools.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
export function teardownAccess(): object[] {
  const metadata = { name: 'innovate-node-teardown' };
  return [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata,
      rules: [
        { apiGroups: ['karpenter.sh'], resources: ['nodepools', 'nodeclaims'], verbs: ['list', 'delete'] },
        { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['list'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: TEARDOWN_GROUP }],
    },
  ];
}
