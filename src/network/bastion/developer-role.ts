import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BastionRole } from './bastion-role';
import { BoundHost } from './bound-host';
import { DeveloperAccess } from './developer-access';
import { DEVELOPER_ROLE_PATH } from '../../private/bastion-roles';

/** The role that those take who signed in with one permission set. */
export class DeveloperRole extends BastionRole {
  constructor(scope: Construct, id: string, { permissionSet, targets }: DeveloperAccess, host: BoundHost) {
    super(scope, id, {
      owner: `permission set ${permissionSet}`,
      description: `Permission set ${permissionSet}, at the bastion`,
      path: DEVELOPER_ROLE_PATH,
      // a trust policy cannot name the role itself: it is made anew, with another suffix, when the set is assigned anew
      principal: new iam.AccountRootPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': rolesOf(Stack.of(scope), permissionSet) } }),
      targets,
      host,
    });
  }
}

/**
 * The roles of a permission set. The path names Identity Center's region, but for us-east-1; the suffix has 16 digits.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
function rolesOf(stack: Stack, permissionSet: string): string[] {
  return ['', '*/'].map(region => stack.formatArn({
    service: 'iam', region: '', resource: 'role/aws-reserved/sso.amazonaws.com', resourceName: `${region}AWSReservedSSO_${permissionSet}_${'?'.repeat(16)}`,
  }));
}
