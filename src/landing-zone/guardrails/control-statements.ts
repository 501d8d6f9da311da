import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { GuardrailPolicyType } from './guardrail-policy-type';
import { reject } from '../../private/validation';

/** Refuses the statements that Organizations would refuse, or that would do nothing. */
export function renderStatements(scope: IConstruct, prop: string, policyType: GuardrailPolicyType, statements: iam.PolicyStatement[]): object[] {
  if (statements.length === 0) {
    reject(scope, { prop, value: [], problem: 'a guardrail without statements does nothing', remedy: 'Give at least one `Deny` statement.' });
  }
  for (const statement of statements) {
    if (statement.effect !== 'Deny') {
      reject(scope, {
        prop,
        value: statement.toStatementJson(),
        problem: `an \`Allow\` beside \`${policyType._policyOfAws}\` changes nothing`,
        remedy: 'Say what is denied: `effect: iam.Effect.DENY`.',
      });
    }
  }
  return statements.map(statement => policyType === GuardrailPolicyType.RESOURCE_CONTROL
    ? ofResources(scope, prop, statement)
    : ofIdentities(scope, prop, statement));
}

function ofIdentities(scope: IConstruct, prop: string, statement: iam.PolicyStatement): object {
  if (statement.hasPrincipal) {
    reject(scope, {
      prop,
      value: statement.toStatementJson(),
      problem: 'a service control policy has no principals',
      remedy: 'Name the identities in a condition on `aws:PrincipalArn`.',
    });
  }
  return statement.toStatementJson();
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html */
function ofResources(scope: IConstruct, prop: string, statement: iam.PolicyStatement): object {
  const rendered = statement.toStatementJson();
  const refuse = (problem: string, remedy: string) => reject(scope, { prop, value: rendered, problem, remedy });
  if (statement.hasPrincipal && rendered.Principal !== '*') {
    refuse('a resource control policy is about every principal', 'Leave `principals` out and name identities in a condition on `aws:PrincipalArn`.');
  }
  if (statement.notActions.length || statement.actions.includes('*')) {
    refuse('a resource control policy names its actions', 'Give `actions` of a service, such as "s3:*".');
  }
  return { ...rendered, Principal: '*' };
}
