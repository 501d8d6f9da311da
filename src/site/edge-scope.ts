import { Stack } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { EDGE_REGION } from '../private/edge-region';
import { isDeployTime, reject } from '../private/validation';
import { weakReference } from '../private/weak-reference';

/** The stacks that this library has made beside those of its users. */
const SUPPORT_STACKS = new WeakSet<IConstruct>();

/** Refuses a stack without a region: whether a support stack is needed has to be known at synth. */
export function validateKnownRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (isDeployTime(region)) {
    reject(scope, {
      prop: 'env.region',
      value: undefined,
      problem: `whether WAF and certificate need a stack of their own in ${EDGE_REGION} depends on it`,
      remedy: 'Give the stack an explicit region, such as `env: { region: "eu-west-1" }`.',
    });
  }
  if (region === EDGE_REGION) { return; }
  for (const suffix of ['Edge', 'Watch']) { validateSupportStack(scope, suffix, EDGE_REGION); }
}

/** Refuses what has the id of a support stack already, and a support stack of another region. */
export function validateSupportStack(scope: Construct, suffix: string, region: string): void {
  const stack = outermostStack(scope);
  const id = supportId(stack, suffix);
  const there = stack.node.scope!.node.tryFindChild(id);
  if (!there) { return; }
  if (!SUPPORT_STACKS.has(there)) {
    reject(scope, { prop: 'scope', value: stack.node.id, problem: `the id "${id}" beside it is taken, which its parts in ${region} need`, remedy: `Give what is called "${id}" another id.` });
  }
  const taken = Stack.of(there).region;
  if (taken === region) { return; }
  reject(scope, {
    prop: 'originFailover.region', value: region, problem: `another site of the stack "${stack.node.id}" has its "${id}" in ${taken}`, remedy: `Give ${taken}, or put one of the sites into another stack.`,
  });
}

/**
 * Where the parts of a site that CloudFront wants in us-east-1 are created: in the site itself, or in a support stack
 * beside the site's stack, which several sites of that stack share. It is deployed before the site's stack.
 */
export function edgeScope(site: Construct): Construct {
  if (Stack.of(site).region === EDGE_REGION) { return site; }
  return supportScope(site, 'Edge', EDGE_REGION, `WAF and certificate of ${outermostStack(site).stackName}, which CloudFront reads in ${EDGE_REGION} only`);
}

/** The same for what watches the distribution from us-east-1, which is therefore deployed after the site's stack. */
export function watchScope(site: Construct): Construct {
  if (Stack.of(site).region === EDGE_REGION) { return site; }
  return supportScope(site, 'Watch', EDGE_REGION, `Access log and alarms of ${outermostStack(site).stackName}, whose distribution reports to ${EDGE_REGION} only`);
}

/** A scope for the parts of a site in a support stack beside the site's stack. */
export function supportScope(site: Construct, suffix: string, region: string, description: string): Construct {
  const stack = outermostStack(site);
  const support = supportStack(stack, suffix, region, description);
  const id = pathInside(stack, site);
  return support.node.tryFindChild(id) as Construct | undefined ?? new Construct(support, id);
}

/** The value of a resource in whatever stack it is, for a consumer in whatever stack that is. */
export function valueFor(consumer: Construct, owner: IConstruct, id: string, value: string): string {
  const stack = outermostStack(owner);
  // between a stack and those nested in it, values travel by themselves
  if (!isDeployTime(value) || stack === outermostStack(consumer)) { return value; }
  // nobody but its parent can read a nested stack's outputs
  const [producer, name] = stack === Stack.of(owner) ? [owner as Construct, id] : [stack as Construct, `${pathInside(stack, owner)}-${id}`];
  return weakReference({ producer, consumer, id: name, value });
}

function pathInside(stack: Stack, scope: IConstruct): string {
  return scope.node.scopes.slice(stack.node.scopes.length).map(each => each.node.id).join('-');
}

function supportStack(stack: Stack, suffix: string, region: string, description: string): Stack {
  const beside = stack.node.scope!;
  const id = supportId(stack, suffix);
  validateSupportStack(stack, suffix, region);
  const made = beside.node.tryFindChild(id) as Stack | undefined ?? new Stack(beside, id, {
    stackName: `${stack.stackName}${suffix}`,
    description,
    env: { account: isDeployTime(stack.account) ? undefined : stack.account, region },
    terminationProtection: stack.terminationProtection,
  });
  SUPPORT_STACKS.add(made);
  return made;
}

function supportId(stack: Stack, suffix: string): string {
  return `${stack.node.id}${suffix}`;
}

function outermostStack(scope: IConstruct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) { stack = stack.nestedStackParent; }
  return stack;
}
