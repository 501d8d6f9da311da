import { Findings, Hop, Store } from './finding';
import { Keys, readStackResources } from './keys';
import { KEEPS_NOTHING, RULES } from './rules';
import { AssemblyStack } from '../assembly';
import { StackResource } from '../stack-resources';

/** Where a row is from. */
export interface Place {
  /** The stack's path in the app. */
  readonly stack: string;
  /** The logical id of the resource. */
  readonly resource: string;
}

export interface StoreRow extends Store, Place {}

export interface HopRow extends Hop, Place {}

/** What an app's templates say about the encryption of what it keeps and sends. */
export interface EncryptionTable {
  readonly stores: StoreRow[];
  readonly hops: HopRow[];
  /** Types of which nothing is said here. */
  readonly notExamined: { readonly type: string; readonly count: number }[];
}

/**
 * Reads stores, hops and their encryption from the templates: a row says what a property says, and that none does where none does.
 *
 * @param stacks all that an app has, for a key may be in another one
 * @param isExamined which of them there are rows of
 */
export function encryptionTable(stacks: readonly AssemblyStack[], isExamined: (stack: AssemblyStack) => boolean = () => true): EncryptionTable {
  const all = stacks.map(readStackResources);
  const examined = all.filter(({ stack }) => isExamined(stack));
  const read = examined.flatMap(({ stack, resources }) => {
    const keys = new Keys(stack, all);
    return resources.map(resource => ({ place: { stack: stack.path, resource: resource.logicalId }, findings: findingsOf(resource, keys) }));
  });
  return {
    stores: read.flatMap(({ place, findings: { stores = [] } }) => stores.map(store => ({ ...place, ...store }))),
    hops: read.flatMap(({ place, findings: { hops = [] } }) => hops.map(hop => ({ ...place, ...hop }))),
    notExamined: countTypes(examined.flatMap(({ resources }) => resources).filter(({ type }) => !(type in RULES) && !KEEPS_NOTHING.test(type))),
  };
}

/** Whether the template leaves a store or a hop without encryption. */
export function isUnencrypted(row: StoreRow | HopRow): boolean {
  return 'key' in row ? row.key.kind === 'none' : row.protocol === undefined;
}

function findingsOf(resource: StackResource, keys: Keys): Findings {
  return RULES[resource.type]?.(resource, keys) ?? {};
}

function countTypes(resources: StackResource[]): { type: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) { counts.set(type, (counts.get(type) ?? 0) + 1); }
  return [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([type, count]) => ({ type, count }));
}
