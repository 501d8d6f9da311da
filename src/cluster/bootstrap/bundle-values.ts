import { Stack, Tokenization } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { isDeployTime, reject } from '../../private/validation';

/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html */
const MOST_VARIABLES = 10;
/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EnvironmentVariable.html */
const LONGEST_NAME = 128;
const LONGEST_VALUE = 2000;
/** Longer than any ARN, host name or id of what a cluster is given. */
const ASSUMED_LENGTH = 160;

/** Between the values that share a variable: part of no ARN, host name or address. */
export const VALUE_SEPARATOR = '|~|';

/** What a chart of ours puts in the place of names: the values are text with separators, one for each name. */
export interface Replacement {
  readonly names: string[];
  readonly values: string;
}

/** What of a release is known at deployment only. */
export class DeployTimeValues {
  /** Each value by the name that stands in its place. */
  private readonly noted: Record<string, string> = {};

  constructor(private readonly scope: Construct, private readonly releaseName: string) {}

  /**
   * Replaces every deploy-time value by `$NAME` and notes the value. Names follow from the path in the object,
   * and all end in two underscores, so that no name is the beginning of another.
   *
   * @param dollars whether a string with a dollar sign becomes a variable too, because dollar signs are replaced where it goes
   */
  public extract(value: unknown, dollars = false): unknown {
    return this.visit(value, [this.releaseName], dollars);
  }

  /** For whoever replaces the names in a text: each value as it stands between the quotation marks of a JSON string. */
  public variables(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.noted).map(([name, value]) => [name, escapeLiterals(value)]));
  }

  /** For a chart of ours whose values CloudFormation fills in, as they are. */
  public replacements(): Replacement[] {
    return Object.entries(this.noted).map(([name, value]) => ({ names: [name], values: value }));
  }

  /** As many variables as one action takes. Values share one where there are more. */
  public pack(): { readonly replacements: Replacement[]; readonly variables: Record<string, string> } {
    const all = this.variables();
    const names = Object.keys(all);
    const groups = names.length <= MOST_VARIABLES ? names.map(name => [name]) : this.groups(names);
    const variables: Record<string, string> = {};
    const replacements = groups.map((group, index) => {
      const variable = group.length === 1 ? group[0] : `${toName([this.releaseName, 'shared', String(index + 1)])}__`;
      variables[variable] = group.map(name => all[name]).join(VALUE_SEPARATOR);
      return { names: group, values: `$${variable}` };
    });
    return { replacements, variables };
  }

  /** In their order, each group as long as one variable may be. */
  private groups(names: string[]): string[][] {
    const groups: string[][] = [];
    let room = 0;
    for (const name of names) {
      const length = assumedLength(this.noted[name]) + VALUE_SEPARATOR.length;
      if (length > room || groups.length === 0) {
        groups.push([]);
        room = LONGEST_VALUE;
      }
      groups[groups.length - 1].push(name);
      room -= length;
    }
    if (groups.length > MOST_VARIABLES) {
      reject(this.scope, {
        prop: 'addEnvironment', value: names.length,
        problem: `an action of CodePipeline takes ${MOST_VARIABLES} variables of ${LONGEST_VALUE} characters, and so many values that are known at deployment only do not fit`,
        remedy: 'Give values that are known at synthesis, or read some of them from Parameter Store when the container starts.',
      });
    }
    return groups;
  }

  private visit(value: unknown, trail: string[], dollars: boolean): unknown {
    const resolved = isDeployTime(value) ? Stack.of(this.scope).resolve(value) : value;
    if (typeof value === 'string' && (typeof resolved !== 'string' || (dollars && resolved.includes('$')))) {
      return this.note(trail, typeof resolved === 'string' ? resolved : value);
    }
    if (typeof value === 'number' && typeof resolved !== 'number') { return this.note([...trail, 'number'], Tokenization.stringifyNumber(value)); }
    if (Array.isArray(resolved)) { return resolved.map((item, index) => this.visit(item, [...trail, String(index)], dollars)); }
    if (typeof resolved === 'object' && resolved !== null) {
      const { kind, metadata } = resolved as { kind?: string; metadata?: { name?: string } };
      const here = kind ? [...trail, kind, ...isDeployTime(metadata?.name) ? [] : [metadata?.name ?? '']] : trail;
      const entries = Object.entries(resolved as Record<string, unknown>).filter(([, item]) => item !== undefined);
      return Object.fromEntries(entries.map(([key, item]) => [key, this.visit(item, [...here, key], dollars)]));
    }
    return resolved;
  }

  private note(trail: string[], value: string): string {
    const ending = trail[trail.length - 1] === 'number' ? '_NUMBER__' : '__';
    const known = Object.keys(this.noted).find(each => this.noted[each] === value && each.endsWith('_NUMBER__') === (ending === '_NUMBER__'));
    if (known) { return `$${known}`; }
    const base = toName(ending === '__' ? trail : trail.slice(0, -1)).slice(0, LONGEST_NAME - '_99'.length - ending.length);
    let name = `${base}${ending}`;
    for (let count = 2; this.noted[name] !== undefined; count++) { name = `${base}_${count}${ending}`; }
    this.noted[name] = value;
    return `$${name}`;
  }
}

function toName(trail: string[]): string {
  return trail.join('_').replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '').toUpperCase();
}

/** What of a value is not known at deployment only, as it stands in a JSON string. */
function escapeLiterals(value: string): string {
  return value.split(/(\$\{Token\[[^\]]+\]\})/).map((part, index) => index % 2 === 1 ? part : JSON.stringify(part).slice(1, -1)).join('');
}

function assumedLength(value: string): number {
  const assumed = Tokenization.reverseString(value).mapTokens({ mapToken: () => 'x'.repeat(ASSUMED_LENGTH) });
  return assumed.join({ join: (left, right) => `${left ?? ''}${right ?? ''}` }).length;
}
