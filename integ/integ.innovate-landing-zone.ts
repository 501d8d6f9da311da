import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { Duration, Stack } from 'aws-cdk-lib';
import { integApp } from './integ-app';
import { TrailLock } from '../src/landing-zone/audit/trail-lock';
import { InnovateLandingZone } from '../src/landing-zone/innovate-landing-zone';
import { LandingZoneAccount } from '../src/landing-zone/organization/landing-zone-account';
import { OrganizationalUnit } from '../src/landing-zone/organization/organizational-unit';

/**
 * Deployed to the management account of an organization that exists, with an account that exists:
 * a test must not leave accounts behind, and AWS cannot delete one at once.
 */
const app = integApp();
const stack = new Stack(app, 'InnovateLandingZoneInteg');

const landingZone = new InnovateLandingZone(stack, 'LandingZone', {
  organization: {
    organizationId: process.env.INTEG_ORGANIZATION_ID ?? 'o-exampleorgid',
    rootId: process.env.INTEG_ROOT_ID ?? 'r-exam',
  },
  permittedRegions: ['eu-west-1', 'eu-central-1'],
  alertEmail: 'ops@innovate.example',
  // a test must be able to remove what it made
  trailLock: TrailLock.governance(Duration.days(1)),
  accounts: [
    LandingZoneAccount.existing({
      name: 'sandbox',
      accountId: process.env.INTEG_ACCOUNT_ID ?? '222222222222',
      organizationalUnit: OrganizationalUnit.NON_PRODUCTION,
      monthlyBudgetUsd: 10,
    }),
  ],
});

const assertionStack = new Stack(app, 'InnovateLandingZoneAssertions');
landingZone.permitInManagement(assertionStack, 'The functions of this test ask the organization, and are removed with it.');

const integ = new IntegTest(app, 'InnovateLandingZoneTest', { testCases: [stack], assertionStack });

integ.assertions
  .awsApiCall('CloudTrail', 'getTrailStatus', { Name: landingZone.trail!.attrArn })
  .expect(ExpectedResult.objectLike({ IsLogging: true }));

integ.assertions
  .awsApiCall('Organizations', 'listPoliciesForTarget', {
    TargetId: landingZone.accountId('sandbox'), Filter: 'SERVICE_CONTROL_POLICY',
  })
  .assertAtPath('Policies.0.Type', ExpectedResult.stringLikeRegexp('SERVICE_CONTROL_POLICY'));
