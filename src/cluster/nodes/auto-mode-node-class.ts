export interface AutoModeNodeClassProps {
  readonly name: string;
  readonly volumesGib: { readonly data: number };
  readonly nodeRoleName?: string;
  readonly subnetIds: string[];
  readonly securityGroupId: string;
  readonly encryptionKeyArn: string;
}

/**
 * The machines that EKS Auto Mode launches: it chooses the image, and pods never reach the instance's credentials. Without tags, which would need a wider
 * policy for the cluster's role.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html
 */
export function autoModeNodeClass({ name, volumesGib, nodeRoleName, subnetIds, securityGroupId, encryptionKeyArn }: AutoModeNodeClassProps): object {
  return {
    apiVersion: 'eks.amazonaws.com/v1',
    kind: 'NodeClass',
    metadata: { name },
    spec: {
      role: nodeRoleName,
      subnetSelectorTerms: subnetIds.map(id => ({ id })),
      securityGroupSelectorTerms: [{ id: securityGroupId }],
      ephemeralStorage: { size: `${volumesGib.data}Gi`, kmsKeyID: encryptionKeyArn },
    },
  };
}
