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

/** The organization, its units and its accounts. All of it survives the stack. */
export class OrganizationTree extends Construct {
  public readonly organizationId: string;
  public readonly rootId: string;
  /** Account ids by name. */
  public readonly accountIds: Record<string, string> = {};

  private readonly workloads: organizations.CfnOrganizationalUnit;
  private readonly units: Record<string, organizations.CfnOrganizationalUnit> = {};

  constructor(scope: Construct, id: string, private readonly props: OrganizationTreeProps) {
    super(scope, id);
    const { organizationId, rootId } = props.organization ?? this.createOrganization();
    this.organizationId = organizationId;
    this.rootId = rootId;
    this.workloads = this.createUnit('Workloads', rootId);
    for (const unit of [OrganizationalUnit.PRODUCTION, OrganizationalUnit.NON_PRODUCTION, ...props.accounts.map(account => account.organizationalUnit)]) {
      this.units[unit.name] ??= this.createUnit(unit.name, this.workloads.attrId);
    }
    this.createAccounts();
  }

  /**
   * What a policy is attached to so that it reaches every workload account, or those of one unit: the unit,
   * and the existing accounts, which CloudFormation cannot move into it.
   */
  public policyTargets(unit?: OrganizationalUnit): string[] {
    const existing = this.props.accounts.filter(account => !account._isCreated && (!unit || account.organizationalUnit.name === unit.name));
    return [(unit ? this.units[unit.name] : this.workloads).attrId, ...existing.map(account => account.accountId!)];
  }

  private createOrganization(): OrganizationAttributes {
    const organization = retained(new organizations.CfnOrganization(this, 'Organization', { featureSet: 'ALL' }));
    new CfnOutput(this, 'OrganizationId', { value: organization.attrId, description: 'For `organization.organizationId`' });
    new CfnOutput(this, 'RootId', { value: organization.attrRootId, description: 'For `organization.rootId`' });
    return { organizationId: organization.attrId, rootId: organization.attrRootId };
  }

  private createUnit(name: string, parentId: string): organizations.CfnOrganizationalUnit {
    return retained(new organizations.CfnOrganizationalUnit(this, `Unit-${name}`, { name, parentId }));
  }

  private createAccounts(): void {
    let previous: organizations.CfnAccount | undefined;
    for (const { name, email, accountId, organizationalUnit } of this.props.accounts) {
      if (email === undefined) {
        this.accountIds[name] = accountId!;
        continue;
      }
      const account = retained(new organizations.CfnAccount(this, `Account-${name}`, {
        accountName: name, email, parentIds: [this.units[organizationalUnit.name].attrId],
      }));
      // Organizations refuses to create two accounts at once
      if (previous) { account.addDependency(previous); }
      previous = account;
      this.accountIds[name] = account.attrAccountId;
      new CfnOutput(this, `AccountId-${name}`, { value: account.attrAccountId, description: `Account id of ${name}` });
    }
  }
}

function retained<T extends CfnResource>(resource: T): T {
  resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return resource;
}
