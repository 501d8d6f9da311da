import { App, Stack } from 'aws-cdk-lib';
import { NodeBudget, NodeBudgetOptions } from '../../../src/cluster/nodes/node-budget';
import { NodeCapacity } from '../../../src/cluster/nodes/node-capacity';
import { NodeTerms } from '../../../src/cluster/nodes/node-plan';
import { podsOf } from '../../../src/cluster/nodes/node-pods';
import * as table from '../../../src/cluster/nodes/node-prices.json';
import { testStack } from '../../support/stacks';

const CLUSTER: NodeTerms = { autoMode: false, paysBaseline: true, volumesGib: 44, drainMinutes: 5, nodesAtOnce: 1 };

function capacity(usd: number, region: string = 'us-east-1', options?: NodeBudgetOptions, terms: Partial<NodeTerms> = {}): NodeCapacity {
  return NodeBudget.usdPerMonth(usd, options)._capacityAt(testStack(region), { ...CLUSTER, ...terms });
}

/** A node's month by hand. */
function monthly(instanceType: keyof typeof table.types, volumesGib: number, factor = 1): number {
  return table.types[instanceType].usdPerHour * factor * 744 + volumesGib * 0.16;
}

test.each([
  ['us-east-1', 1], ['eu-west-1', 1.12], ['eu-central-1', 1.21], ['sa-east-1', 1.6],
])('in %s the month is the sum of what is permitted, what drains, one surplus node and the baseline workers', (region, factor) => {
  for (const usd of [700, 1000, 3000, 20_000]) {
    const { vcpus, monthlyUsd, instanceTypes } = capacity(usd, region);
    const perVcpu = monthly('m7g.large', 44, factor) / 2;
    const largest = instanceTypes.includes('m7g.2xlarge') ? 'm7g.2xlarge' : instanceTypes.includes('m7g.xlarge') ? 'm7g.xlarge' : 'm7g.large';
    const sum = (cpus: number) => cpus * perVcpu * (1 + 6 / 60) + monthly(largest, 44, factor) + 2 * monthly('m7g.large', 24, factor);
    expect(monthlyUsd).toBe(Math.ceil(sum(vcpus)));
    expect(monthlyUsd).toBeLessThanOrEqual(usd);
    expect(sum(vcpus + 2)).toBeGreaterThan(usd);
  }
});

test('a larger budget never buys less', () => {
  const vcpus = [500, 700, 1000, 2000, 4000].map(usd => capacity(usd).vcpus);
  expect(vcpus).toEqual([...vcpus].sort((a, b) => a - b));
  expect(vcpus[0]).toBeGreaterThanOrEqual(2);
});

test('the default families have the cap of m7g alone, a dear family lowers it', () => {
  expect(capacity(3000).vcpus).toBe(capacity(3000, 'us-east-1', { instanceFamilies: ['m7g'] }).vcpus);
  expect(capacity(3000, 'us-east-1', { instanceFamilies: ['m7g', 'r8g'] }).vcpus).toBeLessThan(capacity(3000).vcpus);
});

test('a small budget permits small nodes only, so that it is spread over several', () => {
  expect(capacity(500).instanceTypes).toEqual(['c7g.large', 'c8g.large', 'm7g.large']);
  expect(capacity(3000).instanceTypes).toContain('m7g.2xlarge');
});

test('limits on memory and nodes belong to the limit on vCPUs', () => {
  const { vcpus, memoryGib, nodes } = capacity(3000);
  expect(memoryGib).toBe(vcpus * 4);
  expect(nodes).toBe(vcpus / 2);
  expect(vcpus % 2).toBe(0);
});

test.each<[string, Partial<NodeTerms>]>([
  ['a longer drain', { drainMinutes: 15 }],
  ['larger volumes', { volumesGib: 200 }],
  ['more nodes replaced at once', { nodesAtOnce: 3 }],
  ['the fee of Auto Mode', { autoMode: true }],
])('%s lowers the cap', (_, terms) => {
  expect(capacity(3000, 'us-east-1', undefined, terms).vcpus).toBeLessThan(capacity(3000).vcpus);
});

test('a budget without baseline workers buys more', () => {
  expect(capacity(3000, 'us-east-1', undefined, { paysBaseline: false }).vcpus).toBeGreaterThan(capacity(3000).vcpus);
});

test('a region that the table lacks, or that is not known yet, is counted as the dearest', () => {
  const dearest = capacity(3000, 'sa-east-1');
  expect(capacity(3000, 'eu-isoe-west-1')).toEqual(dearest);
  expect(NodeBudget.usdPerMonth(3000)._capacityAt(new Stack(new App(), 'AnyRegion'), CLUSTER)).toEqual(dearest);
});

test('the order of families does not matter', () => {
  expect(capacity(3000, 'us-east-1', { instanceFamilies: ['m7g', 'c7g'] })).toEqual(capacity(3000, 'us-east-1', { instanceFamilies: ['c7g', 'm7g'] }));
});

test.each([
  [{}, /Test: `nodeBudget` is 100, but it does not pay for the two baseline workers, one node and 1 more while nodes are replaced\./],
  [{ paysBaseline: false, nodesAtOnce: 2 }, /`nodeBudget` is 100, but it does not pay for one node and 2 more while nodes are replaced\./],
])('a budget that is too small is refused with the smallest that works (%p)', (terms, sentence) => {
  const message = (usd: number) => { try { capacity(usd, 'us-east-1', undefined, terms); return undefined; } catch (error) { return (error as Error).message; } };
  const smallest = Number(/Give at least NodeBudget\.usdPerMonth\((\d+)\)/.exec(message(100)!)![1]);
  expect(message(100)).toMatch(sentence);
  expect(message(smallest - 1)).toBeDefined();
  expect(capacity(smallest, 'us-east-1', undefined, terms).vcpus).toBe(2);
});

test.each([
  [0, undefined, /`NodeBudget.usdPerMonth` is 0, but a budget is a positive number.*Give an amount such as 2000/],
  [-5, undefined, /is -5, but a budget is a positive number/],
  [NaN, undefined, /a budget is a positive number/],
  [2000, ['c7i'], /`instanceFamilies` is "c7i", but that family is x86 and nodes are Graviton \(arm64\)\. Its Graviton sibling is c7g\./],
  [2000, ['m6a'], /Its Graviton sibling is m6g\./],
  [2000, ['r5'], /Its Graviton sibling is r6g\./],
  [2000, ['t3'], /Its Graviton sibling is m6g\./],
  [2000, ['m7g', 'm8i-flex'], /`instanceFamilies` is "m8i-flex".*sibling is m8g\./],
  [2000, ['t4g'], /`instanceFamilies` is "t4g", but nodes are of Graviton/],
  [2000, ['m7gd'], /`instanceFamilies` is "m7gd", but nodes are of Graviton/],
  [2000, ['c7g.large'], /`instanceFamilies` is "c7g\.large", but nodes are of Graviton.*Choose from c6g, .*r8g/],
  [2000, ['m7g', 'x9z'], /`instanceFamilies` is "x9z"/],
  [2000, [], /`instanceFamilies` is \[\]/],
])('usdPerMonth(%p, %p) is refused', (usd, instanceFamilies, message) => {
  expect(() => NodeBudget.usdPerMonth(usd, { instanceFamilies })).toThrow(message);
});

describe('pods that have room at least', () => {
  const shop = { vcpus: 8, memoryGib: 32, nodes: 4, monthlyUsd: 0 };

  test('what kubelet, daemons and hypervisor take is not counted', () => {
    // 2000 millicores less 70 of the kubelet and 250 of daemons hold three of 500; (3968 - 298 - 574 - 100 - 256) MiB hold five of 512
    expect(podsOf({ ...shop, vcpus: 2, instanceTypes: ['c7g.large'] }, { vcpus: 0.5, memoryMib: 512 })).toBe(3);
    expect(podsOf({ ...shop, vcpus: 2, instanceTypes: ['c7g.large'] }, { vcpus: 0.25, memoryMib: 512 })).toBe(5);
  });

  test('addresses bound the pods of a node', () => {
    expect(podsOf({ ...shop, vcpus: 2, instanceTypes: ['m7g.large'] }, { vcpus: 0.01, memoryMib: 10 })).toBe(29 - 5);
  });

  test('the types that hold the fewest count', () => {
    const request = { vcpus: 0.5, memoryMib: 1024 };
    // four nodes of two, or one of fifteen for which nothing smaller is left over
    expect(podsOf({ ...shop, instanceTypes: ['c7g.large', 'm7g.2xlarge'] }, request)).toBe(4 * 2);
    expect(podsOf({ ...shop, vcpus: 10, instanceTypes: ['c7g.2xlarge'] }, request)).toBe(podsOf({ ...shop, instanceTypes: ['c7g.2xlarge'] }, request));
  });

  test('a pod that no node holds has no room', () => {
    expect(podsOf({ ...shop, instanceTypes: ['c7g.large'] }, { vcpus: 2, memoryMib: 512 })).toBe(0);
    expect(podsOf({ ...shop, instanceTypes: ['c7g.large', 'c7g.xlarge'] }, { vcpus: 2, memoryMib: 512 })).toBe(2);
  });
});
