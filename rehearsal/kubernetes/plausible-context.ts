/**
 * Answers for an assembly that was never deployed: ids, ARNs, names and addresses of the form that AWS gives them, the same
 * in each run. With them a template's properties resolve, by the resolver that the rehearsal compares deployed resources with.
 */
import { createHash } from 'node:crypto';
import { type AssemblyStack, type Environment, environmentsOf, type OutputReference, type TemplateResource } from '../assembly';
import type { CheckContext, DeployedResource } from '../checks/check';
import { TemplateResolver } from '../checks/template-resolver';
import { Failure } from '../failure';

/** How ids of EC2 begin. */
const ID_PREFIXES: Record<string, string> = {
  'AWS::EC2::VPC': 'vpc', 'AWS::EC2::Subnet': 'subnet', 'AWS::EC2::SecurityGroup': 'sg', 'AWS::EC2::LaunchTemplate': 'lt', 'AWS::EC2::PrefixList': 'pl',
  'AWS::EC2::NatGateway': 'nat', 'AWS::EC2::RouteTable': 'rtb', 'AWS::EC2::VPCEndpoint': 'vpce',
};
/** Types whose `Ref` is an ARN, and what stands before the name in it. */
const REFERENCED_BY_ARN: Record<string, string> = {
  'AWS::ElasticLoadBalancingV2::TargetGroup': 'targetgroup/', 'AWS::ElasticLoadBalancingV2::LoadBalancer': 'loadbalancer/app/',
  'AWS::ElasticLoadBalancingV2::Listener': 'listener/app/', 'AWS::SNS::Topic': '', 'AWS::SecretsManager::Secret': 'secret:', 'AWS::CertificateManager::Certificate': 'certificate/',
};
/** The name of a service in ARNs, where it is not that of the type. */
const SERVICES: Record<string, string> = { certificatemanager: 'acm', cognito: 'cognito-idp' };

/** Resolves what the templates of an assembly say. */
export class PlausibleValues {
  private readonly resolvers = new Map<AssemblyStack, Promise<TemplateResolver>>();
  private readonly outputs = new Map<AssemblyStack, Promise<Record<string, string>>>();

  constructor(private readonly stacks: readonly AssemblyStack[]) {}

  async resolve(stack: AssemblyStack, value: unknown): Promise<unknown> {
    const resolved = (await this.resolverOf(stack)).resolve(await this.withImports(value));
    if (holdsSymbol(resolved)) {
      throw new Failure(`${stack.displayName}: nothing is known that could stand for ${JSON.stringify(value).slice(0, 400)}; teach rehearsal/kubernetes/plausible-context.ts.`);
    }
    return resolved;
  }

  outputsOf(stack: AssemblyStack): Promise<Record<string, string>> {
    return once(this.outputs, stack, async () => {
      const resolver = await this.resolverOf(stack);
      const outputs = Object.entries(stack.template.Outputs ?? {});
      return Object.fromEntries(await Promise.all(outputs.map(async ([name, { Value }]) => {
        const value = resolver.resolve(await this.withImports(Value));
        return [name, typeof value === 'string' ? value : `${stack.stackName}-${name}`];
      }))) as Record<string, string>;
    });
  }

  /** The resolver asks for outputs of `Fn::GetStackOutput` itself; an export is in whichever stack has it. */
  private async withImports(value: unknown): Promise<unknown> {
    if (Array.isArray(value)) { return Promise.all(value.map(item => this.withImports(item))); }
    if (typeof value !== 'object' || value === null) { return value; }
    if ('Fn::ImportValue' in value) { return this.exported(value['Fn::ImportValue']); }
    const entries = Object.entries(value).map(async ([name, inner]) => [name, await this.withImports(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  private async exported(name: unknown): Promise<unknown> {
    for (const stack of this.stacks) {
      const [output] = Object.entries(stack.template.Outputs ?? {}).find(([, each]) => (each as { Export?: { Name: unknown } }).Export?.Name === name) ?? [];
      if (output) { return (await this.outputsOf(stack))[output]; }
    }
    return { 'Fn::ImportValue': name };
  }

  private resolverOf(stack: AssemblyStack): Promise<TemplateResolver> {
    const producers = producersOf(stack);
    const read = this.stacks.filter(other => other !== stack && producers.has(other.stackName));
    return once(this.resolvers, stack, () => TemplateResolver.of(new PlausibleContext(this, read), stack));
  }
}

/** What `LocalContext` is for a deployed assembly; `stacks` are those whose outputs are read. */
class PlausibleContext implements CheckContext {
  readonly environments: readonly Environment[];

  constructor(private readonly values: PlausibleValues, readonly stacks: readonly AssemblyStack[]) {
    this.environments = environmentsOf(stacks);
  }

  async resourcesOf(stack: AssemblyStack): Promise<readonly DeployedResource[]> {
    const parameters = Object.entries(stack.template.Parameters ?? {}).map(([logicalId, { Default }]) => ({ logicalId, physicalId: String(Default ?? digest(logicalId)), type: 'Parameter' }));
    const resources = Object.entries(stack.template.Resources ?? {})
      .map(([logicalId, resource]) => ({ logicalId, physicalId: physicalId(stack, logicalId, resource), type: resource.Type }));
    return [...parameters, ...resources].map(resource => ({ ...resource, status: 'CREATE_COMPLETE' }));
  }

  /** As much of a resource as the templates ask for. */
  async modelOf(stack: AssemblyStack, { logicalId, type, physicalId: id }: DeployedResource): Promise<Record<string, unknown>> {
    const model: Record<string, unknown> = {};
    for (const path of attributesOf(stack, logicalId)) {
      const keys = path.split('.');
      let target = model;
      for (const key of keys.slice(0, -1)) { target = (target[key] ??= {}) as Record<string, unknown>; }
      target[keys.at(-1)!] = attribute(stack, type, id, path);
    }
    return model;
  }

  outputsOf(stack: AssemblyStack): Promise<Readonly<Record<string, string>>> {
    return this.values.outputsOf(stack);
  }

  async identifierOf(_: AssemblyStack, { physicalId: id }: DeployedResource): Promise<string> {
    return id;
  }

  find(pattern: RegExp): readonly AssemblyStack[] {
    return this.stacks.filter(({ displayName }) => pattern.test(displayName));
  }

  client(): never {
    throw new Error('nothing is deployed');
  }
}

function producersOf({ template }: AssemblyStack): Set<unknown> {
  const found = new Set<unknown>();
  walk(template, (name, value) => { if (name === 'Fn::GetStackOutput') { found.add((value as OutputReference).StackName); } });
  return found;
}

function physicalId(stack: AssemblyStack, logicalId: string, { Type: type, Properties: properties = {} }: TemplateResource): string {
  const name = Object.entries(properties).find(([key, value]) => /^(Name|\w+Name)$/.test(key) && typeof value === 'string' && !/^(Domain|Service|Engine)/.test(key))?.[1] as string | undefined;
  const id = digest(`${stack.stackName}/${logicalId}`);
  if (ID_PREFIXES[type]) { return `${ID_PREFIXES[type]}-0${id}`; }
  if (type in REFERENCED_BY_ARN) { return arn(stack, type, `${REFERENCED_BY_ARN[type]}${(name ?? logicalId).slice(0, 32)}/${id.slice(0, 16)}`); }
  if (type === 'AWS::KMS::Key') { return uuid(id); }
  return name ?? `${stack.stackName}-${logicalId}`.slice(0, 63);
}

function attribute(stack: AssemblyStack, type: string, id: string, path: string): unknown {
  const key = path.split('.').at(-1)!;
  if (/Arn$/.test(key)) { return id.startsWith('arn:') ? id : arn(stack, type, `${type.split('::')[2].toLowerCase()}/${id}`); }
  if (/CidrBlocks$/.test(key)) { return ['10.0.0.0/16']; }
  if (/Cidr(Block)?$/.test(key)) { return '10.0.0.0/16'; }
  if (/Ipv6CidrBlock/.test(key)) { return '2001:db8::/56'; }
  if (/Port$/.test(key)) { return '5432'; }
  if (/DNSName$|Address$|DomainName$|Endpoint$|Hostname$/i.test(key)) { return `${digest(id).slice(0, 8)}.${stack.region}.aws.example`; }
  if (/FullName$/.test(key)) { return `app/${digest(id)}`; }
  if (/SecurityGroup(Id)?$|GroupId$/.test(key)) { return `sg-0${digest(`${id}/${path}`)}`; }
  return id;
}

function arn(stack: AssemblyStack, type: string, resource: string): string {
  const service = type.split('::')[1].toLowerCase();
  const region = service === 'iam' ? '' : stack.region;
  return `arn:aws:${SERVICES[service] ?? service.replace(/v2$/, '')}:${region}:${stack.account}:${resource}`;
}

/** Paths after the logical id in every GetAtt and Sub of a template. */
function attributesOf({ template }: AssemblyStack, logicalId: string): Set<string> {
  const found = new Set<string>();
  walk(template, (name, value) => {
    if (name === 'Fn::GetAtt') {
      const [id, path] = Array.isArray(value) ? value as string[] : String(value).split(/\.(.*)/s);
      if (id === logicalId) { found.add(path); }
    }
    if (name === 'Fn::Sub') {
      const text = Array.isArray(value) ? String(value[0]) : String(value);
      for (const [, id, path] of text.matchAll(/\$\{([^!.}]+)\.([^}]+)\}/g)) { if (id === logicalId) { found.add(path); } }
    }
  });
  return found;
}

function walk(value: unknown, visit: (name: string, inner: unknown) => void): void {
  if (typeof value !== 'object' || value === null) { return; }
  for (const [name, inner] of Object.entries(value)) {
    visit(name, inner);
    walk(inner, visit);
  }
}

function holdsSymbol(value: unknown): boolean {
  if (typeof value === 'symbol') { return true; }
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsSymbol);
}

function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  if (!known.has(key)) { known.set(key, make()); }
  return known.get(key)!;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function uuid(hex: string): string {
  const long = `${hex}${hex}`;
  return [long.slice(0, 8), long.slice(8, 12), long.slice(12, 16), long.slice(16, 20), long.slice(20, 32)].join('-');
}
