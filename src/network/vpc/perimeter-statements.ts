import * as iam from 'aws-cdk-lib/aws-iam';

/** What a perimeter asks of a caller and of a resource: a condition key and its value. */
export interface PerimeterKeys {
  readonly principal: Record<string, string>;
  readonly resource: Record<string, string>;
}

/**
 * What every endpoint's policy begins with.
 *
 * @param ownerIsTold whether each action of the service tells whose the resource is
 */
export function perimeterStatements(keys: PerimeterKeys | undefined, ownerIsTold: boolean): iam.PolicyStatement[] {
  if (!keys) { return [allow('Everybody', ['*'], ['*'])]; }
  return [
    allow('OwnIdentitiesToOwnResources', ['*'], ['*'], { StringEquals: { ...keys.principal, ...keys.resource } }),
    // not `StringEqualsIfExists` of the organization: it is missing, too, where the owner is in none, and data would leave to that account
    ...ownerIsTold ? [] : [allow('OwnIdentitiesWhereNoOwnerIsTold', ['*'], ['*'], { StringEquals: keys.principal, Null: { 'aws:ResourceAccount': 'true' } })],
    // a service that acts for itself has no account; the resource's own policy decides
    allow('ServicesOfAws', ['*'], ['*'], { Bool: { 'aws:PrincipalIsAWSService': 'true' } }),
  ];
}

/** A statement of an endpoint's policy: it narrows what callers may do anyway, so every principal and `*` are meant. */
export function allow(sid: string, actions: string[], resources: string[], conditions?: iam.Conditions): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, principals: [new iam.AnyPrincipal()], actions, resources, conditions });
}
