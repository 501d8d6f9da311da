import * as iam from 'aws-cdk-lib/aws-iam';

/** What a perimeter asks of a caller and of a resource: a condition key and its value. */
export interface PerimeterKeys {
  readonly principal: Record<string, string>;
  readonly resource: Record<string, string>;
}

/**
 * What every endpoint's policy begins with.
 *
 * @param resourceOperator `StringEquals`, or `StringEqualsIfExists` for a service some of whose actions do not tell whose the resource is
 */
export function perimeterStatements(keys: PerimeterKeys | undefined, resourceOperator: string): iam.PolicyStatement[] {
  if (!keys) { return [allow('Everybody', ['*'], ['*'])]; }
  const conditions = resourceOperator === 'StringEquals'
    ? { StringEquals: { ...keys.principal, ...keys.resource } }
    : { StringEquals: keys.principal, [resourceOperator]: keys.resource };
  return [
    allow('OwnIdentitiesToOwnResources', ['*'], ['*'], conditions),
    // a service that acts for itself has no account; the resource's own policy decides
    allow('ServicesOfAws', ['*'], ['*'], { Bool: { 'aws:PrincipalIsAWSService': 'true' } }),
  ];
}

/** A statement of an endpoint's policy: it narrows what callers may do anyway, so every principal and `*` are meant. */
export function allow(sid: string, actions: string[], resources: string[], conditions?: iam.Conditions): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, principals: [new iam.AnyPrincipal()], actions, resources, conditions });
}
