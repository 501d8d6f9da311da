/**
 * What a region deny must leave alone, because the service is global or has one endpoint for all regions:
 * the list of Control Tower's own region deny, the S3 actions shortened by wildcards.
 *
 * @see https://docs.aws.amazon.com/controltower/latest/controlreference/primary-region-deny-policy.html
 */
export const GLOBAL_SERVICE_ACTIONS = [
  'a4b:*', 'access-analyzer:*', 'account:*', 'acm:*', 'activate:*', 'artifact:*', 'aws-marketplace-management:*', 'aws-marketplace:*',
  'aws-portal:*', 'billing:*', 'billingconductor:*', 'budgets:*', 'ce:*', 'chatbot:*', 'chime:*', 'cloudfront:*', 'cloudtrail:LookupEvents',
  'compute-optimizer:*', 'config:*', 'consoleapp:*', 'consolidatedbilling:*', 'cur:*', 'datapipeline:GetAccountLimits', 'devicefarm:*',
  'directconnect:*', 'ec2:DescribeRegions', 'ec2:DescribeTransitGateways', 'ec2:DescribeVpnGateways', 'ecr-public:*', 'fms:*', 'freetier:*',
  'globalaccelerator:*', 'health:*', 'iam:*', 'importexport:*', 'invoicing:*', 'iq:*', 'kms:*', 'license-manager:ListReceivedLicenses',
  'lightsail:Get*', 'mobileanalytics:*', 'networkmanager:*', 'notifications-contacts:*', 'notifications:*', 'organizations:*', 'payments:*',
  'pricing:*', 'quicksight:DescribeAccountSubscription', 'resource-explorer-2:*', 'route53-recovery-cluster:*',
  'route53-recovery-control-config:*', 'route53-recovery-readiness:*', 'route53:*', 'route53domains:*',
  's3:*MultiRegionAccessPoint*', 's3:*StorageLens*', 's3:GetAccountPublicAccessBlock', 's3:GetBucketLocation', 's3:GetBucketPolicyStatus',
  's3:GetBucketPublicAccessBlock', 's3:ListAllMyBuckets', 's3:PutAccountPublicAccessBlock',
  'savingsplans:*', 'shield:*', 'sso:*', 'sts:*', 'support:*', 'supportapp:*', 'supportplans:*', 'sustainability:*', 'tag:GetResources',
  'tax:*', 'trustedadvisor:*', 'vendor-insights:ListEntitledSecurityProfiles', 'waf-regional:*', 'waf:*', 'wafv2:*',
];

/**
 * What a stack in us-east-1 needs besides, where that region is permitted for the global services only:
 * CloudFront's certificate, web ACL and edge functions with their deployment, logs, alarms and messages; detection, because the
 * events of global services are recorded there and nowhere else; and the quotas of the global services.
 */
export const EDGE_STACK_ACTIONS = [
  'cloudformation:*', 'cloudwatch:*', 'ecr:*', 'events:*', 'firehose:*', 'guardduty:*', 'inspector2:*', 'lambda:*', 'logs:*', 's3:*', 'securityhub:*',
  'servicequotas:*', 'sns:*', 'ssm:*', 'tag:*',
];

/** The region of the global services' endpoints. */
export { EDGE_REGION as GLOBAL_SERVICES_REGION } from '../../private/edge-region';
