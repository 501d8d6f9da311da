import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { FirewallBotControl } from '../../../src/site/firewall/firewall-bot-control';
import { LoadBalancerClients, RegionalFirewall, RegionalFirewallProps } from '../../../src/site/firewall/regional-firewall';
import { ACCOUNT, expectNoAnnotations, foreignVpc, REGION, testStack } from '../../support/stacks';

const { DIRECT, THROUGH_CLOUDFRONT } = LoadBalancerClients;

/** Somebody else's load balancer. */
function imported(stack: Stack, region: string = REGION, name = 'api'): elbv2.IApplicationLoadBalancer {
  return elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, `LoadBalancer${name}`, {
    loadBalancerArn: `arn:aws:elasticloadbalancing:${region}:${ACCOUNT}:loadbalancer/app/${name}/1234567890abcdef`, securityGroupId: 'sg-1',
  });
}

function firewall(props: Partial<RegionalFirewallProps> = {}) {
  const stack = testStack();
  const construct = new RegionalFirewall(stack, 'Firewall', { loadBalancers: [imported(stack)], clients: DIRECT, ...props });
  const template = Template.fromStack(stack);
  const [webAcl] = Object.values(template.findResources('AWS::WAFv2::WebACL'));
  return { stack, construct, template, webAcl: webAcl.Properties, names: webAcl.Properties.Rules.map(({ Name }: { Name: string }) => Name) };
}

test('minimal: the rules of the edge in front of a load balancer, with a log in the region', () => {
  const { stack, template, webAcl, names } = firewall();
  expect(webAcl).toMatchObject({ Scope: 'REGIONAL', DefaultAction: { Allow: {} } });
  expect(names).toEqual([
    'AWSManagedRulesAntiDDoSRuleSet', 'RateLimit', 'AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesAnonymousIpList',
    'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet',
    'AWSManagedRulesUnixRuleSet',
  ]);
  expect(webAcl.AssociationConfig).toBeUndefined();
  template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
    ResourceArn: Match.stringLikeRegexp('loadbalancer/app/api'), WebACLArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FirewallWebAcl'), 'Arn'] },
  });
  template.hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
    LogDestinationConfigs: [{ 'Fn::Join': ['', Match.arrayWith([`:logs:${REGION}:${ACCOUNT}:log-group:`])] }],
  });
  expectNoAnnotations(stack);
});

test('behind CloudFront: only what does not judge an address', () => {
  const { names, webAcl, construct } = firewall({ clients: THROUGH_CLOUDFRONT, denyList: ['192.0.2.0/24'] });
  expect(names).toEqual([
    'DenyList', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet',
    'AWSManagedRulesUnixRuleSet',
  ]);
  expect(webAcl.Rules[0].Statement.IPSetReferenceStatement.IPSetForwardedIPConfig).toEqual({ HeaderName: 'X-Forwarded-For', Position: 'LAST', FallbackBehavior: 'NO_MATCH' });
  expect(construct.capacity).toBe(1401);
});

test('behind CloudFront the anti-DDoS group can be asked for', () => {
  expect(firewall({ clients: THROUGH_CLOUDFRONT, antiDdos: true }).names[0]).toBe('AWSManagedRulesAntiDDoSRuleSet');
});

test('maximal: lists, Bot Control and alerts in the region', () => {
  const stack = testStack();
  const alerts = new sns.Topic(stack, 'Alerts');
  const own = new elbv2.ApplicationLoadBalancer(stack, 'Own', { vpc: foreignVpc(stack) });
  const construct = new RegionalFirewall(stack, 'Firewall', {
    loadBalancers: [own, imported(stack)], clients: THROUGH_CLOUDFRONT, allowList: ['2001:db8::/32'], denyList: ['192.0.2.0/24'],
    botControl: FirewallBotControl.common(), alerts,
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 2);
  template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: stack.resolve(own.loadBalancerArn) });
  template.allResourcesProperties('AWS::WAFv2::IPSet', { Scope: 'REGIONAL' });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'BlockedRequests', Dimensions: Match.arrayWith([{ Name: 'Region', Value: REGION }, { Name: 'Rule', Value: 'ALL' }]),
  });
  expect(construct.metricBlockedByRule('DenyList')).toMatchObject({ region: REGION, dimensions: { Region: REGION, Rule: 'DenyList' } });
  expect(construct.metricCountedByRule('DenyList').metricName).toBe('CountedRequests');
  expect(construct.metricBlockedRequests().dimensions).toEqual(construct.metricCountedRequests().dimensions);
  expectNoAnnotations(stack);
});

test('a load balancer of another stack is reached without an export', () => {
  const stack = testStack();
  const network = new Stack(stack.node.scope!, 'Network', { env: { account: ACCOUNT, region: REGION } });
  const loadBalancer = new elbv2.ApplicationLoadBalancer(network, 'LoadBalancer', { vpc: foreignVpc(network) });
  new RegionalFirewall(stack, 'Firewall', { loadBalancers: [loadBalancer], clients: DIRECT });
  Template.fromStack(stack).hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: { 'Fn::GetStackOutput': Match.anyValue() } });
  expect(JSON.stringify(Template.fromStack(network).toJSON())).not.toContain('"Export"');
});

test.each<[string, Partial<RegionalFirewallProps>, RegExp]>([
  ['no load balancer', { loadBalancers: [] }, /`loadBalancers` is \[\], but nothing would be guarded/],
  ['one of another region', { loadBalancers: [imported(testStack(), 'eu-central-1')] }, /`loadBalancers\[0\]` is "eu-central-1", but a web ACL guards load balancers of its own region, which is eu-west-1/],
  ['a rate limit behind CloudFront', { clients: THROUGH_CLOUDFRONT, rateLimit: 100 }, /`rateLimit` is 100, but behind CloudFront .* Set the limit on the EdgeFirewall/],
  ['rate limits behind CloudFront', { clients: THROUGH_CLOUDFRONT, rateLimits: [{ name: 'Login', limit: 10 }] }, /`rateLimits` is .* the client chooses/],
  ['an allow list that spares nothing', { clients: THROUGH_CLOUDFRONT, allowList: ['192.0.2.0/24'] }, /`allowList` is .* Give it to the EdgeFirewall/],
  ['what an EdgeFirewall refuses', { uploadPaths: ['/'] }, /`uploadPaths\[0\]`/],
  ['a topic of another region', { alerts: sns.Topic.fromTopicArn(testStack(), 'Topic', `arn:aws:sns:us-east-1:${ACCOUNT}:alerts`) }, /`alerts` is "us-east-1".* Give one of eu-west-1/],
])('refuses %s, before it creates anything', (_, props, message) => {
  const stack = testStack();
  expect(() => new RegionalFirewall(stack, 'Firewall', { loadBalancers: [imported(stack)], clients: DIRECT, ...props })).toThrow(message);
  expect(stack.node.findChild('Firewall').node.children).toEqual([]);
});
