import { Stack } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { EDGE_REGION } from '../private/edge-region';
import { isDeployTime, reject } from '../private/validation';
import { weakReference } from '../private/weak-reference';

/** Refuses a stack without a region: whether a support stack is needed has to be known at synth. */
export function validateKnownRegion(scope: Construct): void {
  if (!isDeployTime(Stack.of(scope).region)) { return; }
  reject(scope, {
    prop: 'env.region',
    value: undefined,
    problem: `whether WAF and certificate need a stack of their own in ${EDGE_REGION} depends on it`,
    remedy: 'Give the stack an explicit region, such as `env: { region: "eu-west-1" }`.',
  });
}

/**
 * Where the parts of a site that CloudFront wants in us-east-1 are created: in the site itself, or in a support stack
 * beside the site's stack, which several sites of that stack share.
 */
export function edgeScope(site: Construct): Construct {
  if (Stack.of(site).region === EDGE_REGION) { return site; }
  const stack = outermostStack(site);
  const edge = supportStack(stack);
  const id = site.node.scopes.slice(stack.node.scopes.length).map(scope => scope.node.id).join('-');
  return edge.node.tryFindChild(id) as Construct | undefined ?? new Construct(edge, id);
}

/** The value of a resource in whatever stack it is, for a consumer in whatever stack that is. */
export function valueFor(consumer: Construct, owner: IConstruct, id: string, value: string): string {
  return isDeployTime(value) ? weakReference({ producer: owner as Construct, consumer, id, value }) : value;
}

function supportStack(stack: Stack): Stack {
  const beside = stack.node.scope!;
  const id = `${stack.node.id}Edge`;
  return beside.node.tryFindChild(id) as Stack | undefined ?? new Stack(beside, id, {
    stackName: `${stack.stackName}Edge`,
    description: `WAF and certificate of ${stack.stackName}, which CloudFront reads in ${EDGE_REGION} only`,
    env: { account: isDeployTime(stack.account) ? undefined : stack.account, region: EDGE_REGION },
    terminationProtection: stack.terminationProtection,
  });
}

function outermostStack(scope: Construct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) { stack = stack.nestedStackParent; }
  return stack;
}
