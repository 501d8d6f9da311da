import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { DataRetention } from './data-retention';
import { addOptInStep } from './retention/backup-steps';
import { DatabaseArchive } from './retention/database-archive';
import { RestoreTests } from './retention/restore-tests';
import { RetentionTier } from './retention/retention-tier';

export interface DatabaseBackupProps {
  readonly cluster: rds.DatabaseCluster;
  readonly vpc: ec2.IVpc;
  readonly encryptionKey: kms.IKey;
  readonly retention: DataRetention;
  readonly removalPolicy: RemovalPolicy;
}

/** A kind of event that somebody has to know of. */
export interface BackupFailure {
  /** Unique, and fit for a construct id. */
  readonly id: string;
  /** What has happened, for the person who reads the message. */
  readonly description: string;
  readonly eventPattern: events.EventPattern;
}

/** Everything that is kept of a database besides the cluster's own backups: snapshots in vaults, their copies, the archive, the restore tests. */
export class DatabaseBackup extends Construct {
  /** The vault of what is under no legal minimum; none without tiers. */
  public readonly vault?: backup.BackupVault;

  /** The locked vault; none without a legal minimum. */
  public readonly legalVault?: backup.BackupVault;

  public readonly archive?: DatabaseArchive;

  /** What EventBridge tells of backups, copies, restore tests and exports that failed, expired or were aborted. */
  public readonly failures: BackupFailure[] = [];

  constructor(scope: Construct, id: string, private readonly props: DatabaseBackupProps) {
    super(scope, id);
    const { cluster, encryptionKey, vpc, removalPolicy, retention: { tiers, legalMinimum, archive, restoreTesting } } = props;
    if (tiers.length > 0) {
      // there even where every tier is under the legal minimum: a vault never turns into another
      this.vault = new backup.BackupVault(this, 'Vault', { encryptionKey, removalPolicy });
      this.legalVault = legalMinimum && new backup.BackupVault(this, 'LegalVault', {
        encryptionKey, removalPolicy, lockConfiguration: legalMinimum._vaultLock,
      });
      this.addPlan(this.vault);
      addOptInStep(this);
    }
    if (archive) {
      this.archive = new DatabaseArchive(this, 'Archive', { cluster, encryptionKey, archive, legalMinimum, removalPolicy });
      this.failures.push({ id: 'ExportFailed', description: 'An export to the archive failed', eventPattern: this.archive.failurePattern });
    }
    if (restoreTesting) {
      const tests = new RestoreTests(this, 'RestoreTests', { cluster, encryptionKey, vpc, vaults: this.vaults, testing: restoreTesting });
      this.failures.push({ id: 'RestoreTestFailed', description: 'A restore test failed', eventPattern: tests.failurePattern });
    }
  }

  private get vaults(): backup.BackupVault[] {
    return [this.vault, this.legalVault].filter(vault => vault !== undefined);
  }

  private addPlan(vault: backup.BackupVault): void {
    const { cluster, encryptionKey, retention: { tiers, copies } } = this.props;
    const plan = new backup.BackupPlan(this, 'Plan', {
      backupVault: vault,
      // the name has to differ from every other plan of the account
      backupPlanName: Names.uniqueResourceName(this, { maxLength: 50, separator: '-' }),
      backupPlanRules: tiers.map(tier => this.rule(tier)),
    });
    const role = this.addRole(cluster, encryptionKey);
    for (const copy of copies) {
      copy._grantCopy(this, role);
      copy._shareKey(this, encryptionKey);
      copy._addSteps(this);
    }
    plan.addSelection('Selection', { resources: [backup.BackupResource.fromArn(cluster.clusterArn)], role, disableDefaultBackupPolicy: true });
    const jobs = (job: string, state: string[]): events.EventPattern => (
      { source: ['aws.backup'], detailType: [`${job} Job State Change`], detail: { state, iamRoleArn: [role.roleArn] } }
    );
    this.failures.push({ id: 'BackupFailed', description: 'A snapshot of the database failed', eventPattern: jobs('Backup', ['FAILED', 'ABORTED', 'EXPIRED']) });
    if (copies.length > 0) {
      this.failures.push({ id: 'CopyFailed', description: 'A copy of a snapshot of the database failed', eventPattern: jobs('Copy', ['FAILED']) });
    }
  }

  private rule(tier: RetentionTier): backup.BackupPlanRule {
    const { retention } = this.props;
    const copyActions = retention.copies.flatMap((copy, index) => copy._copies(tier.name) ? [copy._action(this, `CopyVault${index}`, tier)] : []);
    return new backup.BackupPlanRule({
      ruleName: tier.name,
      scheduleExpression: tier.schedule,
      deleteAfter: tier.retention,
      startWindow: Duration.hours(2),
      completionWindow: Duration.hours(12),
      backupVault: retention._underLegalMinimum(tier) ? this.legalVault : undefined,
      copyActions: copyActions.length > 0 ? copyActions : undefined,
    });
  }

  /**
   * Takes, tags and expires snapshots of this one cluster; restoring is another role's work. AWS Backup names all its snapshots alike, so
   * expiring cannot be narrowed to the snapshots of one cluster: a tag would not do, because the role has to set tags. Reading one takes a key.
   *
   * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
   */
  private addRole(cluster: rds.DatabaseCluster, encryptionKey: kms.IKey): iam.Role {
    const stack = Stack.of(this);
    const arn = (resource: string, resourceName: string) => stack.formatArn({
      service: 'rds', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // AWS Backup names its snapshots itself; the prefix is all that is known of them
    const snapshots = arn('cluster-snapshot', 'awsbackup:*');
    const role = new iam.Role(this, 'Role', {
      description: 'AWS Backup takes and expires snapshots of one Aurora cluster',
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
    });
    const statements = [
      new iam.PolicyStatement({
        actions: ['rds:CreateDBClusterSnapshot', 'rds:AddTagsToResource', 'rds:ListTagsForResource'],
        resources: [cluster.clusterArn, snapshots],
      }),
      new iam.PolicyStatement({ actions: ['rds:DeleteDBClusterSnapshot'], resources: [snapshots] }),
      new iam.PolicyStatement({
        // a call without a filter is authorized against all of the account's clusters and snapshots
        actions: ['rds:DescribeDBClusters', 'rds:DescribeDBClusterSnapshots'],
        resources: [arn('cluster', '*'), arn('cluster-snapshot', '*')],
      }),
      new iam.PolicyStatement({
        actions: ['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'],
        resources: this.vaults.map(vault => vault.backupVaultArn),
      }),
      new iam.PolicyStatement({
        // this action knows no resource-level permissions
        actions: ['tag:GetResources'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
      }),
      new iam.PolicyStatement({ actions: ['kms:DescribeKey'], resources: [encryptionKey.keyArn] }),
      new iam.PolicyStatement({
        actions: ['kms:CreateGrant'],
        resources: [encryptionKey.keyArn],
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ];
    for (const statement of statements) { role.addToPolicy(statement); }
    return role;
  }
}
