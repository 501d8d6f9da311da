import { App, Stack } from 'aws-cdk-lib';
import { InnovateLandingZone } from '../../src/landing-zone/innovate-landing-zone';
import { InnovateLandingZoneProps } from '../../src/landing-zone/innovate-landing-zone-props';
import { CreatedAccountProps, ExistingAccountProps, LandingZoneAccount } from '../../src/landing-zone/organization/landing-zone-account';
import { OrganizationalUnit } from '../../src/landing-zone/organization/organizational-unit';
import { REGION } from '../support/stacks';

export const MANAGEMENT = '111111111111';

/** A stack in the management account. */
export function managementStack(region: string = REGION): Stack {
  return new Stack(new App(), 'Management', { env: { account: MANAGEMENT, region } });
}

export function staging(props: Partial<CreatedAccountProps> = {}): LandingZoneAccount {
  return LandingZoneAccount.create({
    name: 'staging', email: 'aws+staging@innovate.example', organizationalUnit: OrganizationalUnit.NON_PRODUCTION, monthlyBudgetUsd: 800, ...props,
  });
}

export function production(props: Partial<CreatedAccountProps> = {}): LandingZoneAccount {
  return LandingZoneAccount.create({
    name: 'production', email: 'aws+production@innovate.example', organizationalUnit: OrganizationalUnit.PRODUCTION, monthlyBudgetUsd: 6000, ...props,
  });
}

export function existingProduction(props: Partial<ExistingAccountProps> = {}): LandingZoneAccount {
  return LandingZoneAccount.existing({
    name: 'legacy', accountId: '333333333333', organizationalUnit: OrganizationalUnit.PRODUCTION, monthlyBudgetUsd: 500, ...props,
  });
}

/** The organization of accounts that exist. */
export const ORGANIZATION = { organizationId: 'o-exampleorgid', rootId: 'r-exam' };

/** A landing zone with a staging and a production account, both created, in an organization that exists. */
export function landingZone(stack: Stack, props: Partial<InnovateLandingZoneProps> = {}): InnovateLandingZone {
  return new InnovateLandingZone(stack, 'LandingZone', {
    organization: ORGANIZATION,
    permittedRegions: [REGION],
    alertEmail: 'ops@innovate.example',
    accounts: [staging(), production()],
    ...props,
  });
}
