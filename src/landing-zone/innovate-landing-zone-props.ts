import { Duration } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { IdentityCenterProps } from './access/identity-center';
import { TrailLock } from './audit/trail-lock';
import { Guardrail } from './guardrails/guardrail';
import { AlternateContact } from './organization/alternate-contact';
import { LandingZoneAccount } from './organization/landing-zone-account';
import { OrganizationAttributes } from './organization/organization';

/** Props of InnovateLandingZone. */
export interface InnovateLandingZoneProps {
  /** The accounts for workloads. The management account, which the stack is deployed to, is none of them. */
  readonly accounts: LandingZoneAccount[];

  /** The regions that workloads may use. The stack's own region has to be one. The global services work without us-east-1 in the list. */
  readonly permittedRegions: string[];

  /** Who is told when an account spends more than planned. The address has to confirm the subscription once. */
  readonly alertEmail: string;

  /**
   * What the management account should cost in a month, in US dollars. No hard stop reaches it, as no policy does.
   *
   * @default 100
   */
  readonly managementBudgetUsd?: number;

  /**
   * Who is told when somebody uses root, changes the trail, the organization or a guardrail, or signs in without a second factor.
   *
   * @default - the address for costs
   */
  readonly securityEmail?: string;

  /**
   * Whom AWS calls about the security of any account. CloudFormation cannot register it: it is a step of the first-run checklist.
   *
   * @default - the root user's e-mail address of each account
   */
  readonly securityContact?: AlternateContact;

  /**
   * Name of the account that is the delegated administrator of GuardDuty, Security Hub, Inspector, Access Analyzer and AWS Config,
   * by steps of the first-run checklist. Which accounts become its members is decided there, in those services.
   *
   * @default - each account watches itself
   */
  readonly securityAccount?: string;

  /**
   * Groups of people and what they may do in which accounts.
   *
   * @default - nobody gets in through IAM Identity Center
   */
  readonly identityCenter?: IdentityCenterProps;

  /**
   * The organization of the management account, with all features enabled.
   *
   * Without it the deployment makes a new organization, its units, its accounts and the budgets. Guardrails and trail need
   * switches of the organization that CloudFormation cannot set: they follow with the second deployment, once
   * `npx cdk-innovate-platform preflight --apply` has set them and the ids stand here.
   *
   * @default - a new organization
   */
  readonly organization?: OrganizationAttributes;

  /**
   * What no identity in a workload account can do.
   *
   * @default Guardrail.defaults()
   */
  readonly guardrails?: Guardrail[];

  /**
   * How long the audit trail is kept in S3, at least 365 days. Files of 128 KB and more move to Glacier after 90 days; for smaller ones
   * it would cost more.
   *
   * @default Duration.days(2557) - seven years
   */
  readonly trailRetention?: Duration;

  /**
   * For how long nobody can delete or change a file of the audit trail; not longer than `trailRetention`.
   * A lock in compliance mode cannot be shortened by anybody, AWS included.
   *
   * @default TrailLock.compliance(Duration.days(365))
   */
  readonly trailLock?: TrailLock;

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
