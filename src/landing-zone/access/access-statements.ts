import * as iam from 'aws-cdk-lib/aws-iam';
import { TrailAccess } from './trail-access';
import { DEVELOPER_ROLE_PATH } from '../../private/bastion-roles';

/**
 * What the permission sets are made of. Configuration is allowed by verb, `Describe*` and `List*`, because it has hundreds
 * of such actions. `Get*` is spelt out wherever it also reads what is stored: AWS adds such actions without notice.
 */

/** Configuration, state and metrics: neither what is stored nor what an application wrote. */
export function viewStatements(): iam.PolicyStatement[] {
  return [allow('View', [
    'acm:Describe*', 'acm:List*', 'application-autoscaling:Describe*', 'autoscaling:Describe*', 'backup:Describe*', 'backup:ListBackup*',
    'backup:ListProtectedResources', 'backup:ListRecoveryPointsBy*',
    'cloudformation:Describe*', 'cloudformation:GetStackPolicy', 'cloudformation:GetTemplate*', 'cloudformation:List*',
    'cloudfront:Describe*', 'cloudfront:Get*', 'cloudfront:List*',
    'cloudtrail:Describe*', 'cloudtrail:GetTrailStatus', 'cloudtrail:ListTrails', 'cloudtrail:LookupEvents',
    'cloudwatch:Describe*', 'cloudwatch:GetDashboard', 'cloudwatch:GetInsightRuleReport', 'cloudwatch:GetMetric*', 'cloudwatch:List*',
    'codebuild:BatchGet*', 'codebuild:Describe*', 'codebuild:List*',
    'codeconnections:GetConnection', 'codeconnections:ListConnections', ...PIPELINE_READ,
    'codestar-notifications:DescribeNotificationRule', 'codestar-notifications:List*',
    'dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTable', 'dynamodb:DescribeTimeToLive', 'dynamodb:ListTables', 'dynamodb:ListTagsOfResource',
    'ec2:Describe*', 'ecr:Describe*', 'ecr:List*', 'ecs:Describe*', 'ecs:List*', 'eks:Describe*', 'eks:List*', 'elasticache:Describe*',
    'elasticfilesystem:Describe*', 'elasticloadbalancing:Describe*', 'events:Describe*', 'events:List*', 'firehose:Describe*', 'firehose:List*',
    'health:Describe*', 'iam:GetRole', 'iam:GetRolePolicy', 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListAccountAliases',
    'iam:ListAttachedRolePolicies', 'iam:ListPolicies', 'iam:ListRolePolicies', 'iam:ListRoles',
    'kinesis:DescribeStreamSummary', 'kinesis:ListStreams', 'kms:Describe*', 'kms:List*', 'lambda:GetAccountSettings', 'lambda:GetPolicy', 'lambda:List*',
    'logs:Describe*', 'logs:ListTagsForResource', 'rds:Describe*', 'rds:ListTagsForResource', 'resource-groups:List*', 'route53:Get*', 'route53:List*',
    's3:GetBucket*', 's3:GetEncryptionConfiguration', 's3:GetLifecycleConfiguration', 's3:ListAllMyBuckets',
    'scheduler:GetSchedule', 'scheduler:List*', 'secretsmanager:DescribeSecret', 'secretsmanager:ListSecrets', 'servicequotas:Get*', 'servicequotas:List*',
    'sns:GetSubscriptionAttributes', 'sns:GetTopicAttributes', 'sns:List*', 'sqs:GetQueueAttributes', 'sqs:ListQueueTags', 'sqs:ListQueues',
    'ssm:DescribeInstanceInformation', 'ssm:DescribeParameters', 'states:DescribeStateMachine', 'states:ListStateMachines', 'tag:Get*',
    'wafv2:Describe*', 'wafv2:GetLoggingConfiguration', 'wafv2:GetWebACL', 'wafv2:GetWebACLForResource', 'wafv2:List*',
  ])];
}

/** What an application writes about itself: its logs, its traces, its slow queries, and the names of stored objects. */
export function telemetryStatements(): iam.PolicyStatement[] {
  return [allow('Telemetry', [
    ...TELEMETRY_READ,
    'logs:GetDataProtectionPolicy', 'logs:GetLogGroupFields', 'logs:StopLiveTail', 'logs:StopQuery', 'pi:Describe*', 'pi:Get*', 'pi:List*',
    's3:ListBucket', 'xray:Get*', 'xray:List*',
  ])];
}

/** Start again what a pipeline, a database or a cache of the edge does, as it was configured. */
export function operateStatements(): iam.PolicyStatement[] {
  return [allow('Operate', [
    'cloudfront:CreateInvalidation',
    // `StartBuild` is left out: its caller may replace the commands and so run anything with the project's role
    'codebuild:StopBuild',
    'codepipeline:RetryStageExecution', 'codepipeline:StartPipelineExecution', 'codepipeline:StopPipelineExecution',
    'ec2:RebootInstances',
    // pulls an image: code, no data
    'ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetAuthorizationToken', 'ecr:GetDownloadUrlForLayer',
    // admits to the console's view of the cluster; what is seen there is the cluster's own decision
    'eks:AccessKubernetesApi',
    'rds:FailoverDBCluster', 'rds:RebootDBInstance', 'rds:StartDBCluster', 'rds:StopDBCluster',
  ])];
}

/** Come in through the bastion of the account, whose roles for developers say who takes them and what they reach. */
export function bastionStatements(): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({
    sid: 'Bastion', actions: ['sts:AssumeRole'], resources: [BASTION_ROLES], conditions: { StringEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } },
  })];
}

/** Approve a release, and see what would be released. */
export function releaseApprovalStatements(): iam.PolicyStatement[] {
  return [allow('ApproveReleases', [
    'codebuild:BatchGetBuilds', 'codebuild:BatchGetReports', 'codebuild:DescribeTestCases', 'codebuild:ListBuildsForProject',
    'codebuild:ListReportsForReportGroup', 'codepipeline:PutApprovalResult', ...PIPELINE_READ,
  ])];
}

/** See what is spent, and pay for it. Budgets and anomaly alerts can be seen and not changed: they are guardrails. */
export function billingStatements(): iam.PolicyStatement[] {
  return [allow('Billing', [
    'account:GetAccountInformation', 'billing:GetBilling*', 'billing:GetCredits', 'billing:GetSellerOfRecord', 'billing:List*',
    'budgets:Describe*', 'budgets:ViewBudget', 'ce:Describe*', 'ce:Get*', 'ce:List*',
    'consolidatedbilling:Get*', 'consolidatedbilling:List*', 'cost-optimization-hub:Get*', 'cost-optimization-hub:List*',
    'cur:DescribeReportDefinitions', 'cur:Get*', 'freetier:Get*', 'invoicing:BatchGet*', 'invoicing:Get*', 'invoicing:List*',
    'organizations:DescribeOrganization', 'organizations:ListAccounts', 'payments:Get*', 'payments:List*', 'payments:CreatePaymentInstrument',
    'payments:DeletePaymentInstrument', 'payments:MakePayment', 'payments:UpdatePaymentInstrument', 'payments:UpdatePaymentPreferences',
    'pricing:Describe*', 'pricing:Get*', 'pricing:List*',
    'purchase-orders:AddPurchaseOrder', 'purchase-orders:DeletePurchaseOrder', 'purchase-orders:Get*', 'purchase-orders:List*',
    'purchase-orders:UpdatePurchaseOrder', 'purchase-orders:UpdatePurchaseOrderStatus', 'purchase-orders:ViewPurchaseOrders',
    'savingsplans:Describe*', 'savingsplans:List*', 'sustainability:GetCarbonFootprintSummary', 'tax:BatchPutTaxRegistration', 'tax:Get*', 'tax:List*',
    'tax:PutTaxInheritance', 'tax:PutTaxRegistration',
  ])];
}

/** Everything about access, audit and detection; the rest of the configuration comes from AWS's own policies for auditors. */
export function auditStatements(): iam.PolicyStatement[] {
  return [allow('Audit', [
    'access-analyzer:Get*', 'access-analyzer:List*', 'account:Get*', 'account:List*', 'backup:Describe*', 'backup:Get*', 'backup:ListBackup*',
    'backup:ListProtectedResources',
    'backup:ListRecoveryPointsBy*', 'cloudtrail:Describe*', 'cloudtrail:Get*', 'cloudtrail:List*', 'cloudtrail:LookupEvents',
    'config:BatchGet*', 'config:Describe*', 'config:Get*', 'config:List*', 'config:SelectAggregateResourceConfig', 'config:SelectResourceConfig',
    'guardduty:Describe*', 'guardduty:Get*', 'guardduty:List*',
    'iam:GenerateCredentialReport', 'iam:GenerateServiceLastAccessedDetails', 'iam:Get*', 'iam:List*', 'iam:SimulatePrincipalPolicy',
    'identitystore:Describe*', 'identitystore:Get*', 'identitystore:List*', 'inspector2:BatchGet*', 'inspector2:Get*', 'inspector2:List*',
    'organizations:Describe*', 'organizations:List*', 'securityhub:BatchGet*', 'securityhub:Describe*', 'securityhub:Get*', 'securityhub:List*',
    'sso-directory:Describe*', 'sso-directory:List*', 'sso-directory:Search*', 'sso:Describe*', 'sso:Get*', 'sso:List*',
  ])];
}

/** Search the organization's trail in its log group, and read its files. */
export function trailStatements(trail: TrailAccess): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'Trail',
      actions: [...readersOf(TRAIL_READ, 's3', 'logs'), 'logs:GetLogGroupFields', 's3:ListBucket'],
      resources: [trail.bucketArn, ...trail.readable.s3, ...trail.readable.logs],
    }),
    // an action without a resource type; it ends what was started above
    allow('TrailQueries', ['logs:StopQuery']),
    new iam.PolicyStatement({
      sid: 'TrailKey', actions: readersOf(TRAIL_READ, 'kms'), resources: trail.readable.kms, conditions: { StringEquals: { 'kms:ViaService': trail.keyServices } },
    }),
  ];
}

/**
 * No contents of any store, no way onto a machine, no key. A deny, because an allow can come from elsewhere as well:
 * from the policy of a bucket that admits the whole organization, or from AWS's managed policies, which change.
 *
 * @param trail what is readable nevertheless
 */
export function noDataStatements(trail?: TrailAccess): iam.PolicyStatement[] {
  return denyBut(trail, 'NoData', [
    'aoss:APIAccessAll', 'appconfig:GetConfiguration', 'appconfig:GetLatestConfiguration', 'appsync:ListApiKeys',
    'athena:GetQueryResults*', 'athena:StartQueryExecution',
    'backup-search:*', 'backup:StartRestoreJob', 'bedrock:GetKnowledgeBaseDocuments', 'bedrock:Retrieve*', 'cassandra:Select',
    'cleanrooms:GetProtected*', 'cloudwatch:GetRecords', 'cloudwatch:GetSpaceCredentials*',
    'codeartifact:GetAuthorizationToken', 'codepipeline:GetJobDetails', 'codepipeline:GetThirdPartyJobDetails',
    'codepipeline:PollFor*', 'cognito-identity:GetCredentialsForIdentity', 'cognito-identity:GetOpenId*', 'cognito-identity:LookupDeveloperIdentity',
    'cognito-idp:AdminGetUser', 'cognito-idp:AdminList*', 'cognito-idp:DescribeUserPoolClient', 'cognito-idp:ListUsers*', 'cognito-sync:ListRecords',
    'cognito-sync:QueryRecords', 'connect:GetFederationToken', 'connect:ListSecurityKeys', 'datapipeline:QueryObjects',
    'dax:BatchGetItem', 'dax:GetItem', 'dax:Query', 'dax:Scan', 'dsql:DbConnect*',
    'dynamodb:BatchGetItem', 'dynamodb:ExportTableToPointInTime', 'dynamodb:GetItem', 'dynamodb:GetRecords', 'dynamodb:PartiQL*', 'dynamodb:Query',
    'dynamodb:RestoreTable*', 'dynamodb:Scan', 'ebs:*', 'ec2-instance-connect:*', 'ec2:GetConsoleOutput', 'ec2:GetConsoleScreenshot', 'ec2:GetPasswordData',
    'ecs:ExecuteCommand', 'elasticache:Connect', 'es:ESHttp*', 'glue:GetConnection*', 'healthlake:Read*', 'healthlake:Search*', 'kafka-cluster:ReadData',
    'kendra:Query', 'kendra:Retrieve', 'kinesis:GetRecords', 'kinesis:SubscribeToShard', 'kinesisvideo:GetClip', 'kinesisvideo:GetImages',
    'kinesisvideo:GetMedia*', 'kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*', 'lakeformation:GetDataAccess',
    'lambda:GetFunction', 'lambda:GetLayerVersion', 'lambda:InvokeFunction*', 'lightsail:*Key*', 'lightsail:Get*Password', 'logs:Unmask',
    'macie2:GetSensitiveDataOccurrences', 'mediastore:GetObject', 'memorydb:Connect', 'neptune-db:*', 'qbusiness:ListDocuments', 'quicksight:*Snapshot*',
    'rds-data:*', 'rds-db:*', 'rds:Download*', 'rds:RestoreDB*', 'rds:StartExportTask', 'redshift-data:*', 'redshift-serverless:GetCredentials',
    'redshift:GetClusterCredentials*', 's3-object-lambda:GetObject', 's3-object-lambda:GetObjectVersion', 's3:GetDataAccess', 's3:GetObject',
    's3:GetObjectTorrent', 's3:GetObjectVersion', 's3:GetObjectVersionForReplication', 's3:GetObjectVersionTorrent', 's3express:CreateSession',
    's3tables:GetTableData', 'sagemaker:Search', 'sdb:Select', 'secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue', 'sqs:ReceiveMessage',
    'ssm:DescribeAutomationStep*', 'ssm:GetAccessToken', 'ssm:GetAutomationExecution', 'ssm:GetCommandInvocation', 'ssm:GetParameter*', 'ssm:ListCommand*',
    'ssm:ResumeSession',
    'ssm:SendCommand', 'ssm:StartAutomationExecution', 'ssm:StartSession', 'timestream:Select*', 'workdocs:GetDocument*',
  ]);
}

/**
 * No log lines, traces and sampled requests either: an application writes about its customers there.
 *
 * @param trail what is readable nevertheless
 */
export function noTelemetryStatements(trail?: TrailAccess): iam.PolicyStatement[] {
  return denyBut(trail, 'NoTelemetry', [
    ...TELEMETRY_READ, 'cloudwatch:GetTelemetryQueryResults', 'wafv2:GetSampledRequests', 'xray:GetDistinctTrace*', 'xray:GetRetrieved*',
    'xray:ListRetrieved*',
  ]);
}

/** No change of identities, of accounts, of the organization with its guardrails, of access, and no step into another role but a bastion's. */
export function noAccessChangeStatements(): iam.PolicyStatement[] {
  const changes = Object.entries(ACCESS_CHANGES).flatMap(([service, verbs]) => verbs.map(verb => `${service}:${verb}*`));
  return [
    deny('NoAccessChanges', [...changes, 'iam:PassRole', 'sts:AssumeRoot', 'sts:GetFederationToken']),
    new iam.PolicyStatement({ sid: 'NoOtherRole', effect: iam.Effect.DENY, actions: ['sts:AssumeRole'], notResources: [BASTION_ROLES] }),
    new iam.PolicyStatement({
      sid: 'NoOtherAccount', effect: iam.Effect.DENY, actions: ['sts:AssumeRole'], resources: ['*'],
      conditions: { StringNotEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } },
    }),
  ];
}

/** In whichever partition and account; a set is one document for all of them. */
const BASTION_ROLES = `arn:*:iam::*:role${DEVELOPER_ROLE_PATH}*`;

/** The verbs that change something, by service; all others read. */
const ACCESS_CHANGES = {
  'account': ['Accept', 'Close', 'Delete', 'Disable', 'Enable', 'Put', 'Start'],
  'iam': [
    'Accept', 'Add', 'Associate', 'Attach', 'Change', 'Create', 'Deactivate', 'Delete', 'Detach', 'Disable', 'Enable', 'Put', 'Reject', 'Remove',
    'Reset', 'Resync', 'Send', 'Set', 'Tag', 'Untag', 'Update', 'Upload',
  ],
  'identitystore': ['Add', 'Create', 'Delete', 'Remove', 'Reserve', 'Update'],
  'organizations': [
    'Accept', 'Attach', 'Cancel', 'Close', 'Create', 'Decline', 'Delete', 'Deregister', 'Detach', 'Disable', 'Enable', 'Invite', 'Leave', 'Move',
    'Put', 'Register', 'Remove', 'Tag', 'Terminate', 'Untag', 'Update',
  ],
  'sso': [
    'Add', 'Associate', 'Attach', 'Create', 'Delete', 'Detach', 'Disassociate', 'Import', 'Provision', 'Put', 'Remove', 'Start', 'Tag', 'Untag', 'Update',
  ],
  'sso-directory': ['Add', 'Complete', 'Create', 'Delete', 'Disable', 'Enable', 'Import', 'Remove', 'Start', 'Update', 'Verify'],
};

/** Everything about a pipeline but the credentials that it hands to the workers of its jobs. */
const PIPELINE_READ = ['codepipeline:GetPipeline', 'codepipeline:GetPipelineExecution', 'codepipeline:GetPipelineState', 'codepipeline:List*'];

const TELEMETRY_READ = [
  'logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:GetLogRecord', 'logs:GetQueryResults', 'logs:StartLiveTail', 'logs:StartQuery',
  'xray:BatchGetTraces', 'xray:GetTraceGraph', 'xray:GetTraceSummaries',
];

/** What reads the trail, and everything else of its kind. */
const TRAIL_READ = [
  'kms:Decrypt', 'logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:GetLogRecord', 'logs:GetQueryResults', 'logs:StartQuery', 's3:GetObject',
  's3:GetObjectVersion',
];

function readersOf(actions: string[], ...services: string[]): string[] {
  return actions.filter(action => services.some(service => action.startsWith(`${service}:`)));
}

function allow(sid: string, actions: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources: ['*'] });
}

function deny(sid: string, actions: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, actions, resources: ['*'] });
}

/** Denies everywhere, but what reads the trail only elsewhere, and its key only where it is used for something else. */
function denyBut(trail: TrailAccess | undefined, sid: string, actions: string[]): iam.PolicyStatement[] {
  if (!trail) { return [deny(sid, actions)]; }
  const reading = actions.filter(action => TRAIL_READ.includes(action));
  const trailArns = Object.entries(trail.readable).flatMap(([service, arns]) => readersOf(reading, service).length ? arns : []);
  const decrypting = readersOf(reading, 'kms');
  return [
    deny(sid, actions.filter(action => !reading.includes(action))),
    new iam.PolicyStatement({ sid: `${sid}ButTrail`, effect: iam.Effect.DENY, actions: reading, notResources: trailArns }),
    ...decrypting.length ? [new iam.PolicyStatement({
      sid: `${sid}ButTrailKey`, effect: iam.Effect.DENY, actions: decrypting, resources: ['*'],
      conditions: { StringNotEquals: { 'kms:ViaService': trail.keyServices } },
    })] : [],
  ];
}
