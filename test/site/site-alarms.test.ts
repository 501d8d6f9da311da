import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SiteDomain } from '../../src/site/site-domain';
import { SpaStaticSite } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

const CERTIFICATE_ARN = `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/1`;

function stacks(...definitions: [id: string, region: string][]) {
  const app = new App();
  return definitions.map(([id, region]) => new Stack(app, id, { env: { account: ACCOUNT, region } }));
}

test('errors, attacks and the certificate, each with what to do first', () => {
  const [stack] = stacks(['Web', 'us-east-1']);
  const alerts = new sns.Topic(stack, 'Alerts', { masterKey: new kms.Key(stack, 'Key'), enforceSSL: true });
  const domain = SiteDomain.certificate('app.innovate.example', acm.Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE_ARN));
  const site = new SpaStaticSite(stack, 'Site', { alerts, domain });
  const template = Template.fromStack(stack);
  const all = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  // the site's own firewall tells the same topic what it turns away
  const [blocked, ...alarms] = [...all.filter(({ MetricName }) => MetricName === 'BlockedRequests'), ...all.filter(({ MetricName }) => MetricName !== 'BlockedRequests')];
  expect(blocked.AlarmActions).toEqual([stack.resolve(alerts.topicArn)]);
  expect(alarms.map(({ MetricName, Threshold, ComparisonOperator }) => [MetricName, Threshold, ComparisonOperator])).toEqual([
    ['5xxErrorRate', 1, 'GreaterThanOrEqualToThreshold'], ['4xxErrorRate', 20, 'GreaterThanOrEqualToThreshold'], ['DaysToExpiry', 30, 'LessThanThreshold'],
  ]);
  expect(alarms[0].Dimensions).toEqual([{ Name: 'DistributionId', Value: stack.resolve(site.distribution.distributionId) }, { Name: 'Region', Value: 'Global' }]);
  expect(alarms[2].Dimensions).toEqual([{ Name: 'CertificateArn', Value: CERTIFICATE_ARN }]);
  for (const alarm of alarms) {
    expect(alarm).toMatchObject({ TreatMissingData: 'notBreaching', AlarmDescription: expect.stringContaining('Web/Site') });
    expect([alarm.AlarmActions, alarm.OKActions]).toEqual([[stack.resolve(alerts.topicArn)], [stack.resolve(alerts.topicArn)]]);
  }
  const admitted = Match.objectLike({ Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', { PolicyDocument: { Statement: Match.arrayWith([admitted]) } });
  template.hasResourceProperties('AWS::KMS::Key', {
    KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: ['kms:GenerateDataKey', 'kms:Decrypt'] })]) },
  });
  expectNoAnnotations(stack);
});

test('CloudFront\'s own certificate is not watched', () => {
  const stack = testStack('us-east-1');
  new SpaStaticSite(stack, 'Site', { alerts: new sns.Topic(stack, 'Alerts') });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 3);
});

test('a site elsewhere has its alarms in us-east-1, with a topic of another stack there, and exports nothing', () => {
  const [edge, web] = stacks(['Edge', 'us-east-1'], ['Web', 'eu-west-1']);
  const alerts = new sns.Topic(edge, 'Alerts');
  new SpaStaticSite(web, 'Site', { alerts });
  const watch = web.node.scope!.node.findChild('WebWatch') as Stack;
  const template = Template.fromStack(watch);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
  const support = web.node.scope!.node.findChild('WebEdge') as Stack;
  Template.fromStack(support).hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'BlockedRequests', AlarmActions: [{ 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Edge' }) }],
  });
  Template.fromStack(web).resourceCountIs('AWS::CloudWatch::Alarm', 0);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [{ 'Fn::GetStackOutput': { StackName: 'Edge', OutputName: Match.stringLikeRegexp('TopicArn') } }],
    Dimensions: Match.arrayWith([{ Name: 'DistributionId', Value: { 'Fn::GetStackOutput': Match.objectLike({ StackName: 'Web', Region: 'eu-west-1' }) } }]),
  });
  expect(watch.dependencies.map(({ stackName }) => stackName).sort()).toEqual(['Edge', 'Web']);
  for (const stack of [edge, web, watch, support]) { expect(JSON.stringify(Template.fromStack(stack).toJSON().Outputs ?? {})).not.toContain('Export'); }
  expectNoAnnotations(edge);
});

test('somebody else\'s topic', () => {
  const stack = testStack('us-east-1');
  const topicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:alerts`;
  new SpaStaticSite(stack, 'Site', { alerts: sns.Topic.fromTopicArn(stack, 'Alerts', topicArn) });
  Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topicArn] });
  expectNoAnnotations(stack);
});

test('refuses a topic that no alarm of us-east-1 can reach', () => {
  const stack = testStack('eu-west-1');
  expect(() => new SpaStaticSite(stack, 'One', { alerts: new sns.Topic(stack, 'Alerts') }))
    .toThrow(/`alerts` is "Test\/Alerts", but it is in eu-west-1, while CloudFront reports to us-east-1 only.*env: \{ region: "us-east-1" \}/);
  expect(() => new SpaStaticSite(stack, 'Two', { alerts: sns.Topic.fromTopicArn(stack, 'Imported', `arn:aws:sns:eu-west-1:${ACCOUNT}:alerts`) }))
    .toThrow(/`alerts` is "arn:aws:sns:eu-west-1:.*it is in eu-west-1/);
});
