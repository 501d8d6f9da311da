import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as identitystore from 'aws-cdk-lib/aws-identitystore';
import * as sso from 'aws-cdk-lib/aws-sso';
import { Construct } from 'constructs';
import { assignmentId, assignmentsOf, SingleAssignment, singleAssignments } from './assignments';
import { IdentityCenterProps } from './identity-center';
import { PermissionSet } from './permission-set';
import { MANAGEMENT, ScopedAccount } from './scoped-account';
import { ReadableTrail, trailAccess } from './trail-access';

/** An account for workloads with its id, which may be known at deployment only. */
export interface AccessAccount extends ScopedAccount {
  readonly accountId: string;
}

export interface AccessControlProps {
  readonly identityCenter: IdentityCenterProps;
  /** The accounts for workloads; the management account is the stack's own. */
  readonly accounts: AccessAccount[];
  /** What auditors read besides configuration, in the stack's account and region. @default - nothing */
  readonly auditTrail?: ReadableTrail;
}

/**
 * Groups, permission sets and assignments. The ids follow from the names alone, so that nothing is replaced
 * where the order of assignments or accounts changes.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-accounts.html
 */
export class AccessControl extends Construct {
  private readonly groupIds: Record<string, string> = {};
  private readonly permissionSetArns: Record<string, string> = {};

  constructor(scope: Construct, id: string, private readonly props: AccessControlProps) {
    super(scope, id);
    const assignments = assignmentsOf(props.identityCenter);
    for (const { group, permissionSet } of assignments) {
      this.groupIds[group] ??= props.identityCenter.existingGroups?.[group] ?? this.createGroup(group);
      this.permissionSetArns[permissionSet.name] ??= this.createPermissionSet(permissionSet);
    }
    this.assign(assignments.flatMap(assignment => singleAssignments(assignment, props.accounts)));
  }

  private createGroup(displayName: string): string {
    const { identityStoreId } = this.props.identityCenter;
    const group = new identitystore.CfnGroup(this, `Group-${displayName}`, { displayName, identityStoreId });
    // its members are known nowhere else
    group.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return group.attrGroupId;
  }

  private createPermissionSet(permissionSet: PermissionSet): string {
    const { name, description, sessionDuration } = permissionSet;
    const { auditTrail } = this.props;
    const managedPolicies = permissionSet._managedPolicyNames.map(policy => `arn:${Stack.of(this).partition}:iam::aws:policy/${policy}`);
    return new sso.CfnPermissionSet(this, `PermissionSet-${name}`, {
      instanceArn: this.props.identityCenter.instanceArn,
      name,
      description,
      sessionDuration: sessionDuration.toIsoString(),
      managedPolicies: managedPolicies.length ? managedPolicies : undefined,
      inlinePolicy: permissionSet._inlinePolicy(auditTrail && trailAccess(this, auditTrail)),
    }).attrPermissionSetArn;
  }

  private assign(assignments: SingleAssignment[]): void {
    const ids = Object.fromEntries(this.props.accounts.map(({ name, accountId }) => [name, accountId]));
    const previous: Record<string, sso.CfnAssignment> = {};
    const byId = Object.fromEntries(assignments.map(assignment => [assignmentId(assignment), assignment]));
    for (const id of Object.keys(byId).sort()) {
      const { group, permissionSet, account } = byId[id];
      const assignment = new sso.CfnAssignment(this, id, {
        instanceArn: this.props.identityCenter.instanceArn,
        permissionSetArn: this.permissionSetArns[permissionSet.name],
        principalType: 'GROUP',
        principalId: this.groupIds[group],
        targetType: 'AWS_ACCOUNT',
        targetId: account === MANAGEMENT ? Stack.of(this).account : ids[account.name],
      });
      // Identity Center updates one role of an account at a time
      if (previous[account.name]) { assignment.addDependency(previous[account.name]); }
      previous[account.name] = assignment;
    }
  }
}
