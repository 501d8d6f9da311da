/**
 * From one fresh account to an organization with its accounts, as `examples/new-organization` goes: a first deployment, the
 * first-run checklist, the ids into the configuration, a second deployment. Nothing that the first one made may be replaced.
 */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, environmentsOf, readAssembly } from './assembly';
import { CdkCli, type StackProgress, synthesize } from './cdk-cli';
import { LocalContext } from './checks/context';
import { FirstRun, type Preflight } from './first-run';
import { LocalAws } from './local-aws/local-aws';
import { run } from './process';
import { runProgram } from './program';
import { Progress } from './progress';
import { openRunDirectory } from './run-directory';

const APP = 'tsx --tsconfig tsconfig.dev.json examples/new-organization/app.ts';
const WORK_DIRECTORY = '.rehearsal';
const MANAGEMENT = { account: '111111111111', region: 'eu-west-1' };
/** What is deployed: the whole landing zone, and in the accounts that it made the stack that needs them first. */
const STACKS = /\/(LandingZone|Baseline)$/;
/** What the accounts and units are, not how they are guarded. */
const LASTING = /^AWS::Organizations::(OrganizationalUnit|Account)$|^AWS::(KMS::Key|S3::Bucket|Logs::LogGroup)$/;

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  const idsFile = process.env.IDS = path.join(directory, 'ids.json');
  const aws = await LocalAws.start({ cache: path.resolve(WORK_DIRECTORY), directory, keep: false, nodeModules: path.resolve('node_modules') });
  try {
    const first = await deployment('first', aws, directory);
    assert.deepEqual(first.stacks.map(stack => stack.displayName), ['Innovate/LandingZone'], 'an environment without an account has a stack');
    await guardedBy(aws, first, []);
    const made = await lasting(first);

    const prepared = await step('prepare', () => first.firstRun.preflight('--apply'));
    await step('ids', () => writeIds(aws, prepared, idsFile));

    const second = await deployment('second', aws, directory);
    assert.deepEqual(second.stacks.map(stack => stack.displayName), ['Innovate/LandingZone', 'Innovate/Production/Baseline', 'Innovate/Staging/Baseline']);
    const kept = await lasting(second);
    for (const [logicalId, physicalId] of made) { assert.equal(kept.get(logicalId), physicalId, `${logicalId} was replaced`); }
    assert.equal(await organizationId(aws), prepared.organizationId, 'the organization was replaced');
    await guardedBy(aws, second, [
      'AISERVICES_OPT_OUT_POLICY', 'BACKUP_POLICY', 'DECLARATIVE_POLICY_EC2', 'RESOURCE_CONTROL_POLICY', 'S3_POLICY', 'SERVICE_CONTROL_POLICY', 'TAG_POLICY',
    ]);
    const { steps } = await step('checklist', () => second.firstRun.finish());
    const [done, later] = ['done', 'later'].map(status => steps.filter(each => each.status === status).length);
    assert.equal(done + later, steps.length, steps.filter(({ status }) => status === 'open' || status === 'unknown').map(({ title }) => title).join('; '));
    process.stdout.write(`Passed: ${made.size} lasting resources of the first deployment are the same after the second; of ${steps.length} preparations `
      + `${done} are done and ${later} wait for stacks that were not deployed.\n`);
  } finally {
    await aws.stop();
  }
}

interface Deployment {
  readonly stacks: readonly AssemblyStack[];
  readonly context: LocalContext;
  readonly firstRun: FirstRun;
}

async function deployment(name: string, aws: LocalAws, directory: string): Promise<Deployment> {
  return step(name, async () => {
    const assembly = await synthesize(APP, directory);
    const all = readAssembly(assembly);
    const stacks = all.filter(stack => STACKS.test(stack.displayName));
    await aws.expect(assembly, false);
    const cli = new CdkCli(aws);
    await cli.bootstrap(environmentsOf(all));
    await cli.deploy(assembly, stacks, QUIET);
    return { stacks, context: new LocalContext(aws.endpoint, stacks), firstRun: new FirstRun(aws, assembly, stacks) };
  });
}

/** The configuration as its owner writes it from what `preflight` printed, with a connection made in each new account. */
async function writeIds(aws: LocalAws, { organizationId: organization, rootId, accounts }: Preflight, file: string): Promise<void> {
  const { staging, production } = accounts;
  assert.match(staging, /^\d{12}$/);
  assert.match(production, /^\d{12}$/);
  const connections = await Promise.all([staging, production].map(account => ask(aws, account, [
    'codeconnections', 'create-connection', '--provider-type', 'GitHub', '--connection-name', 'innovate', '--query', 'ConnectionArn',
  ])));
  fs.writeFileSync(file, JSON.stringify({
    organization: { organizationId: organization, rootId }, staging, production, connections, hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  }));
}

/** Logical to physical ids of what must never be replaced, in the landing zone's stack. */
async function lasting({ context }: Deployment): Promise<Map<string, string>> {
  const [landingZone] = context.find(/\/LandingZone$/);
  const resources = (await context.resourcesOf(landingZone)).filter(({ type }) => LASTING.test(type));
  assert.ok(resources.length >= 8, `only ${resources.length} resources are expected to last`);
  return new Map(resources.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
}

/** The kinds of policy that there are, and the trail once there are all. */
async function guardedBy(aws: LocalAws, { context }: Deployment, expected: string[]): Promise<void> {
  const [landingZone] = context.find(/\/LandingZone$/);
  const policies = (await context.resourcesOf(landingZone)).filter(({ type }) => type === 'AWS::Organizations::Policy');
  const types = await Promise.all(policies.map(({ physicalId }) => ask(aws, MANAGEMENT.account, [
    'organizations', 'describe-policy', '--policy-id', physicalId, '--query', 'Policy.PolicySummary.Type',
  ])));
  assert.deepEqual([...new Set(types)].sort(), expected);
  const trails = (await context.resourcesOf(landingZone)).filter(({ type }) => type === 'AWS::CloudTrail::Trail');
  assert.equal(trails.length, expected.length > 1 ? 1 : 0);
}

function organizationId(aws: LocalAws): Promise<string> {
  return ask(aws, MANAGEMENT.account, ['organizations', 'describe-organization', '--query', 'Organization.Id']);
}

/** One question by the AWS CLI. */
async function ask<T = string>(aws: LocalAws, account: string, args: string[]): Promise<T> {
  const { exitCode, output } = await run('aws', [...args, '--output', 'json'], { env: aws.cliEnvironment(account, MANAGEMENT.region) });
  assert.equal(exitCode, 0, output);
  return JSON.parse(output) as T;
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  return (await progress.phase(name, work)).result;
}

const QUIET: StackProgress = { started: () => undefined, finished: ({ displayName, seconds }) => progress.event(`${displayName}  ${seconds.toFixed(1)} s`) };

runProgram(progress, main);
