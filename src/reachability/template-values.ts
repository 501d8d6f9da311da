/**
 * Works out a template's values without deploying it: what an intrinsic function points at, and what it may become.
 * Ids that only a deployment knows are symbolic, so two references are equal where they mean the same resource.
 */
import type { StackTemplate, TemplateResource } from './stack-templates';

/** What a resource returns at deployment: its id or one of its attributes. */
export class Reference {
  constructor(public readonly resource: TemplateResource, public readonly attribute: string) {}
}

/** A value that these templates do not hold. It counts as open. */
export class Unknown {
  constructor(
    public readonly why: string,
    public readonly references: readonly Reference[] = [],
    /** The parts of a text, where some are known. */
    public readonly parts: readonly unknown[] = [],
  ) {}

  /** Whether nothing at all is known: it may be any id and any text. */
  public get isAnything(): boolean {
    return this.references.length === 0 && !this.parts.some(part => typeof part === 'string' && part !== '');
  }
}

/** A value that is one of several: each counts. */
export class Alternatives {
  constructor(public readonly values: readonly unknown[]) {}
}

/** Attributes that name something else than their own resource. */
export const OTHER_IDENTITIES = ['DefaultSecurityGroup', 'DefaultNetworkAcl', 'ClusterSecurityGroupId', 'ClusterSecurityGroup'];

/** A text that is equal for two values that name the same thing; undefined where the value is not known. */
export function identityOf(value: unknown): string | undefined {
  if (value instanceof Reference) {
    return OTHER_IDENTITIES.includes(value.attribute) ? `${value.resource.id}.${value.attribute}` : value.resource.id;
  }
  return typeof value === 'string' ? value : undefined;
}

/** Every resource that a value mentions. */
export function resourcesIn(value: unknown): TemplateResource[] {
  if (value instanceof Reference) { return [value.resource]; }
  if (value instanceof Unknown) { return value.references.map(({ resource }) => resource); }
  if (value instanceof Alternatives) { return value.values.flatMap(resourcesIn); }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(resourcesIn) : [];
}

/** Whether a value names a resource, alone or as a part of a text. */
export function names(value: unknown, resource: TemplateResource): boolean {
  return resourcesIn(value).some(({ id }) => id === resource.id);
}

/** Whether a value names a resource, or may: what is not known at all may name any. */
export function mayName(value: unknown, resource: TemplateResource): boolean {
  return names(value, resource) || (value instanceof Unknown && value.isAnything);
}

/** Whether a value is a text, or may be nothing but that text. */
export function mayBe(value: unknown, text: string): boolean {
  return value === text || (value instanceof Unknown && !value.parts.some(part => typeof part === 'string' && part !== '' && part !== text));
}

/** The value, where there is one only; several or an unknown one are not known. */
export function single(values: readonly unknown[]): unknown {
  return values.length === 1 ? values[0] : new Unknown(values.map(describe).join(' or '));
}

/** All values that may stand at a path, through lists and alternatives; `undefined` where there may be none. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (value instanceof Alternatives) { return value.values.flatMap(inner => valuesAt(inner, path)); }
  if (Array.isArray(value)) { return value.flatMap(inner => valuesAt(inner, path)); }
  if (path.length === 0 || value instanceof Unknown) { return [value]; }
  if (value instanceof Reference) { return [new Unknown(describe(value), [value])]; }
  return typeof value === 'object' && value !== null ? valuesAt((value as Record<string, unknown>)[path[0]], path.slice(1)) : [undefined];
}

export function describe(value: unknown): string {
  if (value instanceof Reference) { return OTHER_IDENTITIES.includes(value.attribute) ? `${value.resource.path}.${value.attribute}` : value.resource.path; }
  if (value instanceof Unknown) { return value.why; }
  if (value instanceof Alternatives) { return value.values.map(describe).join(' or '); }
  if (typeof value === 'object' && value !== null) { return Object.values(value).map(describe).join(', '); }
  return value === undefined ? 'nothing' : String(value);
}

/** Resolves the values of one stack's template. */
export class TemplateValues {
  constructor(private readonly stack: StackTemplate) {}

  public resolve(value: unknown): unknown {
    if (Array.isArray(value)) { return value.map(item => this.resolve(item)).filter(item => item !== undefined); }
    if (typeof value === 'string') { return this.text(value); }
    if (typeof value !== 'object' || value === null) { return value; }
    const entries = Object.entries(value);
    const [name, argument] = entries.length === 1 ? entries[0] : [''];
    if (name === 'Ref') { return this.ref(argument as string); }
    if (name === 'Fn::If') { return new Alternatives((argument as unknown[]).slice(1).map(branch => this.resolve(branch))); }
    if (name.startsWith('Fn::')) { return this.call(name, this.resolve(argument)); }
    return Object.fromEntries(entries.map(([key, inner]) => [key, this.resolve(inner)]).filter(([, inner]) => inner !== undefined));
  }

  private ref(name: string): unknown {
    const { stack } = this;
    switch (name) {
      case 'AWS::NoValue': return undefined;
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return stack.stackName;
      case 'AWS::AccountId': return stack.account ?? new Unknown('the account of the deployment', [], [name]);
      case 'AWS::Region': return stack.region ?? new Unknown('the region of the deployment', [], [name]);
    }
    const resource = stack.resource(name);
    return resource ? returned(resource, 'Ref') : stack.parameter(name);
  }

  private call(name: string, argument: unknown): unknown {
    const list = Array.isArray(argument) ? argument : [argument];
    switch (name) {
      case 'Fn::GetAtt': return this.attribute(list.length > 1 ? list : String(argument).split(/\.(.*)/s));
      case 'Fn::Join': return joined(list[1], String(list[0]));
      case 'Fn::Sub': return this.substitute(list[0], list[1]);
      case 'Fn::Select': return selected(list[0], list[1]);
      case 'Fn::Split': return typeof list[1] === 'string' ? list[1].split(String(list[0])) : new Unknown(describe(list[1]), referencesIn(list[1]));
      case 'Fn::FindInMap': return this.mapped(list);
      case 'Fn::ImportValue': return this.stack.app.exported(this.stack, argument);
      case 'Fn::GetStackOutput': return this.stack.app.stackOutput(this.stack, argument as Record<string, unknown>);
      default: return new Unknown(`the result of ${name}`, referencesIn(argument));
    }
  }

  private attribute([logicalId, attribute]: unknown[]): unknown {
    const resource = this.stack.resource(String(logicalId));
    if (!resource || typeof attribute !== 'string') { return new Unknown(`${String(logicalId)} of ${this.stack.stackName}`); }
    const [first, output] = attribute.split('.');
    if (first === 'Outputs') { return resource.nestedOutput(output); }
    if (resource.type === 'Custom::CrossRegionExportReader') { return this.stack.app.crossRegionExport(attribute); }
    // an attribute that is a property, too: the range of a VPC
    const property = resource.isWritten(attribute) ? resource.property(attribute) : undefined;
    return typeof property === 'string' || resource.type === 'AWS::SSM::Parameter' ? property : returned(resource, attribute);
  }

  private substitute(template: unknown, variables: unknown): unknown {
    const known = typeof variables === 'object' && variables !== null ? variables as Record<string, unknown> : {};
    // the odd parts are what stood in braces
    const parts = String(template).split(/\$\{([^}]+)\}/).map((part, index) => {
      if (index % 2 === 0) { return part; }
      if (part.startsWith('!')) { return `\${${part.slice(1)}}`; }
      if (part in known) { return known[part]; }
      return part.includes('.') ? this.attribute(part.split(/\.(.*)/s)) : this.ref(part);
    });
    return joined(parts, '');
  }

  /** Where a key is not known, each value of the map counts. */
  private mapped([map, first, second]: unknown[]): unknown {
    const rows = Object.entries(this.stack.mapping(String(map))).filter(([key]) => typeof first !== 'string' || key === first);
    const values = rows.flatMap(([, row]) => Object.entries(row).filter(([key]) => typeof second !== 'string' || key === second).map(([, value]) => value));
    if (values.length === 0) { return new Unknown(`the mapping ${String(map)} of ${this.stack.stackName}`); }
    return values.length === 1 ? values[0] : new Alternatives(values);
  }

  private text(value: string): unknown {
    const dynamic = /^\{\{resolve:ssm:([^:}]+)[^}]*\}\}$/.exec(value);
    if (dynamic) { return this.stack.app.ssmParameter(this.stack, dynamic[1]); }
    return value.includes('{{resolve:') ? new Unknown(`the dynamic reference ${value}`) : value;
  }
}

/** What custom code returns, nobody knows; the CDK's own cluster and identity provider return what EKS and IAM do. */
function returned(resource: TemplateResource, attribute: string): unknown {
  const isCustom = /^Custom::(?!AWSCDK-EKS-Cluster|AWSCDKOpenIdConnectProvider)|^AWS::CloudFormation::CustomResource$/.test(resource.type);
  return isCustom ? new Unknown(`what ${resource.path} returns`) : new Reference(resource, attribute);
}

/** Where the position is not known, or items may be left out before it, each item counts. */
function selected(position: unknown, items: unknown): unknown {
  const index = typeof position === 'number' || typeof position === 'string' ? Number(position) : NaN;
  if (!Array.isArray(items)) { return new Unknown(`item ${describe(position)} of ${describe(items)}`, referencesIn(items)); }
  if (index in items && !items.some(item => item instanceof Alternatives && item.values.includes(undefined))) { return items[index]; }
  return items.length > 0 ? new Alternatives(items) : new Unknown(`item ${describe(position)} of an empty list`);
}

function joined(parts: unknown, separator: string): unknown {
  if (!Array.isArray(parts)) { return new Unknown(describe(parts), referencesIn(parts)); }
  if (parts.length === 1) { return parts[0]; }
  if (parts.every(part => ['string', 'number', 'boolean'].includes(typeof part))) { return parts.join(separator); }
  const withSeparators = parts.flatMap((part, index) => index > 0 ? [separator, part] : [part]);
  return new Unknown(parts.map(part => describe(part)).join(separator), referencesIn(parts), withSeparators);
}

function referencesIn(value: unknown): Reference[] {
  if (value instanceof Reference) { return [value]; }
  if (value instanceof Unknown) { return [...value.references]; }
  if (value instanceof Alternatives) { return value.values.flatMap(referencesIn); }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}
