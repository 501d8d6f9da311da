import { Template } from 'aws-cdk-lib/assertions';
import { SiteUserMetrics } from '../../src/site/site-user-metrics';
import { SpaStaticSite, SpaStaticSiteProps } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

function monitored(userMetrics: SiteUserMetrics, props: SpaStaticSiteProps = {}) {
  const stack = testStack('eu-west-1', 'Web');
  const site = new SpaStaticSite(stack, 'Site', { userMetrics, ...props });
  const template = Template.fromStack(stack);
  const [[id, { Properties }]] = Object.entries(template.findResources('AWS::RUM::AppMonitor'));
  return { stack, site, template, id, monitor: Properties };
}

test('browsers report to a monitor that lets them in without an identity pool, and without cookies', () => {
  const { stack, site, template, monitor } = monitored({});
  expect(monitor).toMatchObject({
    Domain: stack.resolve(site.distribution.distributionDomainName),
    AppMonitorConfiguration: { AllowCookies: false, SessionSampleRate: 0.1, Telemetries: ['errors', 'performance', 'http'] },
  });
  const policy = JSON.parse(monitor.ResourcePolicy.PolicyDocument['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : 'aws').join(''));
  expect(policy.Statement).toEqual([{
    Effect: 'Allow', Principal: '*', Action: 'rum:PutRumEvents', Resource: `arn:aws:rum:eu-west-1:${ACCOUNT}:appmonitor/${monitor.Name}`,
  }]);
  template.resourceCountIs('AWS::Cognito::IdentityPool', 0);
  expectNoAnnotations(stack);
});

test('the app is told by its settings, and its pages may send there', () => {
  const { template, id } = monitored({ sampledSessions: 100 }, { runtimeConfig: { environment: 'staging' } });
  const [{ Properties }] = Object.values(template.findResources('Custom::SiteUpload'));
  const parts = Properties.Settings['Fn::Join'][1];
  expect(parts).toContainEqual({ 'Fn::GetAtt': [id, 'Id'] });
  expect(JSON.parse(parts.map((part: unknown) => typeof part === 'string' ? part : 'token').join(''))).toEqual({
    environment: 'staging',
    userMetrics: {
      applicationId: 'token', region: 'eu-west-1', endpoint: 'https://dataplane.rum.eu-west-1.amazonaws.com', sessionSampleRate: 1,
      telemetries: ['errors', 'performance', 'http'], allowCookies: false, signing: false,
    },
  });
  expect(JSON.stringify(template.findResources('AWS::CloudFront::ResponseHeadersPolicy'))).toContain("connect-src 'self' https://dataplane.rum.eu-west-1.amazonaws.com;");
});

test.each<[string, SpaStaticSiteProps, RegExp]>([
  ['more sessions than there are', { userMetrics: { sampledSessions: 101 } }, /`userMetrics.sampledSessions` is 101, but it has to be between 0.01 and 100 percent/],
  ['settings of the same name', { userMetrics: {}, runtimeConfig: { userMetrics: {} } }, /`runtimeConfig.userMetrics` is "…", but `userMetrics` writes settings of this name/],
])('refuses %s', (_, props, message) => {
  expect(() => new SpaStaticSite(testStack(), 'Site', props)).toThrow(message);
});
