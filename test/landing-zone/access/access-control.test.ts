import { Duration, Lazy, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { accessControl, INSTANCE, only, PRODUCTION, SANDBOX, STAGING, synthesize } from './accesses';
import { AccountScope } from '../../../src/landing-zone/access/account-scope';
import { AccessAssignment, IdentityCenterProps } from '../../../src/landing-zone/access/identity-center';
import { CustomPermissionSetProps, PermissionSet } from '../../../src/landing-zone/access/permission-set';
import { OrganizationalUnit } from '../../../src/landing-zone/organization/organizational-unit';
import { expectNoAnnotations } from '../../support/stacks';
import { MANAGEMENT, managementStack } from '../landing-zones';

const GROUP_ID = '1234567890-f81d4fae-7dec-11d0-a765-00a0c91e6bf6';

const restart = new iam.PolicyStatement({ actions: ['rds:RebootDBInstance'], resources: ['*'] });

function custom(props: Partial<CustomPermissionSetProps> = {}): PermissionSet {
  return PermissionSet.custom({ name: 'OnCall', description: 'Developers on call', statements: [restart], ...props });
}

/** Who has what where, by names: `developers InnovateDeveloper 222222222222`. */
function access(template: Template): string[] {
  const nameOf = (attribute: { 'Fn::GetAtt': string[] } | string, property: string): string =>
    typeof attribute === 'string' ? attribute : template.toJSON().Resources[attribute['Fn::GetAtt'][0]].Properties[property];
  return Object.values(template.findResources('AWS::SSO::Assignment')).map(({ Properties: { PrincipalId, PermissionSetArn, TargetId } }) =>
    `${nameOf(PrincipalId, 'DisplayName')} ${nameOf(PermissionSetArn, 'Name')} ${TargetId}`).sort();
}

describe('by default', () => {
  const stack = managementStack();
  accessControl(stack);
  const template = Template.fromStack(stack);

  test('five groups have what their work needs', () => {
    expect(access(template)).toEqual([
      `administrators InnovateAdministrator ${MANAGEMENT}`,
      'administrators InnovateAdministrator 222222222222',
      'administrators InnovateAdministrator 333333333333',
      `auditors InnovateAuditor ${MANAGEMENT}`,
      'auditors InnovateAuditor 222222222222',
      'auditors InnovateAuditor 333333333333',
      'developers InnovateDeveloper 222222222222',
      'developers InnovateDeveloperView 333333333333',
      `finance InnovateBilling ${MANAGEMENT}`,
      'release-approvers InnovateReleaseApprover 333333333333',
    ]);
    template.allResourcesProperties('AWS::SSO::Assignment', { InstanceArn: INSTANCE, PrincipalType: 'GROUP', TargetType: 'AWS_ACCOUNT' });
    template.allResourcesProperties('AWS::IdentityStore::Group', { IdentityStoreId: 'd-1234567890' });
    expectNoAnnotations(stack);
  });

  test.each([
    ['InnovateAdministrator', 'PT1H'], ['InnovateDeveloper', 'PT8H'], ['InnovateDeveloperView', 'PT2H'],
    ['InnovateReleaseApprover', 'PT1H'], ['InnovateBilling', 'PT1H'], ['InnovateAuditor', 'PT4H'],
  ])('a session of %s lasts %s', (Name, SessionDuration) => {
    template.hasResourceProperties('AWS::SSO::PermissionSet', { Name, SessionDuration, InstanceArn: INSTANCE });
  });

  test('only administrators and auditors have policies of AWS', () => {
    const arns = (...names: string[]) => names.map(name => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::aws:policy/${name}`]] }));
    const sets = Object.values(template.findResources('AWS::SSO::PermissionSet'));
    const managed = sets.filter(({ Properties }) => Properties.ManagedPolicies);
    expect(Object.fromEntries(managed.map(({ Properties }) => [Properties.Name, Properties.ManagedPolicies])))
      .toEqual({ InnovateAdministrator: arns('AdministratorAccess'), InnovateAuditor: arns('SecurityAudit', 'job-function/ViewOnlyAccess') });
  });

  test('policies leave room for statements of others', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::SSO::PermissionSet'))) {
      expect(JSON.stringify(Properties.InlinePolicy ?? {}).length).toBeLessThan(9000);
    }
  });

  test('groups outlive the stack, since nobody else knows their members', () => {
    template.allResources('AWS::IdentityStore::Group', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    template.resourceCountIs('AWS::IdentityStore::Group', 5);
  });

  test('one role of an account is made after another', () => {
    const assignments = Object.entries(template.findResources('AWS::SSO::Assignment'));
    for (const account of [MANAGEMENT, '222222222222', '333333333333']) {
      const ofAccount = assignments.filter(([, { Properties }]) => Properties.TargetId === account);
      const ids = ofAccount.map(([id]) => id);
      const predecessors = ofAccount.flatMap(([, { DependsOn = [] }]) => DependsOn as string[]);
      expect(predecessors.filter(id => !ids.includes(id))).toEqual([]);
      expect(new Set(predecessors).size).toBe(ids.length - 1);
    }
  });
});

test('ids follow from names: neither the order of assignments nor of accounts changes the template', () => {
  const assignments: AccessAssignment[] = [
    { group: 'a', permissionSet: PermissionSet.DEVELOPER, accounts: AccountScope.WORKLOADS },
    { group: 'b', permissionSet: PermissionSet.AUDITOR, accounts: AccountScope.ALL },
    { group: 'a', permissionSet: PermissionSet.BILLING, accounts: AccountScope.MANAGEMENT },
  ];
  const template = synthesize({ assignments }, [STAGING, PRODUCTION]).toJSON();
  expect(synthesize({ assignments: [...assignments].reverse() }, [PRODUCTION, STAGING]).toJSON()).toEqual(template);
  expect(Object.keys(template.Resources).find(id => id.startsWith('AccessaInnovateDeveloperstaging'))).toBeDefined();
});

test('an account more changes no assignment that exists', () => {
  const before = synthesize().findResources('AWS::SSO::Assignment');
  const after = synthesize({}, [{ ...STAGING, name: 'development', accountId: '555555555555' }, STAGING, PRODUCTION]).findResources('AWS::SSO::Assignment');
  for (const [id, { Properties }] of Object.entries(before)) { expect(after[id].Properties).toEqual(Properties); }
  expect(Object.keys(after).length - Object.keys(before).length).toBe(3);
});

test('groups of an identity provider are taken by id, the others are created', () => {
  const template = synthesize({ existingGroups: { developers: GROUP_ID } });
  expect(access(template).filter(entry => entry.includes('InnovateDeveloper'))).toEqual([
    `${GROUP_ID} InnovateDeveloper 222222222222`, `${GROUP_ID} InnovateDeveloperView 333333333333`,
  ]);
  const names = Object.values(template.findResources('AWS::IdentityStore::Group')).map(({ Properties }) => Properties.DisplayName);
  expect(names.sort()).toEqual(['administrators', 'auditors', 'finance', 'release-approvers']);
});

test('account, instance and group ids may be known at deployment only', () => {
  const token = (name: string) => Token.asString({ Ref: name });
  const template = synthesize({
    instanceArn: token('Instance'), identityStoreId: token('Store'), existingGroups: { developers: token('Developers') },
    assignments: only(PermissionSet.DEVELOPER),
  }, [{ ...STAGING, accountId: token('Staging') }]);
  template.hasResourceProperties('AWS::SSO::Assignment', {
    InstanceArn: { Ref: 'Instance' }, PrincipalId: { Ref: 'Developers' }, TargetId: { Ref: 'Staging' },
  });
});

test.each<[string, AccountScope, string[]]>([
  ['non-production', AccountScope.NON_PRODUCTION, [STAGING.accountId]],
  ['production', AccountScope.PRODUCTION, [PRODUCTION.accountId]],
  ['workloads', AccountScope.WORKLOADS, [STAGING.accountId, PRODUCTION.accountId, SANDBOX.accountId]],
  ['management', AccountScope.MANAGEMENT, [MANAGEMENT]],
  ['everything', AccountScope.ALL, [STAGING.accountId, PRODUCTION.accountId, SANDBOX.accountId, MANAGEMENT]],
  ['names', AccountScope.named('my sandbox', 'staging'), [STAGING.accountId, SANDBOX.accountId]],
  ['a unit', AccountScope.inUnit(OrganizationalUnit.of('Sandbox')), [SANDBOX.accountId]],
])('a scope of %s', (_, accounts, expected) => {
  const template = synthesize({ assignments: only(PermissionSet.AUDITOR, accounts) }, [STAGING, PRODUCTION, SANDBOX]);
  expect(Object.values(template.findResources('AWS::SSO::Assignment')).map(({ Properties }) => Properties.TargetId).sort()).toEqual([...expected].sort());
});

test('a landing zone without production has nobody there, and the set is ready for it', () => {
  const template = synthesize({}, [STAGING]);
  expect(access(template).filter(entry => /View|Approver/.test(entry))).toEqual([]);
  template.hasResourceProperties('AWS::SSO::PermissionSet', { Name: 'InnovateDeveloperView' });
});

test('a set of your own', () => {
  synthesize({ assignments: only(custom({ managedPolicyNames: ['job-function/SupportUser'], sessionDuration: Duration.minutes(90) })) })
    .hasResourceProperties('AWS::SSO::PermissionSet', {
      Name: 'OnCall',
      Description: 'Developers on call',
      SessionDuration: 'PT1H30M',
      ManagedPolicies: [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/job-function/SupportUser']] }],
      InlinePolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'rds:RebootDBInstance', Resource: '*' }] },
    });
});

test('a set based on another has its statements, policies and session', () => {
  const template = synthesize({ assignments: only(custom({ basedOn: PermissionSet.AUDITOR, managedPolicyNames: ['SecurityAudit', 'AWSHealthFullAccess'] })) });
  template.hasResourceProperties('AWS::SSO::PermissionSet', {
    Name: 'OnCall',
    SessionDuration: 'PT4H',
    InlinePolicy: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'NoData' }), Match.objectLike({ Action: 'rds:RebootDBInstance' })]) },
  });
  const [{ Properties }] = Object.values(template.findResources('AWS::SSO::PermissionSet'));
  expect(JSON.stringify(Properties.ManagedPolicies).match(/policy\/[\w/-]+/g)).toEqual(['policy/SecurityAudit', 'policy/job-function/ViewOnlyAccess', 'policy/AWSHealthFullAccess']);
});

test('without a session duration a set of your own has one hour', () => {
  synthesize({ assignments: only(custom()) }).hasResourceProperties('AWS::SSO::PermissionSet', { SessionDuration: 'PT1H' });
});

test('the room that the trail takes in the policy of auditors is measured as well', () => {
  const statement = (length: number) => new iam.PolicyStatement({ actions: [`s3:${'x'.repeat(length)}`], resources: ['*'] });
  const auditors = (length: number) => () => synthesize({ assignments: only(custom({ basedOn: PermissionSet.AUDITOR, statements: [statement(length)] })) });
  expect(auditors(1500)).not.toThrow();
  // fits beside the statements of AUDITOR, and does not beside those that admit to the trail
  expect(auditors(3500)).toThrow('the policy of a permission set has at most 10240 characters');
});

test('a policy with values of the deployment is not measured', () => {
  const resources = Array.from({ length: 200 }, (_, index) => Lazy.string({ produce: () => `arn:aws:s3:::some-very-long-bucket-name-${index}` }));
  expect(() => synthesize({ assignments: only(custom({ statements: [new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources })] })) })).not.toThrow();
});

const long = new iam.PolicyStatement({ actions: [`s3:${'x'.repeat(10240)}`], resources: ['*'] });
const withPrincipal = new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: ['*'], principals: [new iam.AnyPrincipal()] });
const twentyOne = Array.from({ length: 21 }, (_, index) => `Policy${index}`);

test.each<[string, Partial<IdentityCenterProps>, string]>([
  ['a malformed instance', { instanceArn: 'arn:aws:sso:::instance/ssoins-1' }, '`identityCenter.instanceArn` is "arn:aws:sso:::instance/ssoins-1", but it is not the ARN'],
  ['a malformed identity store', { identityStoreId: 'd-123456789' }, '`identityCenter.identityStoreId` is "d-123456789", but it is not the id of an identity store'],
  ['no assignments', { assignments: [] }, '`identityCenter.assignments` is [], but nobody has access then'],
  ['an unusable group', { assignments: [{ ...only(custom())[0], group: 'a:b' }] }, '`identityCenter.assignments[0].group` is "a:b", but it is not usable'],
  ['a malformed group id', { existingGroups: { developers: 'developers' } }, '`identityCenter.existingGroups["developers"]` is "developers", but it is not the id of a group'],
  ['an existing group without assignment', { existingGroups: { developer: GROUP_ID } }, 'no assignment has this group. Give one of developers, release-approvers, administrators, finance, auditors.'],
  ['an unknown account', { assignments: only(custom(), AccountScope.named('staging', 'stagin')) },
    '`identityCenter.assignments[0].accounts` is "stagin", but no account of the landing zone has this name or is in this unit. Give one of staging, production, NonProduction, Production.'],
  ['a unit without accounts', { assignments: only(custom(), AccountScope.inUnit(OrganizationalUnit.of('Sandbox'))) }, 'is "Sandbox", but no account of the landing zone'],
  ['developers in management', { assignments: only(PermissionSet.DEVELOPER, AccountScope.ALL) }, 'is "developers: InnovateDeveloper in the management account", but the management account runs no workloads'],
  ['viewing developers in management', { assignments: only(PermissionSet.DEVELOPER_VIEW, AccountScope.MANAGEMENT) }, 'the management account runs no workloads'],
  ['releases in management', { assignments: only(PermissionSet.RELEASE_APPROVER, AccountScope.MANAGEMENT) }, 'the management account runs no workloads'],
  ['a set based on a developer\'s in management', { assignments: only(custom({ basedOn: PermissionSet.DEVELOPER }), AccountScope.MANAGEMENT) }, 'the management account runs no workloads'],
  ['an assignment twice', { assignments: [...only(PermissionSet.AUDITOR, AccountScope.WORKLOADS), ...only(PermissionSet.AUDITOR)] },
    '`identityCenter.assignments` is "developers:InnovateAuditor:staging", but two entries have this group, permission set and account'],
  ['a name of two sets', { assignments: [...only(custom()), ...only(custom(), AccountScope.PRODUCTION)] }, 'is "OnCall", but two entries have this name of a permission set'],
  ['an unusable name', { assignments: only(custom({ name: 'on call' })) }, '`PermissionSet.custom("on call").name` is "on call", but it is not usable'],
  ['a long name', { assignments: only(custom({ name: 'x'.repeat(33) })) }, 'is not usable as the name of a permission set'],
  ['an empty description', { assignments: only(custom({ description: '' })) }, '`PermissionSet.custom("OnCall").description` is "", but it is not usable'],
  ['a description in another script', { assignments: only(custom({ description: 'дежурные' })) }, 'is not usable as the description'],
  ['a session under an hour', { assignments: only(custom({ sessionDuration: Duration.minutes(30) })) }, '`PermissionSet.custom("OnCall").sessionDuration` is 0.5, but it has to be between 1 and 12 hours'],
  ['a session over 12 hours', { assignments: only(custom({ sessionDuration: Duration.days(1) })) }, 'sessionDuration` is 24, but it has to be between 1 and 12 hours'],
  ['a policy by ARN', { assignments: only(custom({ managedPolicyNames: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })) }, 'managedPolicyNames[0]` is "arn:aws:iam::aws:policy/ReadOnlyAccess", but it is not the name'],
  ['too many policies', { assignments: only(custom({ managedPolicyNames: twentyOne })) }, 'managedPolicyNames` is 21, but it has to be between 0 and 20 policies'],
  ['a long policy', { assignments: only(custom({ statements: [long] })) }, '`PermissionSet.custom("OnCall").statements` is "10327 characters", but the policy of a permission set has at most 10240 characters'],
  ['a statement with principals', { assignments: only(custom({ statements: [withPrincipal] })) }, 'the policy of a permission set has no principals'],
  ['a set that allows nothing', { assignments: only(custom({ statements: [] })) }, '`PermissionSet.custom("OnCall")` is "OnCall", but it allows nothing'],
])('refuses %s', (_, identityCenter, message) => {
  const stack = managementStack();
  expect(() => accessControl(stack, identityCenter)).toThrow(message);
  expect(stack.node.children).toEqual([]);
});
