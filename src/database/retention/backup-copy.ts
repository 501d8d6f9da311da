import { Annotations, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { BackupCopyVault, IBackupCopyVault } from './backup-copy-vault';
import { addCrossAccountStep, addOptInStep, BackupPlace } from './backup-steps';
import { validateDays } from './days';
import { RetentionTier } from './retention-tier';
import { isDeployTime, reject, validateMatch } from '../../private/validation';
import { weakReference } from '../../private/weak-reference';

/** Options of `BackupCopy`. */
export interface BackupCopyOptions {
  /**
   * Names of the tiers whose snapshots are copied.
   *
   * @default - all tiers
   */
  readonly tiers?: string[];

  /**
   * How long each copy is kept.
   *
   * @default - as long as the snapshot that it is a copy of
   */
  readonly retention?: Duration;
}

/**
 * A second place for snapshots, besides the vault beside the database.
 *
 * Two copies are made independently of each other, each from the first snapshot: the loss of one place never breaks the way to the other.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html
 *
 * @example
 * import { BackupCopy, BackupCopyVault, DataRetention } from 'cdk-innovate-platform';
 * import { Duration } from 'aws-cdk-lib';
 *
 * const vault = BackupCopyVault.fromBackupCopyVaultAttributes(this, 'VaultOfTheBackupAccount', {
 *   backupVaultArn: 'arn:aws:backup:eu-west-1:333333333333:backup-vault:databases',
 *   encryptionKeyArn: 'arn:aws:kms:eu-west-1:333333333333:key/11111111-2222-3333-4444-555555555555',
 * });
 * const retention = DataRetention.standard({
 *   copies: [BackupCopy.toAccount(vault, { tiers: ['daily'], retention: Duration.days(35) })],
 * });
 */
export class BackupCopy {
  /** To another region of the database's own account: what is left when a region is lost. */
  public static toRegion(vault: IBackupCopyVault, options: BackupCopyOptions = {}): BackupCopy {
    return new BackupCopy(vault, options, { account: false, region: true });
  }

  /**
   * To another account, in the database's own region: what is left when the account is taken over.
   *
   * Lets the backup service of that account read snapshots with the database's key.
   */
  public static toAccount(vault: IBackupCopyVault, options: BackupCopyOptions = {}): BackupCopy {
    return new BackupCopy(vault, options, { account: true, region: false });
  }

  /**
   * To another account and another region in one step, which AWS Backup offers for Aurora since October 2025. Where it is refused,
   * make two copies, one by `toRegion` and one by `toAccount`.
   */
  public static toAccountAndRegion(vault: IBackupCopyVault, options: BackupCopyOptions = {}): BackupCopy {
    return new BackupCopy(vault, options, { account: true, region: true });
  }

  private constructor(
    private readonly vault: IBackupCopyVault,
    private readonly options: BackupCopyOptions,
    private readonly other: { readonly account: boolean; readonly region: boolean },
  ) {}

  /** What tells one vault from another. @internal */
  public get _destination(): string {
    return this.vault instanceof BackupCopyVault ? this.vault.node.path : this.vault.backupVaultArn;
  }

  /** @internal */
  public _validate(scope: IConstruct, prop: string, tiers: RetentionTier[]): void {
    const { tiers: names, retention } = this.options;
    validateMatch(scope, {
      prop: `${prop}.backupVaultArn`,
      value: this.vault.backupVaultArn,
      pattern: /^arn:[\w-]+:backup:[a-z0-9-]+:\d{12}:backup-vault:[\w-]{2,50}$/,
      problem: 'it is not the ARN of a backup vault',
      remedy: 'Give "arn:aws:backup:<region>:<account>:backup-vault:<name>".',
    });
    validateMatch(scope, {
      prop: `${prop}.encryptionKeyArn`,
      value: this.vault.encryptionKeyArn,
      pattern: /^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
      problem: 'it is not the ARN of a customer key, and no other encrypts a copy',
      remedy: 'Give "arn:aws:kms:<region>:<account>:key/<id>".',
    });
    this.validatePlace(scope, prop);
    const unknown = names?.find(name => !isDeployTime(name) && !tiers.some(tier => tier.name === name));
    if (unknown !== undefined || names?.length === 0 || tiers.length === 0) {
      reject(scope, {
        prop: `${prop}.tiers`, value: unknown ?? names ?? [], problem: 'there is no such tier to copy', remedy: `Name some of: ${tiers.map(tier => tier.name).join(', ') || '(no tiers)'}.`,
      });
    }
    validateDays(scope, `${prop}.retention`, retention);
    if (this.vault instanceof BackupCopyVault) {
      for (const tier of tiers.filter(({ name }) => this._copies(name))) {
        this.vault._legalMinimum?._validateKept(scope, `${prop}.retention`, retention ?? tier.retention);
      }
    }
  }

  private validatePlace(scope: IConstruct, prop: string): void {
    const { account, region } = this.place(scope);
    const here = Stack.of(scope);
    const same = (given: string, own: string) => isDeployTime(given) || isDeployTime(own) ? undefined : given === own;
    const [sameAccount, sameRegion] = [same(account, here.account), same(region, here.region)];
    const value = this._destination;
    if (sameAccount && sameRegion) {
      reject(scope, { prop, value, problem: 'the vault is in the account and region of the database itself', remedy: 'Copy to a vault elsewhere.' });
    }
    if (sameAccount === this.other.account || sameRegion === this.other.region) {
      reject(scope, {
        prop,
        value,
        problem: `the vault is in ${sameAccount ? 'the account of the database' : 'another account'} and ${sameRegion ? 'its region' : 'another region'}`,
        remedy: 'Use toRegion() for another region, toAccount() for another account, and toAccountAndRegion() for both at once.',
      });
    }
  }

  /** @internal */
  public _copies(tier: string): boolean {
    return this.options.tiers?.includes(tier) ?? true;
  }

  /** @internal */
  public _action(scope: Construct, id: string, tier: RetentionTier): backup.BackupPlanCopyActionProps {
    return {
      destinationBackupVault: scope.node.tryFindChild(id) as backup.IBackupVault | undefined
        ?? backup.BackupVault.fromBackupVaultArn(scope, id, this.vault.backupVaultArn),
      deleteAfter: this.options.retention ?? tier.retention,
    };
  }

  /**
   * What the role of a backup plan needs besides, after `AWSBackupServiceRolePolicyForBackup`, narrowed to this destination.
   *
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
   *
   * @internal
   */
  public _grantCopy(scope: Construct, role: iam.Role): void {
    const { account, region } = this.place(scope);
    const snapshots = (place: Partial<BackupPlace>, resourceName = 'awsbackup:*') => Stack.of(scope).formatArn({
      ...place, service: 'rds', resource: 'cluster-snapshot', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const allow = (actions: string[], resource: string, conditions?: Record<string, Record<string, string>>) => {
      role.addToPolicy(new iam.PolicyStatement({ actions, resources: [resource], conditions }));
    };
    if (this.vault instanceof BackupCopyVault) { this.vault._admit(Stack.of(scope).account); }
    allow(['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'], this.vault.backupVaultArn);
    // the recovery point of an Aurora cluster is its snapshot
    allow(['backup:CopyFromBackupVault', 'rds:CopyDBClusterSnapshot'], snapshots({}));
    if (this.other.account) {
      // shares the snapshot with the account that copies it
      allow(['rds:ModifyDBClusterSnapshotAttribute'], snapshots({}));
      return;
    }
    allow(['rds:CopyDBClusterSnapshot', 'rds:AddTagsToResource', 'rds:ListTagsForResource'], snapshots({ account, region }));
    // a call without a filter is authorized against all of the region's snapshots
    allow(['rds:DescribeDBClusterSnapshots'], snapshots({ account, region }, '*'));
    const keyArn = weakReference({ producer: this.vault as Construct, consumer: scope, id: 'KeyArn', value: this.vault.encryptionKeyArn });
    allow(['kms:DescribeKey'], keyArn);
    allow(['kms:CreateGrant'], keyArn, { Bool: { 'kms:GrantIsForAWSResource': 'true' } });
  }

  /**
   * Lets the backup service of the other account read snapshots with the database's key, as far as its own policy,
   * `AWSBackupServiceLinkedRolePolicyForBackup`, makes use of it.
   *
   * @internal
   */
  public _shareKey(scope: Construct, key: kms.IKey): void {
    if (!this.other.account) { return; }
    const { account, region } = this.place(scope);
    const stack = Stack.of(scope);
    const principals = [new iam.AccountPrincipal(account)];
    const viaRds = { 'kms:ViaService': [...new Set([stack.region, region])].map(each => `rds.${each}.amazonaws.com`) };
    const statements = [
      new iam.PolicyStatement({ principals, actions: ['kms:DescribeKey'], resources: ['*'] }),
      new iam.PolicyStatement({
        principals, actions: ['kms:ListGrants', 'kms:ReEncryptFrom', 'kms:GenerateDataKeyWithoutPlaintext'], resources: ['*'], conditions: { StringEquals: viaRds },
      }),
      new iam.PolicyStatement({
        principals,
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { StringEquals: viaRds, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ];
    const added = statements.map(statement => key.addToResourcePolicy(statement).statementAdded);
    if (added.includes(false)) {
      Annotations.of(scope).addWarningV2('cdk-innovate-platform:backup-copy-key',
        `The key's policy cannot be changed from here: copies into account ${account} fail until it lets that account use the key through RDS.`);
    }
  }

  /** @internal */
  public _addSteps(scope: Construct): void {
    if (this.other.account) { addCrossAccountStep(scope); }
    if (!(this.vault instanceof BackupCopyVault)) { addOptInStep(scope, this.place(scope)); }
  }

  private place(scope: IConstruct): BackupPlace {
    if (this.vault instanceof BackupCopyVault) { return Stack.of(this.vault); }
    const { account, region } = Stack.of(scope).splitArn(this.vault.backupVaultArn, ArnFormat.COLON_RESOURCE_NAME);
    return { account: account!, region: region! };
  }
}
