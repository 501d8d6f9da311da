import { Annotations, ArnFormat, Names, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { alarmAction } from '../alarm-action';
import { createAddressSets, plannedAddressSets } from './firewall-address-list';
import { reportCapacity, ruleCosts, validateCapacity } from './firewall-capacity';
import { requestMetric, WebAclMetrics } from './firewall-metrics';
import { FirewallMode } from './firewall-mode';
import { FirewallProps } from './firewall-props';
import { BLOCKED_BODIES } from './firewall-responses';
import { firewallRules } from './firewall-rules';
import { validateFirewall } from './firewall-validation';
import { createEncryptionKey } from '../../private/encryption-key';
import { createLogGroup } from '../../private/log-group';
import { validateUnique } from '../../private/validation';

/** What is different at the edge and in a region. */
export interface WebAclOptions {
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  readonly behindCloudFront: boolean;
  /** The region of the web ACL. */
  readonly region: string;
  readonly associationConfig?: wafv2.CfnWebACL.AssociationConfigProperty;
}

/** A web ACL and what belongs to it. */
export interface WebAcl {
  readonly webAcl: wafv2.CfnWebACL;
  readonly logGroup: logs.LogGroup;
  readonly encryptionKey: kms.IKey;
  readonly capacity: number;
  readonly metrics: WebAclMetrics;
}

const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

/** Refuses what cannot become a web ACL. */
export function validateWebAcl(scope: Construct, props: FirewallProps, { behindCloudFront, region }: WebAclOptions): void {
  validateFirewall(scope, props, region);
  const [allowed, denied] = [plannedAddressSets(props.allowList), plannedAddressSets(props.denyList)];
  const rules = firewallRules({ props, allowed, denied, behindCloudFront });
  validateUnique(scope, 'additionalRules', rules.map(({ name }) => name), 'name');
  validateCapacity(scope, rules);
}

/**
 * Creates a web ACL with its log.
 *
 * @param firewall the construct that annotations belong to
 * @param home where the resources are created: the construct itself, or its counterpart in the region of the edge
 */
export function createWebAcl(firewall: Construct, home: Construct, props: FirewallProps, options: WebAclOptions): WebAcl {
  const metricName = Names.uniqueResourceName(home, { maxLength: 120 });
  const encryptionKey = props.encryptionKey ?? createEncryptionKey(home, 'Key', { description: 'Log of the web application firewall' });
  const rules = firewallRules({
    props,
    allowed: createAddressSets(home, 'AllowList', options.scope, props.allowList),
    denied: createAddressSets(home, 'DenyList', options.scope, props.denyList),
    behindCloudFront: options.behindCloudFront,
  });
  const webAcl = new wafv2.CfnWebACL(home, 'WebAcl', {
    scope: options.scope,
    defaultAction: { allow: {} },
    rules,
    customResponseBodies: BLOCKED_BODIES,
    associationConfig: options.associationConfig,
    dataProtectionConfig: { dataProtections: protectedFields(props) },
    visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName },
  });
  const logGroup = createLog(home, webAcl, encryptionKey, props);
  const metrics = { metricName, region: options.region, rules: rules.map(({ name }) => name), edge: options.scope === 'CLOUDFRONT' };
  if (props.alerts) { watchBlockedRequests(home, metrics, props); }
  const costs = ruleCosts(rules);
  reportCapacity(firewall, costs);
  if (props.mode === FirewallMode.OBSERVE) { reportObserving(firewall); }
  return { webAcl, logGroup, encryptionKey, capacity: costs.capacity, metrics };
}

/** Unlike the redaction of a log, this holds for samples and for rules that look at all headers too. */
function protectedFields(props: FirewallProps): wafv2.CfnWebACL.DataProtectProperty[] {
  return [
    { field: { fieldType: 'SINGLE_HEADER', fieldKeys: secretHeaders(props) }, action: 'SUBSTITUTION' },
    ...props.redactQueryString ? [{ field: { fieldType: 'QUERY_STRING' }, action: 'SUBSTITUTION' }] : [],
  ];
}

function secretHeaders({ redactedHeaders = [] }: FirewallProps): string[] {
  return [...new Set([...SECRET_HEADERS, ...redactedHeaders.map(name => name.toLowerCase())])];
}

function createLog(home: Construct, webAcl: wafv2.CfnWebACL, encryptionKey: kms.IKey, props: FirewallProps): logs.LogGroup {
  const logGroup = createLogGroup(home, 'Logs', {
    encryptionKey,
    retention: props.logRetention,
    // WAF delivers to log groups with this prefix only
    logGroupName: `aws-waf-logs-${Names.uniqueResourceName(home, { maxLength: 100, separator: '-' })}`,
  });
  new wafv2.CfnLoggingConfiguration(home, 'Logging', {
    resourceArn: webAcl.attrArn,
    // the log group's own ARN ends in ":*", which WAF refuses
    logDestinationConfigs: [Stack.of(home).formatArn({
      service: 'logs', resource: 'log-group', resourceName: logGroup.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })],
    redactedFields: [
      ...secretHeaders(props).map(name => ({ singleHeader: { Name: name } })),
      ...props.redactQueryString ? [{ queryString: {} }] : [],
    ],
    ...props.logAllowedRequests === false && { loggingFilter: onlyMatched() },
  });
  return logGroup;
}

/** Keeps the requests that some rule matched. The CDK hands this part to CloudFormation as it is, so it is written in CloudFormation's case. */
function onlyMatched(): object {
  const conditions = ['BLOCK', 'COUNT', 'EXCLUDED_AS_COUNT', 'CAPTCHA', 'CHALLENGE'].map(action => ({ ActionCondition: { Action: action } }));
  return { DefaultBehavior: 'DROP', Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: conditions }] };
}

/** WAF reports nothing where nothing is blocked, which is no alarm. */
function watchBlockedRequests(home: Construct, metrics: WebAclMetrics, { alerts, blockedRequestsThreshold = 1000 }: FirewallProps): void {
  const alarm = new cloudwatch.Alarm(home, 'BlockedRequests', {
    metric: requestMetric(metrics, 'BlockedRequests', 'ALL'),
    threshold: blockedRequestsThreshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    alarmDescription: `The web application firewall has blocked ${blockedRequestsThreshold} requests or more in five minutes: an attack, or a rule that is wrong about the application.`
      + ' The log says which rule (`terminatingRuleId`, `ruleGroupList`); put one that is wrong into `countedRules`.',
  });
  alarmAction(home, alerts!)(alarm);
}

function reportObserving(firewall: Construct): void {
  Annotations.of(firewall).addWarningV2('cdk-innovate-platform:firewallObserves',
    'The firewall observes and blocks nothing. Leave this mode once its log shows no request of yours that a rule counts.');
}
