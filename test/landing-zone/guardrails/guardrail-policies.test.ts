import { Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Guardrail } from '../../../src/landing-zone/guardrails/guardrail';
import { composeGuardrails, policyTypesOf } from '../../../src/landing-zone/guardrails/guardrail-policies';
import { GuardrailPolicyType } from '../../../src/landing-zone/guardrails/guardrail-policy-type';
import { OrganizationalUnit } from '../../../src/landing-zone/organization/organizational-unit';
import { existingProduction, landingZone, managementStack, ORGANIZATION, staging } from '../landing-zones';

/** The content of the policies that these guardrails become, by type and unit. */
function documents(guardrails: Guardrail[], permittedRegions: string[] = ['eu-west-1', 'eu-central-1']): object[] {
  const scope = { permittedRegions, accounts: [staging()], organizationId: ORGANIZATION.organizationId };
  return composeGuardrails(managementStack(), guardrails, scope).map(({ document }) => document);
}

/** Every setting of a policy by its path, without the operators; what stands there is assigned, as in the examples of AWS. */
function settings(document: object, path: string[] = []): Record<string, unknown> {
  return Object.assign({}, ...Object.entries(document).map(([key, value]) => key === '@@assign'
    ? { [path.join('.')]: value }
    : settings(value, [...path, key])));
}

test('each kind of policy says what its documentation knows', () => {
  expect(documents([Guardrail.IMDS_V2_BY_DEFAULT, Guardrail.BLOCK_PUBLIC_SNAPSHOTS, Guardrail.BLOCK_PUBLIC_IMAGES, Guardrail.DENY_SERIAL_CONSOLE,
    Guardrail.BLOCK_INTERNET_INGRESS]).map(document => settings(document))).toEqual([{
    'ec2_attributes.instance_metadata_defaults.http_tokens': 'required',
    'ec2_attributes.instance_metadata_defaults.http_put_response_hop_limit': '1',
    'ec2_attributes.instance_metadata_defaults.http_endpoint': 'enabled',
    'ec2_attributes.instance_metadata_defaults.instance_metadata_tags': 'no_preference',
    'ec2_attributes.snapshot_block_public_access.state': 'block_all_sharing',
    'ec2_attributes.image_block_public_access.state': 'block_new_sharing',
    'ec2_attributes.serial_console_access.status': 'disabled',
    'ec2_attributes.vpc_block_public_access.internet_gateway_block.mode': 'block_ingress',
    'ec2_attributes.vpc_block_public_access.internet_gateway_block.exclusions_allowed': 'enabled',
  }]);
  expect(settings(documents([Guardrail.BLOCK_PUBLIC_BUCKETS])[0])).toEqual({ 's3_attributes.public_access_block_configuration': 'all' });
  expect(settings(documents([Guardrail.AI_SERVICES_OPT_OUT])[0])).toEqual({ 'services.default.opt_out_policy': 'optOut' });
  expect(settings(documents([Guardrail.SECURITY_HUB])[0])).toEqual({
    'securityhub.enable_in_regions': ['eu-central-1', 'eu-west-1'], 'securityhub.disable_in_regions': [],
  });
  const regions = { enable_in_regions: { '@@assign': ['eu-central-1', 'eu-west-1'] }, disable_in_regions: { '@@assign': [] } };
  expect(documents([Guardrail.INSPECTOR_SCANS])).toEqual([
    { inspector: { enablement: { ec2_scanning: regions, ecr_scanning: regions, lambda_standard_scanning: regions } } },
  ]);
});

test('backs up what has the tag, every day, in every permitted region, with the vault and role of each account', () => {
  const [document] = documents([Guardrail.DAILY_BACKUPS]);
  const backup = settings(document);
  expect(backup).toEqual({
    'plans.innovate-daily.regions': ['eu-central-1', 'eu-west-1'],
    'plans.innovate-daily.rules.daily.schedule_expression': 'cron(0 3 ? * * *)',
    'plans.innovate-daily.rules.daily.start_backup_window_minutes': '60',
    'plans.innovate-daily.rules.daily.complete_backup_window_minutes': '480',
    'plans.innovate-daily.rules.daily.target_backup_vault_name': 'innovate-landing-zone',
    'plans.innovate-daily.rules.daily.lifecycle.delete_after_days': '35',
    'plans.innovate-daily.selections.tags.tagged.iam_role_arn': 'arn:aws:iam::$account:role/innovate-landing-zone-backup',
    'plans.innovate-daily.selections.tags.tagged.tag_key': 'innovate:backup',
    'plans.innovate-daily.selections.tags.tagged.tag_value': ['daily'],
  });
  expect(backup['plans.innovate-daily.rules.daily.target_backup_vault_name']).toMatch(/^[a-zA-Z0-9_-]{1,50}$/);
});

test('tags have one capitalisation, which is enforced where asked for', () => {
  expect(documents([Guardrail.costAllocationTags()])).toEqual([{
    tags: {
      'innovate:environment': { tag_key: { '@@assign': 'innovate:environment' } }, 'innovate:platform': { tag_key: { '@@assign': 'innovate:platform' } },
    },
  }]);
  const [enforced] = documents([Guardrail.costAllocationTags({ enforcedFor: ['rds:cluster', 'ec2:instance'] })]);
  expect(settings(enforced)).toMatchObject({ 'tags.innovate:platform.enforced_for': ['ec2:instance', 'rds:cluster'] });
});

test('a policy of your own is merged with the guardrails of the same kind', () => {
  const allowedImages = { ec2_attributes: { allowed_images_settings: { state: { '@@assign': 'enabled' } } } };
  const custom = Guardrail.customPolicy({ name: 'images of ours', policyType: GuardrailPolicyType.DECLARATIVE_EC2, content: allowedImages });
  const [merged, ...others] = documents([Guardrail.DENY_SERIAL_CONSOLE, custom]);
  expect(settings(merged)).toEqual({
    'ec2_attributes.serial_console_access.status': 'disabled', 'ec2_attributes.allowed_images_settings.state': 'enabled',
  });
  expect(others).toEqual([]);
});

test('lists that are appended to are put together, and the same setting twice is one', () => {
  const hub = (name: string, regions: string[]) => Guardrail.customPolicy({
    name, policyType: GuardrailPolicyType.SECURITY_HUB, content: { securityhub: { enable_in_regions: { '@@append': regions }, x: { '@@assign': '1' } } },
  });
  expect(documents([hub('a', ['eu-west-1']), hub('b', ['eu-west-1', 'eu-north-1'])])).toEqual([
    { securityhub: { enable_in_regions: { '@@append': ['eu-west-1', 'eu-north-1'] }, x: { '@@assign': '1' } } },
  ]);
});

test('content over the size of one policy takes another', () => {
  const long = (name: string) => Guardrail.customPolicy({
    name, policyType: GuardrailPolicyType.TAG, content: { tags: { [name]: { tag_key: { '@@assign': name }, tag_value: { '@@assign': ['x'.repeat(6000)] } } } },
  });
  expect(documents([long('a'), long('b')]).map(document => Object.keys(settings(document)))).toEqual([
    ['tags.a.tag_key', 'tags.a.tag_value'], ['tags.b.tag_key', 'tags.b.tag_value'],
  ]);
});

test('tells the kinds of policy, each of which has to be switched on', () => {
  const scope = { permittedRegions: ['eu-west-1'], accounts: [staging()], organizationId: ORGANIZATION.organizationId };
  expect(policyTypesOf(composeGuardrails(managementStack(), Guardrail.defaults(), scope))).toEqual([
    'AISERVICES_OPT_OUT_POLICY', 'BACKUP_POLICY', 'DECLARATIVE_POLICY_EC2', 'RESOURCE_CONTROL_POLICY', 'S3_POLICY', 'SERVICE_CONTROL_POLICY',
    'TAG_POLICY',
  ]);
  expect(GuardrailPolicyType.of('BACKUP_POLICY')).toBe(GuardrailPolicyType.BACKUP);
  expect(GuardrailPolicyType.of('CHATBOT_POLICY').name).toBe('CHATBOT_POLICY');
});

test('a resource control of your own is about every principal', () => {
  const statements = [new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['s3:PutBucketAcl'], resources: ['*'] })];
  expect(documents([Guardrail.customResourceControl({ name: 'no ACLs', statements })])).toEqual([{
    Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:PutBucketAcl', Resource: '*' }],
  }]);
});

test('the organization\'s id counts with its longest form until it is known', () => {
  const pad = (characters: number) => Guardrail.customResourceControl({
    name: 'pad', statements: [new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: [`s3:${'x'.repeat(characters)}`], resources: ['*'] })],
  });
  const both = (characters: number) => [Guardrail.organizationPerimeter(), pad(characters)];
  const count = (organizationId: string, characters: number) => composeGuardrails(managementStack(), both(characters), {
    permittedRegions: ['eu-west-1'], accounts: [staging()], organizationId,
  }).length;
  const [empty] = composeGuardrails(managementStack(), both(1), {
    permittedRegions: ['eu-west-1'], accounts: [staging()], organizationId: `o-${'x'.repeat(32)}`,
  });
  const room = 5120 - JSON.stringify(empty.document).length + 1;
  const unknown = Lazy.string({ produce: () => 'o-later' });
  expect([count(unknown, room), count(unknown, room + 1)]).toEqual([1, 2]);
  expect(count(ORGANIZATION.organizationId, room + 1)).toBe(1);
});

const content = (name: string, value: object, organizationalUnit?: OrganizationalUnit) =>
  Guardrail.customPolicy({ name, policyType: GuardrailPolicyType.DECLARATIVE_EC2, content: { ec2_attributes: value }, organizationalUnit });
const console = (status: string, unit?: OrganizationalUnit) => content(`console ${status}`, { serial_console_access: { status: { '@@assign': status } } }, unit);
const resources = (props: iam.PolicyStatementProps) => Guardrail.customResourceControl({ name: 'own', statements: [new iam.PolicyStatement(props)] });
const deny: iam.PolicyStatementProps = { effect: iam.Effect.DENY, actions: ['s3:*'], resources: ['*'] };

test.each<[string, Guardrail[], string]>([
  ['two that set the same thing differently', [Guardrail.DENY_SERIAL_CONSOLE, console('enabled')],
    '`guardrails["console enabled"]` is "enabled", but "no serial console" sets ec2_attributes.serial_console_access.status.@@assign to "disabled". Leave one'],
  ['two that an existing account would carry side by side', [Guardrail.DENY_SERIAL_CONSOLE, console('enabled', OrganizationalUnit.PRODUCTION)],
    '"no serial console" sets ec2_attributes.serial_console_access.status.@@assign'],
  ['a setting where another has several', [Guardrail.DENY_SERIAL_CONSOLE, content('flat', { serial_console_access: 'off' })], '`guardrails["flat"]` is "off"'],
  ['content over the size of its kind', [Guardrail.customPolicy({
    name: 'long', policyType: GuardrailPolicyType.AI_SERVICES_OPT_OUT, content: { services: 'x'.repeat(2500) },
  })], '`guardrails["long"]` is "2515 characters", but this library keeps to 2500 characters in one AISERVICES_OPT_OUT_POLICY.'],
  ['a sixth policy of a kind that admits five', [...'abcdef'].map(name => Guardrail.customPolicy({
    name, policyType: GuardrailPolicyType.AI_SERVICES_OPT_OUT, content: { services: { [name]: 'x'.repeat(2000) } },
  })), '`guardrails` is "6 of AISERVICES_OPT_OUT_POLICY on unit Workloads", but this library keeps to 5 on one target. Shorten'],
  ['a fifth resource control policy', [...'abcde'].map(name => Guardrail.customResourceControl({
    name, statements: [new iam.PolicyStatement({ ...deny, actions: [`s3:${'x'.repeat(3000)}`] })],
  })), '`guardrails` is "5 of RESOURCE_CONTROL_POLICY on unit Workloads", but this library keeps to 5 on one target and `RCPFullAWSAccess` is one of them.'],
  ['no content', [content('empty', {}), Guardrail.customPolicy({ name: 'nothing', policyType: GuardrailPolicyType.TAG, content: {} })],
    '`guardrails["nothing"]` is {}, but a guardrail without content does nothing'],
  ['content where statements belong', [Guardrail.customPolicy({ name: 'json', policyType: GuardrailPolicyType.SERVICE_CONTROL, content: { Statement: [] } })],
    'this kind of policy is written in statements. Use `Guardrail.custom`'],
  ['a resource control that allows', [resources({ ...deny, effect: iam.Effect.ALLOW })], 'an `Allow` beside `RCPFullAWSAccess` changes nothing'],
  ['a resource control for one principal', [resources({ ...deny, principals: [new iam.AccountPrincipal('999999999999')] })],
    'a resource control policy is about every principal'],
  ['a resource control for all but one principal', [resources({ ...deny, notPrincipals: [new iam.AccountPrincipal('999999999999')] })],
    'a resource control policy is about every principal'],
  ['a resource control of every action', [resources({ ...deny, actions: ['*'] })], 'a resource control policy names its actions'],
  ['a resource control of all but some actions', [resources({ effect: iam.Effect.DENY, notActions: ['s3:*'], resources: ['*'] })],
    'a resource control policy names its actions'],
  ['a malformed trusted account', [Guardrail.organizationPerimeter({ trustedAccounts: ['4444'] })], '`trustedAccounts[0]` is "4444", but an AWS account id has exactly 12 digits'],
  ['a trusted account twice', [Guardrail.organizationPerimeter({ trustedAccounts: ['444444444444', '444444444444'] })], 'two entries have this account id'],
  ['a repository instead of its owner', [Guardrail.organizationPerimeter({ githubOrganizations: ['innovate/*'] })], '`githubOrganizations[0]` is "innovate/*"'],
  ['a CloudFormation type in the tag policy', [Guardrail.costAllocationTags({ enforcedFor: ['AWS::EC2::Instance'] })], '`enforcedFor[0]` is "AWS::EC2::Instance"'],
])('refuses %s', (_, guardrails, message) => {
  const stack = managementStack();
  expect(() => landingZone(stack, { accounts: [staging(), existingProduction()], guardrails })).toThrow(message);
  expect(stack.node.findChild('LandingZone').node.children).toEqual([]);
});
