/** The local AWS that `--keep` leaves running: one in a work directory. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { CheckContext } from './checks/check';
import { WITHOUT_MODEL } from './checks/generic';
import { Failure } from './failure';
import { type LocalAws, statusOf } from './local-aws/local-aws';
import { isAlive } from './run-directory';

const STOP_SECONDS = 5;

interface Kept {
  readonly endpoint: string;
  readonly pid: number;
  readonly runDirectory: string;
}

/** Written as soon as it runs, so `--stop` finds it also after a run that was killed. */
export function rememberKept(aws: LocalAws, workDirectory: string, runDirectory: string): void {
  fs.writeFileSync(fileIn(workDirectory), JSON.stringify({ endpoint: aws.endpoint, pid: aws.pid, runDirectory } satisfies Kept));
}

/** A second one would make the first unreachable for `--stop`. */
export async function refuseWhileKept(workDirectory: string): Promise<void> {
  const kept = readKept(workDirectory);
  if (kept && await isRunning(kept)) {
    throw new Failure(`The local AWS that --keep left at ${kept.endpoint} still runs; end it with \`${stopCommand(workDirectory)}\`, then run again.`);
  }
}

/** Ends it by its process id, after it said itself that the id is its own. */
export async function stopKept(workDirectory: string): Promise<string> {
  const kept = readKept(workDirectory);
  if (!kept) { return `There is nothing to end: no local AWS was kept in ${workDirectory}.`; }
  const running = await isRunning(kept);
  if (running) { await end(kept); }
  fs.rmSync(fileIn(workDirectory));
  fs.rmSync(kept.runDirectory, { recursive: true, force: true });
  return running ? `The local AWS at ${kept.endpoint} has ended.` : `The local AWS at ${kept.endpoint} had already ended.`;
}

/** How to look around, with an account, a stack and a resource that are there. */
export async function waysToLookAround(aws: LocalAws, context: CheckContext, workDirectory: string): Promise<string> {
  const [stack] = [...context.stacks].sort((a, b) => sizeOf(b) - sizeOf(a));
  const { account, region, stackName } = stack;
  const resources = await context.resourcesOf(stack).catch(() => []); // the run may have ended before it deployed
  const [sample] = resources.filter(resource => !WITHOUT_MODEL.test(resource.type)).sort((a, b) => a.physicalId.length - b.physicalId.length);
  const identifier = sample && await context.identifierOf(stack, sample);
  const others = [...new Set(context.stacks.map(each => each.account))].filter(each => each !== account).sort();
  return [
    `The local AWS keeps running at ${aws.endpoint}. To look around, with the account as the access key id:`,
    '',
    `  export AWS_ENDPOINT_URL=${aws.endpoint} AWS_ACCESS_KEY_ID=${account} AWS_SECRET_ACCESS_KEY=local AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    '  aws cloudformation list-stacks',
    ...(sample ? [
      `  aws cloudformation describe-stack-resources --stack-name ${stackName}`,
      `  aws cloudcontrol get-resource --type-name ${sample.type} --identifier '${identifier}'`,
    ] : []),
    '',
    ...(others.length > 0 ? [`The other accounts are ${others.join(' and ')}.`] : []),
    `To end it: ${stopCommand(workDirectory)}`,
  ].join('\n');
}

function sizeOf(stack: CheckContext['stacks'][number]): number {
  return Object.keys(stack.template.Resources ?? {}).length;
}

function stopCommand(workDirectory: string): string {
  return `npx projen rehearse --stop${workDirectory === '.rehearsal' ? '' : ` --work-dir ${workDirectory}`}`;
}

function readKept(workDirectory: string): Kept | undefined {
  const file = fileIn(workDirectory);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) as Kept : undefined;
}

async function isRunning({ endpoint, pid }: Kept): Promise<boolean> {
  const status = await statusOf(endpoint).catch(() => undefined);
  return status?.pid === pid;
}

async function end({ pid }: Kept): Promise<void> {
  process.kill(-pid, 'SIGTERM');
  for (const deadline = Date.now() + STOP_SECONDS * 1000; isAlive(pid);) {
    if (Date.now() > deadline) {
      process.kill(-pid, 'SIGKILL');
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function fileIn(workDirectory: string): string {
  return path.join(workDirectory, 'kept.json');
}
