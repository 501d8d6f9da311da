import { IConstruct } from 'constructs';
import { reject } from '../../private/validation';

/** A part of one policy: the guardrail that it comes from and what it says. */
export interface PolicyPart {
  readonly name: string;
  readonly content: object;
}

type Path = string[];

/** Puts parts together into one policy, and refuses two that set the same thing differently. */
export function mergeParts(scope: IConstruct, parts: PolicyPart[]): object {
  return parts.reduce<object>((merged, part, index) => merge(merged, part.content, (path, present, value) => reject(scope, {
    prop: `guardrails["${part.name}"]`,
    value,
    problem: `"${parts.slice(0, index).find(({ content }) => at(content, path) !== undefined)?.name}" sets ${path.join('.')} to ${JSON.stringify(present)}`,
    remedy: 'Leave one of the two guardrails out.',
  })), {});
}

function merge(target: object, source: object, conflict: (path: Path, present: unknown, value: unknown) => never, path: Path = []): object {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(source)) {
    const present = merged[key];
    const here = [...path, key];
    if (present === undefined || JSON.stringify(present) === JSON.stringify(value)) {
      merged[key] = value;
    } else if (isObject(present) && isObject(value)) {
      merged[key] = merge(present, value, conflict, here);
    } else if (key === '@@append' && Array.isArray(present) && Array.isArray(value)) {
      merged[key] = [...new Set([...present, ...value])];
    } else {
      conflict(here, present, value);
    }
  }
  return merged;
}

function at(content: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => isObject(value) ? (value as Record<string, unknown>)[key] : undefined, content);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
