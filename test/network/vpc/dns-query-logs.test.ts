import { Match, Template } from 'aws-cdk-lib/assertions';
import { DnsQueryLogs } from '../../../src/network/vpc/dns-query-logs';
import { SecureVpc } from '../../../src/network/vpc/secure-vpc';
import { ACCOUNT, expectNoAnnotations, testStack } from '../../support/stacks';

test.each([
  ['CloudWatch', DnsQueryLogs.cloudWatch(), 'AWS::Logs::ResourcePolicy'],
  ['S3', DnsQueryLogs.s3(), 'AWS::S3::BucketPolicy'],
])('%s: the queries of the VPC, once the destination admits them', (_, dnsQueryLogs, permission) => {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', { dnsQueryLogs });
  const template = Template.fromStack(stack);
  const [[id, config]] = Object.entries(template.findResources('AWS::Route53Resolver::ResolverQueryLoggingConfig'));
  expect(config.DependsOn).toEqual(Object.keys(template.findResources(permission)));
  template.hasResourceProperties('AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation', {
    ResourceId: stack.resolve(network.vpc.vpcId), ResolverQueryLogConfigId: { 'Fn::GetAtt': [id, 'Id'] },
  });
  expectNoAnnotations(stack);
});

test('CloudWatch: the delivery service of this account writes to an encrypted group', () => {
  const stack = testStack();
  const network = new SecureVpc(stack, 'Network', { dnsQueryLogs: DnsQueryLogs.cloudWatch() });
  const template = Template.fromStack(stack);
  template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: stack.resolve(network.encryptionKey.keyArn), RetentionInDays: 365 });
  const [policy] = Object.values(template.findResources('AWS::Logs::ResourcePolicy'));
  const document = JSON.stringify(policy.Properties.PolicyDocument);
  for (const part of ['delivery.logs.amazonaws.com', 'logs:PutLogEvents', 'aws:SourceAccount', 'aws:SourceArn', ACCOUNT]) { expect(document).toContain(part); }
});

test('S3: into an encrypted bucket', () => {
  const stack = testStack();
  new SecureVpc(stack, 'Network', { dnsQueryLogs: DnsQueryLogs.s3() });
  Template.fromStack(stack).hasResourceProperties('AWS::S3::Bucket', { BucketEncryption: Match.anyValue() });
});

test('none', () => {
  const stack = testStack();
  new SecureVpc(stack, 'Network', { dnsQueryLogs: DnsQueryLogs.none() });
  Template.fromStack(stack).resourceCountIs('AWS::Route53Resolver::ResolverQueryLoggingConfig', 0);
});
