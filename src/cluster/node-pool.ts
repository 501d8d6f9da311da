import { NodeCapacity } from './node-budget';
import { NODE_VOLUMES_GIB } from './node-hardware';
import { VERSIONS } from './versions';

export interface NodePoolOptions {
  readonly clusterName: string;
  readonly capacity: NodeCapacity;
  readonly instanceProfileName: string;
  readonly subnetIds: string[];
  readonly securityGroupId: string;
}

const NAME = 'default';

/**
 * The machines that Karpenter launches and the limits of the budget.
 *
 * @see https://karpenter.sh/docs/concepts/nodeclasses/
 * @see https://karpenter.sh/docs/concepts/nodepools/
 */
export function nodeManifests({ clusterName, capacity, instanceProfileName, subnetIds, securityGroupId }: NodePoolOptions): object[] {
  const volume = (gib: number) => ({ volumeType: 'gp3', volumeSize: `${gib}Gi`, encrypted: true, deleteOnTermination: true });
  return [
    {
      apiVersion: 'karpenter.k8s.aws/v1',
      kind: 'EC2NodeClass',
      metadata: { name: NAME },
      spec: {
        amiSelectorTerms: [{ alias: `bottlerocket@v${VERSIONS.bottlerocket}` }],
        instanceProfile: instanceProfileName,
        // by id and not by tag, so that somebody else's VPC needs no tags
        subnetSelectorTerms: subnetIds.map(id => ({ id })),
        securityGroupSelectorTerms: [{ id: securityGroupId }],
        metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
        blockDeviceMappings: [
          { deviceName: '/dev/xvda', ebs: volume(NODE_VOLUMES_GIB.root) },
          { deviceName: '/dev/xvdb', ebs: volume(NODE_VOLUMES_GIB.data) },
        ],
        tags: { Name: `${clusterName}-node` },
      },
    },
    {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: NAME },
      spec: {
        limits: { cpu: String(capacity.vcpus), memory: `${capacity.memoryGib}Gi`, nodes: String(capacity.nodes) },
        // one node at a time: the budget has room for one surplus node, and the service keeps its other pods
        disruption: { consolidationPolicy: 'WhenEmptyOrUnderutilized', consolidateAfter: '1m', budgets: [{ nodes: '1' }] },
        template: {
          spec: {
            nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: NAME },
            expireAfter: '336h',
            terminationGracePeriod: '15m',
            requirements: [
              { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
              { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
              { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['spot', 'on-demand'] },
              { key: 'node.kubernetes.io/instance-type', operator: 'In', values: capacity.instanceTypes },
            ],
          },
        },
      },
    },
  ];
}
