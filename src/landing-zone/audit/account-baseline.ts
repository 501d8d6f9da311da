import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as accessanalyzer from 'aws-cdk-lib/aws-accessanalyzer';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as guardduty from 'aws-cdk-lib/aws-guardduty';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as securityhub from 'aws-cdk-lib/aws-securityhub';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { validateAccountBaseline } from './account-baseline-validation';
import { BackupTarget } from './backup-target';
import { addBaselineSteps } from './baseline-steps';
import { CONFIG_SERVICE, ConfigRecording } from './config-recording';
import { FindingAlerts } from './finding-alerts';
import { ProtectionPlan } from './protection-plan';
import { SecurityService } from './security-service';
import { SecurityStandard } from './security-standard';
import { VaultLock } from './vault-lock';
import { createEncryptionKey } from '../../private/encryption-key';

/** Props of AccountBaseline. */
export interface AccountBaselineProps {
  /**
   * The services that are switched on. Leave out what the account has already.
   *
   * @default SecurityService.standard()
   */
  readonly services?: SecurityService[];

  /**
   * What GuardDuty looks at. A plan that is left out is switched off.
   *
   * @default ProtectionPlan.all()
   */
  readonly protectionPlans?: ProtectionPlan[];

  /**
   * What Security Hub checks the account against.
   *
   * @default - SecurityStandard.FOUNDATIONAL and SecurityStandard.CIS
   */
  readonly securityStandards?: SecurityStandard[];

  /**
   * Where high and critical findings of GuardDuty and critical ones of Security Hub are sent. The topic, and its key where it has one, admit
   * EventBridge of this account from now on; an imported topic cannot be changed from here and has to admit it already.
   *
   * A finding is told again while it lasts: by GuardDuty every six hours until it is archived, by Security Hub with each check until its
   * workflow status is NOTIFIED or SUPPRESSED.
   *
   * @default - findings wait in the consoles of GuardDuty and Security Hub
   */
  readonly alerts?: sns.ITopic;

  /**
   * How long the record of AWS Config is kept in S3, at least 365 days.
   *
   * @default Duration.days(2557) - seven years
   */
  readonly configRetention?: Duration;

  /**
   * For how long a role, user, key or permission has to be unused to become a finding: 1 to 365 days.
   *
   * @default Duration.days(90)
   */
  readonly unusedAccessAge?: Duration;

  /**
   * How the backups in the vault are kept from deletion.
   *
   * @default VaultLock.governance(Duration.days(7))
   */
  readonly vaultLock?: VaultLock;

  /**
   * Whether the service-linked role of AWS Config is made here. AWS refuses to make it where the account has it already:
   * `aws iam get-role --role-name AWSServiceRoleForConfig` tells.
   *
   * @default - true, unless `furtherRegion`
   */
  readonly createConfigRole?: boolean;

  /**
   * Whether the account has a baseline in another region. What there is once in an account is left to that one: the roles of AWS Config
   * and AWS Backup, the record of users, roles and policies, and the search for unused access.
   *
   * @default false
   */
  readonly furtherRegion?: boolean;

  /**
   * Encrypts the record of AWS Config and the backups. The policy of an imported key cannot be changed from here: it has to admit AWS Config.
   *
   * @default - a new key, rotated yearly, where AWS Config or AWS Backup is among `services`
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What every workload account has, whatever runs in it: threat detection, a record of all changes, checks against security standards, a
 * search for access that nobody needs, and a place for backups.
 *
 * It belongs into a stack of its own, once in each account and region that workloads use. Record, backups and key are kept when the
 * stack is deleted. What CloudFormation cannot switch on is on the first-run checklist: `npx cdk-innovate-platform preflight`.
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/welcome.html
 *
 * @example
 * import { AccountBaseline } from 'cdk-innovate-platform';
 * import * as sns from 'aws-cdk-lib/aws-sns';
 *
 * declare const alerts: sns.ITopic;
 * new AccountBaseline(this, 'Baseline', { alerts });
 */
export class AccountBaseline extends Construct {
  /** Encrypts the record of AWS Config and the backups; undefined where both are left out and no key is given. */
  public readonly encryptionKey?: kms.IKey;

  /** Where AWS Config keeps its record; undefined where it is left out. */
  public readonly configBucket?: s3.IBucket;

  /** Where the organization's backup policy puts its backups; undefined where it is left out. */
  public readonly backupVault?: backup.IBackupVault;

  /** The id of GuardDuty's detector; undefined where it is left out. */
  public readonly detectorId?: string;

  private readonly furtherRegion: boolean;

  constructor(scope: Construct, id: string, props: AccountBaselineProps = {}) {
    super(scope, id);
    validateAccountBaseline(this, props);
    const services = props.services ?? SecurityService.standard();
    this.furtherRegion = props.furtherRegion ?? false;
    const [records, backsUp] = [SecurityService.CONFIG, SecurityService.BACKUP].map(service => services.includes(service));
    const encryptionKey = props.encryptionKey ?? (records || backsUp ? this.createKey() : undefined);
    this.encryptionKey = encryptionKey;

    if (services.includes(SecurityService.GUARD_DUTY)) { this.detectorId = this.detectThreats(props); }
    const recording = records ? this.recordChanges(props, encryptionKey!) : undefined;
    this.configBucket = recording?.bucket;
    if (services.includes(SecurityService.SECURITY_HUB)) { this.checkStandards(props, recording); }
    if (services.includes(SecurityService.ACCESS_ANALYZER)) { this.analyzeAccess(props); }
    if (backsUp) { this.backupVault = this.receiveBackups(props, encryptionKey!); }
    if (services.includes(SecurityService.SNAPSHOT_PRIVACY)) {
      new ec2.CfnSnapshotBlockPublicAccess(this, 'SnapshotPrivacy', { state: 'block-all-sharing' });
    }
    if (props.alerts) { new FindingAlerts(this, 'Alerts', props.alerts); }
    addBaselineSteps(this);
  }

  private createKey(): kms.IKey {
    return createEncryptionKey(this, 'Key', { description: 'Record of AWS Config and backups of the account', services: [CONFIG_SERVICE] });
  }

  private detectThreats({ protectionPlans = ProtectionPlan.all() }: AccountBaselineProps): string {
    const chosen = protectionPlans.map(plan => plan.name);
    // GuardDuty switches most plans on by itself, so what is left out has to be said
    const others = ProtectionPlan.all().filter(plan => !chosen.includes(plan.name));
    const feature = (status: string) => (plan: ProtectionPlan): guardduty.CfnDetector.CFNFeatureConfigurationProperty => ({
      name: plan.name,
      status,
      additionalConfiguration: plan._agents().length ? plan._agents().map(name => ({ name, status })) : undefined,
    });
    return new guardduty.CfnDetector(this, 'Detector', {
      enable: true,
      // updates of known findings, each of which is told again; new ones are told at once
      findingPublishingFrequency: 'SIX_HOURS',
      features: [...protectionPlans.map(feature('ENABLED')), ...others.map(feature('DISABLED'))],
    }).attrId;
  }

  private recordChanges({ configRetention, createConfigRole }: AccountBaselineProps, encryptionKey: kms.IKey): ConfigRecording {
    return new ConfigRecording(this, 'Config', {
      encryptionKey,
      retention: configRetention ?? Duration.days(2557),
      createRole: createConfigRole ?? !this.furtherRegion,
      recordIam: !this.furtherRegion,
    });
  }

  private checkStandards(
    { securityStandards = [SecurityStandard.FOUNDATIONAL, SecurityStandard.CIS] }: AccountBaselineProps, recording?: ConfigRecording,
  ): void {
    const scope = new Construct(this, 'SecurityHub');
    const hub = new securityhub.CfnHub(scope, 'Hub', {
      enableDefaultStandards: false, autoEnableControls: true, controlFindingGenerator: 'SECURITY_CONTROL',
    });
    // most checks are rules of AWS Config
    if (recording) { hub.node.addDependency(recording); }
    let previous: Construct = hub;
    for (const { name } of securityStandards) {
      const standard = new securityhub.CfnStandard(scope, `Standard-${name}`, {
        standardsArn: Stack.of(this).formatArn({
          service: 'securityhub', account: '', resource: 'standards', resourceName: name, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      });
      // one after another: Security Hub changes a hub by one call at a time
      standard.node.addDependency(previous);
      previous = standard;
    }
  }

  private analyzeAccess({ unusedAccessAge }: AccountBaselineProps): void {
    const scope = new Construct(this, 'AccessAnalyzer');
    new accessanalyzer.CfnAnalyzer(scope, 'ExternalAccess', { type: 'ACCOUNT' });
    // users and roles are global, and each analyzer of them is paid for
    if (this.furtherRegion) { return; }
    new accessanalyzer.CfnAnalyzer(scope, 'UnusedAccess', {
      type: 'ACCOUNT_UNUSED_ACCESS',
      analyzerConfiguration: { unusedAccessConfiguration: { unusedAccessAge: unusedAccessAge?.toDays() ?? 90 } },
    });
  }

  private receiveBackups({ vaultLock }: AccountBaselineProps, encryptionKey: kms.IKey): backup.IBackupVault {
    return new BackupTarget(this, 'Backup', {
      encryptionKey, lock: vaultLock ?? VaultLock.governance(Duration.days(7)), createRole: !this.furtherRegion,
    }).vault;
  }
}
