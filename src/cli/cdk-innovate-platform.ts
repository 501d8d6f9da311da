#!/usr/bin/env node
import { checkDeployment, CHECK_DEPLOYMENT_USAGE } from './check-deployment';
import { CommandError } from './command-error';
import { costs, COSTS_USAGE } from './costs/costs';
import { encryption, ENCRYPTION_USAGE } from './encryption/encryption';
import { github, GITHUB_USAGE } from './github';
import { preflight, PREFLIGHT_USAGE } from './preflight';

const USAGE = `cdk-innovate-platform <command>

  check-deployment   says whether the Deployments of web services keep the rules of their clusters
  costs              says what the resources of an app that stand still cost in a month
  encryption         says store by store and hop by hop what an app encrypts
  github             writes workflows and rulesets into the repository that an app delivers from
  preflight          asks AWS for each preparation that CloudFormation cannot make, and says which are open

\`cdk-innovate-platform <command> --help\` lists a command's options.
`;

interface Command {
  readonly usage: string;
  readonly run: (args: string[]) => number | Promise<number>;
}

const COMMANDS = new Map<string, Command>([
  ['check-deployment', { usage: CHECK_DEPLOYMENT_USAGE, run: checkDeployment }],
  ['costs', { usage: COSTS_USAGE, run: costs }],
  ['encryption', { usage: ENCRYPTION_USAGE, run: encryption }],
  ['github', { usage: GITHUB_USAGE, run: github }],
  ['preflight', { usage: PREFLIGHT_USAGE, run: preflight }],
]);

async function main([name, ...args]: string[]): Promise<number> {
  const help = [name, ...args].some(arg => arg === '--help' || arg === '-h');
  const command = COMMANDS.get(name);
  if (command && !help) { return command.run(args); }
  if (!command && name !== undefined && !help) { throw new CommandError(`There is no command ${name}.\n\n${USAGE}`); }
  process.stdout.write(command?.usage ?? USAGE);
  return 0;
}

main(process.argv.slice(2)).then(
  exitCode => { process.exitCode = exitCode; },
  (error: Error) => {
    process.stderr.write(`${error instanceof CommandError ? error.message : error.stack}\n`);
    process.exitCode = 2;
  },
);
