/** The templates of an app's stacks, read as one: each resource by its type, each value across stacks. */
import { CfnResource, Stack } from 'aws-cdk-lib';
import { Template, TemplateBody, constructPaths, readTemplate } from './synthesized-template';
import { Alternatives, Reference, TemplateValues, Unknown, describe, identityOf, mayName, valuesAt } from './template-values';
import { isDeployTime } from '../private/validation';

/** A resource of a template, with its properties resolved. */
export class TemplateResource {
  public readonly type: string;
  /** Unique among all stacks. */
  public readonly id: string;
  private readonly properties: Record<string, unknown>;
  private readonly condition?: string;
  private readonly resolved = new Map<string, unknown>();

  constructor(
    public readonly stack: StackTemplate,
    public readonly logicalId: string,
    /** Construct path. */
    public readonly path: string,
    body: TemplateBody,
  ) {
    this.type = body.Type;
    this.id = `${stack.id}/${logicalId}`;
    this.properties = body.Properties ?? {};
    this.condition = body.Condition;
  }

  /** Whether this is certainly there when the other one is: a condition may leave it out. */
  public existsWith(other: TemplateResource): boolean {
    return this.condition === undefined || (this.stack === other.stack && this.condition === other.condition);
  }

  /** What names this resource in the properties of others. */
  public get reference(): Reference {
    return this.attribute('Ref');
  }

  public attribute(name: string): Reference {
    return new Reference(this, name);
  }

  public isWritten(name: string): boolean {
    return this.properties[name] !== undefined;
  }

  public property(name: string): unknown {
    if (!this.resolved.has(name)) {
      // a value that leads back to itself ends here
      this.resolved.set(name, undefined);
      this.resolved.set(name, this.stack.values.resolve(this.properties[name]));
    }
    return this.resolved.get(name);
  }

  /** All values that may stand at a path, through lists and alternatives; `undefined` where there may be none. */
  public at(name: string, ...deeper: string[]): unknown[] {
    return valuesAt(this.property(name), deeper);
  }

  /** As `at`, without what is not given. */
  public given(name: string, ...deeper: string[]): unknown[] {
    return this.at(name, ...deeper).filter(value => value !== undefined);
  }

  /** Whether this is a nested stack whose template is one of the app's. */
  public get isInApp(): boolean {
    return this.nested !== undefined;
  }

  private get nested(): StackTemplate | undefined {
    return this.stack.app.stacks.find(stack => stack.parent?.id === this.id);
  }

  /** The output of a nested stack, which this resource is. */
  public nestedOutput(name: string): unknown {
    return this.nested?.output(name) ?? new Unknown(`the output ${name} of ${this.path}`);
  }
}

/** The template of one stack. */
export class StackTemplate {
  /** Unique among all stacks. */
  public readonly id: string;
  public readonly stackName: string;
  public readonly account?: string;
  public readonly region?: string;
  public readonly values: TemplateValues;
  public readonly resources: TemplateResource[];
  private readonly template: Template;

  constructor(public readonly app: StackTemplates, private readonly stack: Stack) {
    this.id = stack.node.addr;
    this.stackName = isDeployTime(stack.stackName) ? stack.node.path : stack.stackName;
    this.account = isDeployTime(stack.account) ? undefined : stack.account;
    this.region = isDeployTime(stack.region) ? undefined : stack.region;
    this.template = readTemplate(stack);
    this.values = new TemplateValues(this);
    const paths = constructPaths(stack);
    this.resources = Object.entries(this.template.Resources ?? {})
      .map(([logicalId, body]) => new TemplateResource(this, logicalId, paths.get(logicalId) ?? `${stack.node.path}/${logicalId}`, body));
  }

  /** The resource of the parent that this nested stack is. */
  public get parent(): TemplateResource | undefined {
    const { nestedStackParent: parent, nestedStackResource: resource } = this.stack;
    return parent && resource && this.app.of(parent)?.resource(parent.resolve((resource as CfnResource).logicalId));
  }

  /** A value of code, in which tokens stand for this template's intrinsic functions. */
  public resolve(value: unknown): unknown {
    return this.values.resolve(this.stack.resolve(value));
  }

  /** `account/region`: imports do not leave it. */
  public get environment(): string {
    return `${this.account}/${this.region}`;
  }

  public get path(): string {
    return this.stack.node.path;
  }

  /** The macros that change the template: of all of it, and those in its midst. */
  public get macros(): string[] {
    const inside = /"Fn::(Transform|ForEach)/.exec(JSON.stringify(this.template));
    return [...[this.template.Transform ?? []].flat(), ...inside ? [`Fn::${inside[1]}`] : []];
  }

  public resource(logicalId: string): TemplateResource | undefined {
    return this.resources.find(resource => resource.logicalId === logicalId);
  }

  public parameter(name: string): unknown {
    const given = this.parent?.given('Parameters', name) ?? [];
    const { Type: type, Default: fallback } = this.template.Parameters?.[name] ?? {};
    if (given.length > 0) { return given.length === 1 ? given[0] : new Alternatives(given); }
    if (type?.startsWith('AWS::SSM::Parameter::Value') && fallback) { return this.app.ssmParameter(this, fallback); }
    return new Unknown(`the parameter ${name} of ${this.stackName}`);
  }

  public mapping(name: string): Record<string, Record<string, unknown>> {
    return this.template.Mappings?.[name] ?? {};
  }

  public output(name: string): unknown {
    const output = this.template.Outputs?.[name];
    return output && this.values.resolve(output.Value);
  }

  public exported(name: unknown): unknown {
    const found = Object.values(this.template.Outputs ?? {}).find(({ Export: given }) => given && this.values.resolve(given.Name) === name);
    return found && this.values.resolve(found.Value);
  }
}

/** The templates of several stacks. */
export class StackTemplates {
  public readonly stacks: readonly StackTemplate[];
  private readonly byNode = new Map<string, StackTemplate>();
  private readonly byType = new Map<string, TemplateResource[]>();

  constructor(stacks: readonly Stack[]) {
    this.stacks = stacks.map(stack => new StackTemplate(this, stack));
    this.stacks.forEach((template, index) => this.byNode.set(stacks[index].node.addr, template));
    for (const resource of this.stacks.flatMap(({ resources }) => resources)) {
      this.byType.set(resource.type, [...this.byType.get(resource.type) ?? [], resource]);
    }
  }

  public of(stack: Stack): StackTemplate | undefined {
    return this.byNode.get(stack.node.addr);
  }

  /** Values that a user gives in code, tokens too, as each stack's template would mean them. */
  public everywhere(values: readonly unknown[]): unknown[] {
    return this.stacks.flatMap(template => values.map(value => template.resolve(value)));
  }

  public ofType(...types: string[]): TemplateResource[] {
    return types.flatMap(type => this.byType.get(type) ?? []);
  }

  /** The resources of a type that name a resource in a property, or may. */
  public naming(target: TemplateResource, type: string, ...property: [string, ...string[]]): TemplateResource[] {
    return this.ofType(type).filter(resource => resource.at(...property).some(value => mayName(value, target)));
  }

  /** The resources of a type whose property is a resource, or may be. */
  public attachedTo(target: TemplateResource, type: string, property: string): TemplateResource[] {
    return this.ofType(type).filter(resource => resource.at(property).some(value => identityOf(value) === target.id || value instanceof Unknown));
  }

  /** The resources of a type whose property is exactly a value. */
  public with(value: unknown, type: string, property: string): TemplateResource[] {
    const identity = identityOf(value);
    return identity === undefined ? [] : this.ofType(type).filter(resource => resource.at(property).some(other => identityOf(other) === identity));
  }

  public exported(consumer: StackTemplate, name: unknown): unknown {
    for (const producer of this.stacks.filter(({ environment }) => environment === consumer.environment)) {
      const value = producer.exported(name);
      if (value !== undefined) { return value; }
    }
    return new Unknown(`the export ${describe(name)} of another app`);
  }

  public stackOutput(consumer: StackTemplate, reference: Record<string, unknown>): unknown {
    const { StackName: stackName, OutputName: output, Region: region = consumer.region, RoleArn: role } = reference;
    const account = typeof role === 'string' ? role.split(':')[4] : consumer.account;
    const producer = this.stacks.find(stack => stack.stackName === stackName && stack.region === region
      && (stack.account === account || role instanceof Unknown));
    return producer?.output(String(output)) ?? new Unknown(`the output ${describe(output)} of the stack ${describe(stackName)}`);
  }

  public ssmParameter(consumer: StackTemplate, name: string): unknown {
    const parameter = this.with(name, 'AWS::SSM::Parameter', 'Name').find(({ stack }) => stack.environment === consumer.environment);
    return parameter?.property('Value') ?? new Unknown(`the SSM parameter ${name}`);
  }

  /** What the CDK's `crossRegionReferences` hands over. */
  public crossRegionExport(name: string): unknown {
    const values = this.ofType('Custom::CrossRegionExportWriter').flatMap(writer => writer.given('WriterProps', 'exports', name));
    return values[0] ?? new Unknown(`the export ${name} of another region`);
  }
}

/** The resource that a value is, if it is exactly one of these stacks. */
export function resourceOf(value: unknown, type?: string): TemplateResource | undefined {
  return value instanceof Reference && (!type || value.resource.type === type) ? value.resource : undefined;
}
