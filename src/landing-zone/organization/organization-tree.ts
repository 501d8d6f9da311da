import { CfnOutput, CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import * as organizations from 'aws-cdk-lib/aws-organizations';
import { Construct } from 'constructs';
import { LandingZoneAccount } from './landing-zone-account';
import { OrganizationAttributes } from './organization';
import { OrganizationalUnit } from './organizational-unit';

export interface OrganizationTreeProps {
  readonly accounts: LandingZoneAccount[];
  /** @default - a new organization */
  readonly organization?: OrganizationAttributes;
}

/** The organization, its units and its accounts, made one after another: Organizations refuses two changes at once. */
export class OrganizationTree extends Construct {
  public readonly organizationId: string;
  public readonly rootId: string;
  /** Account ids by name. */
  public readonly accountIds: Record<string, string> = {};

  private readonly workloadsUnitId: string;
  private readonly unitIds: Record<string, string> = {};
  private previous?: CfnResource;

  constructor(scope: Construct, id: string, private readonly props: OrganizationTreeProps) {
    super(scope, id);
    const { organizationId, rootId, workloadsUnitId } = props.organization ?? this.createOrganization();
    this.organizationId = organizationId;
    this.rootId = rootId;
    this.workloadsUnitId = workloadsUnitId ?? this.createUnit('Workloads', rootId);
    for (const unit of [OrganizationalUnit.PRODUCTION, OrganizationalUnit.NON_PRODUCTION, ...props.accounts.map(account => account.organizationalUnit)]) {
      this.unitIds[unit.name] ??= this.createUnit(unit.name, this.workloadsUnitId);
    }
    for (const account of props.accounts) { this.accountIds[account.name] = this.accountIdOf(account); }
  }

  /**
   * What a policy is attached to so that it reaches every workload account, or those of one unit: the unit,
   * and the existing accounts, which CloudFormation cannot move into it.
   */
  public policyTargets(unit?: OrganizationalUnit): string[] {
    const existing = this.props.accounts.filter(account => !account._isCreated && (!unit || account.organizationalUnit.name === unit.name));
    return [unit ? this.unitIds[unit.name] : this.workloadsUnitId, ...existing.map(account => account.accountId!)];
  }

  private createOrganization(): OrganizationAttributes {
    const organization = this.next(new organizations.CfnOrganization(this, 'Organization', { featureSet: 'ALL' }));
    organization.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    new CfnOutput(this, 'OrganizationId', { value: organization.attrId, description: 'For `organization.organizationId`' });
    new CfnOutput(this, 'RootId', { value: organization.attrRootId, description: 'For `organization.rootId`' });
    return { organizationId: organization.attrId, rootId: organization.attrRootId };
  }

  private createUnit(name: string, parentId: string): string {
    const unit = this.next(new organizations.CfnOrganizationalUnit(this, `Unit-${name}`, { name, parentId }));
    // a unit that stayed behind after a failed first deployment would refuse the next one
    unit.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return unit.attrId;
  }

  private accountIdOf({ name, email, accountId, organizationalUnit }: LandingZoneAccount): string {
    if (email === undefined) { return accountId!; }
    const account = this.next(new organizations.CfnAccount(this, `Account-${name}`, {
      accountName: name, email, parentIds: [this.unitIds[organizationalUnit.name]],
    }));
    // AWS deletes no account at once, so one that was made is never lost
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnOutput(this, `AccountId-${name}`, { value: account.attrAccountId, description: `Account id of ${name}` });
    return account.attrAccountId;
  }

  private next<T extends CfnResource>(resource: T): T {
    if (this.previous) { resource.addDependency(this.previous); }
    this.previous = resource;
    return resource;
  }
}
