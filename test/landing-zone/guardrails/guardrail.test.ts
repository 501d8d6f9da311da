import { isWildcardOnlyAction } from '@cloud-copilot/iam-simulate';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { HardStop } from '../../../src/landing-zone/billing/hard-stop';
import { Guardrail } from '../../../src/landing-zone/guardrails/guardrail';
import { InnovateLandingZoneProps } from '../../../src/landing-zone/innovate-landing-zone-props';
import { OrganizationalUnit } from '../../../src/landing-zone/organization/organizational-unit';
import { existingProduction, landingZone, managementStack, staging } from '../landing-zones';

interface Policy {
  readonly Name: string;
  readonly Type: string;
  readonly Description: string;
  readonly TargetIds: unknown[];
  readonly Content: { readonly Statement: Statement[] };
}
interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action?: string | string[];
  readonly NotAction?: string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

function synthesize(props: Partial<InnovateLandingZoneProps> = {}, region?: string): { policies: Policy[]; units: Record<string, string>; template: Template } {
  const stack = managementStack(region);
  landingZone(stack, props);
  const template = Template.fromStack(stack);
  const units = Object.entries(template.findResources('AWS::Organizations::OrganizationalUnit')).map(([id, unit]) => [unit.Properties.Name, id]);
  return {
    policies: Object.values(template.findResources('AWS::Organizations::Policy')).map(policy => policy.Properties),
    units: Object.fromEntries(units),
    template,
  };
}

function guardrail(name: string, characters: number, organizationalUnit?: OrganizationalUnit): Guardrail {
  const statements = [new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: [`s3:${'x'.repeat(characters)}`], resources: ['*'] })];
  return Guardrail.custom({ name, statements, organizationalUnit });
}

describe('the default guardrails', () => {
  const { policies, units, template } = synthesize();
  const control = policies.filter(({ Type }) => Type.endsWith('_CONTROL_POLICY'));

  test('leave room for the full access of AWS and for the freeze of a budget, on an existing account as well', () => {
    expect(new Set(policies.map(policy => policy.Name)).size).toBe(policies.length);
    for (const { Name } of policies) { expect(Name).toMatch(/^[\w-]{1,128}$/); }
    const count = (type: string) => policies.filter(({ Type }) => Type === type).length;
    expect(count('SERVICE_CONTROL_POLICY')).toBeLessThanOrEqual(3);
    expect(policies.map(({ Type }) => Type).filter(type => type !== 'SERVICE_CONTROL_POLICY')).toEqual([
      'RESOURCE_CONTROL_POLICY', 'DECLARATIVE_POLICY_EC2', 'S3_POLICY', 'BACKUP_POLICY', 'TAG_POLICY', 'AISERVICES_OPT_OUT_POLICY',
    ]);
  });

  test.each<[string, string, string[]]>([
    ['ten regions', 'eu-west-1', [
      'ap-northeast-1', 'ap-southeast-1', 'ap-southeast-2', 'eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-west-1', 'eu-west-2', 'eu-west-3',
    ]],
    ['the longest partition', 'us-gov-west-1', ['us-gov-east-1', 'us-gov-west-1']],
  ])('fill two policies on all workloads and one in production, beside the freeze of a budget: %s', (_, region, permittedRegions) => {
    const frozen = synthesize({ permittedRegions, accounts: [existingProduction({ hardStop: HardStop.atPercent(120) }), staging()] }, region).policies;
    const attached = frozen.filter(({ Type, TargetIds }) => Type === 'SERVICE_CONTROL_POLICY' && TargetIds?.includes('333333333333'));
    expect(attached.map(({ Description }) => Description === 'protect production data')).toEqual([false, false, true]);
  });

  test('only deny where they are statements, in 5,120 characters', () => {
    for (const { Content } of control) {
      expect(JSON.stringify(Content).length).toBeLessThanOrEqual(5120);
      expect(Content.Statement.map(statement => statement.Effect)).toEqual(Content.Statement.map(() => 'Deny'));
    }
  });

  test('name actions that exist', async () => {
    const actions = control.flatMap(({ Content }) => Content.Statement.flatMap(({ Action = [] }) => Action)).filter(action => !action.includes('*'));
    expect(actions.length).toBeGreaterThan(70);
    for (const action of actions) {
      const [service, name] = action.split(':');
      await expect(isWildcardOnlyAction(service, name)).resolves.toEqual(expect.any(Boolean));
    }
  });

  test('are attached one after another', () => {
    const resources = template.findResources('AWS::Organizations::Policy');
    const followers = Object.values(resources).filter(({ DependsOn }) => (DependsOn ?? []).some((id: string) => id in resources));
    expect(followers).toHaveLength(Object.keys(resources).length - 1);
  });

  test('apply to all workloads; the one for production data to production alone', () => {
    const target = (unit: string) => [{ 'Fn::GetAtt': [units[unit], 'Id'] }];
    for (const { TargetIds, Description } of policies) {
      expect(TargetIds).toEqual(target(Description === 'protect production data' ? 'Production' : 'Workloads'));
    }
    expect(policies.map(policy => policy.Description).join('; ').split('; ').sort()).toEqual(Guardrail.defaults().map(({ name }) => name).sort());
  });

  test('have unique statement ids', () => {
    const sids = control.flatMap(({ Content }) => Content.Statement.map(({ Sid }) => Sid));
    expect(sids.filter(sid => !/^[A-Za-z0-9]+$/.test(sid))).toEqual([]);
    expect(new Set(sids).size).toBe(sids.length);
  });
});

test('an existing account carries the guardrails of its unit itself', () => {
  const { policies, units } = synthesize({ accounts: [existingProduction(), staging()] });
  for (const { TargetIds, Description } of policies) {
    const unit = Description === 'protect production data' ? 'Production' : 'Workloads';
    expect(TargetIds).toEqual([{ 'Fn::GetAtt': [units[unit], 'Id'] }, '333333333333']);
  }
});

test('us-east-1 admits global services and edge stacks only, unless it is permitted', () => {
  const regions = (props: Partial<InnovateLandingZoneProps>) => synthesize({ guardrails: [Guardrail.PERMITTED_REGIONS], ...props })
    .policies.flatMap(policy => policy.Content.Statement);
  const [outside, global] = regions({ permittedRegions: ['eu-west-1', 'eu-central-1'] });
  expect(outside.Condition).toEqual({ StringNotEquals: { 'aws:RequestedRegion': ['eu-central-1', 'eu-west-1', 'us-east-1'] } });
  expect(outside.NotAction).toEqual(expect.arrayContaining(['iam:*', 'cloudfront:*', 'sts:*', 'organizations:*', 'route53:*']));
  expect(outside.NotAction).not.toContain('s3:*');
  expect(global.Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } });
  expect(global.NotAction).toEqual(expect.arrayContaining(['iam:*', 'cloudformation:*', 's3:*']));

  const permitted = regions({ permittedRegions: ['us-east-1', 'eu-west-1'] });
  expect(permitted.map(({ Sid }) => Sid)).toEqual(['DenyOtherRegions']);
});

test('guardrails that do not fit into one policy take another, each whole', () => {
  const { policies } = synthesize({ guardrails: [guardrail('a', 3000), guardrail('b', 3000), guardrail('c', 1000)] });
  expect(policies.map(policy => policy.Description)).toEqual(['a; c', 'b']);
});

test('no guardrails, no policies', () => {
  expect(synthesize({ guardrails: [] }).policies).toEqual([]);
});

test('a guardrail for a further unit is attached to it', () => {
  const sandbox = OrganizationalUnit.of('Sandbox');
  const { policies, units } = synthesize({
    accounts: [staging({ organizationalUnit: sandbox })], guardrails: [guardrail('no machines', 10, OrganizationalUnit.of('Sandbox'))],
  });
  expect(policies.map(policy => policy.TargetIds)).toEqual([[{ 'Fn::GetAtt': [units.Sandbox, 'Id'] }]]);
});

const THREE_FOR_ALL = ['a', 'b', 'c'].map(name => guardrail(name, 3000));
const TWO_FOR_PRODUCTION = ['d', 'e'].map(name => guardrail(name, 3000, OrganizationalUnit.PRODUCTION));

test('units have five policies each, so that created accounts are reached by more', () => {
  expect(synthesize({ guardrails: [...THREE_FOR_ALL, ...TWO_FOR_PRODUCTION] }).policies).toHaveLength(5);
});

const allow = new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] });
const withPrincipal = new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['s3:*'], resources: ['*'], principals: [new iam.AnyPrincipal()] });

test.each<[string, Guardrail[], string]>([
  ['a guardrail over the size of a policy', [guardrail('long', 5120)], '`guardrails["long"]` is "5206 characters", but this library keeps to 5120 characters in one SERVICE_CONTROL_POLICY.'],
  ['a fifth policy on all workloads', ['a', 'b', 'c', 'd', 'e'].map(name => guardrail(name, 3000)), '`guardrails` is "5 of SERVICE_CONTROL_POLICY on unit Workloads"'],
  ['a fifth policy on an existing account', [...THREE_FOR_ALL, ...TWO_FOR_PRODUCTION], '`guardrails` is "5 of SERVICE_CONTROL_POLICY on account legacy", but this library keeps to 5 on one target and `FullAWSAccess` is one of them and 1 is kept for a budget that is overrun.'],
  ['the place of a budget\'s freeze on an existing account', [...THREE_FOR_ALL, TWO_FOR_PRODUCTION[0]], '`guardrails` is "4 of SERVICE_CONTROL_POLICY on account legacy"'],
  ['one without statements', [Guardrail.custom({ name: 'empty', statements: [] })], 'a guardrail without statements does nothing'],
  ['one that allows', [Guardrail.custom({ name: 'open', statements: [allow] })], 'an `Allow` beside `FullAWSAccess` changes nothing'],
  ['one with principals', [Guardrail.custom({ name: 'people', statements: [withPrincipal] })], 'a service control policy has no principals'],
  ['a name twice', [Guardrail.DENY_ROOT_USER, Guardrail.DENY_ROOT_USER], 'two entries have this name'],
  ['one for a unit without accounts', [guardrail('lost', 10, OrganizationalUnit.of('Sandbox'))], 'no account is in this unit. Give one of Production, NonProduction.'],
])('refuses %s', (_, guardrails, message) => {
  const stack = managementStack();
  const accounts = [staging(), existingProduction({ hardStop: HardStop.atPercent(120) })];
  expect(() => landingZone(stack, { accounts, guardrails })).toThrow(message);
  expect(stack.node.findChild('LandingZone').node.children).toEqual([]);
});
