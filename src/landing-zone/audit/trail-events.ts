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
    pattern: anyOf('cloudtrail.amazonaws.com', ['CreateTrail', 'UpdateTrail', 'DeleteTrail', 'StartLogging', 'StopLogging', 'PutEventSelectors']),
  },
  {
    id: 'DetectionChanges',
    reason: 'Threat detection or recording was switched off in an account.',
    pattern: `{ ${[
      eventsOf('config.amazonaws.com', ['StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel']),
      eventsOf('guardduty.amazonaws.com', ['DeleteDetector', 'UpdateDetector', 'DisassociateFromAdministratorAccount']),
      eventsOf('securityhub.amazonaws.com', ['DisableSecurityHub', 'BatchDisableStandards']),
    ].join(' || ')} }`,
  },
  {
    id: 'OrganizationChanges',
    reason: 'Accounts, units or policies of the organization changed: guardrails may not apply any more.',
    pattern: anyOf('organizations.amazonaws.com', [
      'AcceptHandshake', 'AttachPolicy', 'CloseAccount', 'CreateAccount', 'CreatePolicy', 'DeleteOrganization', 'DeletePolicy', 'DetachPolicy',
      'DisablePolicyType', 'EnableAWSServiceAccess', 'InviteAccountToOrganization', 'LeaveOrganization', 'MoveAccount',
      'RegisterDelegatedAdministrator', 'RemoveAccountFromOrganization', 'UpdatePolicy',
    ]),
  },
  {
    id: 'KeyDeletions',
    reason: 'A key was disabled or is about to be deleted: what it encrypts cannot be read any more, this trail perhaps included.',
    pattern: anyOf('kms.amazonaws.com', ['DisableKey', 'ScheduleKeyDeletion']),
  },
  {
    id: 'LongLivedCredentials',
    reason: 'An IAM user, password or access key was made. Guardrails refuse it in the workload accounts, nothing does in the management account.',
    pattern: anyOf('iam.amazonaws.com', ['CreateUser', 'CreateLoginProfile', 'CreateAccessKey']),
  },
];

function anyOf(source: string, names: string[]): string {
  return `{ ${eventsOf(source, names)} }`;
}

function eventsOf(source: string, names: string[]): string {
  return `($.eventSource = "${source}" && (${names.map(name => `$.eventName = "${name}"`).join(' || ')}))`;
}
