import { Charge, ChargeRule } from './charge';
import { COMPUTE_CHARGES } from './compute-charges';
import { NETWORK_CHARGES } from './network-charges';
import { HOURS_PER_MONTH, PricedItem, priceOf, PriceSource, sources, useItem } from './price-table';
import { SERVICE_CHARGES } from './service-charges';
import { BILLED_BY_USE, FREE } from './uses';
import { AssemblyStack } from '../assembly';
import { readResources, StackResource } from '../stack-resources';

/** What stands still in an app costs in a month. */
export interface Estimate {
  readonly environments: EnvironmentCosts[];
  readonly monthlyUsd: number;
  /** Stacks whose region is not known: what has a price by region is not counted in them. */
  readonly withoutRegion: string[];
  readonly byUse: UseRow[];
  readonly notPriced: TypeCount[];
  /** What had to be assumed about these templates. */
  readonly notices: string[];
  /** Where the prices used here come from. */
  readonly sources: PriceSource[];
}

/** The stacks of one place in the app: of a stage, or of one account. */
export interface EnvironmentCosts {
  readonly name: string;
  readonly monthlyUsd: number;
  readonly byService: Record<string, number>;
  readonly stacks: StackCosts[];
}

export interface StackCosts {
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
  readonly monthlyUsd: number;
  readonly items: CostRow[];
}

/** So many units of one thing in one stack. */
export interface CostRow {
  readonly service: string;
  readonly item: string;
  readonly resources: string[];
  readonly unit: string;
  readonly per: string;
  /** Absent where it cannot be counted. */
  readonly quantity?: number;
  readonly unitUsd?: number;
  /** Absent where number or price is not known; such a row is in no sum. */
  readonly monthlyUsd?: number;
  readonly problem?: string;
}

/** A type that is billed by use, too, or only. */
export interface UseRow extends TypeCount {
  readonly counted: string;
  readonly unitPrices: { readonly region: string; readonly item: string; readonly unit: string; readonly usd: number }[];
}

export interface TypeCount {
  readonly type: string;
  readonly count: number;
}

const RULES: Record<string, ChargeRule> = { ...NETWORK_CHARGES, ...COMPUTE_CHARGES, ...SERVICE_CHARGES };

interface PricedStack extends StackCosts {
  readonly environment: string;
  readonly resources: StackResource[];
  readonly usedSources: string[];
}

/** Works out the costs of the stacks; `region` is where those are deployed that do not say. */
export function estimate(stacks: AssemblyStack[], region: string | undefined): Estimate {
  const priced = stacks.map(stack => priceStack(stack, stack.region ?? region));
  const names = [...new Set(priced.map(({ environment }) => environment))];
  const environments = names.map(name => environmentCosts(name, priced.filter(({ environment }) => environment === name)));
  const used = new Set(priced.flatMap(({ usedSources }) => usedSources));
  return {
    environments,
    monthlyUsd: sum(environments),
    withoutRegion: stacks.filter(stack => (stack.region ?? region) === undefined).map(({ path }) => path),
    byUse: usesOf(priced),
    notPriced: countTypes(priced.flatMap(({ resources }) => resources).filter(({ type }) => !(type in RULES) && !(type in BILLED_BY_USE) && !FREE.test(type))),
    notices: noticesOf(stacks, priced),
    sources: Object.entries(sources()).filter(([name]) => used.has(name)).map(([, source]) => source),
  };
}

function priceStack(stack: AssemblyStack, region: string | undefined): PricedStack {
  const resources = readResources(stack, region);
  const charges = resources.flatMap(resource => (RULES[resource.type]?.(resource) ?? []).map(charge => ({ ...charge, id: resource.logicalId })));
  const items = rowsOf(charges, region);
  return {
    name: stack.path.split('/').pop()!,
    environment: environmentOf(stack),
    account: stack.account,
    region,
    monthlyUsd: sum(items),
    items,
    resources,
    usedSources: charges.flatMap(({ item }) => priceOf(item, region)?.source ?? []),
  };
}

function environmentOf({ path, account }: AssemblyStack): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : account ?? 'any account';
}

/** One row for each item, and one for each that cannot be counted. */
function rowsOf(charges: (Charge & { id: string })[], region: string | undefined): CostRow[] {
  const groups = new Map<string, (Charge & { id: string })[]>();
  for (const charge of charges) {
    const key = [charge.item.service, charge.item.title, charge.problem].join('\n');
    groups.set(key, [...groups.get(key) ?? [], charge]);
  }
  return [...groups.keys()].sort().map(key => row(groups.get(key)!, region));
}

function row(charges: (Charge & { id: string })[], region: string | undefined): CostRow {
  const [{ item, problem }] = charges;
  const unitUsd = priceOf(item, region)?.usd;
  const quantity = problem === undefined ? charges.reduce((total, charge) => total + charge.quantity!, 0) : undefined;
  return {
    service: item.service,
    item: item.title,
    resources: [...new Set(charges.map(({ id }) => id))],
    unit: item.unit,
    per: item.per,
    quantity,
    unitUsd,
    monthlyUsd: quantity === undefined || unitUsd === undefined ? undefined : cents(quantity * unitUsd * (item.per === 'hour' ? HOURS_PER_MONTH : 1)),
    problem: problem ?? (unitUsd === undefined ? noPrice(item, region) : undefined),
  };
}

function noPrice({ prices }: PricedItem, region: string | undefined): string {
  if (prices.length === 0) { return 'no price known'; }
  return region === undefined ? 'the region is not known: name it with --region' : `no price known in ${region}`;
}

function environmentCosts(name: string, priced: PricedStack[]): EnvironmentCosts {
  const byService: Record<string, number> = {};
  for (const { service, monthlyUsd } of priced.flatMap(({ items }) => items)) {
    if (monthlyUsd !== undefined) { byService[service] = cents((byService[service] ?? 0) + monthlyUsd); }
  }
  return {
    name,
    monthlyUsd: sum(priced),
    byService: Object.fromEntries(Object.entries(byService).sort(([a], [b]) => a < b ? -1 : 1)),
    stacks: priced.map(({ name: stack, account, region, monthlyUsd, items }) => ({ name: stack, account, region, monthlyUsd, items })),
  };
}

function usesOf(priced: PricedStack[]): UseRow[] {
  return countTypes(priced.flatMap(({ resources }) => resources).filter(({ type }) => type in BILLED_BY_USE)).map(({ type, count }) => {
    const { prices = [], counted } = BILLED_BY_USE[type];
    const regions = [...new Set(priced.filter(({ resources }) => resources.some(resource => resource.type === type)).map(({ region }) => region))].sort();
    const unitPrices = prices.map(useItem).flatMap(item => regions.flatMap(region => {
      const price = priceOf(item, region);
      return price === undefined ? [] : [{ region: region ?? 'any region', item: item.title, unit: item.unit, usd: price.usd }];
    }));
    return { type, count, counted, unitPrices };
  });
}

function countTypes(resources: StackResource[]): TypeCount[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) { counts.set(type, (counts.get(type) ?? 0) + 1); }
  return [...counts.keys()].sort().map(type => ({ type, count: counts.get(type)! }));
}

function noticesOf(stacks: AssemblyStack[], priced: PricedStack[]): string[] {
  const withDefaults = stacks.filter(({ template }) =>
    Object.values(template.Parameters ?? {}).some(({ Type, Default }) => Default !== undefined && !Type.startsWith('AWS::SSM::')));
  const open = priced.flatMap(({ name, resources }) => resources.filter(({ openCondition }) => openCondition).map(({ logicalId, openCondition }) =>
    `${name}: ${logicalId} is counted, although the deployment decides its condition ${openCondition}`));
  return [...withDefaults.map(({ path }) => `${path}: its parameters are taken to have their default values`), ...open];
}

function sum(parts: { readonly monthlyUsd?: number }[]): number {
  return cents(parts.reduce((total, { monthlyUsd = 0 }) => total + monthlyUsd, 0));
}

function cents(usd: number): number {
  return Math.round(usd * 100 + 1e-6) / 100;
}
