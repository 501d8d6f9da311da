import { CfnResource, Stack } from 'aws-cdk-lib';
import { Construct, IConstruct, IValidation } from 'constructs';
import { explain } from '../../private/validation';

/** The services that govern an organization, by themselves no workload wherever they stand. */
const GOVERNANCE_SERVICES = new Set([
  'AccessAnalyzer', 'BCMDataExports', 'BillingConductor', 'Budgets', 'CE', 'CUR', 'CloudFormation', 'CloudTrail', 'CloudWatch', 'Config',
  'GuardDuty', 'IAM', 'IdentityStore', 'InspectorV2', 'KMS', 'Logs', 'Notifications', 'NotificationsContacts', 'Organizations', 'RAM', 'SSO', 'SecurityHub',
  'ServiceCatalog',
]);

/** What these services write to and report through: theirs in the landing zone, a part of a workload anywhere else. */
const SERVICES_OF_THE_LANDING_ZONE = new Set(['Chatbot', 'Events', 'S3', 'SNS']);

/** Refuses, when the app is synthesized, what would run or keep a workload in the management account. */
export class WorkloadsInManagement implements IValidation {
  private readonly management: Stack;
  private readonly permitted = new Set<IConstruct>();

  constructor(private readonly landingZone: Construct) {
    this.management = Stack.of(landingZone);
    landingZone.node.addValidation(this);
  }

  /** Lets a construct and everything in it stand in the management account. */
  public permit(construct: IConstruct): void {
    this.permitted.add(construct);
  }

  public validate(): string[] {
    const stacks = this.landingZone.node.root.node.findAll().filter(Stack.isStack).filter(stack => this.isInManagement(stack));
    return stacks.flatMap(stack => {
      const workload = stack.node.findAll().find((child): child is CfnResource =>
        CfnResource.isCfnResource(child) && child.stack === stack && this.isWorkload(child));
      return workload ? [this.refusal(stack, workload)] : [];
    });
  }

  /** Stacks without an account of their own are deployed to whichever account the credentials are for: the same one. */
  private isInManagement(stack: Stack): boolean {
    return stack.resolve(stack.account) === this.management.account
      || JSON.stringify(stack.resolve(stack.account)) === JSON.stringify(this.management.resolve(this.management.account));
  }

  /** Types without a service, such as `AWS::CDK::Metadata` or somebody's `Custom::…`, run nothing themselves. */
  private isWorkload({ cfnResourceType, node }: CfnResource): boolean {
    const [vendor, service] = cfnResourceType.split('::');
    const isOwn = node.scopes.includes(this.landingZone) && SERVICES_OF_THE_LANDING_ZONE.has(service);
    return vendor === 'AWS' && service !== 'CDK' && !GOVERNANCE_SERVICES.has(service) && !isOwn && !node.scopes.some(scope => this.permitted.has(scope));
  }

  private refusal(stack: Stack, workload: CfnResource): string {
    return explain({
      prop: `env.account of stack ${stack.node.path || stack.stackName}`,
      value: stack.resolve(stack.account),
      problem: `that is the management account, which runs no workloads and which no guardrail reaches, and ${workload.node.path} is ${workload.cfnResourceType}`,
      remedy: 'Give the stack the account of an environment, or say why it has to be here: `landingZone.permitInManagement(construct, reason)`.',
    });
  }
}
