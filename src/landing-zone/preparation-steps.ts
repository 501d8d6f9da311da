import { IConstruct } from 'constructs';
import { IdentityCenterProps } from './access/identity-center';
import { COST_ALLOCATION_TAGS } from './account-names';
import { InnovateLandingZoneProps } from './innovate-landing-zone-props';
import { LandingZoneAccount } from './organization/landing-zone-account';
import { addFirstRunStep, addSubscriptionStep, FirstRunStep, jmesPath, MANAGEMENT_ACCOUNT, ROOT_ID } from '../private/first-run';
import { isDeployTime } from '../private/validation';

/** The organization's own APIs answer in one region, whatever region the landing zone is in. */
const GLOBAL_REGION = 'us-east-1';

/** Services that a kind of policy works through; the other kinds need none. */
const TRUSTED_FOR_POLICY_TYPE: Record<string, string[]> = {
  BACKUP_POLICY: ['backup.amazonaws.com'],
  INSPECTOR_POLICY: ['inspector2.amazonaws.com'],
  SECURITYHUB_POLICY: ['securityhub.amazonaws.com'],
  TAG_POLICY: ['tagpolicies.tag.amazonaws.com'],
};

/**
 * What CloudFormation cannot do for an organization, in the order in which it has to be done.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
 */
export function addPreparationSteps(scope: IConstruct, props: InnovateLandingZoneProps, policyTypes: string[]): void {
  const steps = [
    ...organizationSteps(props),
    ...trustedServices(props, policyTypes).map(trustedAccess),
    ...policyTypes.map(policyType),
    TRAIL_ROLE,
    ...ROOT_ACCESS,
    ...props.identityCenter ? identityCenterSteps(props.identityCenter) : [],
    ...props.accounts.flatMap(accountIdStep),
    ...contactSteps(props),
    ...securityAdministratorSteps(props),
    ...COST_ALLOCATION_TAGS.map(costAllocationTag),
  ];
  // where the organization is yet to be made, all of them follow its deployment
  for (const step of steps) { addFirstRunStep(scope, props.organization ? step : { ...step, beforeDeployment: false }); }
  for (const email of new Set([props.alertEmail, props.securityEmail ?? props.alertEmail])) { addSubscriptionStep(scope, email); }
}

function organizationSteps({ organization }: InnovateLandingZoneProps): FirstRunStep[] {
  if (!organization) {
    return [{
      id: 'organization',
      title: 'there is an organization with all features',
      why: 'The first deployment makes it, with the units and the accounts; what stands below follows with the second.',
      region: GLOBAL_REGION,
      beforeDeployment: false,
      check: { command: ['organizations', 'describe-organization', '--query', 'Organization.FeatureSet'], expected: 'ALL' },
      manual: 'Deploy the landing zone once.',
    }];
  }
  const identity = (id: string, title: string, why: string, question: string[], expected: string): FirstRunStep => ({
    id,
    title,
    why,
    region: GLOBAL_REGION,
    beforeDeployment: true,
    check: { command: ['organizations', ...question], expected },
    manual: 'Use credentials of its management account, or correct `organization` in the configuration.',
  });
  const { organizationId, rootId } = organization;
  return [
    identity('organization', `the organization is ${organizationId}`, 'Policies would be attached to nothing.',
      ['describe-organization', '--query', 'Organization.Id'], organizationId),
    identity('organization-root', `its root is ${rootId}`, 'Units would be made below nothing.', ['list-roots', '--query', 'Roots[].Id'], rootId),
  ];
}

function trustedServices({ securityContact, securityAccount }: InnovateLandingZoneProps, policyTypes: string[]): string[] {
  return [
    'cloudtrail.amazonaws.com', 'iam.amazonaws.com',
    ...policyTypes.flatMap(type => TRUSTED_FOR_POLICY_TYPE[type] ?? []),
    ...securityContact ? ['account.amazonaws.com'] : [],
    ...securityAccount === undefined ? [] : ['access-analyzer.amazonaws.com', 'config.amazonaws.com', 'inspector2.amazonaws.com'],
  ].filter((service, index, all) => all.indexOf(service) === index);
}

function trustedAccess(service: string): FirstRunStep {
  return {
    id: `trusted-access-${service.split('.')[0]}`,
    title: `${service} may see the organization`,
    why: 'AWS refuses what this service does for a whole organization until it has trusted access.',
    region: GLOBAL_REGION,
    beforeDeployment: true,
    check: {
      command: ['organizations', 'list-aws-service-access-for-organization', '--query', 'EnabledServicePrincipals[].ServicePrincipal'],
      expected: service,
    },
    commands: [['organizations', 'enable-aws-service-access', '--service-principal', service]],
  };
}

function policyType(type: string): FirstRunStep {
  return {
    id: `policy-type-${type.toLowerCase().replace(/_/g, '-')}`,
    title: `policies of the type ${type} are switched on`,
    why: 'Organizations refuses to attach a policy of a type that is off.',
    region: GLOBAL_REGION,
    beforeDeployment: true,
    check: { command: ['organizations', 'list-roots', '--query', 'Roots[0].PolicyTypes[?Status==\'ENABLED\'].Type'], expected: type },
    commands: [['organizations', 'enable-policy-type', '--root-id', ROOT_ID, '--policy-type', type]],
  };
}

const TRAIL_ROLE: FirstRunStep = {
  id: 'trail-role',
  title: 'CloudTrail has its service-linked role',
  why: 'Trusted access that is given by a command does not always make it, and CloudTrail then refuses an organization\'s trail.',
  beforeDeployment: true,
  check: { command: ['iam', 'get-role', '--role-name', 'AWSServiceRoleForCloudTrail', '--query', 'Role.RoleName'], expected: 'AWSServiceRoleForCloudTrail' },
  commands: [['iam', 'create-service-linked-role', '--aws-service-name', 'cloudtrail.amazonaws.com']],
};

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html */
const ROOT_ACCESS: FirstRunStep[] = [
  {
    id: 'root-credentials',
    title: 'member accounts need no root password',
    why: 'New accounts are made without root credentials, and those of older ones can be deleted from here.',
    beforeDeployment: true,
    check: { command: ['iam', 'list-organizations-features', '--query', 'EnabledFeatures'], expected: 'RootCredentialsManagement' },
    commands: [['iam', 'enable-organizations-root-credentials-management']],
  },
  {
    id: 'root-sessions',
    title: 'the management account can open short root sessions',
    why: 'The few things that only root can do are done in a session of minutes, for one task, on record.',
    beforeDeployment: true,
    check: { command: ['iam', 'list-organizations-features', '--query', 'EnabledFeatures'], expected: 'RootSessions' },
    commands: [['iam', 'enable-organizations-root-sessions']],
  },
];

function identityCenterSteps({ instanceArn, identityStoreId }: IdentityCenterProps): FirstRunStep[] {
  const step = (id: string, title: string, query: string, expected: string): FirstRunStep => ({
    id,
    title,
    why: 'Groups and permission sets belong to an instance, which AWS lets only a person make in the management account.',
    beforeDeployment: true,
    check: { command: ['sso-admin', 'list-instances', '--query', query], expected },
    manual: 'In the console of the management account, in the region of the landing zone: IAM Identity Center > Enable. The ids belong into `identityCenter`.',
  });
  return [
    step('identity-center', 'IAM Identity Center is on for the whole organization', 'Instances[?Status==\'ACTIVE\'].InstanceArn', instanceArn),
    step('identity-store', `its identity store is ${identityStoreId}`, 'Instances[].IdentityStoreId', identityStoreId),
  ];
}

/** An id that was copied into the configuration is the id of the account that was made. */
function accountIdStep({ name, accountId, _isCreated }: LandingZoneAccount): FirstRunStep[] {
  return !_isCreated || accountId === undefined || isDeployTime(accountId) ? [] : [{
    id: `account-${name}`,
    title: `the account of ${name} is ${accountId}`,
    why: 'The stacks of the environment would be deployed to another account.',
    region: GLOBAL_REGION,
    beforeDeployment: true,
    check: { command: ['organizations', 'list-accounts', '--query', `Accounts[?Name==${jmesPath(name)}].Id`], expected: accountId },
    manual: 'Correct the id in the configuration.',
  }];
}

function contactSteps({ securityContact, accounts }: InnovateLandingZoneProps): FirstRunStep[] {
  if (!securityContact) { return []; }
  const { name, title, email, phone } = securityContact;
  const step = (id: string, whose: string, account: string[]): FirstRunStep => ({
    id,
    title: `AWS calls ${name} about the security of ${whose}`,
    why: 'Warnings of AWS would reach the root user\'s mailbox only.',
    account: MANAGEMENT_ACCOUNT,
    region: GLOBAL_REGION,
    beforeDeployment: false,
    check: {
      command: ['account', 'get-alternate-contact', ...account, '--alternate-contact-type', 'SECURITY', '--query', 'AlternateContact.EmailAddress'],
      expected: email,
    },
    commands: [[
      'account', 'put-alternate-contact', ...account, '--alternate-contact-type', 'SECURITY',
      '--name', name, '--title', title, '--email-address', email, '--phone-number', phone,
    ]],
  });
  return [
    // the management account may not name itself
    step('security-contact-management', 'the management account', []),
    ...accounts.map(account => step(`security-contact-${account.name}`, account.name, ['--account-id', idOf(account)])),
  ];
}

/** The account from which the security services of all can be administered, where there is one. */
function securityAdministratorSteps({ securityAccount, accounts, permittedRegions }: InnovateLandingZoneProps): FirstRunStep[] {
  const administrator = accounts.find(({ name }) => name === securityAccount);
  if (!administrator) { return []; }
  const id = idOf(administrator);
  const perRegion = (service: string, list: string[], expected: string[], enable: string[]) => [...permittedRegions].sort().map((region): FirstRunStep => ({
    id: `security-administrator-${service}-${region}`,
    title: `${securityAccount} is the delegated administrator of ${service} in ${region}`,
    why: 'Without it each account has to be looked at by itself.',
    account: MANAGEMENT_ACCOUNT,
    region,
    beforeDeployment: false,
    check: { command: [service, ...list, '--query', ...expected], expected: id },
    commands: [[service, ...enable, id]],
  }));
  const registered = (service: string): FirstRunStep => ({
    id: `security-administrator-${service.split('.')[0]}`,
    title: `${securityAccount} is the delegated administrator of ${service}`,
    why: 'Without it each account has to be looked at by itself.',
    account: MANAGEMENT_ACCOUNT,
    region: GLOBAL_REGION,
    beforeDeployment: false,
    check: {
      command: ['organizations', 'list-delegated-administrators', '--service-principal', service, '--query', 'DelegatedAdministrators[].Id'], expected: id,
    },
    commands: [['organizations', 'register-delegated-administrator', '--account-id', id, '--service-principal', service]],
  });
  const organizationAdministrator = ['enable-organization-admin-account', '--admin-account-id'];
  return [
    ...perRegion('guardduty', ['list-organization-admin-accounts'], ['AdminAccounts[].AdminAccountId'], organizationAdministrator),
    ...perRegion('securityhub', ['list-organization-admin-accounts'], ['AdminAccounts[].AccountId'], organizationAdministrator),
    ...perRegion('inspector2', ['list-delegated-admin-accounts'], ['delegatedAdminAccounts[].accountId'],
      ['enable-delegated-admin-account', '--delegated-admin-account-id']),
    registered('access-analyzer.amazonaws.com'),
    registered('config.amazonaws.com'),
  ];
}

function costAllocationTag(key: string): FirstRunStep {
  return {
    id: `cost-allocation-tag-${key.replace(/\W/g, '-')}`,
    title: `costs are told apart by ${key}`,
    why: 'The bill does not know the tag until it is activated, which is possible a day after it was first used.',
    account: MANAGEMENT_ACCOUNT,
    region: GLOBAL_REGION,
    beforeDeployment: false,
    check: { command: ['ce', 'list-cost-allocation-tags', '--status', 'Active', '--query', 'CostAllocationTags[].TagKey'], expected: key },
    commands: [['ce', 'update-cost-allocation-tags-status', '--cost-allocation-tags-status', `TagKey=${key},Status=Active`]],
  };
}

function idOf({ name, accountId }: LandingZoneAccount): string {
  return accountId === undefined || isDeployTime(accountId) ? `{account:${name}}` : accountId;
}
