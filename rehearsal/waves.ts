/**
 * The order in which accounts deploy their stacks.
 *
 * One CLI process deploys many stacks of one account, so each wave gives every
 * account as many stacks as its dependencies on other accounts allow.
 */
import type { AssemblyStack } from './assembly';
import { Failure } from './failure';

/** Account to stacks, wave after wave. */
export function wavesOf(stacks: readonly AssemblyStack[]): Map<string, AssemblyStack[]>[] {
  const waves: Map<string, AssemblyStack[]>[] = [];
  let remaining = [...stacks];
  while (remaining.length > 0) {
    const wave = nextWave(remaining);
    const taken = new Set([...wave.values()].flat());
    if (taken.size === 0) {
      throw new Failure(`These stacks wait for each other: ${remaining.map(stack => stack.displayName).join(', ')}.`);
    }
    waves.push(wave);
    remaining = remaining.filter(stack => !taken.has(stack));
  }
  return waves;
}

function nextWave(remaining: readonly AssemblyStack[]): Map<string, AssemblyStack[]> {
  const waiting = new Map(remaining.map(stack => [stack.artifactId, stack]));
  const accounts = [...new Set(remaining.map(stack => stack.account))].sort();
  const wave = new Map(accounts.map(account => [account, deployable(account, remaining, waiting)]));
  return new Map([...wave].filter(([, stacks]) => stacks.length > 0));
}

/** The account's stacks which wait for nothing but each other. */
function deployable(account: string, remaining: readonly AssemblyStack[], waiting: ReadonlyMap<string, AssemblyStack>): AssemblyStack[] {
  const chosen = new Set<string>();
  const own = remaining.filter(stack => stack.account === account);
  for (let size = -1; size !== chosen.size;) {
    size = chosen.size;
    for (const stack of own) {
      if (stack.dependencies.every(id => !waiting.has(id) || chosen.has(id))) { chosen.add(stack.artifactId); }
    }
  }
  return own.filter(stack => chosen.has(stack.artifactId));
}
