import { NodeImage } from './node-image';

export interface NodeClassProps {
  readonly name: string;
  readonly clusterName: string;
  readonly image: NodeImage;
  readonly volumesGib: { readonly root: number; readonly data: number };
  readonly instanceProfileName?: string;
  readonly subnetIds: string[];
  readonly securityGroupId: string;
  readonly encryptionKeyArn: string;
}

/**
 * The machines that Karpenter launches.
 *
 * Pods a node are left to what the instance's network interfaces hold: room for more would cost 11 MiB of memory a pod, used or not.
 *
 * @see https://karpenter.sh/docs/concepts/nodeclasses/
 */
export function nodeClass({ name, clusterName, image, volumesGib, instanceProfileName, subnetIds, securityGroupId, encryptionKeyArn }: NodeClassProps): object {
  const { alias, devices } = image._details(volumesGib);
  return {
    apiVersion: 'karpenter.k8s.aws/v1',
    kind: 'EC2NodeClass',
    metadata: { name },
    spec: {
      amiSelectorTerms: [{ alias }],
      instanceProfile: instanceProfileName,
      // by id and not by tag, so that somebody else's VPC needs no tags
      subnetSelectorTerms: subnetIds.map(id => ({ id })),
      securityGroupSelectorTerms: [{ id: securityGroupId }],
      // pods cannot reach the instance's credentials
      metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
      blockDeviceMappings: devices.map(({ deviceName, gib }) => ({
        deviceName,
        ebs: { volumeType: 'gp3', volumeSize: `${gib}Gi`, encrypted: true, kmsKeyID: encryptionKeyArn, deleteOnTermination: true },
      })),
      tags: { Name: `${clusterName}-node` },
    },
  };
}
