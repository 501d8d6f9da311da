import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Fn, NestedStack, Stack } from 'aws-cdk-lib';
import { assemblyOf, temporaryDirectory } from './local-assembly';
import { addFirstRunStep, FirstRunStep, ROOT_ID } from '../../src/private/first-run';

/**
 * The command as a process. `aws` is a script here that keeps its answers in files, so that refusals can be had which the local AWS
 * never gives; against real APIs the command runs in every rehearsal.
 */
const directory = temporaryDirectory();
const ROOT = path.join(__dirname, '..', '..');

/** Answers a call from a file named after its words, and notes who called. */
const FAKE_AWS = `#!/usr/bin/env bash
echo "\${AWS_ACCESS_KEY_ID:-$AWS_PROFILE} $AWS_REGION $*" >> "$ANSWERS/calls"
call="$*"
name=$(printf '%s' "\${call% --output json}" | tr -c 'a-zA-Z0-9-' '_')
if [ -f "$ANSWERS/$name.error" ]; then cat "$ANSWERS/$name.error" >&2; exit 254; fi
if [ -f "$ANSWERS/$name.becomes" ]; then source "$ANSWERS/$name.becomes"; fi
if [ -f "$ANSWERS/$name" ]; then cat "$ANSWERS/$name"; fi
`;

let worlds = 0;

class World {
  readonly answers = path.join(directory, `world-${worlds++}`);
  readonly assembly: string;

  constructor(fill: (management: Stack, workload: Stack) => void) {
    fs.mkdirSync(path.join(this.answers, 'bin'), { recursive: true });
    fs.writeFileSync(path.join(this.answers, 'bin', 'aws'), FAKE_AWS, { mode: 0o755 });
    this.assembly = assemblyOf(path.join(this.answers, 'cdk.out'), fill);
    this.answer('sts get-caller-identity', { Arn: 'arn:aws:iam::111111111111:user/founder', Account: '111111111111' });
    this.answer('organizations describe-organization --query Organization', { Id: 'o-exampleorgid', MasterAccountId: '111111111111' });
    this.answer('organizations list-roots --query Roots[0].Id', 'r-exam');
    this.answer('organizations list-accounts --query Accounts[?State==\'ACTIVE\' || Status==\'ACTIVE\'].{name:Name,id:Id}', [{ name: 'staging', id: '222222222222' }]);
    this.answer('cloudformation describe-stacks --stack-name Staging-Workload --query Stacks[0].StackName', 'Staging-Workload');
    this.answer('sts assume-role --role-arn arn:aws:iam::222222222222:role/OrganizationAccountAccessRole --role-session-name first-run --query Credentials',
      { AccessKeyId: 'ASIASTAGING', SecretAccessKey: 'secret', SessionToken: 'token' });
  }

  answer(call: string, json: unknown): this {
    fs.writeFileSync(this.file(call), JSON.stringify(json));
    return this;
  }

  refuse(call: string, message: string): this {
    fs.writeFileSync(`${this.file(call)}.error`, message);
    return this;
  }

  /** After this call another one answers something else. */
  changes(call: string, other: string, json: unknown): this {
    fs.writeFileSync(`${this.file(call)}.becomes`, `echo '${JSON.stringify(json)}' > '${this.file(other)}'`);
    return this;
  }

  preflight(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [
      ...['--import', 'tsx', path.join(ROOT, 'src/cli/cdk-innovate-platform.ts')], 'preflight', '--app', this.assembly, ...args,
    ], {
      cwd: ROOT, encoding: 'utf8',
      env: { ...process.env, PATH: `${this.answers}/bin:${process.env.PATH}`, ANSWERS: this.answers, AWS_ACCESS_KEY_ID: 'AKIAFOUNDER', AWS_REGION: 'eu-west-1' },
    });
    return { status, stdout, stderr, page: this.page(), calls: fs.readFileSync(path.join(this.answers, 'calls'), 'utf8') };
  }

  private page(): string {
    const file = path.join(this.assembly, 'first-run.md');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  private file(call: string): string {
    return path.join(this.answers, call.replace(/[^a-zA-Z0-9-]/g, '_'));
  }
}

const TRUSTED = 'organizations list-aws-service-access-for-organization --query EnabledServicePrincipals[].ServicePrincipal';
const ENABLE = 'organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com';
const DEFAULT_ENCRYPTION = 'ec2 get-ebs-encryption-by-default --query EbsEncryptionByDefault';

const trail: FirstRunStep = {
  id: 'trusted-access-cloudtrail',
  title: 'CloudTrail may see the organization',
  why: 'Without it CloudTrail refuses the trail.',
  beforeDeployment: true,
  check: { command: TRUSTED.split(' '), expected: 'cloudtrail.amazonaws.com' },
  commands: [ENABLE.split(' ')],
};
const volumes: FirstRunStep = {
  id: 'ebs-encryption',
  title: 'new volumes are encrypted',
  why: 'Without it a volume may be made without encryption.',
  beforeDeployment: false,
  check: { command: DEFAULT_ENCRYPTION.split(' '), expected: 'true' },
  commands: [['ec2', 'enable-ebs-encryption-by-default']],
};

function twoSteps(): World {
  return new World((management, workload) => {
    addFirstRunStep(workload, volumes);
    addFirstRunStep(management, trail);
  });
}

test('nothing is open', () => {
  const { status, stdout, page } = twoSteps().answer(TRUSTED, ['cloudtrail.amazonaws.com']).answer(DEFAULT_ENCRYPTION, true).preflight();
  expect(status).toBe(0);
  expect(stdout).toContain('Nothing is open. The page with every command:');
  expect(page).toContain('2 of 2 steps are done');
  expect(page).toContain('organizationId: \'o-exampleorgid\', rootId: \'r-exam\'');
  expect(page).toContain('account of staging: \'222222222222\'');
});

test('what is open is said with its exact commands, what the deployment needs first; each account is asked with its own credentials', () => {
  const { status, stdout, page, calls } = twoSteps().answer(TRUSTED, []).answer(DEFAULT_ENCRYPTION, false).preflight();
  expect(status).toBe(1);
  expect(stdout.indexOf('CloudTrail may see')).toBeLessThan(stdout.indexOf('new volumes'));
  expect(stdout).toContain('  open    CloudTrail may see the organization\n            aws organizations enable-aws-service-access --service-principal cloudtrail.amazonaws.com --region eu-west-1\n');
  expect(page).toMatch(/export \$\(printf .*role-arn arn:aws:iam::222222222222:role\/OrganizationAccountAccessRole.*\n {2}aws ec2 enable-ebs-encryption-by-default --region eu-central-1/);
  expect(calls).toContain(`AKIAFOUNDER eu-west-1 ${TRUSTED}`);
  expect(calls).toContain(`ASIASTAGING eu-central-1 ${DEFAULT_ENCRYPTION}`);
  expect(calls).not.toContain('enable-');
});

test('--apply runs the commands of what is open, and of nothing else', () => {
  const { status, calls, stdout } = twoSteps().answer(TRUSTED, ['cloudtrail.amazonaws.com']).answer(DEFAULT_ENCRYPTION, false)
    .changes('ec2 enable-ebs-encryption-by-default', DEFAULT_ENCRYPTION, true).preflight('--apply');
  expect(stdout).toContain('done    new volumes are encrypted, in 222222222222');
  expect(status).toBe(0);
  expect(calls).toContain('ASIASTAGING eu-central-1 ec2 enable-ebs-encryption-by-default');
  expect(calls).not.toContain('enable-aws-service-access');
});

test('a command that fails leaves its step open, with what AWS said', () => {
  const { status, stdout } = twoSteps().answer(TRUSTED, []).answer(DEFAULT_ENCRYPTION, true)
    .refuse(ENABLE, 'An error occurred (ConcurrentModificationException): try again').preflight('--apply');
  expect(status).toBe(1);
  expect(stdout).toContain('open    CloudTrail may see the organization (An error occurred (ConcurrentModificationException): try again)');
});

test('who may not ask does not know; a thing that is not there is open', () => {
  const { status, stdout } = twoSteps().refuse(TRUSTED, 'An error occurred (AccessDeniedException): You don\'t have permissions')
    .refuse(DEFAULT_ENCRYPTION, 'An error occurred (ResourceNotFoundException): no such thing').preflight();
  expect(status).toBe(1);
  expect(stdout).toMatch(/unknown CloudTrail may see the organization \(.*AccessDeniedException/);
  expect(stdout).toMatch(/open\s+new volumes are encrypted, in 222222222222\n/);
});

test('an id that is not there yet says what to do first', () => {
  const world = new World(management => addFirstRunStep(management, {
    ...trail, account: '{account:production}', commands: [['organizations', 'enable-policy-type', '--root-id', ROOT_ID]],
  }));
  const { status, stdout } = world.preflight();
  expect(status).toBe(0);
  expect(stdout).toContain('there is no account production yet: deploy the landing zone first)');
  expect(stdout).toContain('Nothing is open, 1 follow a deployment.');
});

test('real ids stand in the commands', () => {
  const world = new World(management => addFirstRunStep(management, {
    ...trail, commands: [['organizations', 'enable-policy-type', '--root-id', ROOT_ID, '--query', 'a[?b==\'c\']']],
  })).answer(TRUSTED, []);
  expect(world.preflight().stdout).toContain('aws organizations enable-policy-type --root-id r-exam --query "a[?b==\'c\']" --region eu-west-1');
});

test('what follows a deployment waits for its stack', () => {
  const { status, stdout, calls } = twoSteps().answer(TRUSTED, ['cloudtrail.amazonaws.com']).answer(DEFAULT_ENCRYPTION, false)
    .refuse('cloudformation describe-stacks --stack-name Staging-Workload --query Stacks[0].StackName',
      'An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id Staging-Workload does not exist').preflight('--apply');
  expect(stdout).toContain('later   new volumes are encrypted, in 222222222222 (once Staging-Workload is deployed)');
  expect(status).toBe(0);
  expect(calls).not.toContain('enable-ebs');
});

test('nothing is changed in another organization than the app\'s', () => {
  const other = new World(management => {
    addFirstRunStep(management, { ...trail, id: 'organization', title: 'the organization is o-mine', check: { command: ['organizations', 'mine'], expected: 'o-mine' } });
    addFirstRunStep(management, trail);
  }).answer('organizations mine', 'o-exampleorgid').answer(TRUSTED, []);
  const { status, stderr, calls } = other.preflight('--apply');
  expect(status).toBe(2);
  expect(stderr).toContain('Nothing was changed: AWS does not answer that the organization is o-mine.');
  expect(calls).not.toContain('enable-');
});

test('an error that says nothing of the step leaves it unknown, and is not acted on', () => {
  const { status, stdout, calls } = twoSteps().answer(DEFAULT_ENCRYPTION, true).refuse(TRUSTED, 'aws: error: argument operation: Invalid choice').preflight('--apply');
  expect(status).toBe(1);
  expect(stdout).toContain('unknown CloudTrail may see the organization (aws: error: argument operation: Invalid choice)');
  expect(calls).not.toContain('enable-aws-service-access');
});

test('an organization that may not be described is not taken for one that does not exist', () => {
  const { status, stderr } = twoSteps().refuse('organizations describe-organization --query Organization', 'An error occurred (AccessDeniedException)').preflight();
  expect(status).toBe(2);
  expect(stderr).toContain('AWS does not answer `aws organizations describe-organization`: An error occurred (AccessDeniedException)');
});

test('a profile wins over keys in the environment', () => {
  const { calls } = twoSteps().answer(TRUSTED, []).answer(DEFAULT_ENCRYPTION, true).preflight('--profile', 'management');
  expect(calls).toContain('management eu-west-1 sts get-caller-identity');
  expect(calls).not.toContain('AKIAFOUNDER');
});

test('steps of a nested stack are found, steps about what only the deployment knows are not there', () => {
  const world = new World(management => {
    addFirstRunStep(new NestedStack(management, 'Nested'), trail);
    addFirstRunStep(management, { ...volumes, title: Fn.ref('AWS::StackName') });
  }).answer(TRUSTED, []);
  expect(JSON.parse(world.preflight('--json').stdout).steps.map(({ id }: { id: string }) => id)).toEqual(['trusted-access-cloudtrail']);
});

test('what ends is judged by the calendar alone, on any day', () => {
  const world = new World(management => addFirstRunStep(management, {
    id: 'vendor-access-acme', title: 'the access of acme lasts until 2027-03-31', why: 'After that day nobody of it gets in.',
    beforeDeployment: false, check: { lastDay: '2027-03-31' }, manual: 'Renew it.',
  }));
  expect(world.preflight('--date', '2027-03-31').stdout).toContain('  done    the access of acme');
  expect(world.preflight('--date', '2026-03-30').stdout).toContain('2027-03-31 (2027-03-31 is over a year away)');
  const { status, stdout } = world.preflight('--date', '2027-04-01');
  expect(status).toBe(1);
  expect(stdout).toContain('  open    the access of acme lasts until 2027-03-31 (over since 2027-03-31)\n            Renew it.');
});

test('--json says the same to a program', () => {
  const { stdout } = twoSteps().answer(TRUSTED, []).answer(DEFAULT_ENCRYPTION, true).preflight('--json');
  expect(JSON.parse(stdout)).toMatchObject({
    organizationId: 'o-exampleorgid', rootId: 'r-exam', accounts: { staging: '222222222222' },
    steps: [
      { id: 'trusted-access-cloudtrail', status: 'open', commands: [`aws ${ENABLE} --region eu-west-1`] },
      { id: 'ebs-encryption', status: 'done', account: '222222222222', commands: [] },
    ],
  });
});

test.each([
  ['without credentials', (world: World) => world.refuse('sts get-caller-identity', 'Unable to locate credentials').preflight(), /AWS does not answer `aws sts get-caller-identity`: Unable to locate credentials/],
  ['with a page that cannot be written', (world: World) => world.answer(TRUSTED, []).preflight('--output', '/nowhere/page.md'), /The page cannot be written: .*\. Name another file with --output\./],
  ['without an assembly', (world: World) => world.preflight('--app', '/nowhere'), /\/nowhere is not a cloud assembly; synthesize the app first/],
  ['with a date that is none', (world: World) => world.preflight('--date', '2027-02-30'), /--date is "2027-02-30", which is not a day of the calendar/],
  ['with an unknown option', (world: World) => world.preflight('--aply'), /'--aply'[\s\S]*--apply {4}/],
])('%s it ends with 2 and one message', (_, run, message) => {
  const world = twoSteps();
  fs.writeFileSync(path.join(world.answers, 'calls'), '');
  const { status, stderr } = run(world);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('    at ');
  expect(status).toBe(2);
});
