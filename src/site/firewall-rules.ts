import * as wafv2 from 'aws-cdk-lib/aws-wafv2';

type Rule = wafv2.CfnWebACL.RuleProperty;
type Statement = wafv2.CfnWebACL.StatementProperty;

/** The core rule set puts this on a request whose body is larger than 8 KB. */
const LARGE_BODY_LABEL = 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body';

/** API clients and files cannot answer the silent browser challenge that an attack brings on. */
const NO_CHALLENGE = ['^/api/', '\\.(css|gif|ico|jpe?g|js|json|map|mp4|pdf|png|svg|txt|webmanifest|webm|webp|woff2?|xml)$'];

/**
 * The rules in the order in which WAF applies them: attacks by their volume first, then by their source, then by their content.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
export function firewallRules(rateLimit: number, uploadPaths: string[]): Rule[] {
  const rules: Omit<Rule, 'priority'>[] = [
    managed('AWSManagedRulesAntiDDoSRuleSet', {
      managedRuleGroupConfigs: [{
        awsManagedRulesAntiDDoSRuleSet: {
          clientSideActionConfig: {
            challenge: { usageOfAction: 'ENABLED', exemptUriRegularExpressions: NO_CHALLENGE.map(regexString => ({ regexString })) },
          },
        },
      }],
    }),
    blocking('RateLimit', { rateBasedStatement: { limit: rateLimit, evaluationWindowSec: 300, aggregateKeyType: 'IP' } }),
    managed('AWSManagedRulesAmazonIpReputationList'),
    managed('AWSManagedRulesAnonymousIpList'),
    ...uploadPaths.length === 0 ? [managed('AWSManagedRulesCommonRuleSet')] : [
      managed('AWSManagedRulesCommonRuleSet', { ruleActionOverrides: [{ name: 'SizeRestrictions_BODY', actionToUse: { count: {} } }] }),
      blocking('LargeBodyOutsideUploadPaths', largeBodyOutside(uploadPaths)),
    ],
    managed('AWSManagedRulesKnownBadInputsRuleSet'),
    managed('AWSManagedRulesSQLiRuleSet'),
    managed('AWSManagedRulesLinuxRuleSet'),
  ];
  return rules.map((rule, priority) => ({ ...rule, priority }));
}

/** What the core rule set only counted is blocked after all, unless the path is one of those given. */
function largeBodyOutside(uploadPaths: string[]): Statement {
  const paths = uploadPaths.map(pathBeginsWith);
  return {
    andStatement: {
      statements: [
        { labelMatchStatement: { scope: 'LABEL', key: LARGE_BODY_LABEL } },
        { notStatement: { statement: paths.length === 1 ? paths[0] : { orStatement: { statements: paths } } } },
      ],
    },
  };
}

function pathBeginsWith(path: string): Statement {
  return {
    byteMatchStatement: {
      searchString: path,
      positionalConstraint: 'STARTS_WITH',
      fieldToMatch: { uriPath: {} },
      // so that /api/uploads/../login is no upload path
      textTransformations: [{ priority: 0, type: 'URL_DECODE' }, { priority: 1, type: 'NORMALIZE_PATH' }],
    },
  };
}

function managed(name: string, options: Partial<wafv2.CfnWebACL.ManagedRuleGroupStatementProperty> = {}): Omit<Rule, 'priority'> {
  return { name, overrideAction: { none: {} }, statement: { managedRuleGroupStatement: { vendorName: 'AWS', name, ...options } }, visibilityConfig: visible(name) };
}

function blocking(name: string, statement: Statement): Omit<Rule, 'priority'> {
  return { name, action: { block: {} }, statement, visibilityConfig: visible(name) };
}

function visible(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
