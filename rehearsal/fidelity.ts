/** What is real and what is only kept, counted over the resources that were deployed. */
import type { AssemblyStack } from './assembly';
import type { LocalAwsStatus, TypeFidelity } from './local-aws/local-aws';

export type FidelityKind = TypeFidelity['kind'];

export interface TypeSummary {
  readonly type: string;
  readonly kind: FidelityKind;
  readonly resources: number;
  readonly storedOnly: readonly string[];
}

/** Custom resources run the app's own function, so their type is real whatever its name. */
export function fidelityOf(type: string, status: LocalAwsStatus): TypeFidelity {
  if (type.startsWith('Custom::')) { return { kind: 'real', storedOnly: [] }; }
  return status.types[type] ?? { kind: 'shape', storedOnly: [] };
}

export function summarizeTypes(stacks: readonly AssemblyStack[], status: LocalAwsStatus): TypeSummary[] {
  const counts = new Map<string, number>();
  for (const { Type: type } of stacks.flatMap(stack => Object.values(stack.template.Resources ?? {}))) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts.keys()].sort().map(type => ({ type, resources: counts.get(type)!, ...fidelityOf(type, status) }));
}

export function countKinds(stack: AssemblyStack, status: LocalAwsStatus): Record<FidelityKind, number> {
  const counts = { real: 0, stored: 0, shape: 0 };
  for (const { Type: type } of Object.values(stack.template.Resources ?? {})) { counts[fidelityOf(type, status).kind] += 1; }
  return counts;
}
