import * as instances from './instance-prices.json';
import * as table from './prices.json';

/** The hours that AWS's own calculator gives to a month. */
export const HOURS_PER_MONTH = 730;

/** Something that AWS bills, and what a unit of it costs. */
export interface PricedItem {
  readonly service: string;
  readonly title: string;
  /** Whether the price is for an hour, a month or a use. */
  readonly per: string;
  /** What is counted. */
  readonly unit: string;
  /** A price for every region, or by region; without one no price is known. */
  readonly prices: Price[];
}

interface Price {
  readonly source: string;
  readonly usd: number | Record<string, number | undefined>;
}

/** Where prices come from. */
export interface PriceSource {
  readonly title: string;
  /** The day they were read; absent where the source does not tell. */
  readonly date?: string;
}

const FIXED: Record<keyof typeof table.fixed, PricedItem> = table.fixed;
const BY_USE: Record<keyof typeof table.byUse, PricedItem> = table.byUse;
const INSTANCES: Record<string, Record<string, number | undefined>> = instances.usdPerHour;
const INSTANCE_SOURCE = 'instances';

/** A charge that runs whether or not anybody uses what it is for. */
export function fixedItem(name: keyof typeof table.fixed): PricedItem {
  return FIXED[name];
}

/** A charge for use. */
export function useItem(name: keyof typeof table.byUse): PricedItem {
  return BY_USE[name];
}

/** An instance of a type, on demand with Linux. */
export function instanceItem(type: string): PricedItem {
  const usd = Object.fromEntries(Object.entries(INSTANCES).map(([region, prices]) => [region, prices[type]]));
  return { service: 'EC2', title: `Instance ${type}`, per: 'hour', unit: 'instance', prices: [{ source: INSTANCE_SOURCE, usd }] };
}

/** A charge whose price the table lacks. */
export function unpricedItem(service: string, title: string): PricedItem {
  return { service, title, per: 'hour', unit: 'unit', prices: [] };
}

/** What a unit costs in US dollars, and the source that says so. */
export function priceOf({ prices }: PricedItem, region: string | undefined): { usd: number; source: string } | undefined {
  for (const { source, usd } of prices) {
    const found = typeof usd === 'number' ? usd : region && usd[region];
    if (typeof found === 'number') { return { usd: found, source }; }
  }
  return undefined;
}

/** The regions of which any price is known. */
export function knownRegions(): string[] {
  const listed = Object.values(FIXED).flatMap(({ prices }) => prices.flatMap(({ usd }) => typeof usd === 'number' ? [] : Object.keys(usd)));
  return [...new Set([...listed, ...Object.keys(INSTANCES)])].sort();
}

/** The sources by the names that prices have for them. */
export function sources(): Record<string, PriceSource> {
  return { ...table.sources, [INSTANCE_SOURCE]: { title: instances.source, date: instances.date } };
}
