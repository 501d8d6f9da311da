import { Template } from 'aws-cdk-lib/assertions';
import { existingProduction, landingZone, managementStack, production, staging } from './landing-zones';
import { Guardrail } from '../../src/landing-zone/guardrails/guardrail';
import { InnovateLandingZoneProps } from '../../src/landing-zone/innovate-landing-zone-props';
import { FIRST_RUN_METADATA, FirstRunCheck, RecordedStep } from '../../src/private/first-run';

/** A step that asks AWS, as each of the landing zone does. */
interface AskedStep extends RecordedStep {
  readonly check: FirstRunCheck;
}

function stepsOf(props: Partial<InnovateLandingZoneProps> = {}): Record<string, AskedStep> {
  const stack = managementStack();
  landingZone(stack, props);
  return Template.fromStack(stack).toJSON().Metadata[FIRST_RUN_METADATA];
}

const CONTACT = { name: 'Security', title: 'Head of Security', email: 'security@innovate.example', phone: '+49 30 1234567' };

test('the least that an organization needs', () => {
  expect(Object.keys(stepsOf())).toEqual([
    'organization', 'organization-root',
    'trusted-access-cloudtrail', 'trusted-access-iam', 'trusted-access-backup', 'trusted-access-tagpolicies',
    'policy-type-aiservices-opt-out-policy', 'policy-type-backup-policy', 'policy-type-declarative-policy-ec2', 'policy-type-resource-control-policy',
    'policy-type-s3-policy', 'policy-type-service-control-policy', 'policy-type-tag-policy',
    'trail-role', 'root-credentials', 'root-sessions',
    'cost-allocation-tag-innovate-environment', 'cost-allocation-tag-innovate-platform', 'subscriptions-ops@innovate.example',
  ]);
});

test('every step can be asked for, and done by a command or a person', () => {
  const steps = Object.values(stepsOf({
    securityContact: CONTACT, securityAccount: 'production',
    identityCenter: { instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef', identityStoreId: 'd-1234567890' },
    accounts: [staging({ accountId: '222222222222' }), production()],
  }));
  for (const { title, why, check, commands, manual, account } of steps) {
    expect({ title, isAsked: check.command.includes('--query') && check.expected.length > 0 }).toEqual({ title, isAsked: true });
    expect({ title, isDone: (commands ?? []).length > 0 || manual !== undefined }).toEqual({ title, isDone: true });
    expect({ title, isSentence: /^[A-Z].*\.$/.test(why) }).toEqual({ title, isSentence: true });
    expect(account).toMatch(/^111111111111$|^\{managementAccount\}$/);
  }
});

test('only the kinds of policy that are used are switched on', () => {
  const steps = Object.keys(stepsOf({ guardrails: [Guardrail.DENY_LEAVING, Guardrail.INSPECTOR_SCANS] }));
  expect(steps.filter(id => id.startsWith('policy-type'))).toEqual(['policy-type-inspector-policy', 'policy-type-service-control-policy']);
  expect(steps.filter(id => id.startsWith('trusted-access'))).toEqual(['trusted-access-cloudtrail', 'trusted-access-iam', 'trusted-access-inspector2']);
});

test('a new organization is made by the deployment, so everything else follows it', () => {
  const steps = stepsOf({ organization: undefined });
  expect(steps.organization).toMatchObject({ beforeDeployment: false, manual: 'Deploy the landing zone once.' });
  expect(steps).not.toHaveProperty('organization-root');
  expect(Object.values(steps).filter(step => step.beforeDeployment)).toEqual([]);
});

test('an id in the configuration is compared with the account of this name', () => {
  const steps = stepsOf({ accounts: [staging({ accountId: '222222222222' }), production()] });
  expect(steps['account-staging'].check).toEqual({ command: ['organizations', 'list-accounts', '--query', 'Accounts[?Name==\'staging\'].Id'], expected: '222222222222' });
  expect(steps).not.toHaveProperty('account-production');
});

test('the contact of each account; the management account cannot name itself', () => {
  const steps = stepsOf({ securityContact: CONTACT, accounts: [staging(), existingProduction()] });
  expect(steps).toHaveProperty('trusted-access-account');
  const rest = ['--alternate-contact-type', 'SECURITY', '--name', 'Security', '--title', 'Head of Security', '--email-address', CONTACT.email, '--phone-number', CONTACT.phone];
  expect(steps['security-contact-management'].commands).toEqual([['account', 'put-alternate-contact', ...rest]]);
  expect(steps['security-contact-staging'].commands).toEqual([['account', 'put-alternate-contact', '--account-id', '{account:staging}', ...rest]]);
  expect(steps['security-contact-legacy'].commands).toEqual([['account', 'put-alternate-contact', '--account-id', '333333333333', ...rest]]);
});

test('every address is asked for its subscriptions', () => {
  const steps = stepsOf({ securityEmail: "o'neill@innovate.example" });
  expect(steps).toHaveProperty(['subscriptions-ops@innovate.example']);
  expect(steps["subscriptions-o'neill@innovate.example"].check.command).toContain(
    "contains(Subscriptions[?Endpoint=='o\\'neill@innovate.example'].SubscriptionArn, 'PendingConfirmation')");
});

test('one account administers the detectors of all, in every permitted region', () => {
  const steps = stepsOf({ securityAccount: 'production', permittedRegions: ['eu-west-1', 'eu-central-1'] });
  expect(Object.keys(steps).filter(id => id.startsWith('security-administrator'))).toEqual([
    ...['guardduty', 'securityhub', 'inspector2'].flatMap(service => ['eu-central-1', 'eu-west-1'].map(region => `security-administrator-${service}-${region}`)),
    'security-administrator-access-analyzer', 'security-administrator-config',
  ]);
  expect(steps['security-administrator-guardduty-eu-central-1']).toMatchObject({
    region: 'eu-central-1', commands: [['guardduty', 'enable-organization-admin-account', '--admin-account-id', '{account:production}']],
  });
});
