import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { EdgeFirewall, EdgeFirewallProps } from '../../src/site/edge-firewall';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

interface Rule {
  readonly Name: string;
  readonly Priority: number;
  readonly Statement: Record<string, any>;
  readonly Action?: object;
  readonly OverrideAction?: object;
}

function firewall(props?: EdgeFirewallProps, stack: Stack = testStack('us-east-1')) {
  const construct = new EdgeFirewall(stack, 'Firewall', props);
  const template = Template.fromStack(stack);
  const [webAcl] = Object.values(template.findResources('AWS::WAFv2::WebACL'));
  return { stack, construct, template, rules: webAcl.Properties.Rules as Rule[], webAcl: webAcl.Properties };
}

const rule = (rules: Rule[], name: string) => rules.find(({ Name }) => Name === name)!;

test('minimal: the managed rules in order, a rate limit, and everything else allowed', () => {
  const { stack, rules, webAcl } = firewall();
  expect(webAcl).toMatchObject({ Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } });
  expect(rules.map(({ Name }) => Name)).toEqual([
    'AWSManagedRulesAntiDDoSRuleSet', 'RateLimit', 'AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesAnonymousIpList',
    'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet',
  ]);
  expect(rules.map(({ Priority }) => Priority)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(rule(rules, 'RateLimit').Statement.RateBasedStatement).toEqual({ Limit: 2000, EvaluationWindowSec: 300, AggregateKeyType: 'IP' });
  expect(rule(rules, 'AWSManagedRulesCommonRuleSet').Statement.ManagedRuleGroupStatement.RuleActionOverrides).toBeUndefined();
  expectNoAnnotations(stack);
});

test('no managed rule group is switched to counting', () => {
  const managed = firewall().rules.filter(({ Name }) => Name.startsWith('AWS'));
  expect(managed.filter(({ OverrideAction }) => JSON.stringify(OverrideAction) !== '{"None":{}}')).toEqual([]);
});

test.each([
  ['/api/orders', false], ['/api/', false], ['/assets/app-123.js', false], ['/logo.PNG', true], ['/runtime-config.json', false],
  ['/', true], ['/orders/7', true], ['/my/api/guide', true], ['/index.html', true],
])('under attack %s gets a browser challenge: %s', (path, challenged) => {
  const statement = rule(firewall().rules, 'AWSManagedRulesAntiDDoSRuleSet').Statement.ManagedRuleGroupStatement;
  const { Challenge } = statement.ManagedRuleGroupConfigs[0].AWSManagedRulesAntiDDoSRuleSet.ClientSideActionConfig;
  const exempt = Challenge.ExemptUriRegularExpressions.map(({ RegexString }: { RegexString: string }) => new RegExp(RegexString));
  expect(Challenge.UsageOfAction).toBe('ENABLED');
  expect(!exempt.some((pattern: RegExp) => pattern.test(path))).toBe(challenged);
});

test('the log is encrypted, has the name that WAF demands, and no credentials', () => {
  const { template } = firewall();
  template.hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'), RetentionInDays: 365, KmsKeyId: { 'Fn::GetAtt': [Match.anyValue(), 'Arn'] },
  });
  template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
    ResourceArn: { 'Fn::GetAtt': [Match.anyValue(), 'Arn'] },
    LogDestinationConfigs: [{ 'Fn::Join': ['', Match.arrayWith([`:logs:us-east-1:${ACCOUNT}:log-group:`, { Ref: Match.anyValue() }])] }],
    RedactedFields: [{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }],
  });
});

test('maximal: large bodies are counted on the upload paths and blocked everywhere else', () => {
  const stack = testStack('us-east-1');
  const encryptionKey = new kms.Key(stack, 'Key');
  const { rules, template, construct } = firewall({
    rateLimit: 10, uploadPaths: ['/api/uploads/', '/api/avatars/'], logRetention: logs.RetentionDays.ONE_MONTH, encryptionKey,
  }, stack);

  const common = rule(rules, 'AWSManagedRulesCommonRuleSet');
  const block = rule(rules, 'LargeBodyOutsideUploadPaths');
  expect(common.Statement.ManagedRuleGroupStatement.RuleActionOverrides).toEqual([{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }]);
  expect(block.Action).toEqual({ Block: {} });
  expect(block.Priority).toBeGreaterThan(common.Priority);
  const [label, elsewhere] = block.Statement.AndStatement.Statements;
  expect(label).toEqual({ LabelMatchStatement: { Scope: 'LABEL', Key: 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body' } });
  const matches = elsewhere.NotStatement.Statement.OrStatement.Statements.map((statement: any) => statement.ByteMatchStatement);
  expect(matches.map((match: any) => [match.SearchString, match.PositionalConstraint])).toEqual([['/api/uploads/', 'STARTS_WITH'], ['/api/avatars/', 'STARTS_WITH']]);
  expect(matches[0].TextTransformations.map((transformation: any) => transformation.Type)).toEqual(['URL_DECODE', 'NORMALIZE_PATH']);

  expect(rule(rules, 'RateLimit').Statement.RateBasedStatement.Limit).toBe(10);
  template.resourceCountIs('AWS::KMS::Key', 1);
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30, KmsKeyId: stack.resolve(encryptionKey.keyArn) });
  expect(construct.encryptionKey).toBe(encryptionKey);
});

test('one upload path needs no alternative, which WAF would refuse', () => {
  const block = rule(firewall({ uploadPaths: ['/api/uploads/'] }).rules, 'LargeBodyOutsideUploadPaths');
  expect(block.Statement.AndStatement.Statements[1].NotStatement.Statement.ByteMatchStatement.SearchString).toBe('/api/uploads/');
});

test('blocked requests are counted where WAF reports them', () => {
  const { construct, webAcl } = firewall();
  expect(construct.metricBlockedRequests()).toMatchObject({
    namespace: 'AWS/WAFV2', metricName: 'BlockedRequests', statistic: 'Sum', region: 'us-east-1',
    dimensions: { WebACL: webAcl.VisibilityConfig.MetricName, Rule: 'ALL' },
  });
});

test.each<[string, EdgeFirewallProps, RegExp]>([
  ['a rate limit below WAF\'s', { rateLimit: 9 }, /`rateLimit` is 9, but .* between 10 and 2000000000 requests/],
  ['a rate limit above WAF\'s', { rateLimit: 2_000_000_001 }, /`rateLimit` is 2000000001/],
  ['a relative upload path', { uploadPaths: ['/api/a/', 'api/b'] }, /`uploadPaths\[1\]` is "api\/b", but it is not the beginning of a path/],
  ['the whole site as an upload path', { uploadPaths: ['/'] }, /`uploadPaths\[0\]` is "\/"/],
  ['a wildcard', { uploadPaths: ['/api/uploads/*'] }, /without wildcard/],
  ['an upload path twice', { uploadPaths: ['/api/a/', '/api/a/'] }, /`uploadPaths` is "\/api\/a\/", but two entries have this path/],
])('refuses %s', (_, props, message) => {
  expect(() => firewall(props)).toThrow(message);
});

test('refuses another region than us-east-1, before it creates anything', () => {
  const stack = testStack('eu-west-1');
  expect(() => new EdgeFirewall(stack, 'Firewall')).toThrow(/Test\/Firewall: `env.region` is "eu-west-1", but .* exists in us-east-1 only.*env: \{ region: "us-east-1" \}/);
  expect(stack.node.findChild('Firewall').node.children).toEqual([]);
});

test('a region that only the deployment knows passes', () => {
  const stack = new Stack(new App(), 'Agnostic');
  firewall({}, stack);
});

test('two firewalls of one stack have logs and metrics of their own', () => {
  const stack = testStack('us-east-1');
  const [one, two] = ['One', 'Two'].map(id => new EdgeFirewall(stack, id));
  const names = Object.values(Template.fromStack(stack).findResources('AWS::Logs::LogGroup')).map(group => group.Properties.LogGroupName);
  expect(new Set(names).size).toBe(2);
  expect(one.metricBlockedRequests().dimensions).not.toEqual(two.metricBlockedRequests().dimensions);
});

test('two synths are equal', () => {
  expect(firewall().template.toJSON()).toEqual(firewall().template.toJSON());
});
