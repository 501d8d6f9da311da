import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EdgeFirewall, EdgeFirewallProps } from '../../../src/site/firewall/edge-firewall';
import { FirewallMode } from '../../../src/site/firewall/firewall-mode';
import { ShieldAdvancedProtection, ShieldAdvancedProtectionProps } from '../../../src/site/firewall/shield-advanced-protection';
import { SpaStaticSite } from '../../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../../support/stacks';

function protection(props: Partial<ShieldAdvancedProtectionProps> = {}, firewallProps: EdgeFirewallProps = {}) {
  const stack = testStack('us-east-1');
  const firewall = new EdgeFirewall(stack, 'Firewall', firewallProps);
  const { distribution } = new SpaStaticSite(stack, 'Site', { firewall });
  const construct = new ShieldAdvancedProtection(stack, 'Shield', { distribution, firewall, ...props });
  return { stack, construct, distribution, template: Template.fromStack(stack) };
}

test('minimal: the distribution is protected, and attacks are blocked', () => {
  const { stack, construct, distribution, template } = protection();
  template.hasResourceProperties('AWS::Shield::Protection', {
    ResourceArn: { 'Fn::Join': ['', Match.arrayWith([stack.resolve(distribution.distributionId)])] },
    ApplicationLayerAutomaticResponseConfiguration: { Status: 'ENABLED', Action: { Block: {} } },
  });
  expect(stack.resolve(construct.protectionArn)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Shield/), 'ProtectionArn'] });
  expectNoAnnotations(stack);
});

test('it can observe', () => {
  protection({ mode: FirewallMode.OBSERVE }).template.hasResourceProperties('AWS::Shield::Protection', {
    ApplicationLayerAutomaticResponseConfiguration: { Action: { Count: {} } },
  });
});

test('refuses a firewall without room for the rules of Shield Advanced', () => {
  const rules = Array.from({ length: 17 }, (_, priority) => ({
    name: `Xss${priority}`, priority, action: { block: {} },
    statement: { xssMatchStatement: { fieldToMatch: { allQueryArguments: {} }, textTransformations: Array.from({ length: 15 }, (__, index) => ({ priority: index, type: 'URL_DECODE' })) } },
    visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: `Xss${priority}` },
  }));
  expect(() => protection({}, { additionalRules: rules })).toThrow(/`firewall` is 4927, but its rules leave less than 150 of 5000 units of capacity/);
});

test('refuses a firewall that is not in front of the distribution', () => {
  const stack = testStack('us-east-1');
  const { distribution } = new SpaStaticSite(stack, 'Site');
  expect(() => new ShieldAdvancedProtection(stack, 'Shield', { distribution, firewall: new EdgeFirewall(stack, 'Other') }))
    .toThrow(/Test\/Shield: `firewall` is "Test\/Other", but it is not in front of Test\/Site\/Distribution/);
});

test('a distribution of another region and stack, without an export', () => {
  const app = new App();
  const [web, shield] = [['Web', 'eu-west-1'], ['Shield', 'us-east-1']].map(([id, region]) => new Stack(app, id, { env: { account: ACCOUNT, region } }));
  const { distribution, firewall } = new SpaStaticSite(web, 'Site');
  new ShieldAdvancedProtection(shield, 'Shield', { distribution, firewall });
  expect(JSON.stringify(Template.fromStack(shield).findResources('AWS::Shield::Protection'))).toContain('"Fn::GetStackOutput":{"StackName":"Web"');
  expect(JSON.stringify(Template.fromStack(web).toJSON().Outputs)).not.toContain('Export');
  expectNoAnnotations(app);
});
