import { Template } from 'aws-cdk-lib/assertions';
import { DescribedGroup, groupOf, tableOf } from '../../../scripts/refresh-managed-rule-groups';
import { EdgeFirewall } from '../../../src/site/firewall/edge-firewall';
import { FirewallBotControl } from '../../../src/site/firewall/firewall-bot-control';
import { GROUPS, knownRules, MANAGED_GROUPS, MANAGED_VERSION } from '../../../src/site/firewall/firewall-managed-groups';
import * as table from '../../../src/site/firewall/managed-rule-groups.json';
import { testStack } from '../../support/stacks';

const ACTIONS = ['Block', 'Count', 'Captcha', 'Challenge', 'Allow'];

test('the table says when it was read, and where', () => {
  expect(table.readOn).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect(table.source).toMatch(/AWS WAF|aws wafv2/);
});

test('every group in a web ACL is published, and so is every rule that it overrides', () => {
  const stack = testStack('us-east-1');
  new EdgeFirewall(stack, 'Firewall', { botControl: FirewallBotControl.common() });
  const [webAcl] = Object.values(Template.fromStack(stack).findResources('AWS::WAFv2::WebACL'));
  const groups = webAcl.Properties.Rules.map(({ Statement }: any) => Statement.ManagedRuleGroupStatement).filter(Boolean);
  expect(groups.map(({ Name }: any) => Name).sort()).toEqual(Object.values(GROUPS).flat().sort());
  for (const { Name, RuleActionOverrides = [] } of groups) {
    const published = (table.groups as Record<string, { rules: object }>)[Name];
    expect(Object.keys(published.rules)).toEqual(expect.arrayContaining(RuleActionOverrides.map((override: any) => override.Name)));
  }
});

test('no rule stands in two groups of a firewall, so that its name tells the group', () => {
  expect(knownRules().length).toBeGreaterThan(40);
  expect(new Set(knownRules()).size).toBe(knownRules().length);
});

test('versions are in order and written as AWS writes them; rules have an action of WAF\'s', () => {
  for (const { versions, versioned, capacity, rules } of Object.values(MANAGED_GROUPS)) {
    const numbers = versions.map(version => MANAGED_VERSION.exec(version)!.slice(1).map(Number));
    expect(numbers).toEqual([...numbers].sort(([a, b], [c, d]) => a - c || b - d));
    expect(new Set(versions).size).toBe(versions.length);
    if (!versioned) { expect(versions).toEqual([]); }
    expect(capacity).toBeGreaterThan(0);
    expect(ACTIONS).toEqual(expect.arrayContaining(Object.values(rules)));
  }
});

describe('the script that writes the table', () => {
  const available = { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet', VersioningSupported: true };
  const described: DescribedGroup = { Capacity: 700, Rules: [{ Name: 'NoUserAgent_HEADER', Action: { Block: {} } }, { Name: 'Other', Action: { Count: {} } }] };

  test('takes what AWS WAF answers, versions in their order', () => {
    expect(groupOf(available, described, ['Version_1.10', 'Version_1.2'])).toEqual({
      capacity: 700, versioned: true, versions: ['Version_1.2', 'Version_1.10'], rules: { NoUserAgent_HEADER: 'Block', Other: 'Count' },
    });
    expect(groupOf({ VendorName: 'AWS', Name: 'AWSManagedRulesAnonymousIpList' }, described, []).versioned).toBe(false);
  });

  test('writes the table that is there', () => {
    expect(JSON.parse(tableOf(MANAGED_GROUPS, table.readOn, table.source))).toEqual({ readOn: table.readOn, source: table.source, groups: table.groups });
  });
});
