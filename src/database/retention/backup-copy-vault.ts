import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IConstruct } from 'constructs';
import { addOptInStep } from './backup-steps';
import { LegalMinimum } from './legal-minimum';
import { createEncryptionKey } from '../../private/encryption-key';
import { reject, validateAccountId } from '../../private/validation';

/** A backup vault that copies go into. */
export interface IBackupCopyVault extends IConstruct {
  /** ARN of the vault, with its region and account. */
  readonly backupVaultArn: string;

  /** ARN of the customer key that copies are encrypted with. */
  readonly encryptionKeyArn: string;
}

/** What identifies a vault that was made elsewhere. */
export interface BackupCopyVaultAttributes {
  /** ARN of the vault, with its region and account. */
  readonly backupVaultArn: string;

  /** ARN of the vault's customer key: a key that AWS manages cannot encrypt copies of Aurora snapshots. */
  readonly encryptionKeyArn: string;
}

/** Props of `BackupCopyVault`. */
export interface BackupCopyVaultProps {
  /**
   * Accounts whose databases other apps deploy, and that may copy into the vault. Those of this app's databases are added by `BackupCopy`.
   *
   * @default - none
   */
  readonly sourceAccounts?: string[];

  /**
   * Locks the vault: a copy that would be kept for less fails, and nobody deletes one before.
   *
   * @default - not locked
   */
  readonly legalMinimum?: LegalMinimum;

  /**
   * Key that copies are encrypted with. Another key replaces the vault, and what is in the former one stays.
   *
   * @default - a key of its own
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * `RemovalPolicy.DESTROY` gives up an empty vault with its stack; AWS Backup refuses to delete one with copies in it.
   *
   * @default - kept, but not by a first deployment that rolls back
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Where the snapshots of databases are copied to: a vault in another region or account, in a stack of its own there.
 *
 * Encrypted with a key of its own, so that a copy can be restored without the account and the region that the database lives in.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
 *
 * @example
 * import { AuroraPostgres, BackupCopy, BackupCopyVault, DataRetention } from 'cdk-innovate-platform';
 * import { App, Stack } from 'aws-cdk-lib';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 *
 * declare const app: App;
 * declare const vpc: ec2.IVpc; // in account 222222222222, eu-west-1
 *
 * const elsewhere = new Stack(app, 'BackupCopies', { env: { account: '222222222222', region: 'eu-central-1' } });
 * const vault = new BackupCopyVault(elsewhere, 'BackupCopies');
 * new AuroraPostgres(this, 'Database', { vpc, retention: DataRetention.standard({ copies: [BackupCopy.toRegion(vault)] }) });
 */
export class BackupCopyVault extends Construct implements IBackupCopyVault {
  /** A vault that another app made; its policy has to let the account of the database copy into it. */
  public static fromBackupCopyVaultAttributes(scope: Construct, id: string, attributes: BackupCopyVaultAttributes): IBackupCopyVault {
    class Import extends Construct implements IBackupCopyVault {
      public readonly backupVaultArn = attributes.backupVaultArn;
      public readonly encryptionKeyArn = attributes.encryptionKeyArn;
    }
    return new Import(scope, id);
  }

  /** The vault. */
  public readonly vault: backup.BackupVault;

  /** Key that copies are encrypted with. */
  public readonly encryptionKey: kms.IKey;

  /** ARN of the vault, known to stacks of other accounts and regions before it exists. */
  public readonly backupVaultArn: string;

  /** ARN of the key that copies are encrypted with. */
  public readonly encryptionKeyArn: string;

  /** @internal */
  public readonly _legalMinimum?: LegalMinimum;

  private readonly admitted = new Set<string>();

  constructor(scope: Construct, id: string, props: BackupCopyVaultProps = {}) {
    super(scope, id);
    this._legalMinimum = props.legalMinimum;
    this.validate(props);
    const stack = Stack.of(this);
    this.encryptionKey = props.encryptionKey ?? createEncryptionKey(this, 'Key', { description: `Copies of backups, ${this.node.path}` });
    this.encryptionKeyArn = this.encryptionKey.keyArn;
    this.vault = new backup.BackupVault(this, 'Vault', {
      encryptionKey: this.encryptionKey,
      lockConfiguration: props.legalMinimum?._vaultLock,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    // the L2 names every vault in the template, so no stack has to wait for another account's to be told its name
    this.backupVaultArn = stack.formatArn({
      service: 'backup',
      resource: 'backup-vault',
      resourceName: (this.vault.node.defaultChild as backup.CfnBackupVault).backupVaultName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    for (const account of props.sourceAccounts ?? []) { this._admit(account); }
    addOptInStep(this);
  }

  /** Lets another account copy into the vault. @internal */
  public _admit(account: string): void {
    if (account === Stack.of(this).account || this.admitted.has(account)) { return; }
    this.admitted.add(account);
    this.vault.addToAccessPolicy(new iam.PolicyStatement({
      principals: [new iam.AccountPrincipal(account)],
      actions: ['backup:CopyIntoBackupVault'],
      // a vault's policy is about the vault, and takes no other resource
      resources: ['*'],
    }));
  }

  private validate({ sourceAccounts, legalMinimum, removalPolicy }: BackupCopyVaultProps): void {
    sourceAccounts?.forEach((account, index) => validateAccountId(this, `sourceAccounts[${index}]`, account));
    legalMinimum?._validate(this, 'legalMinimum');
    if (legalMinimum && removalPolicy === RemovalPolicy.DESTROY) {
      reject(this, {
        prop: 'removalPolicy', value: removalPolicy, problem: 'a locked vault cannot be deleted', remedy: 'Leave out `removalPolicy` or `legalMinimum`.',
      });
    }
  }
}
