/**
 * Where a check's evidence comes from, noted while it asks and not claimed by it.
 *
 * A service's own API answers for what the service did. Cloud Control answers
 * from what was recorded when a resource was created: for a stored type there
 * is nothing else.
 */
import type { AssemblyStack, Environment } from '../assembly';
import { fidelityOf } from '../fidelity';
import type { CheckContext, ClientClass, DeployedResource } from './check';
import type { LocalAwsStatus } from '../local-aws/local-aws';

export interface Sources {
  /** Services whose own API answered: `EC2`. */
  readonly asked: readonly string[];
  /** Types of real services that were read through Cloud Control. */
  readonly recorded: readonly string[];
  /** Types without a service that were read through Cloud Control. */
  readonly stored: readonly string[];
}

/** A context for one check, which notes what the check asks. */
export class NotingContext implements CheckContext {
  readonly stacks: readonly AssemblyStack[];
  readonly environments: readonly Environment[];
  private readonly asked = new Set<string>();
  private looked = false;
  private readonly read = new Set<string>();

  constructor(private readonly context: CheckContext) {
    this.stacks = context.stacks;
    this.environments = context.environments;
  }

  client<T>(type: ClientClass<T>, where: Environment): T {
    this.asked.add(type.name.replace(/Client$/, ''));
    return this.context.client(type, where);
  }

  resourcesOf(stack: AssemblyStack): Promise<readonly DeployedResource[]> {
    this.looked = true; // what there is: by itself an answer, else only where to ask
    return this.context.resourcesOf(stack);
  }

  outputsOf(stack: AssemblyStack): Promise<Readonly<Record<string, string>>> {
    this.asked.add('CloudFormation');
    return this.context.outputsOf(stack);
  }

  async modelOf(stack: AssemblyStack, resource: DeployedResource): Promise<Record<string, unknown> | undefined> {
    const model = await this.context.modelOf(stack, resource);
    if (model) { this.read.add(resource.type); }
    return model;
  }

  identifierOf(stack: AssemblyStack, resource: DeployedResource): Promise<string> {
    return this.context.identifierOf(stack, resource);
  }

  find(pattern: RegExp): readonly AssemblyStack[] {
    return this.context.find(pattern);
  }

  sources(status: LocalAwsStatus): Sources {
    const types = [...this.read].sort();
    const onlyLooked = this.looked && this.asked.size === 0 && types.length === 0;
    return {
      asked: onlyLooked ? ['CloudFormation'] : [...this.asked].sort(),
      recorded: types.filter(type => fidelityOf(type, status).kind === 'real'),
      stored: types.filter(type => fidelityOf(type, status).kind !== 'real'),
    };
  }
}

/** `asked of EC2, S3; read back as stored: AWS::EC2::FlowLog`. */
export function sourcesText({ asked, recorded, stored }: Sources): string {
  const parts = [
    ...(asked.length > 0 ? [`asked of ${asked.join(', ')}`] : []),
    ...(stored.length > 0 ? [`read back as stored: ${listed(stored)}`] : []),
    ...(recorded.length > 0 ? [`read back as recorded: ${listed(recorded)}`] : []),
  ];
  return parts.join('; ') || 'nothing was asked';
}

function listed(types: readonly string[]): string {
  return types.length > 3 ? `${types.length} types` : types.join(', ');
}
