/**
 * Works out what a template's properties should have become, from the ids,
 * attributes and outputs that the API reports.
 */
import type { AssemblyStack, OutputReference, Template } from '../assembly';
import type { CheckContext, DeployedResource } from './check';

/** What only CloudFormation knows: a random value, a dynamic reference. Equal to anything. */
export const UNKNOWN = Symbol('unknown');
const NO_VALUE = Symbol('no value');

export class TemplateResolver {
  static async of(context: CheckContext, stack: AssemblyStack): Promise<TemplateResolver> {
    const resources = new Map((await context.resourcesOf(stack)).map(resource => [resource.logicalId, resource]));
    const models = new Map<string, Record<string, unknown> | undefined>();
    await Promise.all([...resources.values()].map(async resource => models.set(resource.logicalId, await context.modelOf(stack, resource))));
    const outputs = await Promise.all(context.stacks.map(async producer => ({ producer, values: await context.outputsOf(producer) })));
    return new TemplateResolver(stack, resources, models, outputs);
  }

  private readonly template: Template;

  private constructor(
    private readonly stack: AssemblyStack,
    private readonly resources: ReadonlyMap<string, DeployedResource>,
    private readonly models: ReadonlyMap<string, Record<string, unknown> | undefined>,
    private readonly outputs: readonly { producer: AssemblyStack; values: Readonly<Record<string, string>> }[],
  ) {
    this.template = stack.template;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) { return value.map(item => this.resolve(item)).filter(item => item !== NO_VALUE); }
    if (typeof value === 'string') { return value.includes('{{resolve:') ? UNKNOWN : value; }
    if (typeof value !== 'object' || value === null) { return value; }
    const [[name, argument] = [], second] = Object.entries(value);
    const resolve = name && !second ? FUNCTIONS[name] : undefined;
    if (resolve) { return resolve.call(this, argument as never); }
    if (name?.startsWith('Fn::') && !second) { return UNKNOWN; }
    const entries = Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)] as const);
    return Object.fromEntries(entries.filter(([, inner]) => inner !== NO_VALUE));
  }

  ref(name: string): unknown {
    switch (name) {
      case 'AWS::AccountId': return this.stack.account;
      case 'AWS::Region': return this.stack.region;
      case 'AWS::Partition': return 'aws';
      case 'AWS::URLSuffix': return 'amazonaws.com';
      case 'AWS::StackName': return this.stack.stackName;
      case 'AWS::NoValue': return NO_VALUE;
      default: return this.resources.get(name)?.physicalId ?? UNKNOWN;
    }
  }

  attribute(logicalId: string, path: string): unknown {
    let value: unknown = this.models.get(logicalId);
    for (const part of path.split('.')) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
    }
    return value ?? UNKNOWN;
  }

  stackOutput(reference: OutputReference): unknown {
    const { StackName: name, OutputName: output, Region: region = this.stack.region, RoleArn: role } = this.resolve(reference) as OutputReference;
    const account = typeof role === 'string' ? role.split(':')[4] : this.stack.account;
    const found = this.outputs.find(({ producer }) => producer.stackName === name && producer.account === account && producer.region === region);
    return found?.values[String(output)] ?? UNKNOWN;
  }

  join([separator, parts]: [string, unknown]): unknown {
    const items = this.resolve(parts);
    return Array.isArray(items) && items.every(item => typeof item !== 'symbol') ? items.join(separator) : UNKNOWN;
  }

  substitute(argument: string | [string, Record<string, unknown>]): unknown {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    let known = true;
    const result = text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) { return `\${${name}}`; }
      const [logicalId, ...path] = name.split('.');
      const value = name in variables ? this.resolve(variables[name]) : path.length ? this.attribute(logicalId, path.join('.')) : this.ref(name);
      known &&= typeof value !== 'symbol';
      return String(typeof value === 'symbol' ? '' : value);
    });
    return known ? result : UNKNOWN;
  }

  select([index, list]: [unknown, unknown]): unknown {
    const items = this.resolve(list);
    return Array.isArray(items) ? items[Number(index)] : UNKNOWN;
  }

  split([separator, text]: [string, unknown]): unknown {
    const resolved = this.resolve(text);
    return typeof resolved === 'string' ? resolved.split(separator) : UNKNOWN;
  }

  findInMap([map, first, second]: [string, unknown, unknown]): unknown {
    return this.template.Mappings?.[map]?.[String(this.resolve(first))]?.[String(this.resolve(second))] ?? UNKNOWN;
  }
}

type Resolve = (this: TemplateResolver, argument: never) => unknown;

const FUNCTIONS: Record<string, Resolve> = {
  'Ref': function (name: string) { return this.ref(name); },
  'Fn::GetAtt': function (argument: string | [string, string]) {
    const [logicalId, path] = typeof argument === 'string' ? argument.split(/\.(.*)/s) : argument;
    return this.attribute(logicalId, path);
  },
  'Fn::GetStackOutput': function (reference: OutputReference) { return this.stackOutput(reference); },
  'Fn::Join': function (argument: [string, unknown]) { return this.join(argument); },
  'Fn::Sub': function (argument: string | [string, Record<string, unknown>]) { return this.substitute(argument); },
  'Fn::Select': function (argument: [unknown, unknown]) { return this.select(argument); },
  'Fn::Split': function (argument: [string, unknown]) { return this.split(argument); },
  'Fn::FindInMap': function (argument: [string, unknown, unknown]) { return this.findInMap(argument); },
};

/** The first place where two values differ; numbers and booleans equal their text, as in CloudFormation. */
export function difference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (expected === UNKNOWN) { return actual === undefined ? `${path} is missing` : undefined; }
  if (Array.isArray(expected)) {
    if (isTagList(expected) && isTagList(actual)) { return missingTag(expected, actual, path); }
    if (!Array.isArray(actual) || actual.length !== expected.length) { return `${path} has other items`; }
    return firstOf(expected.map((item, index) => difference(item, actual[index], `${path}[${index}]`)));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) { return `${path} is not an object`; }
    return firstOf(Object.entries(expected).map(([key, value]) => difference(value, (actual as Record<string, unknown>)[key], path ? `${path}.${key}` : key)));
  }
  return String(expected) === String(actual) ? undefined : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
}

interface Tag {
  readonly Key: string;
  readonly Value: unknown;
}

function isTagList(value: unknown): value is Tag[] {
  return Array.isArray(value) && value.every(item => typeof item === 'object' && item !== null && 'Key' in item && 'Value' in item);
}

/** CloudFormation adds tags of its own, in no particular order. */
function missingTag(expected: readonly Tag[], actual: readonly Tag[], path: string): string | undefined {
  return firstOf(expected.map(tag => difference(tag.Value, actual.find(other => other.Key === tag.Key)?.Value, `${path} ${tag.Key}`)));
}

function firstOf(differences: (string | undefined)[]): string | undefined {
  return differences.find(found => found !== undefined);
}
