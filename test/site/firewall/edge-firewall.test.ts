import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { EdgeFirewall, EdgeFirewallProps } from '../../../src/site/firewall/edge-firewall';
import { FirewallBotControl } from '../../../src/site/firewall/firewall-bot-control';
import { MANAGED_GROUPS } from '../../../src/site/firewall/firewall-managed-groups';
import { FirewallMode } from '../../../src/site/firewall/firewall-mode';
import { SpaStaticSite } from '../../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, REGION, testStack } from '../../support/stacks';

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
const group = (rules: Rule[], name: string) => rule(rules, name).Statement.ManagedRuleGroupStatement;

const overrides = (rules: Rule[], name: string): { Name: string; ActionToUse: any }[] => group(rules, name).RuleActionOverrides ?? [];
const counted = (rules: Rule[], name: string) => overrides(rules, name).filter(({ ActionToUse }) => ActionToUse.Count).map(({ Name }) => Name);

/** A rule of one's own. */
function teapots(priority: number, changes: Partial<wafv2.CfnWebACL.RuleProperty> = {}): wafv2.CfnWebACL.RuleProperty {
  return {
    name: 'NoTeapots',
    priority,
    action: { block: {} },
    statement: { byteMatchStatement: { searchString: 'BREW', positionalConstraint: 'EXACTLY', fieldToMatch: { method: {} }, textTransformations: [{ priority: 0, type: 'NONE' }] } },
    visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: 'NoTeapots' },
    ...changes,
  };
}

test('minimal: the managed rules in order, a rate limit, and everything else allowed', () => {
  const { stack, rules, webAcl, template } = firewall();
  expect(webAcl).toMatchObject({ Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } });
  expect(rules.map(({ Name }) => Name)).toEqual([
    'AWSManagedRulesAntiDDoSRuleSet', 'RateLimit', 'AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesAnonymousIpList',
    'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet',
    'AWSManagedRulesUnixRuleSet',
  ]);
  expect(rules.map(({ Priority }) => Priority)).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108]);
  expect(rule(rules, 'RateLimit').Statement.RateBasedStatement).toEqual({ Limit: 2000, EvaluationWindowSec: 300, AggregateKeyType: 'IP' });
  expect(group(rules, 'AWSManagedRulesCommonRuleSet')).toEqual({ VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet', RuleActionOverrides: expect.anything() });
  expect(webAcl.AssociationConfig).toBeUndefined();
  template.resourceCountIs('AWS::WAFv2::IPSet', 0);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  expectNoAnnotations(stack);
});

test('no managed rule group is switched to counting', () => {
  const managed = firewall().rules.filter(({ Name }) => Name.startsWith('AWS'));
  expect(managed.filter(({ OverrideAction }) => JSON.stringify(OverrideAction) !== '{"None":{}}')).toEqual([]);
});

test('each rule has a metric and samples of its own', () => {
  const { rules, webAcl } = firewall({ rateLimits: [{ name: 'Login', limit: 20 }], denyList: ['192.0.2.0/24'], uploadPaths: ['/api/a/'] });
  for (const { Name, VisibilityConfig } of rules as any[]) {
    expect(VisibilityConfig).toEqual({ CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true, MetricName: Name });
  }
  expect(webAcl.VisibilityConfig).toMatchObject({ CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true });
});

function exemptions(props?: EdgeFirewallProps): string[] {
  const statement = group(firewall(props).rules, 'AWSManagedRulesAntiDDoSRuleSet');
  const { Challenge } = statement.ManagedRuleGroupConfigs[0].AWSManagedRulesAntiDDoSRuleSet.ClientSideActionConfig;
  expect(Challenge.UsageOfAction).toBe('ENABLED');
  return Challenge.ExemptUriRegularExpressions.map(({ RegexString }: { RegexString: string }) => RegexString);
}

function isChallenged(path: string, props?: EdgeFirewallProps): boolean {
  return !exemptions(props).some(pattern => new RegExp(pattern).test(path));
}

test.each([
  ['/api/orders', false], ['/api/', false], ['/assets/app-123.js', false], ['/logo.PNG', true], ['/runtime-config.json', false],
  ['/', true], ['/orders/7', true], ['/my/api/guide', true], ['/index.html', true], ['/api', false], ['/apis/1', true], ['/.well-known/acme-challenge/x', false],
  ['/assets/app.wasm', false], ['/fonts/a.ttf', false], ['/graphql', true], ['/x/.well-known/y', true],
])('under attack %s gets a browser challenge: %s', (path, challenged) => {
  expect(isChallenged(path)).toBe(challenged);
});

test.each<[string, string[], boolean]>([
  ['/graphql', ['/api/*', '/graphql'], false], ['/graphql/x', ['/graphql'], true], ['/api/orders', ['/graphql'], true], ['/v1/x/rpc', ['/v?/*/rpc'], false], ['/v12/x/rpc', ['/v?/*/rpc'], true],
  ['/a.b/c', ['/a.b/*'], false], ['/aXb/c', ['/a.b/*'], true], ['/feed.atom', [], true], ['/.well-known/x', [], false],
])('%s gets a challenge where %j are without: %s', (path, unchallengedPaths, challenged) => {
  expect(isChallenged(path, { unchallengedPaths })).toBe(challenged);
});

test('many paths without a challenge share the five expressions that WAF takes', () => {
  const unchallengedPaths = Array.from({ length: 30 }, (_, index) => `/service-${index}/*`);
  const expressions = exemptions({ unchallengedPaths });
  expect(expressions.length).toBeLessThanOrEqual(5);
  expect(expressions.filter(expression => expression.length > 200)).toEqual([]);
  expect(unchallengedPaths.filter(path => isChallenged(path.replace('*', 'x'), { unchallengedPaths }))).toEqual([]);
});

describe('what a client reads whose request is blocked', () => {
  const { rules, webAcl } = firewall({ denyList: ['192.0.2.0/24'] });
  const BLOCK = { Block: { CustomResponse: { ResponseCode: 403, CustomResponseBodyKey: 'Blocked' } } };

  test('is JSON, by rules of AWS\'s too', () => {
    expect(webAcl.CustomResponseBodies.Blocked).toEqual({ ContentType: 'APPLICATION_JSON', Content: '{"message":"The request was blocked."}' });
    expect(rule(rules, 'DenyList').Action).toEqual(BLOCK);
    for (const { Name } of rules.filter(each => each.Name.startsWith('AWS'))) {
      const { rules: published } = MANAGED_GROUPS[Name];
      expect(overrides(rules, Name)).toEqual(Object.keys(published).filter(each => published[each] === 'Block').map(each => ({ Name: each, ActionToUse: BLOCK })));
    }
  });

  test('and rules that AWS lets count or challenge still do', () => {
    expect(overrides(rules, 'AWSManagedRulesAmazonIpReputationList').map(({ Name }) => Name)).not.toContain('AWSManagedIPDDoSList');
    expect(overrides(rules, 'AWSManagedRulesAntiDDoSRuleSet').map(({ Name }) => Name)).toEqual(['DDoSRequests']);
  });
});

describe('the log', () => {
  const SECRETS = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

  test('is encrypted, has the name that WAF demands, and no credentials', () => {
    const { template } = firewall();
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'), RetentionInDays: 365, KmsKeyId: { 'Fn::GetAtt': [Match.anyValue(), 'Arn'] },
    });
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      ResourceArn: { 'Fn::GetAtt': [Match.anyValue(), 'Arn'] },
      LogDestinationConfigs: [{ 'Fn::Join': ['', Match.arrayWith([`:logs:us-east-1:${ACCOUNT}:log-group:`, { Ref: Match.anyValue() }])] }],
      RedactedFields: SECRETS.map(Name => ({ SingleHeader: { Name } })),
      LoggingFilter: Match.absent(),
    });
  });

  test('samples have no credentials either', () => {
    expect(firewall().webAcl.DataProtectionConfig).toEqual({
      DataProtections: [{ Field: { FieldType: 'SINGLE_HEADER', FieldKeys: SECRETS }, Action: 'SUBSTITUTION' }],
    });
  });

  test('more headers and the query string can be secret too', () => {
    const { webAcl, template } = firewall({ redactedHeaders: ['X-Session-Token', 'Cookie'], redactQueryString: true });
    expect(webAcl.DataProtectionConfig.DataProtections).toEqual([
      { Field: { FieldType: 'SINGLE_HEADER', FieldKeys: [...SECRETS, 'x-session-token'] }, Action: 'SUBSTITUTION' },
      { Field: { FieldType: 'QUERY_STRING' }, Action: 'SUBSTITUTION' },
    ]);
    template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: Match.arrayWith([{ SingleHeader: { Name: 'x-session-token' } }, { QueryString: {} }]),
    });
  });

  test('keeps only what a rule matched, where asked to', () => {
    firewall({ logAllowedRequests: false }).template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      LoggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [{
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: ['BLOCK', 'COUNT', 'EXCLUDED_AS_COUNT', 'CAPTCHA', 'CHALLENGE'].map(Action => ({ ActionCondition: { Action } })),
        }],
      },
    });
  });
});

test('maximal: every prop arrives in the web ACL', () => {
  const stack = testStack('us-east-1');
  const encryptionKey = new kms.Key(stack, 'Key');
  const alerts = new sns.Topic(stack, 'Alerts');
  const { rules, template, construct, webAcl } = firewall({
    rateLimit: 1000,
    rateLimits: [
      { name: 'Login', limit: 20, window: Duration.minutes(1), paths: ['/api/login', '/api/Token'], methods: ['POST', 'PUT'] },
      { name: 'Burst', limit: 300, window: Duration.minutes(2) },
    ],
    allowList: ['192.0.2.0/24', '2001:db8::/32'],
    denyList: ['203.0.113.0/24'],
    uploadPaths: ['/api/uploads/', '/api/avatars/'],
    botControl: FirewallBotControl.targeted({ paths: ['/api/'] }),
    countedRules: ['NoUserAgent_HEADER', 'SQLi_COOKIE'],
    managedRuleVersions: { AWSManagedRulesCommonRuleSet: 'Version_1.23', AWSManagedRulesSQLiRuleSet: 'Version_2.5' },
    additionalRules: [teapots(5), teapots(1000, { name: 'Later' })],
    bodyInspectionLimit: Size.kibibytes(64),
    logRetention: logs.RetentionDays.ONE_MONTH,
    encryptionKey,
    alerts,
    blockedRequestsThreshold: 50,
  }, stack);

  expect(rules.map(({ Name }) => Name)).toEqual([
    'AWSManagedRulesAntiDDoSRuleSet', 'DenyList', 'RateLimit', 'RateLimitLogin', 'RateLimitBurst', 'AWSManagedRulesAmazonIpReputationList',
    'AWSManagedRulesAnonymousIpList', 'AWSManagedRulesCommonRuleSet', 'LargeBodyOutsideUploadPaths', 'AWSManagedRulesKnownBadInputsRuleSet',
    'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet', 'AWSManagedRulesUnixRuleSet', 'AWSManagedRulesBotControlRuleSet', 'NoTeapots', 'Later',
  ]);
  expect(rules.slice(-2).map(({ Priority }) => Priority)).toEqual([5, 1000]);
  expect(rule(rules, 'RateLimitLogin').Statement.RateBasedStatement).toMatchObject({ Limit: 20, EvaluationWindowSec: 60 });
  expect(rule(rules, 'RateLimitBurst').Statement.RateBasedStatement).toMatchObject({ Limit: 300, EvaluationWindowSec: 120 });
  expect(rule(rules, 'RateLimitLogin').Action).toEqual({
    Block: { CustomResponse: { ResponseCode: 429, CustomResponseBodyKey: 'TooManyRequests', ResponseHeaders: [{ Name: 'retry-after', Value: '60' }] } },
  });
  expect(webAcl.CustomResponseBodies.TooManyRequests.ContentType).toBe('APPLICATION_JSON');
  expect(JSON.parse(webAcl.CustomResponseBodies.BodyTooLarge.Content)).toEqual({ message: expect.stringContaining('too large') });

  const core = group(rules, 'AWSManagedRulesCommonRuleSet');
  expect(core.Version).toBe('Version_1.23');
  expect(counted(rules, 'AWSManagedRulesCommonRuleSet')).toEqual(['NoUserAgent_HEADER', 'SizeRestrictions_BODY']);
  expect(group(rules, 'AWSManagedRulesSQLiRuleSet').Version).toBe('Version_2.5');
  expect(counted(rules, 'AWSManagedRulesSQLiRuleSet')).toEqual(['SQLi_COOKIE']);
  expect(group(rules, 'AWSManagedRulesLinuxRuleSet').Version).toBeUndefined();
  expect(group(rules, 'AWSManagedRulesBotControlRuleSet').ManagedRuleGroupConfigs).toEqual([{ AWSManagedRulesBotControlRuleSet: { InspectionLevel: 'TARGETED' } }]);
  expect(webAcl.AssociationConfig).toEqual({ RequestBody: { CLOUDFRONT: { DefaultSizeInspectionLimit: 'KB_64' } } });

  template.resourceCountIs('AWS::KMS::Key', 1);
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30, KmsKeyId: stack.resolve(encryptionKey.keyArn) });
  expect(construct.encryptionKey).toBe(encryptionKey);
  expect(Object.values(template.findResources('AWS::WAFv2::IPSet')).map(({ Properties }) => Properties)).toEqual(expect.arrayContaining([
    { Scope: 'CLOUDFRONT', IPAddressVersion: 'IPV4', Addresses: ['192.0.2.0/24'] },
    { Scope: 'CLOUDFRONT', IPAddressVersion: 'IPV6', Addresses: ['2001:db8::/32'] },
    { Scope: 'CLOUDFRONT', IPAddressVersion: 'IPV4', Addresses: ['203.0.113.0/24'] },
  ]));
  template.resourceCountIs('AWS::WAFv2::IPSet', 3);
  expectNoAnnotations(stack);
});

test('the anti-DDoS group can be left out for its price, and the rest is within what a web ACL includes', () => {
  const { stack, rules, construct } = firewall({ antiDdos: false });
  expect(rule(rules, 'AWSManagedRulesAntiDDoSRuleSet')).toBeUndefined();
  expect(construct.capacity).toBe(1477);
  Annotations.fromStack(stack).hasNoInfo('*', Match.anyValue());
});

test('the default is told to need more capacity than is included', () => {
  const { stack, construct } = firewall();
  expect(construct.capacity).toBe(1527);
  Annotations.fromStack(stack).hasInfo('/Test/Firewall', Match.stringLikeRegexp('up to 1527 units of capacity \\(WCU\\); 1500 are included, and AWS charges each request for 1 time 500 more'));
});

test('what a rule group of one\'s own needs is not known, and said so', () => {
  const { stack, construct } = firewall({ antiDdos: false, additionalRules: [teapots(2000, { action: undefined, overrideAction: { none: {} }, statement: { ruleGroupReferenceStatement: { arn: 'arn' } } })] });
  expect(construct.capacity).toBe(1477);
  Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp('Not counted, because AWS alone knows: NoTeapots'));
});

test.each([
  ['observe()', (stack: Stack) => EdgeFirewall.observe(stack, 'Firewall', { rateLimit: 10 })],
  ['its mode', (stack: Stack) => new EdgeFirewall(stack, 'Firewall', { rateLimit: 10, mode: FirewallMode.OBSERVE })],
])('a firewall made by %s counts, says so, and keeps its resources when it blocks', (_, create) => {
  const stack = testStack('us-east-1');
  create(stack);
  const template = Template.fromStack(stack);
  const [[id, { Properties }]] = Object.entries(template.findResources('AWS::WAFv2::WebACL'));
  for (const { Action, OverrideAction } of Properties.Rules) { expect(Action ?? OverrideAction).toEqual({ Count: {} }); }
  Annotations.fromStack(stack).hasWarning('/Test/Firewall', Match.stringLikeRegexp('observes and blocks nothing'));
  expect(Object.keys(firewall().template.findResources('AWS::WAFv2::WebACL'))).toEqual([id]);
});

test('rules of one\'s own count while observing, but for those that allow', () => {
  const { rules } = firewall({
    mode: FirewallMode.OBSERVE,
    additionalRules: [
      teapots(1, { name: 'A', action: { allow: {} } }), teapots(2, { name: 'B', action: { challenge: {} } }),
      teapots(3, { name: 'C', action: undefined, overrideAction: { none: {} }, statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesPHPRuleSet' } } }),
    ],
  });
  expect(['A', 'B'].map(name => rule(rules, name).Action)).toEqual([{ Allow: {} }, { Count: {} }]);
  expect(rule(rules, 'C').OverrideAction).toEqual({ Count: {} });
});

test('alerts are told when many requests are blocked', () => {
  const stack = testStack('us-east-1');
  const alerts = new sns.Topic(stack, 'Alerts');
  const { template, webAcl } = firewall({ alerts }, stack);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'AWS/WAFV2',
    MetricName: 'BlockedRequests',
    Statistic: 'Sum',
    Period: 300,
    Threshold: 1000,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    Dimensions: [{ Name: 'Rule', Value: 'ALL' }, { Name: 'WebACL', Value: webAcl.VisibilityConfig.MetricName }],
    AlarmActions: [stack.resolve(alerts.topicArn)],
    OKActions: [stack.resolve(alerts.topicArn)],
  });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } })]) },
  });
});

describe('metrics', () => {
  test('requests are counted where WAF reports them', () => {
    const { construct, webAcl } = firewall({ rateLimits: [{ name: 'Login', limit: 20 }] });
    const WebACL = webAcl.VisibilityConfig.MetricName;
    const common = { namespace: 'AWS/WAFV2', statistic: 'Sum', region: 'us-east-1' };
    expect(construct.metricBlockedRequests()).toMatchObject({ ...common, metricName: 'BlockedRequests', dimensions: { WebACL, Rule: 'ALL' } });
    expect(construct.metricCountedRequests()).toMatchObject({ ...common, metricName: 'CountedRequests', dimensions: { WebACL, Rule: 'ALL' } });
    expect(construct.metricBlockedByRule('RateLimitLogin')).toMatchObject({ ...common, metricName: 'BlockedRequests', dimensions: { WebACL, Rule: 'RateLimitLogin' } });
    expect(construct.metricCountedByRule('AWSManagedRulesSQLiRuleSet', { period: Duration.minutes(1) })).toMatchObject({
      metricName: 'CountedRequests', dimensions: { WebACL, Rule: 'AWSManagedRulesSQLiRuleSet' }, period: Duration.minutes(1),
    });
  });

  test('refuses a rule that the firewall does not have', () => {
    expect(() => firewall().construct.metricBlockedByRule('Login')).toThrow(/`rule` is "Login", but the firewall has no rule of this name. Give one of .*RateLimit,/);
  });
});

const elsewhere = (type: 'key' | 'topic') => type === 'key'
  ? { encryptionKey: kms.Key.fromKeyArn(testStack(), 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`) }
  : { alerts: sns.Topic.fromTopicArn(testStack(), 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:alerts`) };
const login = (changes: object) => ({ rateLimits: [{ name: 'Login', limit: 20, ...changes }] });
const paths = (path: string) => login({ paths: ['/api/a', path] });

test.each<[string, EdgeFirewallProps, RegExp]>([
  ['a rate limit below WAF\'s', { rateLimit: 9 }, /`rateLimit` is 9, but .* between 10 and 2000000000 requests/],
  ['a rate limit above WAF\'s', { rateLimit: 2_000_000_001 }, /`rateLimit` is 2000000001/],
  ['a path\'s limit below WAF\'s', login({ limit: 9 }), /`rateLimits\[0\].limit` is 9, but .* between 10/],
  ['a limit that the global one comes before', login({ limit: 2000 }), /`rateLimits\[0\].limit` is 2000, but `rateLimit` blocks an address after 2000 requests at the latest/],
  ['a long limit that the global one comes before', login({ limit: 4000, window: Duration.minutes(10) }), /is 4000, but `rateLimit` blocks an address after 4000 requests/],
  ['another window', login({ window: Duration.minutes(3) }), /`rateLimits\[0\].window` is "180 seconds", but WAF does not look back on that/],
  ['a name with a blank', login({ name: 'The login' }), /`rateLimits\[0\].name` is "The login"/],
  ['a name twice', { rateLimits: [{ name: 'A', limit: 10 }, { name: 'A', limit: 20 }] }, /`rateLimits` is "A", but two entries have this name/],
  ['a limit on no path', login({ paths: [] }), /`rateLimits\[0\].paths` is \[\], but it names none/],
  ['a relative path', paths('api/login'), /`rateLimits\[0\].paths\[1\]` is "api\/login", but it is not the beginning of a path/],
  ['a path with a wildcard', paths('/api/*'), /`rateLimits\[0\].paths\[1\]` is "\/api\/\*"/],
  ['an encoded path', paths('/api/%6cogin'), /plainly/],
  ['a path with dots', paths('/api/../login'), /`rateLimits\[0\].paths\[1\]` is/],
  ['a path with two slashes', paths('/api//login'), /`rateLimits\[0\].paths\[1\]` is/],
  ['a path with parameters', paths('/api;v=1/login'), /`rateLimits\[0\].paths\[1\]` is/],
  ['a path that is too long for WAF', paths(`/api/${'a/'.repeat(60)}`), /longer than WAF takes/],
  ['a path twice', login({ paths: ['/a', '/a'] }), /two entries have this path/],
  ['a method in small letters', login({ methods: ['post'] }), /`rateLimits\[0\].methods\[0\]` is "post"/],
  ['no method', login({ methods: [] }), /`rateLimits\[0\].methods` is \[\]/],
  ['more limits than WAF has', { rateLimits: Array.from({ length: 10 }, (_, index) => ({ name: `A${index}`, limit: 10 })) }, /`rateLimits` is 11, but a web ACL has room for 10 rate limits/],
  ['an empty list', { allowList: [] }, /`allowList` is \[\], but it names no address/],
  ['an address without a prefix', { denyList: ['192.0.2.0/24', '192.0.2.1'] }, /`denyList\[1\]` is "192.0.2.1", but it is not a range .* a single address as "192.0.2.44\/32"/],
  ['host bits', { denyList: ['192.0.2.1/24'] }, /`denyList\[0\]`/],
  ['every address', { allowList: ['0.0.0.0/0'] }, /`allowList\[0\]`/],
  ['every IPv6 address', { allowList: ['::/0'] }, /`allowList\[0\]`/],
  ['IPv6 host bits', { allowList: ['2001:db8::1/32'] }, /`allowList\[0\]`/],
  ['two gaps in an IPv6 address', { allowList: ['2001::db8::/32'] }, /`allowList\[0\]`/],
  ['too short an IPv6 address', { allowList: ['2001:db8:0:0:0:0:0/128'] }, /`allowList\[0\]`/],
  ['a range twice', { denyList: ['192.0.2.0/24', '192.0.2.0/24'] }, /two entries have this range/],
  ['more ranges than a set takes', { denyList: Array.from({ length: 10_001 }, (_, index) => `10.0.${Math.floor(index / 256)}.${index % 256}/32`) }, /`denyList` is 10001, but WAF takes 10000 IPv4 ranges/],
  ['a relative upload path', { uploadPaths: ['/api/a/', 'api/b'] }, /`uploadPaths\[1\]` is "api\/b", but it is not the beginning of a path/],
  ['the whole site as an upload path', { uploadPaths: ['/'] }, /`uploadPaths\[0\]` is "\/"/],
  ['a wildcard', { uploadPaths: ['/api/uploads/*'] }, /without wildcard/],
  ['an upload path that never matches', { uploadPaths: ['/api/../uploads/'] }, /as clients send it/],
  ['an upload path twice', { uploadPaths: ['/api/a/', '/api/a/'] }, /`uploadPaths` is "\/api\/a\/", but two entries have this path/],
  ['an upload path inside another', { uploadPaths: ['/api/a/b/', '/api/a/'] }, /`uploadPaths\[0\]` is "\/api\/a\/b\/", but "\/api\/a\/" covers it already/],
  ['Bot Control on a relative path', { botControl: FirewallBotControl.common({ paths: ['api'] }) }, /`botControl.paths\[0\]` is "api"/],
  ['a relative path without a challenge', { unchallengedPaths: ['/api/*', 'graphql'] }, /`unchallengedPaths\[1\]` is "graphql", but it is no path pattern/],
  ['a path without a challenge twice', { unchallengedPaths: ['/a', '/a'] }, /`unchallengedPaths` is "\/a", but two entries have this path/],
  ['a path without a challenge that is too long', { unchallengedPaths: [`/${'a'.repeat(200)}`] }, /`unchallengedPaths\[0\]` is .* longer than WAF takes/],
  ['more paths without a challenge than WAF takes', { unchallengedPaths: Array.from({ length: 9 }, (_, index) => `/${'a'.repeat(120)}${index}`) }, /`unchallengedPaths` is 9, but the anti-DDoS group has no room/],
  ['a rule that AWS does not have', { countedRules: ['NoUserAgent'] }, /`countedRules\[0\]` is "NoUserAgent", but no rule of these groups had this name/],
  ['a rule twice', { countedRules: ['SQLi_BODY', 'SQLi_BODY'] }, /two entries have this name/],
  ['the body rule counted with upload paths', { countedRules: ['SizeRestrictions_BODY'], uploadPaths: ['/api/a/'] }, /`uploadPaths` says where bodies may be larger/],
  ['a version of an unknown group', { managedRuleVersions: { AWSManagedRulesCoreRuleSet: 'Version_1.0' } }, /AWS published no rule group of this name .* AWSManagedRulesCommonRuleSet/],
  ['a version of an unversioned group', { managedRuleVersions: { AWSManagedRulesAnonymousIpList: 'Version_1.0' } }, /AWS does not version this group/],
  ['a version in another form', { managedRuleVersions: { AWSManagedRulesCommonRuleSet: '1.23' } }, /Write it as "Version_1.23"/],
  ['an expired version', { managedRuleVersions: { AWSManagedRulesCommonRuleSet: 'Version_1.2' } }, /`managedRuleVersions.AWSManagedRulesCommonRuleSet` is "Version_1.2", but AWS's list .* has no such version/],
  ['a version that was never released', { managedRuleVersions: { AWSManagedRulesSQLiRuleSet: 'Version_2.1' } }, /Give one of Version_1.2, .*Version_2.5/],
  ['a reserved priority', { additionalRules: [teapots(100)] }, /`additionalRules\[0\].priority` is 100, but the priorities from 100 to 999 .* are taken/],
  ['the priority of Shield Advanced', { additionalRules: [teapots(10_000_000)] }, /is 10000000/],
  ['a negative priority', { additionalRules: [teapots(-1)] }, /is -1/],
  ['a priority twice', { additionalRules: [teapots(1), teapots(1, { name: 'Other' })] }, /two entries have this priority/],
  ['a name of Shield Advanced', { additionalRules: [teapots(1, { name: 'ShieldMitigationRuleGroup_1' })] }, /belong to Shield Advanced/],
  ['a name that the firewall uses', { additionalRules: [teapots(1, { name: 'RateLimit' })] }, /`additionalRules` is "RateLimit", but two entries have this name/],
  ['more capacity than there is', {
    additionalRules: Array.from({ length: 18 }, (_, index) => teapots(1000 + index, {
      name: `Sql${index}`, statement: { xssMatchStatement: { fieldToMatch: { allQueryArguments: {} }, textTransformations: Array.from({ length: 15 }, (__, priority) => ({ priority, type: 'URL_DECODE' })) } },
    })),
  }, /`rules` is 5127, but a web ACL has room for 5000 units of capacity/],
  ['a header that is none', { redactedHeaders: ['x session'] }, /`redactedHeaders\[0\]` is "x session"/],
  ['a key of another region', elsewhere('key'), /`encryptionKey` is "eu-west-1", but .* Give one of us-east-1/],
  ['a topic of another region', elsewhere('topic'), /`alerts` is "eu-west-1", but an alarm tells topics of its own region only.* Give one of us-east-1/],
  ['a threshold without alerts', { blockedRequestsThreshold: 5 }, /`blockedRequestsThreshold` is 5, but nobody is told/],
  ['another inspection limit', { bodyInspectionLimit: Size.kibibytes(24) }, /`bodyInspectionLimit` is "24 KiB"/],
])('refuses %s, before it creates anything', (_, props, message) => {
  const stack = testStack('us-east-1');
  expect(() => new EdgeFirewall(stack, 'Firewall', props)).toThrow(message);
  expect(stack.node.findChild('Firewall').node.children).toEqual([]);
});

test('versions that AWS releases after this library pass', () => {
  const versions = { AWSManagedRulesCommonRuleSet: 'Version_1.24', AWSManagedRulesUnixRuleSet: 'Version_4.0', AWSManagedRulesAntiDDoSRuleSet: 'Version_1.0' };
  const { rules } = firewall({ managedRuleVersions: versions });
  expect(Object.keys(versions).map(name => group(rules, name).Version)).toEqual(Object.values(versions));
});

describe('in a stack of another region', () => {
  function abroad(props?: EdgeFirewallProps) {
    const stack = testStack(REGION);
    const construct = new EdgeFirewall(stack, 'Firewall', props);
    return { stack, construct, edge: stack.node.scope!.node.findChild('TestEdge') as Stack };
  }

  test('the web ACL and its log are in a support stack in us-east-1', () => {
    const { stack, edge } = abroad({ denyList: ['192.0.2.0/24'] });
    expect(edge.region).toBe('us-east-1');
    const template = Template.fromStack(edge);
    for (const type of ['AWS::WAFv2::WebACL', 'AWS::WAFv2::IPSet', 'AWS::WAFv2::LoggingConfiguration', 'AWS::Logs::LogGroup', 'AWS::KMS::Key']) { template.resourceCountIs(type, 1); }
    expect(Object.keys(Template.fromStack(stack).toJSON().Resources ?? {})).toEqual([]);
  });

  test('a site of any stack gets its ARN without an export', () => {
    const { stack, construct, edge } = abroad();
    const other = new Stack(stack.node.scope!, 'Other', { env: { account: ACCOUNT, region: 'eu-central-1' } });
    new SpaStaticSite(stack, 'Site', { firewall: construct });
    new SpaStaticSite(other, 'Site', { firewall: construct });
    const webAclId = (of: Stack) => Object.values(Template.fromStack(of).findResources('AWS::CloudFront::Distribution'))[0].Properties.DistributionConfig.WebACLId;
    expect(JSON.stringify(webAclId(stack))).toMatch(/Fn::GetStackOutput.*TestEdge.*us-east-1/);
    expect(JSON.stringify(webAclId(other))).toMatch(/Fn::GetStackOutput.*"Test".*eu-west-1/);
    expect(stack.dependencies).toContain(edge);
    expect(other.dependencies).toContain(stack);
    for (const each of [stack, other, edge]) { expect(JSON.stringify(Template.fromStack(each).toJSON())).not.toMatch(/"Export"|ImportValue|ExportsReader/); }
  });

  test('refuses what cannot be before it makes the support stack', () => {
    const stack = testStack(REGION);
    expect(() => new EdgeFirewall(stack, 'Firewall', { rateLimit: 1 })).toThrow(/`rateLimit`/);
    expect(stack.node.scope!.node.tryFindChild('TestEdge')).toBeUndefined();
  });

  test('a topic has to be of us-east-1', () => {
    const { stack } = abroad();
    const alerts = new sns.Topic(stack, 'Alerts');
    expect(() => new EdgeFirewall(stack, 'Other', { alerts })).toThrow(/`alerts` is "eu-west-1".* Give one of us-east-1, from a stack of that region/);
  });
});

test('a region that only the deployment knows passes', () => {
  const stack = new Stack(new App(), 'Agnostic');
  firewall({}, stack);
});

test('two firewalls of one stack have logs and metrics of their own', () => {
  const stack = testStack('us-east-1');
  const [one, two] = ['One', 'Two'].map(id => new EdgeFirewall(stack, id));
  const names = Object.values(Template.fromStack(stack).findResources('AWS::Logs::LogGroup')).map(log => log.Properties.LogGroupName);
  expect(new Set(names).size).toBe(2);
  expect(one.metricBlockedRequests().dimensions).not.toEqual(two.metricBlockedRequests().dimensions);
});

test('two synths are equal', () => {
  expect(firewall().template.toJSON()).toEqual(firewall().template.toJSON());
});
