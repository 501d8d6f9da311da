import { Template } from './assembly';

/** What only a deployment knows. */
export const UNKNOWN = Symbol('unknown');

/** A resource of the same template that a value names. */
export class ResourceReference {
  constructor(public readonly logicalId: string) {}
}

/** Works out a template's values without deploying it. Parameters have their defaults, or what the parent of a nested stack gives them. */
export class TemplateValues {
  constructor(
    private readonly template: Template,
    private readonly pseudoParameters: Record<string, string | undefined>,
    private readonly given: Record<string, unknown> = {},
  ) {}

  /** The value, with `UNKNOWN` and references in the place of what only a deployment knows; undefined where there is none. */
  public resolve(value: unknown): unknown {
    if (Array.isArray(value)) { return this.list(value); }
    if (typeof value !== 'object' || value === null) { return value; }
    const entries = Object.entries(value);
    if (entries.length === 1 && (entries[0][0] === 'Ref' || entries[0][0].startsWith('Fn::'))) { return this.call(...entries[0]); }
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.resolve(inner)]).filter(([, inner]) => inner !== undefined));
  }

  /** Whether a condition holds; undefined where only a deployment knows. */
  public holds(condition: string): boolean | undefined {
    return this.truth(this.template.Conditions?.[condition]);
  }

  /** A list whose length depends on the deployment is unknown as a whole. */
  private list(items: unknown[]): unknown {
    const open = items.some(item => {
      const [condition] = ((item as Record<string, unknown[]> | null)?.['Fn::If'] ?? []) as string[];
      return condition !== undefined && this.holds(condition) === undefined;
    });
    return open ? UNKNOWN : items.map(item => this.resolve(item)).filter(item => item !== undefined);
  }

  private call(name: string, argument: unknown): unknown {
    if (name === 'Ref') { return this.ref(String(argument)); }
    if (name === 'Fn::If') { return this.choose(argument as unknown[]); }
    if (name === 'Fn::GetAtt') { return new ResourceReference(Array.isArray(argument) ? String(argument[0]) : String(argument).split('.')[0]); }
    const resolved = this.resolve(argument);
    if (!Array.isArray(resolved)) { return UNKNOWN; }
    switch (name) {
      case 'Fn::FindInMap': return this.mapped(resolved);
      case 'Fn::Join': return joined(resolved);
      case 'Fn::Select': return Array.isArray(resolved[1]) ? resolved[1][Number(resolved[0])] : UNKNOWN;
      case 'Fn::Split': return typeof resolved[1] === 'string' ? resolved[1].split(String(resolved[0])) : UNKNOWN;
      default: return UNKNOWN;
    }
  }

  private ref(name: string): unknown {
    if (name === 'AWS::NoValue') { return undefined; }
    if (name.startsWith('AWS::')) { return this.pseudoParameters[name] ?? UNKNOWN; }
    if (this.template.Resources?.[name]) { return new ResourceReference(name); }
    if (name in this.given) { return this.given[name]; }
    const { Type: type = '', Default: fallback } = this.template.Parameters?.[name] ?? {};
    if (fallback === undefined || type.startsWith('AWS::SSM::')) { return UNKNOWN; }
    return type === 'CommaDelimitedList' || type.startsWith('List<') ? String(fallback).split(',') : fallback;
  }

  private choose([condition, yes, no]: unknown[]): unknown {
    const truth = this.holds(String(condition));
    return truth === undefined ? UNKNOWN : this.resolve(truth ? yes : no);
  }

  private mapped([map, first, second]: unknown[]): unknown {
    return this.template.Mappings?.[String(map)]?.[String(first)]?.[String(second)] ?? UNKNOWN;
  }

  private truth(condition: unknown): boolean | undefined {
    const [[name, argument]] = Object.entries((condition ?? { unknown: [] }) as Record<string, unknown>);
    switch (name) {
      case 'Condition': return this.holds(String(argument));
      case 'Fn::Equals': return same(this.resolve(argument) as unknown[]);
      case 'Fn::Not': return negated(this.truth((argument as unknown[])[0]));
      case 'Fn::And': return all((argument as unknown[]).map(inner => this.truth(inner)));
      case 'Fn::Or': return negated(all((argument as unknown[]).map(inner => negated(this.truth(inner)))));
      default: return undefined;
    }
  }
}

function joined([separator, parts]: unknown[]): unknown {
  if (!Array.isArray(parts) || parts.some(part => typeof part === 'object' || part === UNKNOWN)) { return UNKNOWN; }
  return parts.join(String(separator));
}

function same(values: unknown[]): boolean | undefined {
  return values.some(value => typeof value === 'object' || value === UNKNOWN) ? undefined : String(values[0]) === String(values[1]);
}

function negated(truth: boolean | undefined): boolean | undefined {
  return truth === undefined ? undefined : !truth;
}

function all(truths: (boolean | undefined)[]): boolean | undefined {
  if (truths.includes(false)) { return false; }
  return truths.includes(undefined) ? undefined : true;
}
