import { fixedItem, PricedItem } from './price-table';
import { StackResource } from '../stack-resources';

/** What a resource costs: so many units of an item, or why they cannot be counted. */
export interface Charge {
  readonly item: PricedItem;
  readonly quantity?: number;
  readonly problem?: string;
}

/** The charges of a resource that run whether or not anybody uses it. */
export type ChargeRule = (resource: StackResource) => Charge[];

/** So many units of an item. Without a number, the problem says what the template does not tell. */
export function charge(item: PricedItem, quantity: number | undefined, problem: string): Charge {
  return quantity === undefined ? { item, problem } : { item, quantity };
}

/** One unit of an item of the table, whatever the resource's properties. */
export function one(name: Parameters<typeof fixedItem>[0]): ChargeRule {
  return () => [{ item: fixedItem(name), quantity: 1 }];
}
