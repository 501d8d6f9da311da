import { Duration, Lazy, Size } from 'aws-cdk-lib';
import { NodeBudget } from '../../../src/cluster/nodes/node-budget';
import { NodeImage } from '../../../src/cluster/nodes/node-image';
import { NodePoolOptions, NodePoolSettings, NodePurchase, TaintEffect } from '../../../src/cluster/nodes/node-pool-options';
import { NodePools, NodePoolsProps } from '../../../src/cluster/nodes/node-pools';
import { VERSIONS } from '../../../src/cluster/versions';
import { testStack } from '../../support/stacks';

const TARGET = { instanceProfileName: 'profile', subnetIds: ['subnet-1', 'subnet-2'], securityGroupId: 'sg-1', encryptionKeyArn: 'arn:aws:kms:eu-west-1:222222222222:key/1' };
const BUDGET = NodeBudget.usdPerMonth(2000);

function nodePools(props: Partial<NodePoolsProps> = {}): NodePools {
  return new NodePools(testStack(), { clusterName: 'shop', budget: BUDGET, autoMode: false, paysBaseline: true, ...props });
}

function manifests(pools: NodePools): any[] {
  return pools.manifests(TARGET);
}

const deployTime = Lazy.string({ produce: () => 'late' });

test('the default pool: one class and one NodePool within the limits of the budget', () => {
  const pools = nodePools();
  const [{ capacity }] = pools.pools;
  expect(manifests(pools)).toEqual([
    {
      apiVersion: 'karpenter.k8s.aws/v1',
      kind: 'EC2NodeClass',
      metadata: { name: 'default' },
      spec: {
        amiSelectorTerms: [{ alias: `bottlerocket@v${VERSIONS.bottlerocket}` }],
        instanceProfile: 'profile',
        subnetSelectorTerms: [{ id: 'subnet-1' }, { id: 'subnet-2' }],
        securityGroupSelectorTerms: [{ id: 'sg-1' }],
        metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
        blockDeviceMappings: [['/dev/xvda', '4Gi'], ['/dev/xvdb', '40Gi']].map(([deviceName, volumeSize]) => ({
          deviceName, ebs: { volumeType: 'gp3', volumeSize, encrypted: true, kmsKeyID: TARGET.encryptionKeyArn, deleteOnTermination: true },
        })),
        tags: { Name: 'shop-node' },
      },
    },
    {
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: 'default' },
      spec: {
        limits: { cpu: String(capacity.vcpus), memory: `${capacity.memoryGib}Gi`, nodes: String(capacity.nodes) },
        disruption: { consolidationPolicy: 'WhenEmptyOrUnderutilized', consolidateAfter: '1m', budgets: [{ nodes: '1', reasons: ['Drifted', 'Underutilized'] }] },
        template: {
          spec: {
            nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'default' },
            expireAfter: '336h',
            terminationGracePeriod: '5m',
            requirements: [
              { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
              { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
              { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand', 'spot'] },
              { key: 'node.kubernetes.io/instance-type', operator: 'In', values: capacity.instanceTypes },
            ],
          },
        },
      },
    },
  ]);
});

test('a pool with everything', () => {
  const pools = nodePools();
  const batch = pools.add('NightlyBatch', {
    nodeBudget: NodeBudget.usdPerMonth(900, { instanceFamilies: ['r7g'] }),
    name: 'batch',
    labels: { 'example.com/team': 'data', 'app': 'batch' },
    taints: [{ key: 'example.com/batch', value: 'true' }, { key: 'slow', effect: TaintEffect.NO_EXECUTE }],
    purchases: [NodePurchase.SPOT],
    weight: 10,
    disruption: {
      consolidateAfter: Duration.minutes(10),
      maxNodeAge: Duration.days(2),
      drainTimeout: Duration.minutes(15),
      nodesAtOnce: 2,
      quietWindows: [{ schedule: '0 1 * * mon-fri', duration: Duration.hours(4) }, { schedule: '@monthly', duration: Duration.minutes(90) }],
    },
    nodeVolumeSize: Size.gibibytes(100),
  });
  expect(batch.name).toBe('batch');
  expect(batch.capacity.instanceTypes).toContain('r7g.large');
  const [, batchClass, , pool] = manifests(pools);
  expect(batchClass.metadata.name).toBe('batch');
  expect(batchClass.spec.blockDeviceMappings[1].ebs.volumeSize).toBe('100Gi');
  expect(pool.spec).toMatchObject({
    weight: 10,
    disruption: {
      consolidateAfter: '10m',
      budgets: [
        { nodes: '2', reasons: ['Drifted', 'Underutilized'] },
        { nodes: '0', schedule: '0 1 * * mon-fri', duration: '4h', reasons: ['Drifted', 'Underutilized'] },
        { nodes: '0', schedule: '@monthly', duration: '90m', reasons: ['Drifted', 'Underutilized'] },
      ],
    },
    template: {
      metadata: { labels: { 'app': 'batch', 'example.com/team': 'data' } },
      spec: {
        nodeClassRef: { name: 'batch' },
        taints: [{ key: 'example.com/batch', value: 'true', effect: 'NoSchedule' }, { key: 'slow', effect: 'NoExecute' }],
        expireAfter: '48h',
        terminationGracePeriod: '15m',
      },
    },
  });
  expect(Object.keys(pool.spec.template.metadata.labels)).toEqual(['app', 'example.com/team']);
  expect(pool.spec.template.spec.requirements[2].values).toEqual(['spot']);
});

test('pools of the same hardware share a class', () => {
  const pools = nodePools();
  pools.add('Other', { nodeBudget: BUDGET });
  expect(manifests(pools).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['EC2NodeClass default', 'NodePool default', 'NodePool other']);
});

test('Amazon Linux has one volume, as large as the two of Bottlerocket', () => {
  const [{ spec }] = manifests(nodePools({ image: NodeImage.al2023() }));
  expect(spec.amiSelectorTerms).toEqual([{ alias: expect.stringMatching(/^al2023@v20\d{6}$/) }]);
  expect(spec.blockDeviceMappings).toEqual([{ deviceName: '/dev/xvda', ebs: expect.objectContaining({ volumeSize: '44Gi', encrypted: true, kmsKeyID: TARGET.encryptionKeyArn }) }]);
});

test('every pool pays its own surplus node, and only the default one the baseline workers', () => {
  const pools = nodePools();
  const other = pools.add('Other', { nodeBudget: BUDGET });
  const [first] = pools.pools;
  expect(other.capacity.vcpus).toBeGreaterThan(first.capacity.vcpus);
  expect(pools.total).toEqual({
    vcpus: first.capacity.vcpus + other.capacity.vcpus,
    memoryGib: first.capacity.memoryGib + other.capacity.memoryGib,
    nodes: first.capacity.nodes + other.capacity.nodes,
    instanceTypes: first.capacity.instanceTypes,
    monthlyUsd: first.capacity.monthlyUsd + other.capacity.monthlyUsd,
  });
  expect(pools.total.monthlyUsd).toBeLessThanOrEqual(4000);
});

test('pods find room in pools without taints only', () => {
  const pools = nodePools();
  const request = { vcpus: 0.5, memoryMib: 512 };
  const alone = pools.podsOf(request);
  pools.add('Batch', { nodeBudget: BUDGET, taints: [{ key: 'batch' }] });
  expect(pools.podsOf(request)).toBe(alone);
  pools.add('More', { nodeBudget: BUDGET });
  expect(pools.podsOf(request)).toBeGreaterThan(2 * alone);
});

test('the surroundings of a budget are counted: larger volumes and a longer drain buy less', () => {
  const vcpus = (defaults: NodePoolSettings) => nodePools({ defaults }).total.vcpus;
  expect(vcpus({ nodeVolumeSize: Size.gibibytes(500) })).toBeLessThan(vcpus({}));
  expect(vcpus({ disruption: { drainTimeout: Duration.minutes(30) } })).toBeLessThan(vcpus({}));
  expect(vcpus({ disruption: { nodesAtOnce: 3 } })).toBeLessThan(vcpus({}));
});

const quiet = (schedule: string, duration = Duration.hours(8)): NodePoolSettings => ({ disruption: { quietWindows: [{ schedule, duration }] } });

test.each<[string, NodePoolSettings]>([
  ['@daily', quiet('@daily')],
  ['every working day', quiet('0 6 * * MON-FRI', Duration.hours(14))],
  ['a list of days with steps', quiet('*/30 8-18/2 1,15 jan-mar ?', Duration.minutes(20))],
  ['the days of a week one by one', quiet('0 0 * * 0,1,2', Duration.days(1))],
])('quiet windows may be %s', (_, defaults) => {
  expect(() => nodePools({ defaults })).not.toThrow();
});

test.each<[NodePoolSettings, RegExp]>([
  [{ taints: [{ key: 'batch' }] }, /`nodePool.taints` is \["batch"\], but the default pool takes every pod.*addNodePool\./],
  [{ labels: { 'team name': 'data' } }, /`nodePool.labels` is "team name", but a key is a name of at most 63/],
  [{ labels: { ['a'.repeat(64)]: 'data' } }, /a key is a name of at most 63/],
  [{ labels: { 'Example.com/team': 'data' } }, /a key is a name of at most 63/],
  [{ labels: { 'node-role.kubernetes.io/batch': '' } }, /`nodePool.labels` is "node-role.kubernetes.io\/batch", but that domain belongs to Kubernetes/],
  [{ labels: { 'karpenter.sh/nodepool': 'mine' } }, /that domain belongs to/],
  [{ labels: { team: 'data science' } }, /`nodePool.labels\["team"\]` is "data science", but a value has at most 63/],
  [{ labels: { team: deployTime } }, /`nodePool.labels\["team"\]` is "a deploy-time value"/],
  [{ purchases: [] }, /`nodePool.purchases` is \[\], but a pool buys its nodes in one or two different ways\. Choose from spot, on-demand/],
  [{ purchases: ['reserved' as NodePurchase] }, /`nodePool.purchases` is \["reserved"\]/],
  [{ purchases: [NodePurchase.SPOT, NodePurchase.SPOT] }, /`nodePool.purchases` is \["spot","spot"\]/],
  [{ weight: 0 }, /`nodePool.weight` is 0, but it has to be between 1 and 100/],
  [{ weight: 101 }, /`nodePool.weight` is 101/],
  [{ weight: 1.5 }, /`nodePool.weight` is 1.5/],
  [{ nodeVolumeSize: Size.gibibytes(10) }, /`nodePool.nodeVolumeSize` is 10, but it has to be between 20 and 1024 GiB/],
  [{ nodeVolumeSize: Size.mebibytes(30_000) }, /`nodePool.nodeVolumeSize` is 29.29/],
  [{ disruption: { nodesAtOnce: 0 } }, /`nodePool.disruption.nodesAtOnce` is 0, but it has to be between 1 and 10 nodes/],
  [{ disruption: { nodesAtOnce: 1.5 } }, /`nodePool.disruption.nodesAtOnce` is 1.5/],
  [{ disruption: { consolidateAfter: Duration.seconds(30) } }, /`nodePool.disruption.consolidateAfter` is 0.5, but it has to be between 1 and 1440 minutes/],
  [{ disruption: { maxNodeAge: Duration.hours(1) } }, /`nodePool.disruption.maxNodeAge` is 60, but it has to be between 1440 and/],
  [{ disruption: { drainTimeout: Duration.hours(2) } }, /`nodePool.disruption.drainTimeout` is 120, but it has to be between 1 and 60/],
  [{ disruption: { drainTimeout: Duration.minutes(Lazy.number({ produce: () => 5 })) } }, /`nodePool.disruption.drainTimeout` is "a deploy-time value"/],
  [quiet('every night'), /`nodePool.disruption.quietWindows\[0\].schedule` is "every night", but it is not a cron expression/],
  [quiet('60 * * * *'), /is not a cron expression/],
  [quiet('0 24 * * *'), /is not a cron expression/],
  [quiet('0 0 0 * *'), /is not a cron expression/],
  [quiet('0 0 * 13 *'), /is not a cron expression/],
  [quiet('0 0 * * 7'), /is not a cron expression/],
  [quiet('0 0 * * fri-mon'), /is not a cron expression/],
  [quiet('*/0 * * * *'), /is not a cron expression/],
  [quiet('0 0 * * * 2028'), /is not a cron expression/],
  [quiet(''), /is not a cron expression/],
  [quiet('@daily', Duration.seconds(90)), /`nodePool.disruption.quietWindows\[0\].duration` is 1.5/],
  [quiet('@daily', Duration.seconds(0)), /quietWindows\[0\].duration` is 0/],
  [quiet('@daily', Duration.days(8)), /quietWindows\[0\].duration` is 11520/],
  [quiet('@daily', Duration.days(1)), /`nodePool.disruption.quietWindows` is \["@daily"\], but the windows never end\. Leave some time/],
  [quiet('* * * * *', Duration.minutes(1)), /the windows never end/],
  [quiet('0 0 1-10 * *', Duration.days(1)), /the windows leave nodes alone for 10 days without a pause/],
  [{ disruption: { quietWindows: [{ schedule: '0 0 * * *', duration: Duration.hours(12) }, { schedule: '0 12 * * *', duration: Duration.hours(12) }] } }, /the windows never end/],
  [{ disruption: { quietWindows: Array.from({ length: 50 }, () => ({ schedule: '@daily', duration: Duration.hours(1) })) } }, /`nodePool.disruption.quietWindows.length` is 50/],
])('the default pool refuses %p', (defaults, message) => {
  expect(() => nodePools({ defaults })).toThrow(message);
});

test.each<[string, Partial<NodePoolOptions>, RegExp]>([
  ['Batch', { name: 'default' }, /Test: `addNodePool\("Batch"\).name` is "default", but another node pool of this cluster has this name/],
  ['Default', {}, /`addNodePool\("Default"\).name` is "default"/],
  ['Batch', { name: 'Batch' }, /`addNodePool\("Batch"\).name` is "Batch", but a node pool's name starts with a lower-case letter/],
  ['Batch', { name: 'batch-' }, /a node pool's name starts with/],
  ['Batch', { name: 'b'.repeat(64) }, /a node pool's name starts with/],
  ['1', {}, /`addNodePool\("1"\).id` is "1", but a node pool's name starts with/],
  ['Batch', { name: deployTime }, /`addNodePool\("Batch"\).name` is "a deploy-time value"/],
  ['Batch', { nodeBudget: NodeBudget.usdPerMonth(50) }, /`addNodePool\("Batch"\).nodeBudget` is 50, but it does not pay for one node and 1 more.*usdPerMonth\(\d+\)/],
  ['Batch', { weight: 0 }, /`addNodePool\("Batch"\).weight` is 0/],
  ['Batch', { taints: [{ key: 'a b' }] }, /`addNodePool\("Batch"\).taints\[0\].key` is "a b"/],
  ['Batch', { taints: [{ key: 'a', value: '-' }] }, /`addNodePool\("Batch"\).taints\[0\].value` is "-"/],
  ['Batch', { taints: [{ key: 'a', effect: 'Never' as TaintEffect }] }, /taints\[0\].effect` is "Never", but there is no such effect\. Choose from NoSchedule, PreferNoSchedule, NoExecute\./],
  ['Batch', { taints: [{ key: 'a' }, { key: 'a', value: 'b', effect: TaintEffect.NO_SCHEDULE }] }, /taints\[1\]` is "a", but another taint has this key and effect/],
])('addNodePool(%p, %p) is refused', (id, options, message) => {
  const pools = nodePools();
  expect(() => pools.add(id, { nodeBudget: BUDGET, ...options })).toThrow(message);
  expect(pools.pools).toHaveLength(1);
});
