import { Lazy } from 'aws-cdk-lib';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { ruleCosts } from '../../../src/site/firewall/firewall-capacity';

type Statement = wafv2.CfnWebACL.StatementProperty;

const path = { uriPath: {} };
const decoded = [{ priority: 0, type: 'URL_DECODE' }, { priority: 1, type: 'LOWERCASE' }];
const asIs = [{ priority: 0, type: 'NONE' }];

function costs(statement: Statement) {
  return ruleCosts([{ name: 'Rule', priority: 0, statement, visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: 'Rule' } }]);
}

const bytes = (positionalConstraint: string, textTransformations = asIs, fieldToMatch: object = path): Statement => ({
  byteMatchStatement: { searchString: 'a', positionalConstraint, fieldToMatch, textTransformations },
});

// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-match.html
test.each<[string, number, Statement]>([
  ['the beginning of a path', 2, bytes('STARTS_WITH')],
  ['a string anywhere', 10, bytes('CONTAINS')],
  ['a word', 10, bytes('CONTAINS_WORD')],
  ['two transformations', 22, bytes('EXACTLY', decoded)],
  ['all query parameters', 12, bytes('ENDS_WITH', asIs, { allQueryArguments: {} })],
  ['a JSON body', 24, bytes('EXACTLY', decoded, { jsonBody: {} })],
  ['a regular expression', 23, { regexMatchStatement: { regexString: 'a', fieldToMatch: path, textTransformations: decoded } }],
  ['a set of patterns', 25, { regexPatternSetReferenceStatement: { arn: 'arn', fieldToMatch: path, textTransformations: asIs } }],
  ['a size', 1, { sizeConstraintStatement: { comparisonOperator: 'GT', size: 1, fieldToMatch: { body: {} }, textTransformations: asIs } }],
  ['SQL', 20, { sqliMatchStatement: { fieldToMatch: path, textTransformations: asIs } }],
  ['SQL with high sensitivity', 30, { sqliMatchStatement: { fieldToMatch: path, textTransformations: asIs, sensitivityLevel: 'HIGH' } }],
  ['scripts', 40, { xssMatchStatement: { fieldToMatch: path, textTransformations: asIs } }],
  ['addresses', 1, { ipSetReferenceStatement: { arn: 'arn' } }],
  ['the last forwarded address', 1, { ipSetReferenceStatement: { arn: 'arn', ipSetForwardedIpConfig: { headerName: 'a', position: 'LAST', fallbackBehavior: 'MATCH' } } }],
  ['any forwarded address', 5, { ipSetReferenceStatement: { arn: 'arn', ipSetForwardedIpConfig: { headerName: 'a', position: 'ANY', fallbackBehavior: 'MATCH' } } }],
  ['a label', 1, { labelMatchStatement: { scope: 'LABEL', key: 'a' } }],
  ['a country', 1, { geoMatchStatement: { countryCodes: ['DE'] } }],
  ['a rate', 2, { rateBasedStatement: { limit: 10, aggregateKeyType: 'IP' } }],
  ['a rate by two keys, scoped down', 64, { rateBasedStatement: { limit: 10, aggregateKeyType: 'CUSTOM_KEYS', customKeys: [{ ip: {} }, { httpMethod: {} }], scopeDownStatement: bytes('EXACTLY') } }],
  ['a group', 700, { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet' } }],
  ['a group, scoped down', 702, { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet', scopeDownStatement: { notStatement: { statement: bytes('EXACTLY') } } } }],
  ['alternatives', 14, { orStatement: { statements: [bytes('EXACTLY'), { andStatement: { statements: [bytes('EXACTLY'), bytes('CONTAINS')] } }] } }],
])('%s costs %d units', (_, capacity, statement) => {
  expect(costs(statement)).toEqual({ capacity, unknown: [] });
});

test.each<[string, Statement]>([
  ['a rule group', { ruleGroupReferenceStatement: { arn: 'arn' } }],
  ['a vendor\'s group', { managedRuleGroupStatement: { vendorName: 'Fortinet', name: 'all_rules' } }],
  ['a group that is new', { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesNextRuleSet' } }],
  ['a statement known at deployment', { orStatement: { statements: [bytes('EXACTLY'), Lazy.any({ produce: () => ({}) })] } }],
  ['alternatives known at deployment', { orStatement: { statements: Lazy.any({ produce: () => [] }) } }],
])('the cost of %s is not known', (_, statement) => {
  expect(costs(statement)).toEqual({ capacity: 0, unknown: ['Rule'] });
});
