import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

/** What the content of a guardrail depends on. */
export interface GuardrailContext {
  /** Where a rejected prop is reported. */
  readonly scope: IConstruct;
  readonly partition: string;
  /** In the order the user wrote them. */
  readonly permittedRegions: string[];
  /** A token where the organization is only just being made. */
  readonly organizationId: string;
}

export { ADMINISTRATION_ROLE } from '../../private/administration-role';

/** CloudFormation's role of the AWS CDK's bootstrap stack. An exception for this name relies on `privilegedRoleStatements`. */
export const DEPLOYMENT_ROLE = 'cdk-*-cfn-exec-role-*';

export function deny(sid: string, props: iam.PolicyStatementProps): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, resources: props.notResources ? undefined : ['*'], ...props });
}

/** For everybody but these roles. */
export function unless(partition: string, ...roleNames: string[]): Record<string, Record<string, string | string[]>> {
  const roles = roleNames.map(name => `arn:${partition}:iam::*:role/${name}`);
  return { ArnNotLike: { 'aws:PrincipalArn': roles.length === 1 ? roles[0] : roles } };
}
