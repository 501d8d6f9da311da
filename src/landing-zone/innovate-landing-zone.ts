import { Annotations, Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { AccessControl } from './access/access-control';
import { AuditTrail } from './audit/audit-trail';
import { BUDGETS_SERVICE, COST_ANOMALY_SERVICE, CostAlerts } from './billing/cost-alerts';
import { Guardrail } from './guardrails/guardrail';
import { attachPolicies, composeGuardrails, ComposedPolicy, policyTypesOf } from './guardrails/guardrail-policies';
import { InnovateLandingZoneProps } from './innovate-landing-zone-props';
import { validateLandingZone } from './landing-zone-validation';
import { MANAGEMENT_NAME } from './organization/landing-zone-account';
import { OrganizationTree } from './organization/organization-tree';
import { WorkloadsInManagement } from './organization/workloads-in-management';
import { addPreparationSteps } from './preparation-steps';
import { ALARMS_SERVICE } from '../private/alarm-topic';
import { createEncryptionKey } from '../private/encryption-key';
import { reject } from '../private/validation';

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

  /** The organization's trail: every account, every region, validated. Undefined until `organization` is given. */
  public readonly trail?: cloudtrail.CfnTrail;

  /** Where the trail is archived. */
  public readonly trailBucket: s3.IBucket;

  /** Encrypts trail, logs and alerts. */
  public readonly encryptionKey: kms.IKey;

  /** Where the budgets report; add further subscriptions here. */
  public readonly costAlertTopic: sns.Topic;

  /** Where the alarms on the trail report; add further subscriptions here. */
  public readonly securityAlertTopic: sns.Topic;

  private readonly organization: OrganizationTree;
  private readonly workloads: WorkloadsInManagement;

  constructor(scope: Construct, id: string, props: InnovateLandingZoneProps) {
    super(scope, id);
    const trailRetention = props.trailRetention ?? Duration.days(2557);
    validateLandingZone(this, props, trailRetention);
    const policies = composeGuardrails(this, props.guardrails ?? Guardrail.defaults(), {
      ...props,
      organizationId: props.organization?.organizationId ?? Lazy.string({ produce: () => this.organizationId }),
      reservedServiceControlPolicies: props.accounts.some(({ hardStop }) => hardStop) ? 1 : 0,
    });

    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', {
      description: 'Audit trail and alerts of the organization', services: [BUDGETS_SERVICE, COST_ANOMALY_SERVICE, ALARMS_SERVICE],
    });
    this.organization = new OrganizationTree(this, 'Organization', props);
    this.organizationId = this.organization.organizationId;
    this.rootId = this.organization.rootId;
    const isPrepared = props.organization !== undefined;
    const guardrails = this.attachGuardrails(isPrepared ? policies : []);

    const audit = new AuditTrail(this, 'AuditTrail', {
      organizationId: this.organizationId,
      encryptionKey: this.encryptionKey,
      retention: trailRetention,
      lock: props.trailLock,
      logRetention: props.logRetention,
      isOrganizationPrepared: isPrepared,
      alarmEmail: props.securityEmail ?? props.alertEmail,
    });
    this.trail = audit.trail;
    this.trailBucket = audit.bucket;
    this.securityAlertTopic = audit.alarmTopic;
    this.costAlertTopic = this.watchCosts(props, isPrepared, guardrails);
    this.grantAccess(props, audit);
    addPreparationSteps(this, props, policyTypesOf(policies));
    if (!isPrepared) { this.announceSecondDeployment(); }
    this.workloads = new WorkloadsInManagement(this);
  }

  /**
   * Lets a construct stand in the management account, where workloads are refused when the app is synthesized.
   *
   * @param construct a stack, or a part of one
   * @param reason why it cannot live in another account; kept in the metadata of the cloud assembly
   */
  public permitInManagement(construct: IConstruct, reason: string): void {
    if (!reason.trim()) {
      reject(this, { prop: 'reason', value: reason, problem: 'somebody will ask why no guardrail reaches it', remedy: 'Say why it cannot live in another account.' });
    }
    construct.node.addMetadata('cdk-innovate-platform:permitted-in-management', reason);
    this.workloads.permit(construct);
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

  private attachGuardrails(policies: ComposedPolicy[]): Construct {
    const guardrails = new Construct(this, 'Guardrails');
    guardrails.node.addDependency(this.organization);
    attachPolicies(guardrails, policies, unit => this.organization.policyTargets(unit));
    return guardrails;
  }

  private watchCosts({ accounts, alertEmail, managementBudgetUsd = 100 }: InnovateLandingZoneProps, isPrepared: boolean, guardrails: Construct): sns.Topic {
    const { encryptionKey, organizationId } = this;
    const alerts = new CostAlerts(this, 'CostAlerts', { alertEmail, encryptionKey, organizationId, freezesAfter: guardrails });
    alerts.addAccount({ name: MANAGEMENT_NAME, accountId: Stack.of(this).account, monthlyBudgetUsd: managementBudgetUsd });
    for (const { name, monthlyBudgetUsd, hardStop } of accounts) {
      // the policy that freezes an account is of a kind that a new organization has to switch on first
      alerts.addAccount({ name, accountId: this.accountId(name), monthlyBudgetUsd, hardStop: isPrepared ? hardStop : undefined });
    }
    return alerts.topic;
  }

  private grantAccess({ accounts, identityCenter }: InnovateLandingZoneProps, auditTrail: AuditTrail): void {
    if (!identityCenter) { return; }
    new AccessControl(this, 'Access', {
      identityCenter,
      auditTrail,
      accounts: accounts.map(({ name, organizationalUnit }) => ({ name, organizationalUnit, accountId: this.accountId(name) })),
    });
  }

  private announceSecondDeployment(): void {
    Annotations.of(this).addWarningV2('cdk-innovate-platform:organization-without-trail', [
      'This deployment makes a new organization with accounts and budgets, and without guardrails and trail,',
      'which need switches that CloudFormation cannot set. After it, run `npx cdk-innovate-platform preflight --apply`, put the ids that it prints into',
      '`organization`, and deploy again.',
    ].join(' '));
  }
}
