import { parseArgs } from 'node:util';
import { asText, ASSUMPTIONS } from './costs-text';
import { Estimate, estimate } from './estimate';
import { HOURS_PER_MONTH, knownRegions } from './price-table';
import { readStacks } from '../assembly';
import { CommandError } from '../command-error';

export const COSTS_USAGE = `Says what the resources of an app that stand still cost in a month, from its templates and a table of list prices.

  cdk-innovate-platform costs [options]

  --app <directory>    the cloud assembly (cdk.out); make it with \`npx cdk synth\`
  --region <region>    where the stacks are deployed that name no region
  --json               the result as JSON on standard output

It does not ask AWS. What is billed by use is listed, not counted; a price that is not known is never counted as nothing.
`;

interface CostsOptions {
  readonly app: string;
  readonly json: boolean;
  readonly region?: string;
}

/** Prints the monthly costs of an app. */
export function costs(args: string[]): number {
  const { app, json, region } = parse(args);
  const stacks = readStacks(app);
  if (region === undefined && stacks.length > 0 && stacks.every(stack => stack.region === undefined)) {
    throw new CommandError(`No stack of ${app} names a region, and prices are by region: name --region, for example --region eu-west-1.`);
  }
  const result = estimate(stacks, region);
  process.stdout.write(json ? `${JSON.stringify(asJson(result), undefined, 2)}\n` : asText(result));
  return 0;
}

function parse(args: string[]): CostsOptions {
  const values = read(args);
  if (values.region !== undefined && !knownRegions().includes(values.region)) {
    throw new CommandError(`--region ${values.region}: no price of this region is known. Give one of ${knownRegions().join(', ')}.`);
  }
  return { app: values.app ?? 'cdk.out', json: values.json ?? false, region: values.region };
}

function read(args: string[]): { app?: string; region?: string; json?: boolean } {
  try {
    return parseArgs({ args, options: { app: { type: 'string' }, region: { type: 'string' }, json: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${COSTS_USAGE}`);
  }
}

function asJson({ sources, notices, ...result }: Estimate): object {
  return { currency: 'USD', hoursPerMonth: HOURS_PER_MONTH, ...result, assumptions: [...ASSUMPTIONS, ...notices], priceSources: sources };
}
