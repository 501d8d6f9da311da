/**
 * One network that grows: deployed with two zones and no subnets for the load balancer, then with those, a third zone, one more endpoint, IPv6 and a NAT gateway in each zone, each over the
 * one before. EC2 tells whether everything is still there, with its range, zone and route table, and CloudFormation whether it replaced anything.
 */
import * as path from 'node:path';
import { CloudFormationClient, paginateDescribeStackEvents, type StackEvent } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { type AssemblyStack, environmentsOf, readAssembly } from './assembly';
import { CdkCli, type StackProgress, synthesize } from './cdk-cli';
import { LocalContext } from './checks/context';
import { Failure } from './failure';
import { LocalAws } from './local-aws/local-aws';
import { leftOf, type Network, readNetwork, type Subnet } from './network-growth/network';
import { type Version, VERSIONS } from './network-growth/versions';
import { runProgram } from './program';
import { Progress } from './progress';
import { openRunDirectory } from './run-directory';

const APP = 'tsx --tsconfig tsconfig.dev.json rehearsal/network-growth/app.ts';
const WORK_DIRECTORY = '.rehearsal';

/** Where the address plan puts the subnets of a tier, zone after zone: the table of `docs/network.md`, written out. */
const ZONES = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
const RANGES: Record<string, string[]> = {
  application: ['10.20.0.0/19', '10.20.32.0/19', '10.20.64.0/19'],
  data: ['10.20.192.0/22', '10.20.196.0/22', '10.20.200.0/22'],
  egress: ['10.20.216.0/26', '10.20.216.64/26', '10.20.216.128/26'],
  entrance: ['10.20.217.128/26', '10.20.217.192/26', '10.20.218.0/26'],
};
/** The last two digits of a /64 in the VPC's /56. */
const IPV6_NUMBERS: Record<string, string[]> = { application: ['00', '01', '02'], data: ['10', '11', '12'], egress: [], entrance: ['30', '31', '32'] };

interface Deployed {
  readonly assembly: string;
  readonly stack: AssemblyStack;
  readonly context: LocalContext;
  readonly vpcId: string;
  readonly network: Network;
  /** Type and physical id by logical id. */
  readonly resources: ReadonlyMap<string, { readonly type: string; readonly physicalId: string }>;
  readonly events: readonly StackEvent[];
}

interface Row {
  readonly step: string;
  readonly before: number;
  readonly kept: number;
  readonly added: number;
  readonly removed: number;
  readonly replaced: number;
  readonly seconds: number;
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const progress = new Progress();

async function main(): Promise<void> {
  const directory = openRunDirectory(WORK_DIRECTORY);
  const aws = await LocalAws.start({ cache: path.resolve(WORK_DIRECTORY), directory, keep: false, nodeModules: path.resolve('node_modules') });
  try {
    const rows: Row[] = [];
    let last: Deployed | undefined;
    for (const version of VERSIONS) {
      const { result, seconds } = await progress.phase(version.name, () => deploy(aws, directory, version));
      refuseAny(version.name, [...misplaced(version, result.network), ...last ? lost(version, last, result) : []]);
      rows.push(rowOf(version, last, result, seconds));
      last = result;
    }
    const { seconds } = await progress.phase('destroy', () => destroy(aws, last!));
    process.stdout.write(`${tableOf(rows)}Passed: nothing was replaced, and nothing is left of the VPC (removed in ${seconds.toFixed(1)} s).\n`);
  } finally {
    await aws.stop();
  }
}

async function deploy(aws: LocalAws, directory: string, { name }: Version): Promise<Deployed> {
  process.env.VERSION = name;
  const assembly = await synthesize(APP, directory);
  const stacks = readAssembly(assembly);
  const [stack] = stacks;
  const cli = new CdkCli(aws);
  await cli.bootstrap(environmentsOf(stacks));
  await cli.deploy(assembly, stacks, QUIET);

  const context = new LocalContext(aws.endpoint, stacks);
  const resources = new Map((await context.resourcesOf(stack)).map(({ logicalId, type, physicalId }) => [logicalId, { type, physicalId }]));
  const vpcId = [...resources.values()].find(({ type }) => type === 'AWS::EC2::VPC')!.physicalId;
  const network = await readNetwork(context.client(EC2Client, stack), vpcId);
  return { assembly, stack, context, vpcId, network, resources, events: await eventsOf(context, stack) };
}

async function destroy(aws: LocalAws, { assembly, stack, context, vpcId }: Deployed): Promise<void> {
  await new CdkCli(aws).destroy(assembly, [stack], QUIET);
  refuseAny('destroy', (await leftOf(context.client(EC2Client, stack), vpcId)).map(id => `${id} is left`));
}

async function eventsOf(context: LocalContext, stack: AssemblyStack): Promise<StackEvent[]> {
  const events: StackEvent[] = [];
  for await (const page of paginateDescribeStackEvents({ client: context.client(CloudFormationClient, stack) }, { StackName: stack.stackName })) {
    events.push(...page.StackEvents ?? []);
  }
  return events;
}

/** What is not where the address plan has a place for it. */
function misplaced(version: Version, network: Network): string[] {
  const wanted = version.tiers.flatMap(tier => ZONES.slice(0, version.zones).map((zone, index) => {
    const number = version.ipv6 ? IPV6_NUMBERS[tier][index] : undefined;
    return [tier, zone, RANGES[tier][index], number && network.ipv6Range!.replace(/00::\/56$/, `${number}::/64`)].join(' ').trim();
  }));
  const found = network.subnets.map(({ tier, zone, range, ipv6Range }) => [tier, zone, range, ipv6Range].join(' ').trim());
  const { endpoints, natGateways } = network;
  return [
    ...wanted.filter(subnet => !found.includes(subnet)).map(subnet => `there is no subnet ${subnet}`),
    ...found.filter(subnet => !wanted.includes(subnet)).map(subnet => `the subnet ${subnet} is not of the plan`),
    ...endpoints.length === version.endpoints ? [] : [`there are ${endpoints.length} endpoints, not ${version.endpoints}`],
    ...endpoints.filter(({ zones }) => zones !== version.zones).map(({ id, zones }) => `${id} serves ${zones} zones, not ${version.zones}`),
    ...natGateways.length === version.natGateways ? [] : [`there are ${natGateways.length} NAT gateways, not ${version.natGateways}`],
    ...network.subnets.flatMap(subnet => misrouted(version, network, subnet)),
    ...network.defaultRules ? [`the default security group has ${network.defaultRules} rules`] : [],
  ];
}

/** Application subnets leave through NAT, each zone through its own where it has one, egress subnets through the internet gateway, others never. */
function misrouted({ natGateways, ipv6 }: Version, network: Network, { tier, zone, waysOut }: Subnet): string[] {
  const problems: string[] = [];
  const { '0.0.0.0/0': way = 'nowhere', '::/0': ipv6Way = 'nowhere' } = waysOut;
  const nat = network.natGateways.find(each => natGateways === 1 || each.zone === zone)?.id;
  const wanted = { application: nat, egress: idsOf(network, 'igw')[0] }[tier] ?? 'nowhere';
  if (way !== wanted) { problems.push(`${tier} in ${zone} leaves by ${way}, not by ${wanted}`); }
  const ipv6Wanted = ipv6 && tier === 'application' ? idsOf(network, 'eigw')[0] : 'nowhere';
  if (ipv6Way !== ipv6Wanted) { problems.push(`${tier} in ${zone} leaves over IPv6 by ${ipv6Way}, not by ${ipv6Wanted}`); }
  return problems;
}

/** What the last version had and this one has not, or has otherwise; what the version removes does not count. */
function lost(version: Version, last: Deployed, now: Deployed): string[] {
  const removed = removedBy(version, last, now);
  const known = new Set(last.events.map(({ EventId }) => EventId));
  const events = now.events.filter(({ EventId }) => !known.has(EventId));
  return [
    ...[...last.network.lasting].filter(([id, facts]) => !removed.has(id) && now.network.lasting.get(id) !== facts)
      .map(([id, facts]) => `${id} was ${facts} and is ${now.network.lasting.get(id) ?? 'gone'}`),
    ...[...last.resources].filter(([logicalId, { physicalId }]) => !removed.has(physicalId) && now.resources.get(logicalId)?.physicalId !== physicalId)
      .map(([logicalId, { physicalId }]) => `${logicalId} was ${physicalId} and is ${now.resources.get(logicalId)?.physicalId ?? 'gone'}`),
    ...events.filter(event => isLoss(event) && last.resources.has(event.LogicalResourceId!) && !removed.has(event.PhysicalResourceId!))
      .map(event => `${event.LogicalResourceId}: ${event.ResourceStatus} ${event.ResourceStatusReason ?? ''}`),
  ];
}

function isLoss({ ResourceStatus, ResourceStatusReason }: StackEvent): boolean {
  return ResourceStatus!.startsWith('DELETE') || /new physical resource/.test(ResourceStatusReason ?? '');
}

/** Physical ids of what is of the type that the version takes away, and is in the template no more. */
function removedBy({ removes }: Version, last: Deployed, now: Deployed): Set<string> {
  const gone = [...last.resources].filter(([logicalId, { type }]) => type === removes && !now.resources.has(logicalId));
  return new Set(gone.map(([, { physicalId }]) => physicalId));
}

function rowOf(version: Version, last: Deployed | undefined, now: Deployed, seconds: number): Row {
  const before = last?.resources.size ?? 0;
  const removed = last ? removedBy(version, last, now).size : 0;
  const kept = [...now.resources].filter(([logicalId, { physicalId }]) => last?.resources.get(logicalId)?.physicalId === physicalId).length;
  const known = [...now.resources.keys()].filter(logicalId => last?.resources.has(logicalId)).length;
  return { step: version.name, before, kept, added: now.resources.size - known, removed, replaced: known - kept, seconds };
}

function tableOf(rows: readonly Row[]): string {
  const lines = [
    ['step', 'resources before', 'after', 'kept', 'added', 'removed', 'replaced', 'seconds'],
    ...rows.map(({ step, before, kept, added, removed, replaced, seconds }) =>
      [step, before, kept + replaced + added, kept, added, removed, replaced, seconds.toFixed(1)].map(String)),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)));
  return lines.map(line => `${line.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ')}\n`).join('');
}

function idsOf({ lasting }: Network, prefix: string): string[] {
  return [...lasting.keys()].filter(id => id.startsWith(`${prefix}-`));
}

function refuseAny(step: string, problems: readonly string[]): void {
  if (problems.length > 0) { throw new Failure(`${step}: ${problems.length} violations`, problems.join('\n')); }
}

const QUIET: StackProgress = { started: () => undefined, finished: () => undefined };

runProgram(progress, main);
