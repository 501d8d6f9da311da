import { ArnFormat, Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { DEFAULT_CLASS, DEFAULT_TRANSITION } from './archive-validation';
import { LegalMinimum } from './legal-minimum';
import { RetentionArchive } from './retention-archive';
import { createDataBucket } from '../../private/bucket';
import { KEY_USE_ACTIONS } from '../../private/encryption-key';

const EXPORT_SERVICE = 'export.rds.amazonaws.com';
const PREFIX = 'exports';
const FAILED_EVENTS = ['RDS-EVENT-0234', 'RDS-EVENT-0235'];

export interface DatabaseArchiveProps {
  readonly cluster: rds.DatabaseCluster;
  readonly encryptionKey: kms.IKey;
  readonly archive: RetentionArchive;
  readonly legalMinimum?: LegalMinimum;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Exports one cluster to a bucket of its own as Parquet, without a function: EventBridge Scheduler calls RDS, and RDS writes.
 * RDS exports a clone, so that the cluster's own load does not change.
 */
export class DatabaseArchive extends Construct {
  public readonly bucket: s3.Bucket;
  private readonly group: scheduler.ScheduleGroup;
  private readonly cluster: rds.DatabaseCluster;
  private readonly encryptionKey: kms.IKey;

  constructor(scope: Construct, id: string, { cluster, encryptionKey, archive, legalMinimum, removalPolicy }: DatabaseArchiveProps) {
    super(scope, id);
    this.cluster = cluster;
    this.encryptionKey = encryptionKey;
    this.bucket = createDataBucket(this, 'Bucket', {
      encryptionKey,
      removalPolicy: removalPolicy === RemovalPolicy.DESTROY ? removalPolicy : RemovalPolicy.RETAIN,
      objectLock: legalMinimum?._objectLock,
      lifecycleRules: [{
        expiration: archive.retention,
        transitions: [{ storageClass: archive.storageClass ?? DEFAULT_CLASS, transitionAfter: archive.transitionAfter ?? DEFAULT_TRANSITION }],
      }],
    });
    const exportRole = this.addExportRole();
    this.group = new scheduler.ScheduleGroup(this, 'Schedules');
    new scheduler.Schedule(this, 'Schedule', {
      description: `Exports the database of ${scope.node.path}`,
      scheduleGroup: this.group,
      schedule: scheduler.ScheduleExpression.expression(
        (archive.schedule ?? events.Schedule.cron({ minute: '0', hour: '7', day: '1' })).expressionString, TimeZone.ETC_UTC,
      ),
      target: new targets.Universal({
        service: 'rds',
        action: 'startExportTask',
        role: this.addSchedulerRole(),
        // the role's policy is complete: what the target would add is a wildcard
        policyStatements: this.startStatements(exportRole),
        input: scheduler.ScheduleTargetInput.fromObject({
          // unique for each attempt, and begins with a letter
          ExportTaskIdentifier: `archive-${scheduler.ContextAttribute.executionId}`,
          SourceArn: cluster.clusterArn,
          S3BucketName: this.bucket.bucketName,
          S3Prefix: PREFIX,
          IamRoleArn: exportRole.roleArn,
          KmsKeyId: encryptionKey.keyArn,
        }),
        // each attempt is an export of its own, so a doubtful answer is not tried again for a day
        retryAttempts: 2,
        maxEventAge: Duration.hours(2),
      }),
    });
  }

  /** What RDS says of an export that ended without all its files. @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html */
  public get failurePattern(): events.EventPattern {
    return {
      source: ['aws.rds'],
      detailType: ['RDS DB Cluster Event'],
      detail: { EventID: FAILED_EVENTS, SourceIdentifier: [this.cluster.clusterIdentifier] },
    };
  }

  /** Exports that RDS refused to start. */
  public metricRefusedStarts(): cloudwatch.Metric {
    return this.group.metricTargetErrors({ period: Duration.hours(1), statistic: cloudwatch.Stats.SUM });
  }

  /** Writes exports of this one cluster, and sees nothing else that is in the bucket. */
  private addExportRole(): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'ExportRole', {
      description: `RDS writes the archive of ${this.node.path}`,
      assumedBy: new iam.ServicePrincipal(EXPORT_SERVICE, {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          // AWS names no narrower source than the account's databases: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/export-cluster-data.Setup.html
          ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'rds', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME }) },
        },
      }),
    });
    const statements = [
      new iam.PolicyStatement({
        // RDS asks for these three families: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartExportTask.html
        actions: ['s3:PutObject*', 's3:GetObject*', 's3:DeleteObject*'],
        resources: [this.bucket.arnForObjects(`${PREFIX}/*`)],
      }),
      new iam.PolicyStatement({ actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [this.bucket.bucketArn] }),
      new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'], resources: [this.encryptionKey.keyArn] }),
    ];
    for (const statement of statements) { role.addToPolicy(statement); }
    return role;
  }

  private addSchedulerRole(): iam.Role {
    const stack = Stack.of(this);
    return new iam.Role(this, 'SchedulerRole', {
      description: `Starts the exports of ${this.node.path}`,
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': this.group.scheduleGroupArn },
        },
      }),
    });
  }

  /** @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/export-cluster-data.Setup.html */
  private startStatements(exportRole: iam.Role): iam.PolicyStatement[] {
    return [
      new iam.PolicyStatement({ actions: ['rds:StartExportTask'], resources: [this.cluster.clusterArn] }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'], resources: [exportRole.roleArn], conditions: { StringEquals: { 'iam:PassedToService': EXPORT_SERVICE } },
      }),
      new iam.PolicyStatement({ actions: ['kms:DescribeKey'], resources: [this.encryptionKey.keyArn] }),
      new iam.PolicyStatement({
        // RDS checks and grants the use of the key in the name of whoever starts the export
        actions: [...KEY_USE_ACTIONS.filter(action => action !== 'kms:DescribeKey'), 'kms:CreateGrant', 'kms:RetireGrant'],
        resources: [this.encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `rds.${Stack.of(this).region}.amazonaws.com` } },
      }),
    ];
  }
}
