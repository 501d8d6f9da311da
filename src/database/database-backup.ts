import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { RetentionTier } from './data-retention';

export interface DatabaseBackupProps {
  readonly cluster: rds.DatabaseCluster;
  readonly encryptionKey: kms.IKey;
  readonly tiers: RetentionTier[];
  readonly removalPolicy: RemovalPolicy;
}

/** The vault, the plan that fills it with snapshots of one cluster, and the role that takes them. */
export class DatabaseBackup extends Construct {
  public readonly vault: backup.BackupVault;

  constructor(scope: Construct, id: string, { cluster, encryptionKey, tiers, removalPolicy }: DatabaseBackupProps) {
    super(scope, id);
    this.vault = new backup.BackupVault(this, 'Vault', { encryptionKey, removalPolicy });
    const plan = new backup.BackupPlan(this, 'Plan', {
      backupVault: this.vault,
      // the name has to differ from every other plan of the account
      backupPlanName: Names.uniqueResourceName(this, { maxLength: 50, separator: '-' }),
      backupPlanRules: tiers.map(tier => new backup.BackupPlanRule({
        ruleName: tier.name,
        scheduleExpression: tier.schedule,
        deleteAfter: tier.retention,
        startWindow: Duration.hours(2),
        completionWindow: Duration.hours(12),
      })),
    });
    plan.addSelection('Selection', {
      resources: [backup.BackupResource.fromArn(cluster.clusterArn)],
      role: this.addRole(cluster, encryptionKey),
      disableDefaultBackupPolicy: true,
    });
  }

  /**
   * Takes, tags and expires snapshots of this one cluster; restoring is another role's work.
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
        resources: [this.vault.backupVaultArn],
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
