import { join } from 'path';
import { ExpectedResult, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { SpaStaticSite } from '../src/site/spa-static-site';

/** A site outside us-east-1, with its firewall in a support stack: its pages, its deep links and its headers. */
const app = integApp();
const stack = new Stack(app, 'SpaStaticSite', { env: { region: 'eu-west-1' } });
const site = new SpaStaticSite(stack, 'Site', {
  content: join(__dirname, 'fixtures/site'),
  runtimeConfig: { environment: 'integ' },
  removalPolicy: RemovalPolicy.DESTROY,
});

const integ = new IntegTest(app, 'SpaStaticSiteTest', {
  testCases: [stack],
  regions: ['eu-west-1'],
  assertionStack: new Stack(app, 'SpaStaticSiteAssertions', { env: { region: 'eu-west-1' } }),
});
const page = { body: Match.stringLikeRegexp('app-123.js'), status: 200, headers: { 'cache-control': ['no-cache'], 'x-frame-options': ['DENY'] } };
for (const path of ['/', '/orders/42']) {
  integ.assertions.httpApiCall(`${site.url}${path}`).expect(ExpectedResult.objectLike(page));
}
integ.assertions.httpApiCall(`${site.url}/runtime-config.json`).expect(ExpectedResult.objectLike({ status: 200, body: { environment: 'integ' } }));
integ.assertions.httpApiCall(`${site.url}/assets/app-123.js`).expect(ExpectedResult.objectLike({
  status: 200, headers: { 'cache-control': ['public, max-age=31536000, immutable'] },
}));
