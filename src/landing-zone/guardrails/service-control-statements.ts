import * as iam from 'aws-cdk-lib/aws-iam';
import { EDGE_STACK_ACTIONS, GLOBAL_SERVICES_REGION, GLOBAL_SERVICE_ACTIONS } from './global-services';
import { ADMINISTRATION_ROLE, deny, DEPLOYMENT_ROLE, GuardrailContext, unless } from './guardrail-context';
import { BACKUP_ROLE_NAME } from '../account-names';

export function leavingStatements(): iam.PolicyStatement[] {
  return [deny('DenyLeaving', { actions: ['organizations:LeaveOrganization', 'account:CloseAccount'] })];
}

export function rootUserStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [deny('DenyRootUser', {
    actions: ['*'],
    conditions: {
      ArnLike: { 'aws:PrincipalArn': `arn:${partition}:iam::*:root` },
      // a session of the management account's sts:AssumeRoot is short, scoped and audited
      Null: { 'aws:AssumedRoot': 'true' },
    },
  })];
}

export function permittedRegionsStatements({ permittedRegions }: GuardrailContext): iam.PolicyStatement[] {
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

export function auditStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [
    deny('ProtectAudit', {
      actions: [
        'access-analyzer:DeleteAnalyzer', 'cloudtrail:DeleteTrail', 'cloudtrail:StopLogging', 'config:DeleteConfigurationRecorder',
        'config:DeleteDeliveryChannel', 'config:DeleteRetentionConfiguration', 'config:StopConfigurationRecorder', 'guardduty:DeleteDetector',
        'guardduty:DeleteMembers', 'guardduty:DisassociateFromAdministratorAccount', 'guardduty:DisassociateFromMasterAccount',
        'guardduty:StopMonitoringMembers', 'inspector2:Disable', 'inspector2:DisassociateMember', 'macie2:DisableMacie',
        'macie2:DisassociateFromAdministratorAccount', 'securityhub:DisableSecurityHub', 'securityhub:DisableSecurityHubV2',
        'securityhub:DisassociateFromAdministratorAccount',
      ],
      conditions: unless(partition, ADMINISTRATION_ROLE),
    }),
    deny('ProtectAuditSettings', {
      actions: [
        'access-analyzer:UpdateAnalyzer', 'cloudtrail:PutEventSelectors', 'cloudtrail:UpdateTrail', 'config:DeleteConfigRule',
        'config:PutConfigurationRecorder', 'config:PutDeliveryChannel', 'ec2:DeleteFlowLogs', 'guardduty:DeletePublishingDestination',
        'guardduty:UpdateDetector', 'securityhub:BatchDisableStandards', 'securityhub:UpdateSecurityHubConfiguration',
      ],
      conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
    }),
  ];
}

export function accountSettingsStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [deny('ProtectAccountSettings', {
    actions: [
      'account:DeleteAlternateContact', 'account:DisableRegion', 'account:EnableRegion', 'account:PutAlternateContact',
      'account:PutContactInformation', 'account:StartPrimaryEmailUpdate', 'ec2:DisableImageBlockPublicAccess',
      'ec2:DisableSnapshotBlockPublicAccess', 'ec2:EnableSerialConsoleAccess', 'ec2:ModifyInstanceMetadataDefaults',
      's3:PutAccountPublicAccessBlock',
    ],
    conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
  })];
}

/** The guardrails' own exceptions: who may become one of these roles could do what everybody else is denied. */
export function administrationRoleStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  const actions = [
    'iam:AttachRolePolicy', 'iam:CreateRole', 'iam:DeleteRole', 'iam:DeleteRolePermissionsBoundary', 'iam:DeleteRolePolicy',
    'iam:DetachRolePolicy', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole',
  ];
  const role = (name: string) => `arn:${partition}:iam::*:role/${name}`;
  return [
    deny('ProtectAdministrationRole', { actions, resources: [role(ADMINISTRATION_ROLE)], conditions: unless(partition, ADMINISTRATION_ROLE) }),
    deny('ProtectBackupRole', {
      actions, resources: [role(BACKUP_ROLE_NAME)], conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
    }),
  ];
}

export function encryptedStorageStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
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
    deny('EncryptedCaches', {
      actions: ['elasticache:CreateReplicationGroup'], conditions: { Bool: { 'elasticache:AtRestEncryptionEnabled': 'false' } },
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

export function identityProviderStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [deny('ProtectIdentityProviders', {
    actions: [
      'iam:AddClientIDToOpenIDConnectProvider', 'iam:CreateOpenIDConnectProvider', 'iam:CreateSAMLProvider',
      'iam:UpdateOpenIDConnectProviderThumbprint', 'iam:UpdateSAMLProvider',
    ],
    conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
  })];
}

export function instanceMetadataStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [
    deny('DenyImdsV1', {
      actions: ['ec2:RunInstances'],
      resources: [`arn:${partition}:ec2:*:*:instance/*`],
      // a launch that does not say gets the account's default, which is not part of the request
      conditions: { StringEquals: { 'ec2:MetadataHttpTokens': 'optional' } },
    }),
    deny('DenyImdsChange', {
      actions: ['ec2:ModifyInstanceMetadataOptions'], conditions: unless(partition, ADMINISTRATION_ROLE, DEPLOYMENT_ROLE),
    }),
    // keys that were fetched from the metadata service without a session
    deny('DenyImdsV1Credentials', { actions: ['*'], conditions: { NumericLessThan: { 'ec2:RoleDelivery': '2.0' } } }),
  ];
}

export function publicDatabaseStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  return [
    deny('DenyPublicDatabases', {
      actions: ['rds:CreateDBInstance', 'rds:RestoreDBInstanceFromDBSnapshot', 'rds:RestoreDBInstanceToPointInTime'],
      conditions: { Bool: { 'rds:PubliclyAccessible': 'true' } },
    }),
    deny('DenySharedSnapshots', {
      // no condition key tells whom a snapshot is shared with
      actions: ['rds:ModifyDBClusterSnapshotAttribute', 'rds:ModifyDBSnapshotAttribute'], conditions: unless(partition, ADMINISTRATION_ROLE),
    }),
  ];
}

export function externalShareStatements(): iam.PolicyStatement[] {
  return [deny('DenyExternalShares', {
    actions: ['ram:CreateResourceShare', 'ram:UpdateResourceShare'], conditions: { Bool: { 'ram:RequestedAllowsExternalPrincipals': 'true' } },
  })];
}

export function productionDataStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  const conditions = unless(partition, ADMINISTRATION_ROLE);
  return [
    deny('ProtectData', {
      actions: [
        'backup:DeleteBackupVault', 'backup:DeleteBackupVaultLockConfiguration', 'backup:DeleteRecoveryPoint',
        'backup:DisassociateRecoveryPoint', 'backup:UpdateRecoveryPointLifecycle', 'dynamodb:DeleteTable', 'eks:DeleteCluster',
        'elasticfilesystem:DeleteFileSystem', 'kms:DeleteImportedKeyMaterial', 'kms:DisableKey', 'kms:ScheduleKeyDeletion',
        'rds:DeleteDBCluster', 'rds:DeleteDBClusterAutomatedBackup', 'rds:DeleteDBInstanceAutomatedBackup', 'rds:DeleteGlobalCluster',
        'route53:DeleteHostedZone', 's3:BypassGovernanceRetention', 's3:DeleteBucket',
      ],
      conditions,
    }),
    deny('ProtectSnapshots', {
      actions: ['rds:DeleteDBClusterSnapshot', 'rds:DeleteDBSnapshot'],
      // AWS Backup expires its own snapshots through the role of the backup plan
      notResources: ['cluster-snapshot', 'snapshot'].map(type => `arn:${partition}:rds:*:*:${type}:awsbackup:*`),
      conditions,
    }),
    deny('ProtectVolumeSnapshots', { actions: ['ec2:DeleteSnapshot'], conditions: unless(partition, ADMINISTRATION_ROLE, BACKUP_ROLE_NAME) }),
  ];
}

/** Drops the single actions of services that are admitted as a whole, which saves characters. */
function isNotCovered(action: string, _index: number, actions: string[]): boolean {
  const everything = `${action.split(':')[0]}:*`;
  return action === everything || !actions.includes(everything);
}
