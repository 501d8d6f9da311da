import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { EdgeFirewall } from '../src/site/firewall/edge-firewall';

/** A firewall with upload paths, whose log WAF has accepted as its destination. */
const app = integApp();
const stack = new Stack(app, 'EdgeFirewall', { env: { region: 'us-east-1' } });
const firewall = new EdgeFirewall(stack, 'Firewall', { rateLimit: 500, uploadPaths: ['/api/uploads/', '/api/avatars/'] });

const integ = new IntegTest(app, 'EdgeFirewallTest', {
  testCases: [stack],
  regions: ['us-east-1'],
  assertionStack: new Stack(app, 'EdgeFirewallAssertions', { env: { region: 'us-east-1' } }),
});
integ.assertions
  .awsApiCall('WAFV2', 'getLoggingConfiguration', { ResourceArn: firewall.webAclArn })
  .expect(ExpectedResult.objectLike({ LoggingConfiguration: { ResourceArn: firewall.webAclArn } }));
