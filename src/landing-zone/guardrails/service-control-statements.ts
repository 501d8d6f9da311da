import * as iam from 'aws-cdk-lib/aws-iam';
import { EDGE_STACK_ACTIONS, GLOBAL_SERVICES_REGION, GLOBAL_SERVICE_ACTIONS } from './global-services';
import { ADMINISTRATION_ROLE, deny, DEPLOYMENT_ROLE, GuardrailContext, unless } from './guardrail-context';
import { BACKUP_ROLE_NAME } from '../account-names';

/** Engines of RDS whose instances have storage of their own: those of Aurora, DocumentDB and Neptune have their cluster's. */
const STANDALONE_ENGINES = ['custom-*', 'db2-*', 'mariadb', 'mysql', 'oracle-*', 'postgres', 'sqlserver-*'];

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
      // not `events:DisableRule`: the rules that report findings have generated names, and workloads switch theirs off and on
      actions: [
        'access-analyzer:CreateArchiveRule', 'access-analyzer:UpdateAnalyzer', 'access-analyzer:UpdateArchiveRule', 'cloudtrail:PutEventSelectors',
        'cloudtrail:UpdateTrail', 'config:DeleteConfigRule', 'config:PutConfigurationRecorder', 'config:PutDeliveryChannel', 'ec2:DeleteFlowLogs',
        'guardduty:CreateFilter', 'guardduty:CreateIPSet', 'guardduty:DeletePublishingDestination', 'guardduty:UpdateDetector',
        'guardduty:UpdateFilter', 'guardduty:UpdateIPSet', 'inspector2:CreateFilter', 'inspector2:UpdateFilter',
        'securityhub:BatchDisableStandards', 'securityhub:BatchUpdateStandardsControlAssociations', 'securityhub:CreateAutomationRule',
        'securityhub:UpdateSecurityHubConfiguration', 'securityhub:UpdateStandardsControl',
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
export function privilegedRoleStatements({ partition }: GuardrailContext): iam.PolicyStatement[] {
  const actions = [
    'iam:AttachRolePolicy', 'iam:CreateRole', 'iam:DeleteRole*', 'iam:DetachRolePolicy', 'iam:PutRole*', 'iam:UpdateAssumeRolePolicy', 'iam:UpdateRole*',
  ];
  const role = (name: string) => `arn:${partition}:iam::*:role/${name}`;
  return [
    deny('ProtectPrivilegedRoles', {
      actions, resources: [role(ADMINISTRATION_ROLE), role(DEPLOYMENT_ROLE)], conditions: unless(partition, ADMINISTRATION_ROLE),
    }),
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
    // not what restores or copies: such a request does not say whether it is encrypted, its source decides
    deny('EncryptedClusters', {
      actions: ['rds:CreateDBCluster', 'rds:RestoreDBClusterFromS3'], conditions: { Bool: { 'rds:StorageEncrypted': 'false' } },
    }),
    deny('EncryptedInstances', {
      actions: ['rds:CreateDBInstance', 'rds:RestoreDBInstanceFromS3'],
      // an instance in its cluster's storage never says itself that it is encrypted
      conditions: { Bool: { 'rds:StorageEncrypted': 'false' }, StringLike: { 'rds:DatabaseEngine': STANDALONE_ENGINES } },
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
      actions: [
        'rds:CreateDBInstance', 'rds:CreateDBInstanceReadReplica', 'rds:RestoreDBInstanceFromDBSnapshot', 'rds:RestoreDBInstanceFromS3',
        'rds:RestoreDBInstanceToPointInTime',
      ],
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
        'aoss:DeleteCollection', 'backup:DeleteBackupVault', 'backup:DeleteBackupVaultLockConfiguration', 'backup:DeleteRecoveryPoint',
        'backup:DisassociateRecoveryPoint', 'backup:UpdateRecoveryPointLifecycle', 'cognito-idp:DeleteUserPool', 'docdb-elastic:DeleteCluster',
        'dsql:DeleteCluster', 'dynamodb:DeleteTable', 'eks:DeleteCluster', 'elasticache:DeleteReplicationGroup', 'elasticache:DeleteServerlessCache',
        'elasticache:DeleteServerlessCacheSnapshot', 'elasticache:DeleteSnapshot', 'elasticfilesystem:DeleteFileSystem', 'es:DeleteDomain',
        'es:DeleteElasticsearchDomain', 'fsx:DeleteFileSystem', 'fsx:DeleteVolume', 'kafka:DeleteCluster', 'kms:DeleteImportedKeyMaterial',
        'kms:DisableKey', 'kms:ScheduleKeyDeletion', 'memorydb:DeleteCluster', 'memorydb:DeleteSnapshot', 'neptune-graph:DeleteGraph',
        'rds:DeleteDBCluster', 'rds:DeleteGlobalCluster', 'redshift-serverless:DeleteNamespace', 'redshift:DeleteCluster',
        'route53:DeleteHostedZone', 's3:BypassGovernanceRetention', 's3:DeleteBucket', 's3tables:DeleteTableBucket',
      ],
      conditions,
    }),
    deny('ProtectInstances', {
      // the instances of a cluster come and go, its data stays
      actions: ['rds:DeleteDBInstance'], conditions: { ...conditions, StringLike: { 'rds:DatabaseEngine': STANDALONE_ENGINES } },
    }),
    deny('ProtectSnapshots', {
      actions: ['rds:DeleteDBClusterSnapshot', 'rds:DeleteDBSnapshot'],
      // AWS Backup expires its own snapshots through the role of whichever plan made them, and they can be told by their names
      notResources: ['cluster-snapshot', 'snapshot'].map(type => `arn:${partition}:rds:*:*:${type}:awsbackup:*`),
      conditions,
    }),
    deny('ProtectBackups', {
      // these cannot, so that only the one role is admitted that is known to be AWS Backup's
      actions: [
        'dynamodb:DeleteBackup', 'ec2:DeleteSnapshot', 'fsx:DeleteBackup', 'rds:DeleteDBClusterAutomatedBackup', 'rds:DeleteDBInstanceAutomatedBackup',
        'redshift:DeleteClusterSnapshot',
      ],
      conditions: unless(partition, ADMINISTRATION_ROLE, BACKUP_ROLE_NAME),
    }),
  ];
}

/** Drops the single actions of services that are admitted as a whole, which saves characters. */
function isNotCovered(action: string, _index: number, actions: string[]): boolean {
  const everything = `${action.split(':')[0]}:*`;
  return action === everything || !actions.includes(everything);
}
