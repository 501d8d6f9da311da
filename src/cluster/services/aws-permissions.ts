import { IResolveContext, Stack, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | string[];
}

/** Asks of AWS that no request follows: the token of a database login is made in the pod. */
const ASKS_NOBODY = 'rds-db:connect';

/**
 * Whether a role has permissions that take a request to use: by whatever policy of the app, in whatever stack.
 * What only a resource's own policy permits is not seen.
 */
export function callsAws(role: iam.Role): boolean {
  const managed: unknown[] = Stack.of(role).resolve((role.node.defaultChild as iam.CfnRole).managedPolicyArns) ?? [];
  return managed.length > 0 || role.node.root.node.findAll().filter(construct => isPolicyOf(role, construct)).some(policy => statementsOf(policy).some(asks));
}

type Policy = iam.CfnPolicy | iam.CfnManagedPolicy | iam.CfnRolePolicy;

/** The name of the role is a token, which is the same wherever the role is meant; resolved names would be alike in stacks that are alike. */
function isPolicyOf({ roleName }: iam.Role, construct: IConstruct): construct is Policy {
  if (construct instanceof iam.CfnRolePolicy) { return construct.roleName === roleName; }
  return (construct instanceof iam.CfnPolicy || construct instanceof iam.CfnManagedPolicy) && rolesOf(construct).includes(roleName);
}

function rolesOf(policy: iam.CfnPolicy | iam.CfnManagedPolicy): string[] {
  // the list itself may be a token, of which only the outermost is taken off
  const context: IResolveContext = { scope: policy, preparing: true, documentPath: [], registerPostProcessor: () => {}, resolve: value => value };
  const { roles = [] } = policy;
  return Tokenization.reverseList(roles)?.resolve(context) ?? roles;
}

function statementsOf(policy: Policy): Statement[] {
  return [Stack.of(policy).resolve(policy.policyDocument)?.Statement ?? []].flat();
}

function asks({ Effect: effect, Action: action }: Statement): boolean {
  return effect !== 'Deny' && [action].flat().some(name => name !== ASKS_NOBODY);
}
