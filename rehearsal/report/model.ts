/** What one rehearsal found: the source of the terminal's table, of the page and of `--json`. */
import type { Sources } from '../checks/sources';
import type { FidelityKind, TypeSummary } from '../fidelity';
import type { Leftover } from '../inventory';

export interface PhaseReport {
  readonly name: string;
  readonly seconds: number;
}

export interface StackReport {
  readonly displayName: string;
  readonly account: string;
  readonly region: string;
  readonly resources: number;
  readonly seconds?: number;
  readonly kinds: Record<FidelityKind, number>;
}

export interface CheckReport {
  readonly name: string;
  readonly proves: string;
  readonly passed: boolean;
  readonly evidence: readonly string[];
  readonly sources: Sources;
}

export interface RehearsalReport {
  readonly app: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly peakMemoryMiB?: number;
  readonly phases: readonly PhaseReport[];
  readonly stacks: readonly StackReport[];
  readonly checks: readonly CheckReport[];
  /** Names of checks that speak of stacks which were not selected. */
  readonly leftOut: readonly string[];
  readonly types: readonly TypeSummary[];
  /** What the app expects to exist already, and was made for it. */
  readonly assumed: readonly string[];
  /** Absent while the platform still stands. */
  readonly leftovers?: readonly Leftover[];
}

export function totals(stacks: readonly StackReport[]): Record<FidelityKind | 'all', number> {
  const sum = { real: 0, stored: 0, shape: 0, all: 0 };
  for (const { kinds, resources } of stacks) {
    sum.real += kinds.real;
    sum.stored += kinds.stored;
    sum.shape += kinds.shape;
    sum.all += resources;
  }
  return sum;
}
