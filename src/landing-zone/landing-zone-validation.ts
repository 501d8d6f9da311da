import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { validateIdentityCenter } from './access/access-validation';
import { DEFAULT_TRAIL_LOCK } from './audit/audit-trail';
import { InnovateLandingZoneProps } from './innovate-landing-zone-props';
import { LandingZoneAccount, MANAGEMENT_NAME } from './organization/landing-zone-account';
import { OrganizationalUnit } from './organization/organizational-unit';
import { isDeployTime, reject, validateAccountId, validateEmail, validateMatch, validateRange, validateRegion, validateUnique } from '../private/validation';

/** Refuses props of a landing zone, one rule after another. */
export function validateLandingZone(scope: Construct, props: InnovateLandingZoneProps, trailRetention: Duration): void {
  validateOrganization(scope, props);
  validateAccounts(scope, props.accounts);
  validateMembership(scope, props);
  validateRegions(scope, props.permittedRegions);
  validateUnitsOfGuardrails(scope, props);
  validateEmail(scope, 'alertEmail', props.alertEmail);
  if (props.securityEmail !== undefined) { validateEmail(scope, 'securityEmail', props.securityEmail); }
  validateRange(scope, { prop: 'managementBudgetUsd', value: props.managementBudgetUsd, min: 1, max: 1e9, unit: 'US dollars' });
  validateSecurity(scope, props);
  if (props.identityCenter) { validateIdentityCenter(scope, props.identityCenter, props.accounts); }
  validateRange(scope, { prop: 'trailRetention', value: trailRetention.toDays(), min: 365, max: 36500, unit: 'days' });
  (props.trailLock ?? DEFAULT_TRAIL_LOCK)._validate(scope, 'trailLock', trailRetention);
}

function validateSecurity(scope: Construct, { securityContact, securityAccount, accounts }: InnovateLandingZoneProps): void {
  if (securityContact) {
    validateEmail(scope, 'securityContact.email', securityContact.email);
    validateMatch(scope, {
      prop: 'securityContact.phone', value: securityContact.phone, pattern: /^[\s0-9()+-]{1,25}$/,
      problem: 'a telephone number has digits, spaces and + - ( ) only', remedy: 'Give one such as "+49 30 1234567".',
    });
    for (const field of ['name', 'title'] as const) {
      validateMatch(scope, {
        prop: `securityContact.${field}`, value: securityContact[field], pattern: /^\S[^]{0,49}$/,
        problem: 'AWS asks for 1 to 50 characters', remedy: 'Give the name of a person or a team, and a title such as "Head of Security".',
      });
    }
  }
  if (securityAccount !== undefined && !accounts.some(({ name }) => name === securityAccount)) {
    reject(scope, {
      prop: 'securityAccount', value: securityAccount, problem: 'no account of the landing zone has this name',
      remedy: `Give one of ${accounts.map(({ name }) => name).join(', ')}.`,
    });
  }
}

function validateOrganization(scope: Construct, { organization }: InnovateLandingZoneProps): void {
  const remedy = 'Copy it from the output of `aws organizations describe-organization` or `list-roots`.';
  validateMatch(scope, {
    prop: 'organization.organizationId',
    value: organization?.organizationId,
    pattern: /^o-[a-z0-9]{10,32}$/,
    problem: 'an organization id is "o-" and 10 to 32 lower-case letters or digits',
    remedy,
  });
  validateMatch(scope, {
    prop: 'organization.rootId',
    value: organization?.rootId,
    pattern: /^r-[0-9a-z]{4,32}$/,
    problem: 'a root id is "r-" and 4 to 32 lower-case letters or digits',
    remedy,
  });
  validateMatch(scope, {
    prop: 'organization.workloadsUnitId',
    value: organization?.workloadsUnitId,
    pattern: /^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/,
    problem: 'a unit id is "ou-", the letters of the root and 8 to 32 lower-case letters or digits',
    remedy: 'Copy it from the output of `aws organizations list-organizational-units-for-parent --parent-id <root id>`.',
  });
}

function validateAccounts(scope: Construct, accounts: LandingZoneAccount[]): void {
  if (accounts.length === 0) {
    reject(scope, {
      prop: 'accounts',
      value: accounts,
      problem: 'a landing zone without accounts has nothing to protect',
      remedy: 'Give at least one `LandingZoneAccount`.',
    });
  }
  accounts.forEach((account, index) => validateAccount(scope, `accounts[${index}]`, account));
  const given = (values: (string | undefined)[]) => values.filter(value => value !== undefined);
  validateUnique(scope, 'accounts', accounts.map(account => account.name), 'name');
  validateUnique(scope, 'accounts', given(accounts.map(account => account.email?.toLowerCase())), 'e-mail address');
  validateUnique(scope, 'accounts', given(accounts.map(account => account.accountId)), 'account id');
}

/** An organization that is only just being made has no members yet. */
function validateMembership(scope: Construct, { organization, accounts }: InnovateLandingZoneProps): void {
  const member = accounts.find(account => !account._isCreated);
  if (organization || !member) { return; }
  reject(scope, {
    prop: 'organization',
    value: organization,
    problem: `the account "${member.name}" exists already, and policies and units reach it only where its organization is known`,
    remedy: 'Give `organization: { organizationId, rootId }`, or create the accounts with `LandingZoneAccount.create({…})`.',
  });
}

function validateAccount(scope: Construct, prop: string, account: LandingZoneAccount): void {
  const nameRemedy = 'Use 1 to 50 letters, digits, spaces, dots, hyphens and underscores.';
  validateMatch(scope, {
    prop: `${prop}.name`, value: account.name, pattern: /^[\w .-]{1,50}$/, problem: 'it is not usable as the name of an account', remedy: nameRemedy,
  });
  if (account.name === MANAGEMENT_NAME) {
    reject(scope, {
      prop: `${prop}.name`, value: account.name, problem: 'that is the account which holds the organization', remedy: 'Give the account another name.',
    });
  }
  validateMatch(scope, {
    prop: `${prop}.organizationalUnit`,
    value: account.organizationalUnit.name,
    pattern: /^(?!Workloads$)[\w .-]{1,50}$/,
    problem: 'it is not usable as the name of a unit inside Workloads',
    remedy: nameRemedy,
  });
  validateEmail(scope, `${prop}.email`, account.email);
  validateAccountId(scope, `${prop}.accountId`, account.accountId);
  if (account.accountId !== undefined && !isDeployTime(account.accountId) && account.accountId === Stack.of(scope).account) {
    reject(scope, {
      prop: `${prop}.accountId`,
      value: account.accountId,
      problem: 'this is the management account, which runs no workloads and which no guardrail reaches',
      remedy: 'Leave it out, or deploy the landing zone to the management account.',
    });
  }
  account.hardStop?._validate(scope, `${prop}.hardStop`);
  validateRange(scope, { prop: `${prop}.monthlyBudgetUsd`, value: account.monthlyBudgetUsd, min: 1, max: 1e9, unit: 'US dollars' });
}

function validateRegions(scope: Construct, regions: string[]): void {
  regions.forEach((region, index) => validateRegion(scope, `permittedRegions[${index}]`, region));
  validateUnique(scope, 'permittedRegions', regions, 'region');
  const home = Stack.of(scope).region;
  const knowable = !isDeployTime(home) && !regions.some(isDeployTime);
  if (regions.length === 0 || (knowable && !regions.includes(home))) {
    reject(scope, {
      prop: 'permittedRegions',
      value: regions,
      problem: 'the region of the landing zone is not in it',
      remedy: `Add ${knowable ? `"${home}"` : 'the region that the stack is deployed to'}.`,
    });
  }
}

function validateUnitsOfGuardrails(scope: Construct, { guardrails, accounts }: InnovateLandingZoneProps): void {
  const units = [OrganizationalUnit.PRODUCTION, OrganizationalUnit.NON_PRODUCTION, ...accounts.map(account => account.organizationalUnit)]
    .map(unit => unit.name);
  const names = guardrails?.map(guardrail => guardrail.name) ?? [];
  validateUnique(scope, 'guardrails', names, 'name');
  for (const { name, organizationalUnit } of guardrails ?? []) {
    if (organizationalUnit && !units.includes(organizationalUnit.name)) {
      reject(scope, {
        prop: `guardrails["${name}"].organizationalUnit`,
        value: organizationalUnit.name,
        problem: 'no account is in this unit',
        remedy: `Give one of ${[...new Set(units)].join(', ')}.`,
      });
    }
  }
}
