import { Names, Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as organizations from 'aws-cdk-lib/aws-organizations';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { freezeStatement } from './freeze-statement';
import { HardStop } from './hard-stop';

export interface BudgetFreezeProps {
  readonly organizationId: string;
  /** Told when a freeze waits for approval, is made and is reversed. */
  readonly topic: sns.ITopic;
}

export interface FrozenAccount {
  readonly name: string;
  readonly accountId: string;
  readonly budget: budgets.CfnBudget;
  readonly hardStop: HardStop;
}

/** The policy that no account has until it overruns its budget, and the role by which AWS Budgets attaches it. */
export class BudgetFreeze extends Construct {
  public readonly policy: organizations.CfnPolicy;

  private readonly role: iam.Role;

  constructor(scope: Construct, id: string, private readonly props: BudgetFreezeProps) {
    super(scope, id);
    this.policy = this.createPolicy();
    this.role = this.createRole();
  }

  /** Attaches the policy to the account when its budget is overrun. */
  public addAccount({ name, accountId, budget, hardStop }: FrozenAccount): void {
    const { percent, approvalModel } = hardStop._bind();
    this.role.addToPolicy(this.mayAttach(Stack.of(this).formatArn({
      service: 'organizations', region: '', resource: 'account', resourceName: `${this.props.organizationId}/${accountId}`,
    })));
    const action = new budgets.CfnBudgetsAction(this, `Action-${name}`, {
      budgetName: budget.ref,
      actionType: 'APPLY_SCP_POLICY',
      notificationType: 'ACTUAL',
      actionThreshold: { type: 'PERCENTAGE', value: percent },
      approvalModel,
      executionRoleArn: this.role.roleArn,
      definition: { scpActionDefinition: { policyId: this.policy.attrId, targetIds: [accountId] } },
      subscribers: [{ type: 'SNS', address: this.props.topic.topicArn }],
    });
    // AWS Budgets may only publish once topic and role have their policies
    action.node.addDependency(this.role, this.props.topic);
  }

  private createPolicy(): organizations.CfnPolicy {
    return new organizations.CfnPolicy(this, 'Policy', {
      // Organizations demands a name that no other policy of the organization has
      name: Names.uniqueResourceName(this, { maxLength: 128, separator: '-' }),
      description: 'budget overrun: nothing new, nothing larger',
      type: 'SERVICE_CONTROL_POLICY',
      content: { Version: '2012-10-17', Statement: [freezeStatement().toStatementJson()] },
    });
  }

  /** @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-action-role.html */
  private createRole(): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      description: 'AWS Budgets freezes accounts that overran their budget',
      assumedBy: new iam.ServicePrincipal('budgets.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'budgets', region: '', resource: 'budget', resourceName: '*' }) },
        },
      }),
    });
    role.addToPolicy(this.mayAttach(this.policy.attrArn));
    return role;
  }

  /** Organizations authorizes the call against the policy and against its target. */
  private mayAttach(resource: string): iam.PolicyStatement {
    return new iam.PolicyStatement({ actions: ['organizations:AttachPolicy', 'organizations:DetachPolicy'], resources: [resource] });
  }
}
