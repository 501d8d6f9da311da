import { Duration } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AuditTrail } from './audit/audit-trail';
import { BUDGETS_SERVICE, CostAlerts } from './billing/cost-alerts';
import { Guardrail } from './guardrails/guardrail';
import { attachPolicy, composeGuardrails, ComposedPolicy } from './guardrails/guardrail-policies';
import { LandingZoneAccount } from './organization/landing-zone-account';
import { validateLandingZone } from './landing-zone-validation';
import { OrganizationAttributes } from './organization/organization';
import { OrganizationTree } from './organization/organization-tree';
import { createEncryptionKey } from '../private/encryption-key';
import { reject } from '../private/validation';

/** Props of InnovateLandingZone. */
export interface InnovateLandingZoneProps {
  /** The accounts for workloads. The management account, which the stack is deployed to, is none of them. */
  readonly accounts: LandingZoneAccount[];

  /** The regions that workloads may use. The stack's own region has to be one. The global services work without us-east-1 in the list. */
  readonly permittedRegions: string[];

  /** Who is told when an account spends more than planned. The address has to confirm the subscription once. */
  readonly alertEmail: string;

  /**
   * The organization of the management account, with all features enabled.
   *
   * CloudTrail needs trusted access to the organization before the trail can be made, which CloudFormation
   * cannot give: `docs/landing-zone.md` has the commands for both cases.
   *
   * @default - a new organization
   */
  readonly organization?: OrganizationAttributes;

  /**
   * What no identity in a workload account can do.
   *
   * @default Guardrail.all()
   */
  readonly guardrails?: Guardrail[];

  /**
   * How long the audit trail is kept in S3, at least 365 days. Logs move to Glacier after 90 days.
   *
   * @default Duration.days(2557) - seven years
   */
  readonly trailRetention?: Duration;

  /**
   * How long the audit trail can be searched in CloudWatch Logs.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Encrypts trail, logs and alerts. The policy of an imported key cannot be changed from here: it has to admit
   * CloudTrail, CloudWatch Logs and AWS Budgets.
   *
   * @default - a new key, rotated yearly
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * An organization with accounts that stay safe by themselves: units, accounts, guardrails, one audit trail and a budget per account.
 *
 * It belongs into a stack of its own in the management account. Organization, units, accounts, trail archive
 * and key are kept when the stack is deleted.
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/welcome.html
 *
 * @example
 * import { InnovateLandingZone, LandingZoneAccount, OrganizationalUnit } from 'cdk-innovate-platform';
 *
 * const landingZone = new InnovateLandingZone(this, 'LandingZone', {
 *   organization: { organizationId: 'o-exampleorgid', rootId: 'r-exam' },
 *   permittedRegions: ['eu-west-1', 'eu-central-1'],
 *   alertEmail: 'finance@innovate.example',
 *   accounts: [
 *     LandingZoneAccount.create({
 *       name: 'staging',
 *       email: 'aws+staging@innovate.example',
 *       organizationalUnit: OrganizationalUnit.NON_PRODUCTION,
 *       monthlyBudgetUsd: 800,
 *     }),
 *     LandingZoneAccount.create({
 *       name: 'production',
 *       email: 'aws+production@innovate.example',
 *       organizationalUnit: OrganizationalUnit.PRODUCTION,
 *       monthlyBudgetUsd: 6000,
 *     }),
 *   ],
 * });
 * const stagingAccountId = landingZone.accountId('staging');
 */
export class InnovateLandingZone extends Construct {
  /** The organization's id. */
  public readonly organizationId: string;

  /** The id of the organization's root. */
  public readonly rootId: string;

  /** The organization's trail: every account, every region, validated. */
  public readonly trail: cloudtrail.CfnTrail;

  /** Where the trail is archived. */
  public readonly trailBucket: s3.IBucket;

  /** Encrypts trail, logs and alerts. */
  public readonly encryptionKey: kms.IKey;

  /** Where the budgets report; add further subscriptions here. */
  public readonly costAlertTopic: sns.Topic;

  private readonly organization: OrganizationTree;

  constructor(scope: Construct, id: string, props: InnovateLandingZoneProps) {
    super(scope, id);
    const trailRetention = props.trailRetention ?? Duration.days(2557);
    validateLandingZone(this, props, trailRetention);
    const policies = composeGuardrails(this, props.guardrails ?? Guardrail.all(), props);

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', {
      description: 'Audit trail and cost alerts of the organization', services: [BUDGETS_SERVICE],
    });
    this.organization = new OrganizationTree(this, 'Organization', props);
    this.organizationId = this.organization.organizationId;
    this.rootId = this.organization.rootId;
    this.attachGuardrails(policies);

    const audit = new AuditTrail(this, 'AuditTrail', {
      organizationId: this.organizationId, encryptionKey: this.encryptionKey, retention: trailRetention, logRetention: props.logRetention,
    });
    this.trail = audit.trail;
    this.trailBucket = audit.bucket;
    this.costAlertTopic = this.createBudgets(props);
  }

  /**
   * The id of an account: as given, or a token that CloudFormation resolves for an account this landing zone creates.
   *
   * @param name the account's name, as in `accounts`
   */
  public accountId(name: string): string {
    const accountId = this.organization.accountIds[name];
    if (accountId === undefined) {
      reject(this, {
        prop: 'accountId(name)',
        value: name,
        problem: 'no account of the landing zone has this name',
        remedy: `Give one of ${Object.keys(this.organization.accountIds).join(', ')}.`,
      });
    }
    return accountId;
  }

  private attachGuardrails(policies: ComposedPolicy[]): void {
    const scope = new Construct(this, 'Guardrails');
    const counts: Record<string, number> = {};
    for (const policy of policies) {
      const unit = policy.organizationalUnit?.name ?? 'Workloads';
      counts[unit] = (counts[unit] ?? 0) + 1;
      attachPolicy(scope, `${unit}${counts[unit]}`, { policy, targetIds: this.organization.policyTargets(policy.organizationalUnit) });
    }
  }

  private createBudgets({ accounts, alertEmail }: InnovateLandingZoneProps): sns.Topic {
    const alerts = new CostAlerts(this, 'CostAlerts', { alertEmail, encryptionKey: this.encryptionKey });
    for (const { name, monthlyBudgetUsd } of accounts) { alerts.addBudget(name, this.accountId(name), monthlyBudgetUsd); }
    return alerts.topic;
  }
}
