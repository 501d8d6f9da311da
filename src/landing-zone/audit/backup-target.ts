import { RemovalPolicy } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { VaultLock } from './vault-lock';
import { BACKUP_ROLE_NAME, BACKUP_VAULT_NAME } from '../account-names';

export interface BackupTargetProps {
  readonly encryptionKey: kms.IKey;
  readonly lock: VaultLock;
  /** Whether the account's role for backups is made here; its name does not depend on the region. */
  readonly createRole: boolean;
}

/** Where the organization's backup policy, which knows nothing of an account but names, puts its backups. */
export class BackupTarget extends Construct {
  public readonly vault: backup.IBackupVault;

  constructor(scope: Construct, id: string, { encryptionKey, lock, createRole }: BackupTargetProps) {
    super(scope, id);
    this.vault = new backup.BackupVault(this, 'Vault', {
      backupVaultName: BACKUP_VAULT_NAME,
      encryptionKey,
      lockConfiguration: lock._bind(),
      // a vault that a failed first deployment left behind would stand in the way of the second one
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    if (createRole) { this.createRole(); }
  }

  /**
   * With the policies of AWS: what is backed up is said by a tag, so it can be of any kind that AWS Backup knows.
   * Restoring is another role's work.
   *
   * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
   */
  private createRole(): void {
    new iam.Role(this, 'Role', {
      roleName: BACKUP_ROLE_NAME,
      description: 'AWS Backup takes backups for the backup policy of the organization',
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: ['service-role/AWSBackupServiceRolePolicyForBackup', 'AWSBackupServiceRolePolicyForS3Backup']
        .map(name => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
    });
  }
}
