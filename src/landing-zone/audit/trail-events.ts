import { ADMINISTRATION_ROLE } from '../guardrails/guardrail-context';

/** Events of the trail that somebody has to look at. */
export interface TrailEvents {
  /** Id of metric filter and alarm; part of the metric's name. */
  readonly id: string;
  /** Why it matters: the alarm's description. */
  readonly reason: string;
  /** A filter pattern of CloudWatch Logs, at most 1,024 characters. */
  readonly pattern: string;
  /** How many within five minutes are too many. @default 1 */
  readonly threshold?: number;
}

/**
 * A selection of the monitoring section of the CIS AWS Foundations Benchmark: what hardly ever happens in an account that is run by
 * code, so that each message is worth reading.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
 */
export const TRAIL_EVENTS: TrailEvents[] = [
  {
    id: 'RootUser',
    reason: 'A root user did something. Nobody needs one in daily work, and no policy limits the root user of the management account.',
    pattern: '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
  },
  {
    id: 'SignInWithoutMfa',
    reason: 'An IAM user or root user signed in with a password alone.',
    pattern: '{ $.eventName = "ConsoleLogin" && $.responseElements.ConsoleLogin = "Success" && $.additionalEventData.MFAUsed != "Yes" '
      + '&& ($.userIdentity.type = "IAMUser" || $.userIdentity.type = "Root") }',
  },
  {
    id: 'SignInFailures',
    reason: 'Somebody tries passwords.',
    pattern: '{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed authentication" }',
    threshold: 5,
  },
  {
    id: 'TrailChanges',
    reason: 'A trail was stopped, deleted or changed: what happens next may not be recorded.',
    pattern: anyOf({
      'cloudtrail.amazonaws.com': ['CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors'],
    }),
  },
  {
    id: 'DetectionChanges',
    reason: 'Threat detection, recording or the search for vulnerabilities and outside access was switched off in an account.',
    pattern: anyOf({
      'config.amazonaws.com': ['StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel'],
      'guardduty.amazonaws.com': [
        'DeleteDetector', 'UpdateDetector', 'DeleteMembers', 'DisassociateFromAdministratorAccount', 'DisassociateMembers', 'StopMonitoringMembers',
      ],
      'securityhub.amazonaws.com': ['DisableSecurityHub', 'BatchDisableStandards'],
      'inspector2.amazonaws.com': ['Disable'],
      'access-analyzer.amazonaws.com': ['DeleteAnalyzer'],
    }),
  },
  {
    id: 'OrganizationChanges',
    reason: 'Accounts, units or policies of the organization changed: guardrails may not apply any more.',
    pattern: anyOf({
      'organizations.amazonaws.com': [
        'AcceptHandshake', 'AttachPolicy', 'CloseAccount', 'CreateAccount', 'CreatePolicy', 'DeleteOrganization', 'DeletePolicy', 'DetachPolicy',
        'DisablePolicyType', 'EnableAWSServiceAccess', 'InviteAccountToOrganization', 'LeaveOrganization', 'MoveAccount',
        'RegisterDelegatedAdministrator', 'RemoveAccountFromOrganization', 'UpdatePolicy',
      ],
    }),
  },
  {
    id: 'KeyDeletions',
    reason: 'A key was disabled or is about to be deleted: what it encrypts cannot be read any more, this trail perhaps included.',
    pattern: anyOf({ 'kms.amazonaws.com': ['DisableKey', 'ScheduleKeyDeletion'] }),
  },
  {
    id: 'LongLivedCredentials',
    reason: 'An IAM user, password or access key was made. Guardrails refuse it in the workload accounts, nothing does in the management account.',
    pattern: anyOf({ 'iam.amazonaws.com': ['CreateUser', 'CreateLoginProfile', 'CreateAccessKey'] }),
  },
  {
    id: 'AccountTakeovers',
    reason: 'Somebody, or a deployment, stepped into another account as its administrator or root user.',
    pattern: '{ $.eventSource = "sts.amazonaws.com" && ($.eventName = "AssumeRoot" || ($.eventName = "AssumeRole" '
      + `&& $.requestParameters.roleArn = "*:role/${ADMINISTRATION_ROLE}")) }`,
  },
  {
    id: 'AccessChanges',
    reason: 'Who may do what in which account changed in IAM Identity Center. A deployment of the landing zone does it, too.',
    pattern: anyOf({
      'sso.amazonaws.com': [
        'CreateAccountAssignment', 'DeleteAccountAssignment', 'CreatePermissionSet', 'UpdatePermissionSet', 'DeletePermissionSet',
        'PutInlinePolicyToPermissionSet', 'DeleteInlinePolicyFromPermissionSet', 'AttachManagedPolicyToPermissionSet',
        'AttachCustomerManagedPolicyReferenceToPermissionSet', 'DetachManagedPolicyFromPermissionSet', 'DeletePermissionsBoundaryFromPermissionSet',
        'UpdateSSOConfiguration', 'AssociateDirectory', 'DisassociateDirectory',
      ],
      // by hand or by the API; what an identity provider provisions comes from another source
      'identitystore.amazonaws.com': ['CreateGroupMembership'],
      'sso-directory.amazonaws.com': ['AddMemberToGroup', 'EnableExternalIdPConfigurationForDirectory'],
    }),
  },
];

/** The names of events by the services that they come from. */
function anyOf(events: Record<string, string[]>): string {
  return `{ ${Object.entries(events).map(([source, names]) => eventsOf(source, names)).join(' || ')} }`;
}

function eventsOf(source: string, names: string[]): string {
  return `($.eventSource = "${source}" && (${names.map(name => `$.eventName = "${name}"`).join(' || ')}))`;
}
