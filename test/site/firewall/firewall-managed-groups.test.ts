import { Template } from 'aws-cdk-lib/assertions';
import { EdgeFirewall } from '../../../src/site/firewall/edge-firewall';
import { FirewallBotControl } from '../../../src/site/firewall/firewall-bot-control';
import { MANAGED_GROUPS, MANAGED_VERSION } from '../../../src/site/firewall/firewall-managed-groups';
import { testStack } from '../../support/stacks';

/**
 * Capacity of each group, and its newest static version, copied from AWS's list and changelog of 2026-10-01.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-changelog.html
 */
const PUBLISHED: [string, number, string | undefined][] = [
  ['AWSManagedRulesCommonRuleSet', 700, 'Version_1.23'],
  ['AWSManagedRulesAdminProtectionRuleSet', 100, undefined],
  ['AWSManagedRulesKnownBadInputsRuleSet', 200, 'Version_1.26'],
  ['AWSManagedRulesSQLiRuleSet', 200, 'Version_2.5'],
  ['AWSManagedRulesLinuxRuleSet', 200, 'Version_2.6'],
  ['AWSManagedRulesUnixRuleSet', 100, 'Version_3.2'],
  ['AWSManagedRulesWindowsRuleSet', 200, 'Version_2.5'],
  ['AWSManagedRulesPHPRuleSet', 100, 'Version_2.2'],
  ['AWSManagedRulesWordPressRuleSet', 100, 'Version_1.3'],
  ['AWSManagedRulesAmazonIpReputationList', 25, undefined],
  ['AWSManagedRulesAnonymousIpList', 50, undefined],
  ['AWSManagedRulesBotControlRuleSet', 50, 'Version_6.1'],
  ['AWSManagedRulesATPRuleSet', 50, 'Version_1.1'],
  ['AWSManagedRulesACFPRuleSet', 50, 'Version_1.1'],
  ['AWSManagedRulesAntiDDoSRuleSet', 50, undefined],
];

test('the list is the published one, by name, capacity and newest version', () => {
  const listed = Object.entries(MANAGED_GROUPS).map(([name, { capacity, versions }]) => [name, capacity, versions[versions.length - 1]]);
  expect(listed.sort()).toEqual([...PUBLISHED].sort());
});

test('every group in a web ACL is published', () => {
  const stack = testStack('us-east-1');
  new EdgeFirewall(stack, 'Firewall', { botControl: FirewallBotControl.common() });
  const [webAcl] = Object.values(Template.fromStack(stack).findResources('AWS::WAFv2::WebACL'));
  const groups = webAcl.Properties.Rules.map(({ Statement }: any) => Statement.ManagedRuleGroupStatement?.Name).filter(Boolean);
  expect(groups).toHaveLength(9);
  expect(groups.filter((name: string) => !PUBLISHED.some(([published]) => published === name))).toEqual([]);
});

test('no rule stands in two groups, so that its name tells the group', () => {
  const rules = Object.values(MANAGED_GROUPS).flatMap(group => group.rules);
  expect(new Set(rules).size).toBe(rules.length);
});

test('versions are in order and written as AWS writes them', () => {
  for (const { versions, versioned } of Object.values(MANAGED_GROUPS)) {
    const numbers = versions.map(version => MANAGED_VERSION.exec(version)!.slice(1).map(Number));
    expect(numbers).toEqual([...numbers].sort(([a, b], [c, d]) => a - c || b - d));
    if (!versioned) { expect(versions).toEqual([]); }
  }
});
