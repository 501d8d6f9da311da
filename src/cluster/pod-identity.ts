import { Stack } from 'aws-cdk-lib';
import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * A role that only pods of one cluster of this account can assume, through EKS Pod Identity.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export function createPodRole(scope: Construct, id: string, clusterName: string): iam.Role {
  const trusted = new iam.ServicePrincipal('pods.eks.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:RequestTag/eks-cluster-name': clusterName },
    },
  });
  return new iam.Role(scope, id, { assumedBy: new iam.SessionTagsPrincipal(trusted) });
}

export interface PodIdentity {
  readonly clusterName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly role: iam.IRole;
}

/** Gives a role to the pods of a service account. */
export function associatePodIdentity(scope: Construct, id: string, { clusterName, namespace, serviceAccount, role }: PodIdentity): void {
  new CfnPodIdentityAssociation(scope, id, { clusterName, namespace, serviceAccount, roleArn: role.roleArn });
}
