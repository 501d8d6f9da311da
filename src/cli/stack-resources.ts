import { AssemblyStack, readNestedTemplate, Template } from './assembly';
import { ResourceReference, TemplateValues, UNKNOWN } from './template-values';

const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** A resource as the deployment would make it. */
export class StackResource {
  constructor(
    private readonly siblings: Map<string, StackResource>,
    public readonly logicalId: string,
    public readonly type: string,
    private readonly written: Record<string, unknown>,
    private readonly properties: Record<string, unknown>,
    /** The condition that only a deployment can decide, if there is one. */
    public readonly openCondition?: string,
  ) {}

  /** What stands at a path of the properties; `UNKNOWN` where only a deployment knows. */
  public at(...path: string[]): unknown {
    return path.reduce<unknown>((value, key) => {
      if (value === undefined || value === UNKNOWN) { return value; }
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : UNKNOWN;
    }, this.properties);
  }

  /** The number that stands at a path; the fallback where there is none, undefined where it is not in the template. */
  public number(path: string[], fallback?: number): number | undefined {
    const value = this.at(...path);
    return value === undefined ? fallback : asNumber(value);
  }

  /** The text that stands at a path. */
  public text(...path: string[]): string | undefined {
    const value = this.at(...path);
    return typeof value === 'string' ? value : undefined;
  }

  /** The list that stands at a path: empty where there is none, undefined where it is not in the template. */
  public list(...path: string[]): unknown[] | undefined {
    const value = this.at(...path);
    if (value === undefined) { return []; }
    return Array.isArray(value) ? value : undefined;
  }

  /** The resource of the same template that stands at a path. */
  public named(...path: string[]): StackResource | undefined {
    const value = this.at(...path);
    return value instanceof ResourceReference ? this.siblings.get(value.logicalId) : undefined;
  }

  /** What the template writes at a path, before anything is worked out. */
  public asWritten(...path: string[]): unknown {
    return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], this.written);
  }

  /** The zone of a subnet, as the template writes it: a name, or a place in the region's list. */
  public zone(): string | undefined {
    const zone = this.written.AvailabilityZone ?? this.written.AvailabilityZoneId;
    return zone === undefined ? undefined : JSON.stringify(zone);
  }

  /** The resources of the same template. */
  public others(type: string): StackResource[] {
    return [...this.siblings.values()].filter(resource => resource.type === type);
  }
}

/** The number that a template's value is, which may be written as a text. */
export function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** The resources of a stack and its nested stacks; those whose condition does not hold are left out. */
export function readResources(stack: AssemblyStack, region: string | undefined): StackResource[] {
  return resourcesOf(stack.directory, stack.template, { 'AWS::Region': region, 'AWS::AccountId': stack.account, 'AWS::Partition': 'aws' }, {});
}

function resourcesOf(
  directory: string, template: Template, pseudoParameters: Record<string, string | undefined>, given: Record<string, unknown>,
): StackResource[] {
  const values = new TemplateValues(template, pseudoParameters, given);
  const siblings = new Map<string, StackResource>();
  for (const [id, body] of Object.entries(template.Resources ?? {})) {
    const holds = body.Condition === undefined || values.holds(body.Condition);
    if (holds === false) { continue; }
    const written = body.Properties ?? {};
    const properties = values.resolve(written) as Record<string, unknown>;
    siblings.set(id, new StackResource(siblings, id, body.Type, written, properties, holds ? undefined : body.Condition));
  }
  return [...siblings.values()].flatMap(resource => {
    const nested = resource.type === NESTED_STACK ? readNestedTemplate(directory, template.Resources![resource.logicalId].Properties?.TemplateURL) : undefined;
    return nested ? resourcesOf(directory, nested, pseudoParameters, withoutReferences(resource.at('Parameters'))) : [resource];
  });
}

/** A reference means nothing in another template. */
function withoutReferences(parameters: unknown): Record<string, unknown> {
  if (typeof parameters !== 'object' || parameters === null) { return {}; }
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, value instanceof ResourceReference ? UNKNOWN : value]));
}
