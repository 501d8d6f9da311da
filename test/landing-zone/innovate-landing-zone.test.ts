import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { existingProduction, landingZone, managementStack, production, staging, ORGANIZATION } from './landing-zones';
import { TrailLock } from '../../src/landing-zone/audit/trail-lock';
import { HardStop } from '../../src/landing-zone/billing/hard-stop';
import { InnovateLandingZoneProps } from '../../src/landing-zone/innovate-landing-zone-props';
import { OrganizationalUnit } from '../../src/landing-zone/organization/organizational-unit';
import { expectNoAnnotations } from '../support/stacks';


const CONTACT = { name: 'Security', title: 'Head of Security', email: 'security@innovate.example', phone: '+49 30 1234567' };

/** The trail's ARN as policies name it before the trail exists. */
function trailArn(template: Template): object {
  const [trail] = Object.values(template.findResources('AWS::CloudTrail::Trail'));
  return { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudtrail:eu-west-1:111111111111:trail/${trail.Properties.TrailName}`]] };
}

describe('the organization', () => {
  const stack = managementStack();
  const zone = landingZone(stack, { organization: undefined, accounts: [staging({ hardStop: HardStop.atPercent(120) }), production()] });
  const template = Template.fromStack(stack);

  test('is created with all features', () => {
    template.hasResource('AWS::Organizations::Organization', { Properties: { FeatureSet: 'ALL' } });
    expect(stack.resolve(zone.organizationId)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'Id'] });
    expect(stack.resolve(zone.rootId)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'RootId'] });
    template.hasOutput('*', { Description: 'For `organization.organizationId`', Value: stack.resolve(zone.organizationId) });
    template.hasOutput('*', { Description: 'For `organization.rootId`', Value: stack.resolve(zone.rootId) });
  });

  test('has Production and NonProduction inside Workloads', () => {
    const units = template.findResources('AWS::Organizations::OrganizationalUnit');
    const [workloads] = Object.entries(units).find(([, unit]) => unit.Properties.Name === 'Workloads')!;
    expect(Object.values(units).map(unit => unit.Properties.Name).sort()).toEqual(['NonProduction', 'Production', 'Workloads']);
    for (const name of ['NonProduction', 'Production']) {
      template.hasResourceProperties('AWS::Organizations::OrganizationalUnit', { Name: name, ParentId: { 'Fn::GetAtt': [workloads, 'Id'] } });
    }
  });

  test('creates its accounts one after another, each in its unit', () => {
    const accounts = template.findResources('AWS::Organizations::Account');
    const [first] = Object.entries(accounts).find(([, account]) => account.Properties.AccountName === 'staging')!;
    const second = Object.values(accounts).find(account => account.Properties.AccountName === 'production')!;
    expect(second.DependsOn).toEqual([first]);
    const [unit] = Object.entries(template.findResources('AWS::Organizations::OrganizationalUnit')).find(([, { Properties }]) => Properties.Name === 'Production')!;
    expect(second.Properties).toEqual({
      AccountName: 'production', Email: 'aws+production@innovate.example', ParentIds: [{ 'Fn::GetAtt': [unit, 'Id'] }],
    });
    expect(stack.resolve(zone.accountId('staging'))).toEqual({ 'Fn::GetAtt': [first, 'AccountId'] });
    template.hasOutput('*', { Description: 'Account id of staging', Value: { 'Fn::GetAtt': [first, 'AccountId'] } });
  });

  test.each([
    ['AWS::Organizations::Account', 'Retain'], ['AWS::S3::Bucket', 'Retain'], ['AWS::KMS::Key', 'Retain'], ['AWS::Logs::LogGroup', 'Retain'],
    // after a failed first deployment they would refuse the next one
    ['AWS::Organizations::Organization', 'RetainExceptOnCreate'], ['AWS::Organizations::OrganizationalUnit', 'RetainExceptOnCreate'],
  ])('keeps every %s when the stack is deleted', (type, DeletionPolicy) => {
    template.allResources(type, { DeletionPolicy, UpdateReplacePolicy: 'Retain' });
  });

  test('is changed by one resource at a time', () => {
    const resources = template.toJSON().Resources as Record<string, { Type: string; DependsOn?: string[] }>;
    const chain = Object.entries(resources).filter(([, { Type }]) => Type.startsWith('AWS::Organizations::'));
    const first = chain.filter(([, { DependsOn = [] }]) => DependsOn.length === 0).map(([, { Type }]) => Type);
    expect(first).toEqual(['AWS::Organizations::Organization']);
    expect(chain.flatMap(([, { DependsOn = [] }]) => DependsOn)).toHaveLength(chain.length - 1);
    expect(new Set(chain.flatMap(([, { DependsOn = [] }]) => DependsOn)).size).toBe(chain.length - 1);
  });

  test('has only what needs no switch yet, and says that the rest follows', () => {
    expect(zone.trail).toBeUndefined();
    template.resourceCountIs('AWS::CloudTrail::Trail', 0);
    template.resourceCountIs('AWS::Organizations::Policy', 0);
    template.resourceCountIs('AWS::Budgets::BudgetsAction', 0);
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('preflight --apply.*deploy again.*organization-without-trail'));
  });
});

describe('the second deployment, with the ids that the first has told', () => {
  const synthesize = (props: Partial<InnovateLandingZoneProps>) => {
    const stack = managementStack();
    landingZone(stack, props);
    return { stack, template: Template.fromStack(stack) };
  };
  const first = synthesize({ organization: undefined }).template.toJSON().Resources as Record<string, { Type: string; DeletionPolicy?: string }>;
  const { stack, template } = synthesize({ accounts: [staging({ accountId: '222222222222' }), production({ accountId: '333333333333' })] });
  const second = template.toJSON().Resources as typeof first;

  test('takes nothing away but the organization, which stays', () => {
    const gone = Object.keys(first).filter(id => !(id in second));
    expect(gone.map(id => first[id])).toEqual([expect.objectContaining({ Type: 'AWS::Organizations::Organization', DeletionPolicy: 'RetainExceptOnCreate' })]);
  });

  test('leaves units and accounts as they are', () => {
    const { organizationId, rootId } = ORGANIZATION;
    const resolved = (resources: typeof first) => Object.entries(resources).filter(([, { Type }]) => /Unit$|Account$/.test(Type)).map(([id, resource]) => [
      id, JSON.parse(JSON.stringify({ ...resource, DependsOn: undefined }).replace(/\{"Fn::GetAtt":\["\w+","RootId"\]\}/g, JSON.stringify(rootId)).replace(/\{"Fn::GetAtt":\["\w+Organization\w+","Id"\]\}/g, JSON.stringify(organizationId))),
    ]);
    expect(resolved(second)).toEqual(resolved(first));
    expect(resolved(second)).toHaveLength(5);
  });

  test('brings the trail and the other kinds of policy, without an annotation or a function, the same in every synthesis', () => {
    template.resourceCountIs('AWS::CloudTrail::Trail', 1);
    const types = Object.values(template.findResources('AWS::Organizations::Policy')).map(({ Properties }) => Properties.Type);
    expect(new Set(types)).toEqual(new Set([
      'SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY', 'DECLARATIVE_POLICY_EC2', 'S3_POLICY', 'BACKUP_POLICY', 'TAG_POLICY', 'AISERVICES_OPT_OUT_POLICY',
    ]));
    template.resourceCountIs('AWS::Lambda::Function', 0);
    expectNoAnnotations(stack);
    const again = synthesize({ accounts: [staging({ accountId: '222222222222' }), production({ accountId: '333333333333' })] });
    expect(again.template.toJSON()).toEqual(template.toJSON());
  });
});

test('units can be made in a unit that exists', () => {
  const stack = managementStack();
  landingZone(stack, { organization: { ...ORGANIZATION, workloadsUnitId: 'ou-exam-12345678' } });
  const units = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::OrganizationalUnit')).map(({ Properties }) => Properties);
  expect(units).toEqual([{ Name: 'Production', ParentId: 'ou-exam-12345678' }, { Name: 'NonProduction', ParentId: 'ou-exam-12345678' }]);
  const targets = Object.values(Template.fromStack(stack).findResources('AWS::Organizations::Policy')).flatMap(({ Properties }) => Properties.TargetIds);
  expect(targets).toContain('ou-exam-12345678');
});

test('the policy that freezes an account is made after the guardrails', () => {
  const stack = managementStack();
  landingZone(stack, { accounts: [staging({ hardStop: HardStop.atPercent(120) }), production()] });
  const policies = Object.entries(Template.fromStack(stack).findResources('AWS::Organizations::Policy'));
  const [freeze, ...others] = policies.sort(([, a]) => a.Properties.TargetIds ? 1 : -1);
  expect(freeze[1].Properties.TargetIds).toBeUndefined();
  expect(freeze[1].DependsOn).toEqual(expect.arrayContaining(others.map(([id]) => id)));
});

describe('access', () => {
  const identityCenter = { instanceArn: 'arn:aws:sso:::instance/ssoins-1234567890abcdef', identityStoreId: 'd-1234567890' };

  test('is given to groups in the accounts of their units', () => {
    const stack = managementStack();
    const zone = landingZone(stack, { identityCenter });
    const template = Template.fromStack(stack);
    const [developer] = Object.entries(template.findResources('AWS::SSO::PermissionSet')).find(([, { Properties }]) => Properties.Name === 'InnovateDeveloper')!;
    const inAccounts = Object.values(template.findResources('AWS::SSO::Assignment')).map(({ Properties }) => Properties)
      .filter(({ PermissionSetArn }) => JSON.stringify(PermissionSetArn).includes(developer)).map(({ TargetId }) => TargetId);
    expect(inAccounts).toEqual([stack.resolve(zone.accountId('staging'))]);
    expectNoAnnotations(stack);
  });

  test('is given to nobody otherwise', () => {
    const stack = managementStack();
    landingZone(stack);
    Template.fromStack(stack).resourceCountIs('AWS::SSO::Assignment', 0);
  });
});

describe('the audit trail', () => {
  const stack = managementStack();
  const zone = landingZone(stack, { organization: ORGANIZATION });
  const template = Template.fromStack(stack);
  const arn = trailArn(template);
  const key = stack.resolve(zone.encryptionKey.keyArn);

  test('covers the organization and all regions, validated and encrypted, in S3 and CloudWatch Logs', () => {
    template.hasResourceProperties('AWS::CloudTrail::Trail', {
      IsOrganizationTrail: true, IsMultiRegionTrail: true, IncludeGlobalServiceEvents: true, EnableLogFileValidation: true, IsLogging: true,
      KMSKeyId: key, S3BucketName: stack.resolve(zone.trailBucket.bucketName),
      CloudWatchLogsLogGroupArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Logs'), 'Arn'] },
      CloudWatchLogsRoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('LogsRole'), 'Arn'] },
    });
  });

  test('may write for the management account and the organization, as this trail only', () => {
    const bucket = stack.resolve(zone.trailBucket.bucketArn);
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: stack.resolve(zone.trailBucket.bucketName),
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Sid: 'TrailAclCheck', Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:GetBucketAcl', Resource: bucket,
            Condition: { StringEquals: { 'aws:SourceArn': arn } },
          },
          {
            Sid: 'TrailWrite', Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:PutObject',
            Resource: ['111111111111', 'o-exampleorgid'].map(owner => ({ 'Fn::Join': ['', [bucket, `/AWSLogs/${owner}/*`]] })),
            Condition: {
              StringEquals: {
                'aws:SourceArn': arn,
                's3:x-amz-acl': 'bucket-owner-full-control',
              },
            },
          },
        ]),
      },
    });
  });

  test('may use the key for its own files only', () => {
    const partition = { Ref: 'AWS::Partition' };
    const source = { 'aws:SourceArn': arn };
    const statement = (Sid: string, Action: string | string[], Condition: object) =>
      ({ Sid, Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action, Resource: '*', Condition });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          statement('TrailEncrypt', 'kms:GenerateDataKey*', {
            StringEquals: source,
            StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': { 'Fn::Join': ['', ['arn:', partition, ':cloudtrail:*:111111111111:trail/*']] } },
          }),
          statement('TrailDescribe', ['kms:Decrypt', 'kms:DescribeKey'], { StringEquals: source }),
        ]),
      },
    });
  });

  test('writes its log streams and no others', () => {
    const stream = (name: string) => ({
      'Fn::Join': ['', [
        'arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:111111111111:log-group:', { Ref: expect.any(String) }, `:log-stream:${name}`,
      ]],
    });
    const [policy] = Object.values(template.findResources('AWS::IAM::Policy'));
    expect(policy.Properties.PolicyDocument.Statement).toEqual([{
      Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [stream('111111111111_CloudTrail_eu-west-1*'), stream('o-exampleorgid_*')],
    }]);
  });

  test('is made after everything it writes to', () => {
    const [trail] = Object.values(template.findResources('AWS::CloudTrail::Trail'));
    expect(trail.DependsOn).toEqual(expect.arrayContaining([
      expect.stringMatching(/AuditTrailBucketPolicy/), expect.stringMatching(/AuditTrailLogsRoleDefaultPolicy/),
    ]));
  });

  test('is archived after 90 days and kept seven years; access to it is logged', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { KMSMasterKeyID: key, SSEAlgorithm: 'aws:kms' } }] },
      LoggingConfiguration: { DestinationBucketName: { Ref: Match.stringLikeRegexp('AccessLogs') } },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([{ Status: 'Enabled', ExpirationInDays: 2557, Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 90 }] }]),
      },
    });
  });
});

describe('the budgets', () => {
  const stack = managementStack();
  const zone = landingZone(stack, { organization: ORGANIZATION, accounts: [staging(), existingProduction()] });
  const template = Template.fromStack(stack);
  const topic = stack.resolve(zone.costAlertTopic.topicArn);

  test('one a month for each account, told at 80 % and 100 % spent and 100 % forecast', () => {
    const notification = (NotificationType: string, Threshold: number) => ({
      Notification: { NotificationType, Threshold, ThresholdType: 'PERCENTAGE', ComparisonOperator: 'GREATER_THAN' },
      Subscribers: [{ SubscriptionType: 'SNS', Address: topic }],
    });
    template.resourceCountIs('AWS::Budgets::Budget', 3);
    for (const [account, amount] of [['111111111111', 100], [stack.resolve(zone.accountId('staging')), 800], ['333333333333', 500]]) {
      template.hasResourceProperties('AWS::Budgets::Budget', {
        Budget: { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: amount, Unit: 'USD' }, CostFilters: { LinkedAccount: [account] } },
        NotificationsWithSubscribers: [notification('ACTUAL', 80), notification('FORECASTED', 100), notification('ACTUAL', 100)],
      });
    }
  });

  test('publish through an encrypted topic to the e-mail address', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: stack.resolve(zone.encryptionKey.keyArn) });
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@innovate.example', TopicArn: topic });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Principal: { Service: 'budgets.amazonaws.com' }, Action: 'sns:Publish', Resource: topic,
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111111111111' },
            ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':budgets::111111111111:*']] } },
          },
        })]),
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({
          Principal: { Service: ['budgets.amazonaws.com', 'costalerts.amazonaws.com', 'cloudwatch.amazonaws.com'] }, Action: Match.arrayWith(['kms:GenerateDataKey', 'kms:Decrypt']),
          Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
        })]),
      },
    });
  });
});

describe('what exists is taken by its id', () => {
  const stack = managementStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'ForeignKey', 'arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-0000-0000-000000000000');
  const zone = landingZone(stack, {
    organization: ORGANIZATION,
    accounts: [existingProduction(), staging({ organizationalUnit: OrganizationalUnit.of('Sandbox') })],
    encryptionKey,
    trailRetention: Duration.days(400),
    logRetention: logs.RetentionDays.FIVE_YEARS,
  });
  const template = Template.fromStack(stack);

  test('organization, account and key are not made again', () => {
    template.resourceCountIs('AWS::Organizations::Organization', 0);
    template.resourceCountIs('AWS::Organizations::Account', 1);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect([zone.organizationId, zone.rootId, zone.accountId('legacy')]).toEqual(['o-exampleorgid', 'r-exam', '333333333333']);
    expect(zone.encryptionKey).toBe(encryptionKey);
    template.hasResourceProperties('AWS::CloudTrail::Trail', { KMSKeyId: encryptionKey.keyArn });
    expectNoAnnotations(stack);
  });

  test('the units are made below the given root, a further one beside the others', () => {
    template.hasResourceProperties('AWS::Organizations::OrganizationalUnit', { Name: 'Workloads', ParentId: 'r-exam' });
    template.hasResourceProperties('AWS::Organizations::OrganizationalUnit', { Name: 'Sandbox' });
  });

  test('retention is as given', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 400, Transitions: Match.anyValue() })]) } });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 1827 });
  });
});

test('a stack without a fixed account and region works too', () => {
  const stack = new Stack();
  landingZone(stack);
  Template.fromStack(stack).resourceCountIs('AWS::CloudTrail::Trail', 1);
});

test('values that are known at deployment only are let through', () => {
  const token = (name: string) => Token.asString({ Ref: name });
  const stack = managementStack();
  const zone = landingZone(stack, {
    alertEmail: token('Email'), organization: { organizationId: token('Organization'), rootId: token('Root') },
    accounts: [existingProduction({ accountId: token('Account') })],
  });
  expect(stack.resolve(zone.accountId('legacy'))).toEqual({ Ref: 'Account' });
});

test.each<[string, Partial<InnovateLandingZoneProps>, string]>([
  ['no accounts', { accounts: [] }, '`accounts` is []'],
  ['a name twice', { accounts: [staging(), production({ name: 'staging' })] }, '`accounts` is "staging", but two entries have this name'],
  ['an e-mail twice, in capitals', { accounts: [staging(), production({ email: 'AWS+staging@innovate.example' })] }, 'two entries have this e-mail address'],
  ['an account id twice', { accounts: [existingProduction(), existingProduction({ name: 'other' })] }, 'two entries have this account id'],
  ['a malformed name', { accounts: [staging({ name: 'a/b' })] }, '`accounts[0].name` is "a/b"'],
  ['a malformed e-mail', { accounts: [staging(), production({ email: 'nobody' })] }, '`accounts[1].email` is "nobody"'],
  ['a malformed account id', { accounts: [existingProduction({ accountId: '33333' })] }, '`accounts[0].accountId` is "33333"'],
  ['the management account', { accounts: [existingProduction({ accountId: '111111111111' })] }, 'this is the management account'],
  ['a unit called Workloads', { accounts: [staging({ organizationalUnit: OrganizationalUnit.of('Workloads') })] }, '`accounts[0].organizationalUnit` is "Workloads"'],
  ['a budget of zero', { accounts: [staging({ monthlyBudgetUsd: 0 })] }, '`accounts[0].monthlyBudgetUsd` is 0'],
  ['a budget that is no number', { accounts: [staging({ monthlyBudgetUsd: NaN })] }, '`accounts[0].monthlyBudgetUsd`'],
  ['no regions', { permittedRegions: [] }, '`permittedRegions` is []'],
  ['an unknown region', { permittedRegions: ['eu-west-1', 'eu-west1'] }, '`permittedRegions[1]` is "eu-west1"'],
  ['a region twice', { permittedRegions: ['eu-west-1', 'eu-west-1'] }, 'two entries have this region'],
  ['no home region', { permittedRegions: ['eu-central-1'] }, 'the region of the landing zone is not in it. Add "eu-west-1".'],
  ['a malformed alert address', { alertEmail: 'ops' }, '`alertEmail` is "ops"'],
  ['an account that exists in an organization that does not', { organization: undefined, accounts: [existingProduction()] }, '`organization` is missing, but the account "legacy" exists already'],
  ['a malformed organization', { organization: { organizationId: 'exampleorgid', rootId: 'r-exam' } }, '`organization.organizationId` is "exampleorgid"'],
  ['a malformed unit', { organization: { ...ORGANIZATION, workloadsUnitId: 'Workloads' } }, '`organization.workloadsUnitId` is "Workloads"'],
  ['the name of the management account', { accounts: [staging({ name: 'management' })] }, '`accounts[0].name` is "management"'],
  ['a budget of zero for the management account', { managementBudgetUsd: 0 }, '`managementBudgetUsd` is 0'],
  ['a malformed root', { organization: { organizationId: 'o-exampleorgid', rootId: 'exam' } }, '`organization.rootId` is "exam"'],
  ['a hard stop below the budget', { accounts: [staging({ hardStop: HardStop.atPercent(50) })] }, '`accounts[0].hardStop` is 50'],
  ['a malformed address for security', { securityEmail: 'nobody' }, '`securityEmail` is "nobody"'],
  ['a contact without a title', { securityContact: { ...CONTACT, title: '' } }, '`securityContact.title` is ""'],
  ['a malformed telephone number', { securityContact: { ...CONTACT, phone: 'four' } }, '`securityContact.phone` is "four"'],
  ['a malformed address of the contact', { securityContact: { ...CONTACT, email: 'nobody' } }, '`securityContact.email` is "nobody"'],
  ['an unknown account for security', { securityAccount: 'audit' }, '`securityAccount` is "audit", but no account of the landing zone has this name. Give one of staging, production.'],
  ['a malformed instance', { identityCenter: { instanceArn: 'ssoins-1', identityStoreId: 'd-1234567890' } }, '`identityCenter.instanceArn` is "ssoins-1"'],
  ['a lock that outlasts the trail', { trailLock: TrailLock.compliance(Duration.days(3000)) }, '`trailLock` is "3000 days"'],
  ['a short retention', { trailRetention: Duration.days(90) }, '`trailRetention` is 90'],
])('refuses %s', (_, props, message) => {
  const stack = managementStack();
  expect(() => landingZone(stack, props)).toThrow(message);
  expect(stack.node.findChild('LandingZone').node.children).toEqual([]);
});

test('refuses to tell the id of an unknown account', () => {
  expect(() => landingZone(managementStack()).accountId('prod')).toThrow('`accountId(name)` is "prod", but no account of the landing zone has this name. Give one of staging, production.');
});
