import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AccountBaseline, AccountBaselineProps } from '../../../src/landing-zone/audit/account-baseline';
import { ProtectionPlan } from '../../../src/landing-zone/audit/protection-plan';
import { SecurityService } from '../../../src/landing-zone/audit/security-service';
import { SecurityStandard } from '../../../src/landing-zone/audit/security-standard';
import { VaultLock } from '../../../src/landing-zone/audit/vault-lock';
import { ACCOUNT, expectNoAnnotations, REGION, testStack } from '../../support/stacks';

const partition = { Ref: 'AWS::Partition' };

function baseline(props?: AccountBaselineProps): { stack: Stack; baseline: AccountBaseline; template: Template } {
  const stack = testStack();
  const construct = new AccountBaseline(stack, 'Baseline', props);
  return { stack, baseline: construct, template: Template.fromStack(stack) };
}

/** The only resource of a type. */
function only(template: Template, type: string): [string, { Properties: Record<string, any>; DependsOn?: string[]; DeletionPolicy?: string }] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0] as never;
}

describe('without props', () => {
  const { stack, baseline: standard, template } = baseline();
  const key = stack.resolve(standard.encryptionKey!.keyArn);

  test('GuardDuty looks at everything', () => {
    const [id, { Properties }] = only(template, 'AWS::GuardDuty::Detector');
    expect(Properties).toMatchObject({ Enable: true, FindingPublishingFrequency: 'SIX_HOURS' });
    expect(Properties.Features.map(({ Name, Status }: Record<string, string>) => [Name, Status])).toEqual([
      ['S3_DATA_EVENTS', 'ENABLED'], ['EKS_AUDIT_LOGS', 'ENABLED'], ['EBS_MALWARE_PROTECTION', 'ENABLED'], ['RDS_LOGIN_EVENTS', 'ENABLED'],
      ['LAMBDA_NETWORK_LOGS', 'ENABLED'], ['RUNTIME_MONITORING', 'ENABLED'],
    ]);
    expect(Properties.Features[5].AdditionalConfiguration).toEqual(
      ['EKS_ADDON_MANAGEMENT', 'ECS_FARGATE_AGENT_MANAGEMENT', 'EC2_AGENT_MANAGEMENT'].map(Name => ({ Name, Status: 'ENABLED' })));
    expect(stack.resolve(standard.detectorId)).toEqual({ 'Fn::GetAtt': [id, 'Id'] });
  });

  test('AWS Config records everything with its service-linked role, which is made first', () => {
    const [role] = only(template, 'AWS::IAM::ServiceLinkedRole');
    const [, recorder] = only(template, 'AWS::Config::ConfigurationRecorder');
    expect(recorder.Properties).toEqual({
      RecordingGroup: { AllSupported: true, IncludeGlobalResourceTypes: true },
      RoleARN: { 'Fn::Join': ['', ['arn:', partition, `:iam::${ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`]] },
    });
    expect(recorder.DependsOn).toContain(role);
  });

  test('recorder and delivery channel wait for the bucket, never for each other', () => {
    const [recorderId, recorder] = only(template, 'AWS::Config::ConfigurationRecorder');
    const [channelId, channel] = only(template, 'AWS::Config::DeliveryChannel');
    const policy = expect.stringMatching(/ConfigBucketPolicy/);
    expect(recorder.DependsOn).toEqual(expect.arrayContaining([policy]));
    expect(channel.DependsOn).toEqual(expect.arrayContaining([policy]));
    expect(recorder.DependsOn).not.toContain(channelId);
    expect(channel.DependsOn).not.toContain(recorderId);
    expect(channel.Properties).toMatchObject({ S3BucketName: stack.resolve(standard.configBucket!.bucketName), S3KmsKeyArn: key });
  });

  test('AWS Config may check the bucket and write its own files for this account', () => {
    const bucket = stack.resolve(standard.configBucket!.bucketArn);
    const ofThisAccount = { 'aws:SourceAccount': ACCOUNT };
    const principal = { Effect: 'Allow', Principal: { Service: 'config.amazonaws.com' } };
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: stack.resolve(standard.configBucket!.bucketName),
      PolicyDocument: {
        Statement: Match.arrayWith([
          { Sid: 'ConfigBucketCheck', ...principal, Action: ['s3:GetBucketAcl', 's3:ListBucket'], Resource: bucket, Condition: { StringEquals: ofThisAccount } },
          {
            Sid: 'ConfigDelivery', ...principal, Action: 's3:PutObject', Resource: { 'Fn::Join': ['', [bucket, `/AWSLogs/${ACCOUNT}/Config/*`]] },
            Condition: { StringEquals: { ...ofThisAccount, 's3:x-amz-acl': 'bucket-owner-full-control' } },
          },
        ]),
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ ...principal, Condition: { StringEquals: ofThisAccount } })]) },
    });
  });

  test('the record is encrypted, kept seven years, and never locked, which AWS Config refuses', () => {
    const { Properties } = template.findResources('AWS::S3::Bucket')[stack.resolve(standard.configBucket!.bucketName).Ref];
    expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault).toEqual({
      SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key,
    });
    expect(Properties.LifecycleConfiguration.Rules).toContainEqual(expect.objectContaining({ ExpirationInDays: 2557 }));
    expect(Properties).not.toHaveProperty('ObjectLockEnabled');
  });

  test('Security Hub checks two standards, one after another, once AWS Config records', () => {
    const [hubId, hub] = only(template, 'AWS::SecurityHub::Hub');
    expect(hub.Properties).toEqual({ EnableDefaultStandards: false, AutoEnableControls: true, ControlFindingGenerator: 'SECURITY_CONTROL' });
    expect(hub.DependsOn).toEqual(expect.arrayContaining([
      only(template, 'AWS::Config::ConfigurationRecorder')[0], only(template, 'AWS::Config::DeliveryChannel')[0],
    ]));
    const arn = (name: string) => ({ 'Fn::Join': ['', ['arn:', partition, `:securityhub:${REGION}::standards/${name}`]] });
    const standards = Object.entries(template.findResources('AWS::SecurityHub::Standard'));
    expect(standards.map(([, { Properties }]) => Properties.StandardsArn)).toEqual([
      arn('aws-foundational-security-best-practices/v/1.0.0'), arn('cis-aws-foundations-benchmark/v/5.0.0'),
    ]);
    expect(standards.map(([, { DependsOn }]) => DependsOn)).toEqual([[hubId], [standards[0][0]]]);
  });

  test('Access Analyzer looks for access from outside and for access that nobody needs', () => {
    template.resourceCountIs('AWS::AccessAnalyzer::Analyzer', 2);
    template.hasResourceProperties('AWS::AccessAnalyzer::Analyzer', { Type: 'ACCOUNT' });
    template.hasResourceProperties('AWS::AccessAnalyzer::Analyzer', {
      Type: 'ACCOUNT_UNUSED_ACCESS', AnalyzerConfiguration: { UnusedAccessConfiguration: { UnusedAccessAge: 90 } },
    });
  });

  test('vault and role have the names that the backup policy of the organization knows', () => {
    const [id, { Properties, DeletionPolicy }] = only(template, 'AWS::Backup::BackupVault');
    expect(Properties).toEqual({
      BackupVaultName: 'innovate-landing-zone', EncryptionKeyArn: key, LockConfiguration: { MinRetentionDays: 7 },
    });
    // kept, but not where the first deployment fails: its name would stand in the way of the second
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(stack.resolve(standard.backupVault!.backupVaultName)).toEqual({ 'Fn::GetAtt': [id, 'BackupVaultName'] });
    template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: 'innovate-landing-zone-backup',
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'backup.amazonaws.com' } }] },
      ManagedPolicyArns: ['service-role/AWSBackupServiceRolePolicyForBackup', 'AWSBackupServiceRolePolicyForS3Backup']
        .map(name => ({ 'Fn::Join': ['', ['arn:', partition, `:iam::aws:policy/${name}`]] })),
    });
  });

  test.each(['AWS::S3::Bucket', 'AWS::KMS::Key'])('keeps every %s when the stack is deleted', type => {
    template.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('leaves to the organization what its declarative policy sets, and makes no rule for nobody', () => {
    template.resourceCountIs('AWS::EC2::SnapshotBlockPublicAccess', 0);
    template.resourceCountIs('AWS::Events::Rule', 0);
  });

  test('leaves no annotation and no function, and synthesizes the same twice', () => {
    expectNoAnnotations(stack);
    template.resourceCountIs('AWS::Lambda::Function', 0);
    expect(baseline().template.toJSON()).toEqual(template.toJSON());
  });
});

describe('with every prop', () => {
  const stack = testStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'ForeignKey', `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-0000-0000-000000000000`);
  const topicKey = new kms.Key(stack, 'TopicKey');
  const alerts = new sns.Topic(stack, 'Topic', { masterKey: topicKey });
  new AccountBaseline(stack, 'Baseline', {
    services: [...SecurityService.standard(), SecurityService.SNAPSHOT_PRIVACY],
    protectionPlans: [ProtectionPlan.S3, ProtectionPlan.of('AI_PROTECTION')],
    securityStandards: [SecurityStandard.of('nist-800-53/v/5.0.0')],
    alerts,
    configRetention: Duration.days(400),
    unusedAccessAge: Duration.days(30),
    vaultLock: VaultLock.compliance(Duration.days(35), Duration.days(14)),
    createConfigRole: false,
    encryptionKey,
  });
  const template = Template.fromStack(stack);

  test('plans that are left out are switched off', () => {
    const [, { Properties }] = only(template, 'AWS::GuardDuty::Detector');
    const features: Record<string, string>[] = Properties.Features;
    const named = (status: string) => features.filter(({ Status }) => Status === status).map(({ Name }) => Name);
    expect(named('ENABLED')).toEqual(['S3_DATA_EVENTS', 'AI_PROTECTION']);
    expect(named('DISABLED')).toEqual(['EKS_AUDIT_LOGS', 'EBS_MALWARE_PROTECTION', 'RDS_LOGIN_EVENTS', 'LAMBDA_NETWORK_LOGS', 'RUNTIME_MONITORING']);
  });

  test('a role and a key that exist are not made again', () => {
    template.resourceCountIs('AWS::IAM::ServiceLinkedRole', 0);
    template.resourceCountIs('AWS::Config::ConfigurationRecorder', 1);
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.hasResourceProperties('AWS::Backup::BackupVault', { EncryptionKeyArn: encryptionKey.keyArn });
  });

  test('times, standards and locks are as given', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 400 })]) } });
    template.hasResourceProperties('AWS::AccessAnalyzer::Analyzer', { AnalyzerConfiguration: { UnusedAccessConfiguration: { UnusedAccessAge: 30 } } });
    template.hasResourceProperties('AWS::Backup::BackupVault', { LockConfiguration: { MinRetentionDays: 35, ChangeableForDays: 14 } });
    expect(JSON.stringify(only(template, 'AWS::SecurityHub::Standard')[1].Properties)).toContain('standards/nist-800-53/v/5.0.0');
    template.hasResourceProperties('AWS::EC2::SnapshotBlockPublicAccess', { State: 'block-all-sharing' });
  });

  test('GuardDuty tells its own high findings until they are archived, Security Hub the critical ones of others until somebody has seen them', () => {
    const target = { Targets: [{ Arn: stack.resolve(alerts.topicArn), Id: 'Target0' }] };
    template.resourceCountIs('AWS::Events::Rule', 2);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['aws.guardduty'], 'detail-type': ['GuardDuty Finding'],
        // and no `count`: the first message of a finding may count many occurrences
        'detail': Match.exact({ severity: [{ numeric: ['>=', 7] }], service: { archived: [false] } }),
      },
      ...target,
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        'source': ['aws.securityhub'], 'detail-type': ['Security Hub Findings - Imported'],
        'detail': {
          findings: {
            ProductName: [{ 'anything-but': 'GuardDuty' }], RecordState: ['ACTIVE'], Severity: { Label: ['CRITICAL'] }, Workflow: { Status: ['NEW'] },
          },
        },
      },
      ...target,
    });
  });

  test('EventBridge of this account may publish, and use the key of the topic for it', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([{
          Sid: 'FindingsOfThisAccount', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish',
          Resource: stack.resolve(alerts.topicArn),
          Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', partition, `:events:${REGION}:${ACCOUNT}:rule/*`]] } } },
        }]),
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([{
          Sid: 'FindingsOfThisAccount', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' },
          Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: '*', Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
        }]),
      },
    });
    expectNoAnnotations(stack);
  });
});

describe('what is left out', () => {
  const TYPES: [SecurityService, string][] = [
    [SecurityService.GUARD_DUTY, 'AWS::GuardDuty::Detector'],
    [SecurityService.CONFIG, 'AWS::Config::ConfigurationRecorder'],
    [SecurityService.SECURITY_HUB, 'AWS::SecurityHub::Hub'],
    [SecurityService.ACCESS_ANALYZER, 'AWS::AccessAnalyzer::Analyzer'],
    [SecurityService.BACKUP, 'AWS::Backup::BackupVault'],
    [SecurityService.SNAPSHOT_PRIVACY, 'AWS::EC2::SnapshotBlockPublicAccess'],
  ];

  test.each(TYPES)('each service stands alone: $name', (service, type) => {
    const { template, baseline: alone } = baseline({ services: [service] });
    for (const [, other] of TYPES) { expect(Object.keys(template.findResources(other)).length > 0).toBe(other === type); }
    expect([alone.detectorId !== undefined, alone.configBucket !== undefined, alone.backupVault !== undefined])
      .toEqual([SecurityService.GUARD_DUTY, SecurityService.CONFIG, SecurityService.BACKUP].map(named => named === service));
  });

  test.each([
    [[SecurityService.CONFIG], 1], [[SecurityService.BACKUP], 1], [[SecurityService.CONFIG, SecurityService.BACKUP], 1],
    [[SecurityService.GUARD_DUTY, SecurityService.SECURITY_HUB, SecurityService.ACCESS_ANALYZER, SecurityService.SNAPSHOT_PRIVACY], 0],
  ])('a key is made only for what is stored: %#', (services, keys) => {
    const { template, baseline: part } = baseline({ services });
    template.resourceCountIs('AWS::KMS::Key', keys);
    expect(part.encryptionKey !== undefined).toBe(keys > 0);
  });

  test('the key has the same id whatever it encrypts', () => {
    const ids = [SecurityService.standard(), [SecurityService.BACKUP]].map(services => only(baseline({ services }).template, 'AWS::KMS::Key')[0]);
    expect(ids[1]).toBe(ids[0]);
  });

  test('a further region makes nothing that an account has once', () => {
    const { template } = baseline({ furtherRegion: true });
    template.resourceCountIs('AWS::IAM::ServiceLinkedRole', 0);
    template.resourcePropertiesCountIs('AWS::IAM::Role', { RoleName: 'innovate-landing-zone-backup' }, 0);
    template.resourceCountIs('AWS::Backup::BackupVault', 1);
    template.hasResourceProperties('AWS::Config::ConfigurationRecorder', { RecordingGroup: { AllSupported: true, IncludeGlobalResourceTypes: false } });
    expect(only(template, 'AWS::AccessAnalyzer::Analyzer')[1].Properties.Type).toBe('ACCOUNT');
  });

  test('the lock of the vault', () => {
    expect(only(baseline({ vaultLock: VaultLock.none() }).template, 'AWS::Backup::BackupVault')[1].Properties).not.toHaveProperty('LockConfiguration');
  });
});

test('a topic of another stack of the app takes the alerts, without a cycle', () => {
  const app = new App();
  const env = { account: ACCOUNT, region: REGION };
  const alerting = new Stack(app, 'Alerting', { env });
  const alerts = new sns.Topic(alerting, 'Topic', { masterKey: new kms.Key(alerting, 'Key') });
  const stack = new Stack(app, 'Baseline', { env });
  new AccountBaseline(stack, 'Baseline', { alerts });
  expect(() => app.synth()).not.toThrow();
  expect(stack.dependencies).toEqual([alerting]);
  expect(alerting.dependencies).toEqual([]);
});

test('an imported topic stays as it is', () => {
  const stack = testStack();
  new AccountBaseline(stack, 'Baseline', { alerts: sns.Topic.fromTopicArn(stack, 'Alerts', `arn:aws:sns:${REGION}:${ACCOUNT}:alerts`) });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
  template.resourceCountIs('AWS::Events::Rule', 2);
});

test('a stack without a fixed account and region works too', () => {
  const stack = new Stack();
  new AccountBaseline(stack, 'Baseline');
  Template.fromStack(stack).hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } })]) },
  });
});

test.each<[string, AccountBaselineProps, string]>([
  ['no services', { services: [] }, '`services` is [], but a baseline without services protects nothing'],
  ['a service twice', { services: [SecurityService.CONFIG, SecurityService.CONFIG] }, '`services` is "CONFIG", but two entries have this name'],
  ['a plan twice', { protectionPlans: [ProtectionPlan.S3, ProtectionPlan.of('S3_DATA_EVENTS')] }, '`protectionPlans` is "S3_DATA_EVENTS"'],
  ['a malformed plan', { protectionPlans: [ProtectionPlan.of('s3')] }, '`protectionPlans[0].name` is "s3", but GuardDuty has no feature of such a name'],
  ['the predecessor of runtime monitoring', { protectionPlans: [ProtectionPlan.of('EKS_RUNTIME_MONITORING')] }, 'Give `ProtectionPlan.RUNTIME`'],
  ['a standard twice', { securityStandards: [SecurityStandard.CIS, SecurityStandard.CIS] }, '`securityStandards` is "cis-aws-foundations-benchmark/v/5.0.0"'],
  ['a malformed standard', { securityStandards: [SecurityStandard.of('CIS 5.0.0')] }, '`securityStandards[0].name` is "CIS 5.0.0"'],
  ['a short retention', { configRetention: Duration.days(90) }, '`configRetention` is 90, but it has to be between 365 and 36500 days'],
  ['an unused access of no days', { unusedAccessAge: Duration.days(0) }, '`unusedAccessAge` is 0, but it has to be between 1 and 365 days'],
  ['an unused access of years', { unusedAccessAge: Duration.days(366) }, '`unusedAccessAge` is 366'],
  ['parts of a day', { unusedAccessAge: Duration.hours(36) }, '`unusedAccessAge` is 1.5, but it has to be a multiple of 1 days'],
  ['a lock of no days', { vaultLock: VaultLock.governance(Duration.days(0)) }, '`vaultLock.minRetention` is 0'],
  ['a lock that cannot be taken back', { vaultLock: VaultLock.compliance(Duration.days(7), Duration.days(2)) }, '`vaultLock.changeableFor` is 2, but it has to be between 3 and 36500 days'],
  ['a role that the first region made', { furtherRegion: true, createConfigRole: true }, '`createConfigRole` is true, but with `furtherRegion`'],
])('refuses %s', (_, props, message) => {
  const stack = testStack();
  expect(() => new AccountBaseline(stack, 'Baseline', props)).toThrow(message);
  expect(stack.node.findChild('Baseline').node.children).toEqual([]);
});
