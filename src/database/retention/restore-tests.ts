import { ArnFormat, Duration, Fn, Names, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { RestoreTesting } from './restore-testing';

/** What AWS Backup names the clusters that it restores for a test. */
const RESTORED = 'awsbackup-restore-test*';

export interface RestoreTestsProps {
  readonly cluster: rds.DatabaseCluster;
  readonly encryptionKey: kms.IKey;
  readonly vpc: ec2.IVpc;
  readonly vaults: backup.IBackupVault[];
  readonly testing: RestoreTesting;
}

/** The plan of the restore tests of one cluster, and the role that restores. */
export class RestoreTests extends Construct {
  public readonly role: iam.Role;

  constructor(scope: Construct, id: string, { cluster, encryptionKey, vpc, vaults, testing }: RestoreTestsProps) {
    super(scope, id);
    // both names take letters, digits and underscores only
    const name = (construct: Construct) => Names.uniqueResourceName(construct, { maxLength: 50, separator: '_', allowedSpecialCharacters: '_' });
    const plan = new backup.CfnRestoreTestingPlan(this, 'Plan', {
      restoreTestingPlanName: name(this),
      scheduleExpression: (testing.schedule ?? events.Schedule.cron({ minute: '0', hour: '8', day: '2' })).expressionString,
      startWindowHours: 24,
      recoveryPointSelection: {
        algorithm: 'LATEST_WITHIN_WINDOW',
        includeVaults: vaults.map(vault => vault.backupVaultArn),
        recoveryPointTypes: ['SNAPSHOT'],
        selectionWindowDays: (testing.newerThan ?? Duration.days(35)).toDays(),
      },
    });
    const { dbSubnetGroupName } = cluster.node.defaultChild as rds.CfnDBCluster;
    // nobody may reach a copy of the data through what was opened to the database
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Restore tests: reached by nobody', allowAllOutbound: false });
    this.role = this.addRole(encryptionKey, dbSubnetGroupName!);
    const selection = new backup.CfnRestoreTestingSelection(this, 'Selection', {
      restoreTestingPlanName: plan.restoreTestingPlanName,
      restoreTestingSelectionName: name(this),
      protectedResourceType: 'Aurora',
      protectedResourceArns: [cluster.clusterArn],
      iamRoleArn: this.role.roleArn,
      validationWindowHours: (testing.validationWindow ?? Duration.hours(1)).toHours(),
      restoreMetadataOverrides: {
        // without it, AWS Backup restores into the default VPC, which a landing zone deletes
        dbSubnetGroupName: dbSubnetGroupName!,
        vpcSecurityGroupIds: Fn.join('', ['["', securityGroup.securityGroupId, '"]']),
        kmskeyId: encryptionKey.keyArn,
      },
    });
    selection.addDependency(plan);
  }

  /** What AWS Backup says of a test that restored nothing. */
  public get failurePattern(): events.EventPattern {
    return {
      source: ['aws.backup'],
      detailType: ['Restore Job State Change'],
      // restore jobs have a status where other jobs have a state
      detail: { status: ['FAILED', 'ABORTED'], iamRoleArn: [this.role.roleArn] },
    };
  }

  /**
   * Restores the snapshots of AWS Backup as clusters for tests, and deletes these; no other cluster is in its reach.
   * `AWSBackupServiceRolePolicyForRestores`, narrowed.
   *
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForRestores.html
   */
  private addRole(encryptionKey: kms.IKey, subnetGroupName: string): iam.Role {
    const stack = Stack.of(this);
    const arn = (resource: string, resourceName: string) => stack.formatArn({
      service: 'rds', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const role = new iam.Role(this, 'Role', {
      description: 'AWS Backup restores snapshots of one Aurora cluster for tests',
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
    });
    const snapshots = arn('cluster-snapshot', 'awsbackup:*');
    const restored = arn('cluster', RESTORED);
    const statements = [
      new iam.PolicyStatement({
        actions: ['rds:RestoreDBClusterFromSnapshot'],
        // a restore also names the parameter group that the snapshot remembers, and an option group that Aurora PostgreSQL does not use
        resources: [snapshots, restored, arn('subgrp', subnetGroupName), arn('cluster-pg', '*'), arn('og', '*')],
      }),
      new iam.PolicyStatement({ actions: ['rds:AddTagsToResource'], resources: [restored] }),
      new iam.PolicyStatement({ actions: ['rds:ListTagsForResource'], resources: [restored, snapshots] }),
      new iam.PolicyStatement({ actions: ['rds:DeleteDBCluster'], resources: [restored, arn('cluster-snapshot', RESTORED)] }),
      new iam.PolicyStatement({
        // a call without a filter is authorized against all of the account's clusters and snapshots
        actions: ['rds:DescribeDBClusters', 'rds:DescribeDBClusterSnapshots'],
        resources: [arn('cluster', '*'), arn('cluster-snapshot', '*')],
      }),
      new iam.PolicyStatement({ actions: ['kms:DescribeKey'], resources: [encryptionKey.keyArn] }),
      new iam.PolicyStatement({
        actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
        resources: [encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `rds.${stack.region}.amazonaws.com` } },
      }),
      new iam.PolicyStatement({
        actions: ['kms:CreateGrant'], resources: [encryptionKey.keyArn], conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ];
    for (const statement of statements) { role.addToPolicy(statement); }
    return role;
  }
}
