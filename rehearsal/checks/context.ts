/** Answers a check's questions with calls to the local AWS, each asked once. */
import { CloudControlClient, GetResourceCommand, type ResourceDescription } from '@aws-sdk/client-cloudcontrol';
import { CloudFormationClient, DescribeStackResourcesCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type AssemblyStack, type Environment, environmentsOf } from '../assembly';
import type { CheckContext, ClientClass, DeployedResource } from './check';

export class LocalContext implements CheckContext {
  readonly environments: readonly Environment[];
  private readonly answers = new Map<string, unknown>();

  constructor(private readonly endpoint: string, readonly stacks: readonly AssemblyStack[]) {
    this.environments = environmentsOf(stacks);
  }

  client<T>(type: ClientClass<T>, where: Environment): T {
    return this.once(`${type.name}/${where.account}/${where.region}`, () => new type({
      endpoint: this.endpoint,
      region: where.region,
      credentials: { accessKeyId: where.account, secretAccessKey: 'local' },
      maxAttempts: 2,
      ...(type.name === 'S3Client' ? { forcePathStyle: true } : {}),
    }));
  }

  resourcesOf(stack: AssemblyStack): Promise<readonly DeployedResource[]> {
    return this.once(`resources/${stack.artifactId}`, async () => {
      const answer = await this.client(CloudFormationClient, stack).send(new DescribeStackResourcesCommand({ StackName: stack.stackName }));
      return (answer.StackResources ?? []).map(resource => ({
        logicalId: resource.LogicalResourceId!,
        physicalId: resource.PhysicalResourceId ?? '',
        type: resource.ResourceType!,
        status: resource.ResourceStatus!,
        deletionPolicy: stack.template.Resources?.[resource.LogicalResourceId!]?.DeletionPolicy,
      }));
    });
  }

  outputsOf(stack: AssemblyStack): Promise<Readonly<Record<string, string>>> {
    return this.once(`outputs/${stack.artifactId}`, async () => {
      const answer = await this.client(CloudFormationClient, stack).send(new DescribeStacksCommand({ StackName: stack.stackName }));
      return Object.fromEntries((answer.Stacks?.[0]?.Outputs ?? []).map(output => [output.OutputKey!, output.OutputValue!]));
    });
  }

  async modelOf(stack: AssemblyStack, resource: DeployedResource): Promise<Record<string, unknown> | undefined> {
    const description = await this.describe(stack, resource);
    return description && JSON.parse(description.Properties!) as Record<string, unknown>;
  }

  async identifierOf(stack: AssemblyStack, resource: DeployedResource): Promise<string> {
    return (await this.describe(stack, resource))?.Identifier ?? resource.physicalId;
  }

  find(pattern: RegExp): readonly AssemblyStack[] {
    return this.stacks.filter(stack => pattern.test(stack.displayName));
  }

  private describe(stack: AssemblyStack, resource: DeployedResource): Promise<ResourceDescription | undefined> {
    return this.once(`model/${stack.artifactId}/${resource.logicalId}`, async () => {
      try {
        // two records of one name have the same physical id; the local AWS tells them apart by the logical one
        const command = new GetResourceCommand({ TypeName: resource.type, Identifier: `${resource.physicalId}#${resource.logicalId}` });
        return (await this.client(CloudControlClient, stack).send(command)).ResourceDescription;
      } catch (error) {
        if ((error as Error).name === 'ResourceNotFoundException') { return undefined; }
        throw error;
      }
    });
  }

  private once<T>(question: string, ask: () => T): T {
    if (!this.answers.has(question)) { this.answers.set(question, ask()); }
    return this.answers.get(question) as T;
  }
}
