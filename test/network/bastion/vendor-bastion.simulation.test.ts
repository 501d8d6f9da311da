import { Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BastionHost } from '../../../src/network/bastion/bastion-host';
import { DeveloperAccess } from '../../../src/network/bastion/developer-access';
import { VendorAccess } from '../../../src/network/bastion/vendor-access';
import { VendorBastion } from '../../../src/network/bastion/vendor-bastion';
import { VendorTarget } from '../../../src/network/bastion/vendor-target';
import { decide as evaluate, PolicyDocument } from '../../support/policy-simulation';
import { ACCOUNT, foreignVpc, REGION, testStack } from '../../support/stacks';

/** Real requests, evaluated by a policy simulator against the synthesized policies of the roles and of their trust. */
const VENDOR_ACCOUNT = '444455556666';
const ACME: VendorAccess = {
  name: 'acme',
  principalArn: `arn:aws:iam::${VENDOR_ACCOUNT}:user/support`,
  externalId: 'innovate-acme',
  accessFrom: '2026-10-01',
  accessUntil: '2027-03-31',
  targets: [VendorTarget.host('reports', '10.0.80.17', 8443)],
};
const GLOBEX: VendorAccess = {
  name: 'globex',
  principalArn: `arn:aws:iam::${VENDOR_ACCOUNT}:role/support`,
  externalId: 'innovate-globex',
  accessFrom: '2026-07-01',
  accessUntil: '2027-06-30',
  targets: [VendorTarget.host('orders', '10.0.80.18', 5432)],
};
const DEVELOPERS: DeveloperAccess = { permissionSet: 'InnovateDeveloper', targets: [VendorTarget.host('database', '10.0.80.19', 5432)] };

const DURING = '2026-12-24T12:00:00Z';
const ACCESS_CHECK = { 'ssm:SessionDocumentAccessCheck': 'true' };

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly at?: string;
  readonly context?: Record<string, string>;
}

/** The bastion with its policies, in which references are the logical ids that they name. */
class Door {
  private readonly stack: Stack = testStack();
  private readonly bastion: VendorBastion;
  private readonly resources: Record<string, any>;

  constructor(host: BastionHost, change: Partial<VendorAccess> = {}) {
    this.bastion = new VendorBastion(this.stack, 'Bastion', {
      vpc: foreignVpc(this.stack), host, vendors: [{ ...ACME, ...change }, GLOBEX], developers: [DEVELOPERS],
    });
    this.resources = Template.fromStack(this.stack).toJSON().Resources;
  }

  public get tag(): Record<string, string> {
    const [group] = Object.values(this.resources).filter(({ Type }) => Type === 'AWS::AutoScaling::AutoScalingGroup');
    const [{ Key, Value }] = group.Properties.Tags;
    return { [`ssm:resourceTag/${Key}`]: Value };
  }

  /** A task of the bastion's cluster. */
  public get task(): string {
    return `arn:aws:ecs:${REGION}:${ACCOUNT}:task/${this.logicalId('AWS::ECS::Cluster', '')}/0123456789abcdef`;
  }

  public get cluster(): string {
    return `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/${this.logicalId('AWS::ECS::Cluster', '')}`;
  }

  public document(target: string): string {
    return documentArn(this.logicalId('AWS::SSM::Document', target));
  }

  /** What a role may do, plus what someone else granted it. */
  public may(role: iam.IRole, { action, resource, at = DURING, context }: Asked, ...granted: PolicyDocument[]): Promise<string> {
    const { ManagedPolicyArns } = this.propertiesOf(role);
    const policies = ManagedPolicyArns.map(({ Ref }: { Ref: string }) => this.plain(this.resources[Ref].Properties.PolicyDocument));
    return evaluate({
      principal: `arn:aws:sts::${ACCOUNT}:assumed-role/vendor/john`,
      account: ACCOUNT,
      action,
      resource,
      context: { 'aws:CurrentTime': at, 'aws:userid': 'AROAEXAMPLE:john', ...context },
      identityPolicies: [...policies, ...granted],
    });
  }

  /** Whether a principal may take a role. */
  public enter(role: iam.IRole, principal: string, context: Record<string, string>, at: string = DURING): Promise<string> {
    return evaluate({
      principal,
      account: ACCOUNT,
      action: 'sts:AssumeRole',
      resource: `arn:aws:iam::${ACCOUNT}:role/vendor-bastion/acme`,
      context: { 'aws:CurrentTime': at, ...context },
      resourcePolicy: this.plain(this.propertiesOf(role).AssumeRolePolicyDocument),
    });
  }

  public vendor(name: string): iam.IRole {
    return this.bastion.vendorRole(name);
  }

  public developers(): iam.IRole {
    return this.bastion.developerRole(DEVELOPERS.permissionSet);
  }

  private propertiesOf(role: iam.IRole): any {
    return this.resources[this.stack.resolve(role.roleName).Ref].Properties;
  }

  private logicalId(type: string, part: string): string {
    const [id] = Object.keys(this.resources).filter(key => this.resources[key].Type === type && key.includes(part));
    return id;
  }

  private plain(value: any): any {
    if (Array.isArray(value)) { return value.map(item => this.plain(item)); }
    if (typeof value !== 'object' || value === null) { return value; }
    if (value.Ref) { return value.Ref === 'AWS::Partition' ? 'aws' : value.Ref; }
    if (value['Fn::Join']) { return value['Fn::Join'][1].map((part: any) => this.plain(part)).join(value['Fn::Join'][0]); }
    if (value['Fn::GetAtt']) { return `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/${value['Fn::GetAtt'][0]}`; }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.plain(item)]));
  }
}

function documentArn(name: string): string {
  return `arn:aws:ssm:${REGION}:${ACCOUNT}:document/${name}`;
}

const INSTANCE = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-0123456789abcdef0`;
const SESSION = `arn:aws:ssm:${REGION}:${ACCOUNT}:session/john-0123456789`;
const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

const instance = new Door(BastionHost.instance());
const container = new Door(BastionHost.container());
const acme = instance.vendor('acme');
const start = (resource: string, context: Record<string, string> = {}): Asked => ({ action: 'ssm:StartSession', resource, context });

describe('targets', () => {
  test.each([
    ['its own target', 'reports', 'Allowed'],
    ['another vendor\'s target', 'orders', 'OnlyTheTargets'],
    ['the developers\' target', 'database', 'OnlyTheTargets'],
  ])('a vendor and %s', async (_, target, decision) => {
    expect(await instance.may(acme, start(instance.document(target)))).toBe(decision);
    expect(await container.may(container.vendor('acme'), start(container.document(target)))).toBe(decision);
  });

  test.each([['acme', 'reports'], ['globex', 'orders']])('the target of %s is its own only, both ways', async (vendor, target) => {
    for (const other of ['acme', 'globex']) {
      expect(await instance.may(instance.vendor(other), start(instance.document(target)))).toBe(other === vendor ? 'Allowed' : 'OnlyTheTargets');
    }
  });

  test('a grant from elsewhere does not open another vendor\'s target', async () => {
    expect(await instance.may(acme, start(instance.document('orders')), EVERYTHING)).toBe('OnlyTheTargets');
  });
});

describe('hosts', () => {
  test.each<[string, () => Record<string, string>, string]>([
    ['the bastion, with a document that is checked', () => ({ ...instance.tag, ...ACCESS_CHECK }), 'Allowed'],
    ['the bastion, with a document that is not checked', () => ({ ...instance.tag, 'ssm:SessionDocumentAccessCheck': 'false' }), 'ImplicitlyDenied'],
    ['an instance without the tag', () => ACCESS_CHECK, 'ImplicitlyDenied'],
    ['another bastion', () => ({ ...Object.fromEntries(Object.keys(instance.tag).map(key => [key, 'Other'])), ...ACCESS_CHECK }), 'ImplicitlyDenied'],
  ])('a vendor and %s', async (_, context, decision) => {
    expect(await instance.may(acme, start(INSTANCE, context()))).toBe(decision);
  });

  test.each<[string, () => string, Record<string, string>, string]>([
    ['the bastion, with a document that is checked', () => container.task, ACCESS_CHECK, 'Allowed'],
    ['the bastion, with a document that is not checked', () => container.task, { 'ssm:SessionDocumentAccessCheck': 'false' }, 'ImplicitlyDenied'],
    ['a task of another cluster', () => `arn:aws:ecs:${REGION}:${ACCOUNT}:task/payments/0123456789abcdef`, ACCESS_CHECK, 'OnlyTheTargets'],
    ['an instance', () => INSTANCE, ACCESS_CHECK, 'OnlyTheTargets'],
  ])('a vendor of a container and %s', async (_, resource, context, decision) => {
    expect(await container.may(container.vendor('acme'), start(resource(), context))).toBe(decision);
  });

  test('a vendor finds the task of the bastion and no other', async () => {
    const role = container.vendor('acme');
    const find = (cluster: string): Asked => ({ action: 'ecs:DescribeTasks', resource: container.task, context: { 'ecs:cluster': cluster } });
    expect(await container.may(role, find(container.cluster))).toBe('Allowed');
    expect(await container.may(role, find(`arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/payments`))).toBe('ImplicitlyDenied');
    expect(await container.may(role, { ...find(container.cluster), resource: `arn:aws:ecs:${REGION}:${ACCOUNT}:task/payments/1` })).toBe('ImplicitlyDenied');
  });
});

describe('a shell', () => {
  const SHELLS: [string, Asked, string][] = [
    ['the default session', start(documentArn('SSM-SessionManagerRunShell')), 'OnlyTheTargets'],
    ['ECS Exec in the bastion', { action: 'ecs:ExecuteCommand', resource: container.task }, 'NoShell'],
    ['ECS Exec elsewhere', { action: 'ecs:ExecuteCommand', resource: `arn:aws:ecs:${REGION}:${ACCOUNT}:task/payments/1` }, 'NoShell'],
    ['Run Command', { action: 'ssm:SendCommand', resource: INSTANCE }, 'NoShell'],
    ['Automation', { action: 'ssm:StartAutomationExecution', resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:automation-definition/Anything:1` }, 'NoShell'],
    ['a key for SSH', { action: 'ec2-instance-connect:SendSSHPublicKey', resource: INSTANCE }, 'NoShell'],
    ['the serial console', { action: 'ec2-instance-connect:SendSerialConsoleSSHPublicKey', resource: INSTANCE }, 'NoShell'],
  ];
  test.each(SHELLS)('%s is denied whatever else is granted', async (_, asked, decision) => {
    for (const door of [instance, container]) {
      for (const role of [door.vendor('acme'), door.vendor('globex'), door.developers()]) {
        expect(await door.may(role, asked)).toBe(decision);
        expect(await door.may(role, asked, EVERYTHING)).toBe(decision);
      }
    }
  });
});

describe('time', () => {
  const DAYS: [string, string, boolean][] = [
    ['the day before the first', '2026-09-30T23:59:59Z', false],
    ['the first day', '2026-10-01T00:00:00Z', true],
    ['the day before the last', '2027-03-30T23:59:59Z', true],
    ['the last day', '2027-03-31T23:59:58Z', true],
    ['the day after the last', '2027-04-01T00:00:01Z', false],
    ['a year later', '2028-03-31T12:00:00Z', false],
  ];
  test.each(DAYS)('%s', async (_, at, open) => {
    const later = at > '2027-03-31T23:59:58Z';
    const target = await instance.may(acme, { ...start(instance.document('reports')), at });
    expect(target).toBe(open ? 'Allowed' : later ? 'AccessEnded' : 'ImplicitlyDenied');
    expect(await instance.enter(acme, ACME.principalArn, { 'sts:ExternalId': ACME.externalId, 'aws:MultiFactorAuthPresent': 'true' }, at))
      .toBe(open ? 'Allowed' : 'ImplicitlyDenied');
    // another vendor's day is another
    expect(await instance.may(instance.vendor('globex'), { ...start(instance.document('orders')), at })).toBe(at < '2027-07-01' ? 'Allowed' : 'AccessEnded');
  });

  test('what the role was granted elsewhere ends with the access', async () => {
    const object = { action: 's3:GetObject', resource: 'arn:aws:s3:::vendor-files/report' };
    expect(await instance.may(acme, { ...object, at: '2027-03-31T23:59:58Z' }, EVERYTHING)).toBe('Allowed');
    expect(await instance.may(acme, { ...object, at: '2027-04-01T00:00:01Z' }, EVERYTHING)).toBe('AccessEnded');
  });

  test('developers have no last day', async () => {
    expect(await instance.may(instance.developers(), { ...start(instance.document('database')), at: '2035-01-01T00:00:00Z' })).toBe('Allowed');
  });
});

describe('sessions', () => {
  test.each(['ssm:TerminateSession', 'ssm:ResumeSession'])('%s is for the own ones', async action => {
    const of = (owner: string): Asked => ({ action, resource: SESSION, context: { 'ssm:resourceTag/aws:ssmmessages:session-id': owner } });
    for (const role of [acme, instance.developers()]) {
      expect(await instance.may(role, of('AROAEXAMPLE:john'))).toBe('Allowed');
      expect(await instance.may(role, of('AROAEXAMPLE:jane'))).toBe('ImplicitlyDenied');
      expect(await instance.may(role, of('AROAOTHER:john'))).toBe('ImplicitlyDenied');
    }
  });
});

describe('the way in', () => {
  const id = { 'sts:ExternalId': ACME.externalId };
  const mfa = { 'aws:MultiFactorAuthPresent': 'true' };
  const other = `arn:aws:iam::${VENDOR_ACCOUNT}:user/other`;
  test.each<[string, string, Record<string, string>, string]>([
    ['with external id and second factor', ACME.principalArn, { ...id, ...mfa }, 'Allowed'],
    ['without external id', ACME.principalArn, mfa, 'ImplicitlyDenied'],
    ['with another vendor\'s external id', ACME.principalArn, { 'sts:ExternalId': GLOBEX.externalId, ...mfa }, 'ImplicitlyDenied'],
    ['without second factor', ACME.principalArn, id, 'ImplicitlyDenied'],
    ['with a second factor that was not given', ACME.principalArn, { ...id, 'aws:MultiFactorAuthPresent': 'false' }, 'ImplicitlyDenied'],
    ['as another user of the vendor\'s account', other, { ...id, ...mfa }, 'ImplicitlyDenied'],
  ])('%s', async (_, principal, context, decision) => {
    expect(await instance.enter(acme, principal, context)).toBe(decision);
  });

  test('an ARN that is known at deployment: a user without second factor is denied, a role is not', async () => {
    const principalArn = Token.asString({ 'Fn::Join': ['', [ACME.principalArn]] });
    const door = new Door(BastionHost.instance(), { principalArn });
    const enter = (type: string, context: Record<string, string> = {}) =>
      door.enter(door.vendor('acme'), ACME.principalArn, { ...id, 'aws:PrincipalType': type, ...context });
    expect(await enter('User')).toBe('UsersWithoutSecondFactor');
    expect(await enter('User', mfa)).toBe('Allowed');
    expect(await enter('AssumedRole', { 'aws:MultiFactorAuthPresent': 'false' })).toBe('Allowed');
  });

  const sso = (name: string) => `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/${name}`;
  test.each<[string, string, string]>([
    ['the permission set', sso('eu-west-1/AWSReservedSSO_InnovateDeveloper_0123456789abcdef'), 'Allowed'],
    ['the permission set of an Identity Center in us-east-1', sso('AWSReservedSSO_InnovateDeveloper_0123456789abcdef'), 'Allowed'],
    ['a set whose name goes on', sso('eu-west-1/AWSReservedSSO_InnovateDeveloper_View_0123456789abcdef'), 'ImplicitlyDenied'],
    ['another set', sso('eu-west-1/AWSReservedSSO_Billing_0123456789abcdef'), 'ImplicitlyDenied'],
    ['a role that only has the name', `arn:aws:iam::${ACCOUNT}:role/AWSReservedSSO_InnovateDeveloper_0123456789abcdef`, 'ImplicitlyDenied'],
    ['the set in another account', sso('eu-west-1/AWSReservedSSO_InnovateDeveloper_0123456789abcdef').replace(ACCOUNT, VENDOR_ACCOUNT), 'ImplicitlyDenied'],
  ])('developers: %s', async (_, principal, decision) => {
    expect(await instance.enter(instance.developers(), principal, {})).toBe(decision);
  });
});

test('a revoked vendor is denied with the sessions that it has, and does not get in again', async () => {
  const door = new Door(BastionHost.instance(), { revoked: true });
  expect(await door.may(door.vendor('acme'), start(door.document('reports')))).toBe('Revoked');
  expect(await door.may(door.vendor('acme'), { action: 's3:GetObject', resource: 'arn:aws:s3:::vendor-files/report' }, EVERYTHING)).toBe('Revoked');
  expect(await door.enter(door.vendor('acme'), ACME.principalArn, { 'sts:ExternalId': ACME.externalId, 'aws:MultiFactorAuthPresent': 'true' })).toBe('Revoked');
  expect(await door.may(door.vendor('globex'), start(door.document('orders')))).toBe('Allowed');
});
