import { Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { IConstruct } from 'constructs';

/** One refused prop: what was given, why it cannot be, and what to write instead. */
export interface Rejection {
  /** The prop as the user writes it, e.g. `environments[0].account`. */
  readonly prop: string;
  /** What the user gave. */
  readonly value: unknown;
  /** Completes the sentence "…, but". */
  readonly problem: string;
  /** What to write instead: a full sentence. */
  readonly remedy: string;
}

/** Ends the synthesis with one sentence that names the prop, the value and the remedy. */
export function reject(scope: IConstruct, rejection: Rejection): never {
  throw new Error(`${scope.node.path}: ${explain(rejection)}`);
}

/** The sentence of a rejection, for those who collect several. */
export function explain({ prop, value, problem, remedy }: Rejection): string {
  return `\`${prop}\` is ${JSON.stringify(value) ?? 'missing'}, but ${problem}. ${remedy}`;
}

/** Whether a value is only known at deployment, so that nothing can be said about it now. */
export function isDeployTime(value: unknown): boolean {
  return Token.isUnresolved(value);
}

export function validateMatch(scope: IConstruct, rejection: Rejection & { readonly value: string | undefined; readonly pattern: RegExp }): void {
  if (rejection.value === undefined || isDeployTime(rejection.value)) { return; }
  if (!rejection.pattern.test(rejection.value)) { reject(scope, rejection); }
}

export interface RangeRule {
  readonly prop: string;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  /** What is counted, e.g. `days`. */
  readonly unit: string;
  /** The smallest difference between two permitted values. @default - any */
  readonly step?: number;
}

export function validateRange(scope: IConstruct, { prop, value, min, max, unit, step }: RangeRule): void {
  if (value === undefined || isDeployTime(value)) { return; }
  const remedy = `Give a number of ${unit} from ${min} to ${max}${step ? ` in steps of ${step}` : ''}.`;
  if (!(value >= min && value <= max)) { reject(scope, { prop, value, problem: `it has to be between ${min} and ${max} ${unit}`, remedy }); }
  if (step && !Number.isInteger(value / step)) { reject(scope, { prop, value, problem: `it has to be a multiple of ${step} ${unit}`, remedy }); }
}

export function validateAccountId(scope: IConstruct, prop: string, value: string | undefined): void {
  validateMatch(scope, {
    prop, value, pattern: /^\d{12}$/, problem: 'an AWS account id has exactly 12 digits',
    remedy: 'Copy the id from the account page of the AWS console, as a string and with leading zeros.',
  });
}

export function validateRegion(scope: IConstruct, prop: string, value: string | undefined): void {
  if (value === undefined || isDeployTime(value) || knownRegions().has(value)) { return; }
  reject(scope, { prop, value, problem: 'there is no such AWS region', remedy: `Give a region code such as "eu-west-1"${nearest(value)}.` });
}

export function validateEmail(scope: IConstruct, prop: string, value: string | undefined): void {
  validateMatch(scope, {
    prop, value, pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, problem: 'it is not an e-mail address', remedy: 'Give one address such as "ops@example.com".',
  });
}

/** Refuses two entries with the same value; `values` are in the order the user wrote them. */
export function validateUnique(scope: IConstruct, prop: string, values: string[], what: string): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (isDeployTime(value)) { continue; }
    if (seen.has(value)) {
      reject(scope, { prop, value, problem: `two entries have this ${what}`, remedy: `Give each entry a ${what} of its own.` });
    }
    seen.add(value);
  }
}

function knownRegions(): Set<string> {
  return new Set(RegionInfo.regions.map(region => region.name));
}

function nearest(value: string): string {
  const close = [...knownRegions()].filter(region => region.replace(/\W/g, '') === value.toLowerCase().replace(/\W/g, ''));
  return close.length ? `; perhaps "${close[0]}" is meant` : '';
}
