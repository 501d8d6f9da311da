import { Duration } from 'aws-cdk-lib';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { NodeImage } from '../../../src/cluster/nodes/node-image';
import { NodePools, NodePoolsProps } from '../../../src/cluster/nodes/node-pools';
import { testStack } from '../../support/stacks';

const TARGET = { nodeRoleName: 'node-role', subnetIds: ['subnet-1'], securityGroupId: 'sg-1', encryptionKeyArn: 'arn:aws:kms:eu-west-1:222222222222:key/1' };

function nodePools(props: Partial<NodePoolsProps> = {}): NodePools {
  return new NodePools(testStack(), { clusterName: 'shop', budget: NodeBudget.usdPerMonth(2000), autoMode: true, paysBaseline: false, ...props });
}

test('a class of EKS and a NodePool with the limits of the budget', () => {
  const pools = nodePools();
  const { vcpus, memoryGib, instanceTypes } = pools.total;
  expect(pools.manifests(TARGET)).toEqual([
    {
      apiVersion: 'eks.amazonaws.com/v1',
      kind: 'NodeClass',
      metadata: { name: 'default-nodes' },
      spec: {
        role: 'node-role',
        subnetSelectorTerms: [{ id: 'subnet-1' }],
        securityGroupSelectorTerms: [{ id: 'sg-1' }],
        ephemeralStorage: { size: '40Gi', kmsKeyID: TARGET.encryptionKeyArn },
      },
    },
    {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: 'default' },
      spec: {
        limits: { cpu: String(vcpus), memory: `${memoryGib}Gi` },
        disruption: { consolidationPolicy: 'WhenEmptyOrUnderutilized', consolidateAfter: '1m', budgets: [{ nodes: '1', reasons: ['Drifted', 'Underutilized'] }] },
        template: {
          spec: {
            nodeClassRef: { group: 'eks.amazonaws.com', kind: 'NodeClass', name: 'default-nodes' },
            expireAfter: '336h',
            terminationGracePeriod: '5m',
            requirements: [
              { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
              { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand', 'spot'] },
              { key: 'node.kubernetes.io/instance-type', operator: 'In', values: instanceTypes },
            ],
          },
        },
      },
    },
  ]);
});

test('the fee is paid from the budget', () => {
  expect(nodePools().total.vcpus).toBeLessThan(nodePools({ autoMode: false }).total.vcpus);
});

test.each<[Partial<NodePoolsProps>, RegExp]>([
  [{ image: NodeImage.al2023() }, /`nodeImage` is .*, but EKS Auto Mode brings its own\. Leave nodeImage out, or choose ClusterCompute\.karpenter\(\)\./],
  [{ defaults: { disruption: { maxNodeAge: Duration.days(21) } } }, /`nodePool.disruption.maxNodeAge` is 30240, but it has to be between 1440 and 28800 minutes/],
])('%p is refused', (props, message) => {
  expect(() => nodePools(props)).toThrow(message);
});
