/** Shorthands for the checks of the platform. */
import type { AssemblyStack } from '../../assembly';
import type { CheckContext, DeployedResource } from '../check';

export type Model = Record<string, any>;

export interface Deployed {
  readonly stack: AssemblyStack;
  readonly resource: DeployedResource;
}

/** The deployed resources of a type, in the stacks whose path matches. */
export async function deployed(context: CheckContext, type: string, stacks = /./): Promise<Deployed[]> {
  const found = await Promise.all(context.find(stacks).map(async stack =>
    (await context.resourcesOf(stack)).filter(resource => resource.type === type).map(resource => ({ stack, resource }))));
  return found.flat();
}

/** What Cloud Control reads back of the resources of a type. */
export async function models(context: CheckContext, type: string, stacks = /./): Promise<{ stack: AssemblyStack; model: Model }[]> {
  const found = await deployed(context, type, stacks);
  return Promise.all(found.map(async ({ stack, resource }) => ({ stack, model: await context.modelOf(stack, resource) as Model })));
}

/** `Innovate/Staging/Network` is of the environment Staging. */
export function environmentOf(stack: AssemblyStack): string {
  return stack.displayName.split('/').at(-2)!;
}

/** Each problem whose condition does not hold. */
export function unmet(conditions: Readonly<Record<string, boolean>>, where: string): string[] {
  return Object.entries(conditions).filter(([, holds]) => !holds).map(([problem]) => `${where}: ${problem}`);
}
