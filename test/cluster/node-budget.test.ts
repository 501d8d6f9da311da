import { App, Stack } from 'aws-cdk-lib';
import { NodeBudget, NodeBudgetOptions, NodeCapacity } from '../../src/cluster/node-budget';
import * as table from '../../src/cluster/node-prices.json';
import { testStack } from '../support/stacks';

function capacity(usd: number, region: string = 'us-east-1', options?: NodeBudgetOptions): NodeCapacity {
  return NodeBudget.usdPerMonth(usd, options)._capacityAt(testStack(region));
}

/** The dearest way to fill the limits, found by trying and not by the library's formula. */
function dearestMonth({ vcpus, nodes, instanceTypes }: NodeCapacity, factor: number): number {
  const types = instanceTypes.map(name => table.types[name as keyof typeof table.types]);
  const usd = (type: { usdPerHour: number }) => type.usdPerHour * factor * 744 + 44 * 0.08;
  return Math.max(...types.map(type => Math.min(nodes, Math.floor(vcpus / type.vcpus)) * usd(type))) + Math.max(...types.map(usd));
}

test.each([
  ['us-east-1', 1], ['eu-west-1', 1.12], ['eu-central-1', 1.21], ['sa-east-1', 1.6],
])('no mix of permitted types costs more than the budget in %s', (region, factor) => {
  for (const usd of [600, 1000, 3000, 20_000]) {
    const bought = capacity(usd, region);
    const baseline = 2 * (0.0816 * factor * 744 + 24 * 0.08);
    expect(dearestMonth(bought, factor) + baseline).toBeLessThanOrEqual(usd);
    expect(bought.monthlyUsd).toBeLessThanOrEqual(usd);
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
  expect(nodes).toBe(Math.floor(vcpus / 2));
});

test('a region that the table lacks, or that is not known yet, is counted as the dearest', () => {
  const dearest = capacity(3000, 'sa-east-1');
  expect(capacity(3000, 'eu-isoe-west-1')).toEqual(dearest);
  expect(NodeBudget.usdPerMonth(3000)._capacityAt(new Stack(new App(), 'AnyRegion'))).toEqual(dearest);
});

test('the order of families does not matter', () => {
  expect(capacity(3000, 'us-east-1', { instanceFamilies: ['m7g', 'c7g'] })).toEqual(capacity(3000, 'us-east-1', { instanceFamilies: ['c7g', 'm7g'] }));
});

test('a budget that is too small is refused with the smallest that works', () => {
  const message = (usd: number) => { try { capacity(usd); return undefined; } catch (error) { return (error as Error).message; } };
  const smallest = Number(/Give at least NodeBudget\.usdPerMonth\((\d+)\)/.exec(message(100)!)![1]);
  expect(message(100)).toMatch(/Test: `nodeBudget` is 100, but it does not pay for/);
  expect(message(smallest - 1)).toBeDefined();
  expect(capacity(smallest).vcpus).toBeGreaterThanOrEqual(2);
});

test.each([
  [0, undefined, /`NodeBudget.usdPerMonth` is 0, but a budget is a positive number.*Give an amount such as 2000/],
  [-5, undefined, /is -5, but a budget is a positive number/],
  [NaN, undefined, /a budget is a positive number/],
  [2000, ['m7i'], /`instanceFamilies` is "m7i", but nodes are of Graviton.*Choose from c6g, .*r8g/],
  [2000, ['t4g'], /`instanceFamilies` is "t4g"/],
  [2000, ['m7g', 'x9z'], /`instanceFamilies` is "x9z"/],
  [2000, [], /`instanceFamilies` is \[\]/],
])('usdPerMonth(%p, %p) is refused', (usd, instanceFamilies, message) => {
  expect(() => NodeBudget.usdPerMonth(usd, { instanceFamilies })).toThrow(message);
});
