/** Checks that hold for every CDK app. */
import { CloudControlClient, GetResourceCommand } from '@aws-sdk/client-cloudcontrol';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { AssemblyStack } from '../assembly';
import { type Check, type CheckContext, unlessProblems } from './check';
import { difference, TemplateResolver } from './template-resolver';

/** Resources that CloudFormation keeps to itself or that a function of the app makes. */
export const WITHOUT_MODEL = /^(Custom::|AWS::CloudFormation::|AWS::CDK::)/;

const stacksComplete: Check = {
  name: 'every stack is complete',
  proves: 'CloudFormation created every stack and rolled nothing back.',
  async run(context) {
    const statuses = await Promise.all(context.stacks.map(async stack => ({ stack, status: await statusOf(context, stack) })));
    const problems = statuses.filter(({ status }) => status !== 'CREATE_COMPLETE' && status !== 'UPDATE_COMPLETE');
    return unlessProblems(problems.map(({ stack, status }) => `${stack.displayName} is ${status}`), `DescribeStacks: ${statuses.length} stacks complete`);
  },
};

const resourcesExist: Check = {
  name: 'every resource exists',
  proves: 'Each resource of each template was created and has an identity.',
  async run(context) {
    const problems: string[] = [];
    let count = 0;
    for (const stack of context.stacks) {
      const resources = new Map((await context.resourcesOf(stack)).map(resource => [resource.logicalId, resource]));
      for (const [logicalId, declared] of Object.entries(stack.template.Resources ?? {})) {
        const resource = resources.get(logicalId);
        count += 1;
        if (declared.Condition && !resource) { continue; }
        if (!resource?.physicalId) {
          problems.push(`${stack.displayName}: ${logicalId} (${declared.Type}) has no physical id`);
        } else if (!/^(CREATE|UPDATE)_COMPLETE$/.test(resource.status)) {
          problems.push(`${stack.displayName}: ${logicalId} is ${resource.status}`);
        }
      }
    }
    return unlessProblems(problems, `DescribeStackResources: ${count} resources created`);
  },
};

const propertiesKept: Check = {
  name: 'every property arrived',
  proves: 'What the API reports for each resource equals the template after references are resolved.',
  async run(context) {
    const results = await Promise.all(context.stacks.map(stack => compareStack(context, stack)));
    const problems = results.flatMap(result => result.problems);
    const count = results.reduce((sum, result) => sum + result.count, 0);
    return unlessProblems(problems, `Cloud Control GetResource: ${count} resources equal their templates`);
  },
};

const accountsIsolated: Check = {
  name: 'accounts are isolated',
  proves: 'No account sees another account\'s stacks, buckets or resources.',
  async run(context) {
    const problems: string[] = [];
    let attempts = 0;
    for (const stack of context.stacks) {
      const [sample] = (await context.resourcesOf(stack)).filter(resource => !WITHOUT_MODEL.test(resource.type));
      const identifier = sample && await context.identifierOf(stack, sample);
      for (const account of otherAccounts(context, stack.account)) {
        const stranger = { ...stack, account };
        attempts += 1;
        if (await isVisible(context, stranger)) { problems.push(`${account} sees stack ${stack.displayName} of ${stack.account}`); }
        if (identifier && await isReadable(context, stranger, sample.type, identifier)) { problems.push(`${account} reads ${identifier} of ${stack.account}`); }
      }
    }
    problems.push(...await sharedBuckets(context));
    return unlessProblems(problems, `${attempts} attempts to look into another account were refused`);
  },
};

const nothingUnresolved: Check = {
  name: 'nothing is unresolved',
  proves: 'No stored property or output holds a CDK token, an intrinsic function or a missing value.',
  async run(context) {
    const problems: string[] = [];
    for (const stack of context.stacks) {
      for (const [name, value] of Object.entries(await context.outputsOf(stack))) {
        if (isUnresolved(value)) { problems.push(`${stack.displayName}: output ${name} is ${value}`); }
      }
      for (const resource of await context.resourcesOf(stack)) {
        const found = WITHOUT_MODEL.test(resource.type) ? undefined : unresolvedIn(await context.modelOf(stack, resource));
        if (found) { problems.push(`${stack.displayName}: ${resource.logicalId} holds ${found}`); }
      }
    }
    return unlessProblems(problems, `outputs and properties of ${context.stacks.length} stacks are plain values`);
  },
};

export const genericChecks: readonly Check[] = [stacksComplete, resourcesExist, propertiesKept, accountsIsolated, nothingUnresolved];

async function statusOf(context: CheckContext, stack: AssemblyStack): Promise<string> {
  const answer = await context.client(CloudFormationClient, stack).send(new DescribeStacksCommand({ StackName: stack.stackName }));
  return answer.Stacks![0].StackStatus!;
}

async function compareStack(context: CheckContext, stack: AssemblyStack): Promise<{ problems: string[]; count: number }> {
  const resolver = await TemplateResolver.of(context, stack);
  const problems: string[] = [];
  const resources = (await context.resourcesOf(stack)).filter(resource => !WITHOUT_MODEL.test(resource.type));
  for (const resource of resources) {
    const model = await context.modelOf(stack, resource);
    const expected = resolver.resolve(stack.template.Resources![resource.logicalId].Properties ?? {});
    const problem = model ? difference(expected, model) : 'cannot be read';
    if (problem) { problems.push(`${stack.displayName}: ${resource.logicalId} (${resource.type}): ${problem}`); }
  }
  return { problems, count: resources.length };
}

function otherAccounts(context: CheckContext, account: string): string[] {
  return [...new Set(context.environments.map(environment => environment.account))].filter(other => other !== account);
}

function isVisible(context: CheckContext, stack: AssemblyStack): Promise<boolean> {
  return statusOf(context, stack).then(() => true, () => false);
}

function isReadable(context: CheckContext, where: AssemblyStack, type: string, identifier: string): Promise<boolean> {
  const command = new GetResourceCommand({ TypeName: type, Identifier: identifier });
  return context.client(CloudControlClient, where).send(command).then(() => true, () => false);
}

async function sharedBuckets(context: CheckContext): Promise<string[]> {
  const owner = new Map<string, string>();
  const problems: string[] = [];
  for (const account of otherAccounts(context, '')) {
    const answer = await context.client(S3Client, { account, region: context.environments[0].region }).send(new ListBucketsCommand({}));
    for (const { Name: name = '' } of answer.Buckets ?? []) {
      if (owner.has(name)) { problems.push(`${account} lists bucket ${name} of ${owner.get(name)}`); }
      owner.set(name, account);
    }
  }
  return problems;
}

function unresolvedIn(value: unknown): string | undefined {
  if (typeof value === 'string') { return isUnresolved(value) ? value : undefined; }
  if (typeof value !== 'object' || value === null) { return undefined; }
  for (const [name, inner] of Object.entries(value)) {
    const found = name.startsWith('Fn::') ? name : unresolvedIn(inner);
    if (found) { return found; }
  }
  return undefined;
}

function isUnresolved(text: string): boolean {
  return text.includes('${Token[') || text.includes('Fn::GetStackOutput') || text === 'undefined' || text === '';
}
