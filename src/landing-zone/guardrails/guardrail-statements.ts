import * as iam from 'aws-cdk-lib/aws-iam';
import { EDGE_STACK_ACTIONS, GLOBAL_SERVICES_REGION, GLOBAL_SERVICE_ACTIONS } from './global-services';

/** What the statements of a guardrail depend on. */
export interface StatementContext {
  readonly partition: string;
  /** In the order the user wrote them. */
  readonly permittedRegions: string[];
}

/** The role that Organizations makes in every account it creates, for the management account only. */
const ADMINISTRATION_ROLE = 'OrganizationAccountAccessRole';

/** CloudFormation's role of the AWS CDK's bootstrap stack. */
const DEPLOYMENT_ROLE = 'cdk-*-cfn-exec-role-*';

export function leavingStatements(): iam.PolicyStatement[] {
  return [deny('DenyLeaving', { actions: ['organizations:LeaveOrganization', 'account:CloseAccount'] })];
}

export function rootUserStatements({ partition }: StatementContext): iam.PolicyStatement[] {
  return [deny('DenyRootUser', {
    actions: ['*'],
    conditions: {
      ArnLike: { 'aws:PrincipalArn': `arn:${partition}:iam::*:root` },
      // a session of the management account's sts:AssumeRoot is short, scoped and audited
      Null: { 'aws:AssumedRoot': 'true' },
    },
  })];
}

export function permittedRegionsStatements({ permittedRegions }: StatementContext): iam.PolicyStatement[] {
  const regions = [...permittedRegions].sort();
  const outside = deny('DenyOtherRegions', {
    notActions: GLOBAL_SERVICE_ACTIONS,
    conditions: { StringNotEquals: { 'aws:RequestedRegion': [...new Set([...regions, GLOBAL_SERVICES_REGION])].sort() } },
  });
  if (regions.includes(GLOBAL_SERVICES_REGION)) { return [outside]; }
  const globalServicesOnly = deny('DenyWorkloadsInGlobalRegion', {
    notActions: [...GLOBAL_SERVICE_ACTIONS, ...EDGE_STACK_ACTIONS].filter(isNotCovered),
    conditions: { StringEquals: { 'aws:RequestedRegion': GLOBAL_SERVICES_REGION } },
  });
  return [outside, globalServicesOnly];
}

export function auditStatements({ partition }: StatementContext): iam.PolicyStatement[] {
  return [
    deny('ProtectAudit', {
      actions: [
        'access-analyzer:DeleteAnalyzer', 'cloudtrail:DeleteTrail', 'cloudtrail:StopLogging', 'config:DeleteConfigurationRecorder',
        'config:DeleteDeliveryChannel', 'config:StopConfigurationRecorder', 'guardduty:DeleteDetector',
        'guardduty:DisassociateFromAdministratorAccount', 'guardduty:DisassociateFromMasterAccount', 'inspector2:Disable',
        'securityhub:DisableSecurityHub', 'securityhub:DisassociateFromAdministratorAccount',
      ],
      conditions: unless(partition, ADMINISTRATION_ROLE),
    }),
    deny('ProtectAuditSettings', {
      actions: [
        'cloudtrail:PutEventSelectors', 'cloudtrail:UpdateTrail', 'config:PutConfigurationRecorder', 'config:PutDeliveryChannel',
        'guardduty:UpdateDetector', 'securityhub:BatchDisableStandards', 'securityhub:UpdateSecurityHubConfiguration',
      ],
      conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
    }),
  ];
}

export function administrationRoleStatements({ partition }: StatementContext): iam.PolicyStatement[] {
  return [deny('ProtectAdministrationRole', {
    actions: [
      'iam:AttachRolePolicy', 'iam:CreateRole', 'iam:DeleteRole', 'iam:DeleteRolePermissionsBoundary', 'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole',
    ],
    resources: [`arn:${partition}:iam::*:role/${ADMINISTRATION_ROLE}`],
    conditions: unless(partition, ADMINISTRATION_ROLE),
  })];
}

export function encryptedStorageStatements({ partition }: StatementContext): iam.PolicyStatement[] {
  return [
    deny('EncryptedVolumes', {
      actions: ['ec2:CreateVolume', 'ec2:RunInstances'],
      resources: [`arn:${partition}:ec2:*:*:volume/*`],
      conditions: { Bool: { 'ec2:Encrypted': 'false' } },
    }),
    deny('EncryptedVolumesByDefault', { actions: ['ec2:DisableEbsEncryptionByDefault'] }),
    deny('EncryptedClusters', { actions: ['rds:CreateDBCluster'], conditions: { Bool: { 'rds:StorageEncrypted': 'false' } } }),
    deny('EncryptedInstances', {
      actions: ['rds:CreateDBInstance'],
      // an Aurora instance has its cluster's storage and never says itself that it is encrypted
      conditions: { Bool: { 'rds:StorageEncrypted': 'false' }, StringNotLike: { 'rds:DatabaseEngine': 'aurora*' } },
    }),
    deny('EncryptedFileSystems', {
      actions: ['elasticfilesystem:CreateFileSystem'], conditions: { Bool: { 'elasticfilesystem:Encrypted': 'false' } },
    }),
  ];
}

export function iamUserStatements(): iam.PolicyStatement[] {
  return [deny('DenyIamUsers', {
    actions: [
      'iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:CreateServiceSpecificCredential', 'iam:CreateUser',
      'iam:UploadSSHPublicKey', 'iam:UploadSigningCertificate',
    ],
  })];
}

export function productionDataStatements({ partition }: StatementContext): iam.PolicyStatement[] {
  const conditions = unless(partition, ADMINISTRATION_ROLE);
  return [
    deny('ProtectData', {
      actions: [
        'backup:DeleteBackupVault', 'backup:DeleteRecoveryPoint', 'dynamodb:DeleteTable', 'elasticfilesystem:DeleteFileSystem',
        'kms:DisableKey', 'kms:ScheduleKeyDeletion', 'rds:DeleteDBCluster', 'rds:DeleteGlobalCluster', 's3:DeleteBucket',
      ],
      conditions,
    }),
    deny('ProtectSnapshots', {
      actions: ['rds:DeleteDBClusterSnapshot', 'rds:DeleteDBSnapshot'],
      // AWS Backup expires its own snapshots through the role of the backup plan
      notResources: ['cluster-snapshot', 'snapshot'].map(type => `arn:${partition}:rds:*:*:${type}:awsbackup:*`),
      conditions,
    }),
  ];
}

function deny(sid: string, props: iam.PolicyStatementProps): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, resources: props.notResources ? undefined : ['*'], ...props });
}

function unless(partition: string, ...roleNames: string[]): Record<string, Record<string, string | string[]>> {
  const roles = roleNames.map(name => `arn:${partition}:iam::*:role/${name}`);
  return { ArnNotLike: { 'aws:PrincipalArn': roles.length === 1 ? roles[0] : roles } };
}

/** Drops the single actions of services that are admitted as a whole, which saves characters. */
function isNotCovered(action: string, _index: number, actions: string[]): boolean {
  const everything = `${action.split(':')[0]}:*`;
  return action === everything || !actions.includes(everything);
}
