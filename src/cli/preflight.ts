import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { readSteps } from './assembly-steps';
import { AwsCli } from './aws-cli';
import { Checklist, StepState } from './checklist';
import { commandLines, configuration, renderPage } from './checklist-page';
import { CommandError } from './command-error';
import { OrganizationIds, readOrganizationIds } from './organization-ids';
import { isDay } from '../private/calendar';

export const PREFLIGHT_USAGE = `Asks AWS for each preparation that CloudFormation cannot make, and says which are open.

  cdk-innovate-platform preflight [options]

  --app <directory>    the cloud assembly (cdk.out); make it with \`npx cdk synth\`
  --profile <name>     AWS CLI profile of an administrator of the management account
  --apply              run the commands of the open steps, then ask again
  --date <YYYY-MM-DD>  the day by which what ends, such as a vendor's access, is judged (today)
  --output <file>      the page with the exact commands (<app>/first-run.md)
  --json               the result as JSON on standard output

Exit code: 0 when nothing is open, 1 when something is, 2 when it could not be asked. Steps that follow a deployment are not open before it.
`;

interface PreflightOptions {
  readonly app: string;
  readonly apply: boolean;
  readonly date: string;
  readonly json: boolean;
  readonly output: string;
  readonly profile?: string;
}

/** Asks for, prints and writes the first-run checklist of an app. */
export async function preflight(args: string[]): Promise<number> {
  const options = parse(args);
  const steps = readSteps(options.app);
  const configured = new AwsCli(process.env);
  const aws = options.profile === undefined ? configured : configured.withProfile(options.profile);
  const ids = await readOrganizationIds(aws);
  const checklist = new Checklist(aws, ids, options.date);
  const asked = await checklist.ask(steps);
  const states = options.apply ? await checklist.take(asked) : asked;
  write(options.output, renderPage(states, ids));
  process.stdout.write(options.json ? `${JSON.stringify(asJson(states, ids), undefined, 2)}\n` : asText(states, ids, options));
  return states.some(isDue) ? 1 : 0;
}

/** What has to be done now, or cannot be known. */
function isDue({ status }: StepState): boolean {
  return status === 'open' || status === 'unknown';
}

function write(file: string, text: string): void {
  try {
    fs.writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(`The page cannot be written: ${(error as Error).message}. Name another file with --output.`);
  }
}

function parse(args: string[]): PreflightOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        app: { type: 'string' }, profile: { type: 'string' }, apply: { type: 'boolean' }, date: { type: 'string' }, output: { type: 'string' }, json: { type: 'boolean' },
      },
    });
    const app = values.app ?? 'cdk.out';
    return {
      app,
      apply: values.apply ?? false,
      date: day(values.date) ?? new Date().toISOString().slice(0, 10),
      json: values.json ?? false,
      output: values.output ?? path.join(app, 'first-run.md'),
      profile: values.profile,
    };
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${PREFLIGHT_USAGE}`);
  }
}

function day(date: string | undefined): string | undefined {
  if (date === undefined || isDay(date)) { return date; }
  throw new Error(`--date is "${date}", which is not a day of the calendar: give it as YYYY-MM-DD.`);
}

function asText(states: StepState[], ids: OrganizationIds, { output }: PreflightOptions): string {
  const due = states.filter(isDue).length;
  const later = states.filter(({ status }) => status === 'later').length;
  return [
    `Asked as ${ids.caller}, ${ids.organizationId ? `organization ${ids.organizationId}` : 'in no organization yet'}.`,
    '',
    ...states.flatMap(({ step, status, detail }) => [
      `  ${status.padEnd(8)}${step.title}${step.account === ids.callerAccount ? '' : `, in ${step.account}`}${detail ? ` (${detail})` : ''}`,
      ...status === 'open' ? [step.manual ?? [], commandLines(step)].flat().map(line => `            ${line}`) : [],
    ]),
    '',
    ...configuration(ids),
    `${due === 0 ? 'Nothing is open' : `${due} of ${states.length} steps are open`}${later ? `, ${later} follow a deployment` : ''}. The page with every command: ${output}`,
    '',
  ].join('\n');
}

function asJson(states: StepState[], { organizationId, rootId, managementAccount, accounts }: OrganizationIds): object {
  return {
    organizationId, rootId, managementAccount, accounts: Object.fromEntries(accounts),
    steps: states.map(({ step, status, detail, taken }) => ({
      id: step.id, title: step.title, account: step.account, stack: step.stack.name, status, detail, taken, commands: status === 'done' ? [] : commandLines(step),
    })),
  };
}
