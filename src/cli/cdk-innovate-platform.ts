#!/usr/bin/env node
import { CommandError } from './command-error';
import { preflight, PREFLIGHT_USAGE } from './preflight';

const USAGE = `cdk-innovate-platform <command>

  preflight    asks AWS for each preparation that CloudFormation cannot make, and says which are open

\`cdk-innovate-platform <command> --help\` lists a command's options.
`;

async function main([command, ...args]: string[]): Promise<number> {
  const help = [command, ...args].some(arg => arg === '--help' || arg === '-h');
  if (command === 'preflight') {
    if (!help) { return preflight(args); }
    process.stdout.write(PREFLIGHT_USAGE);
    return 0;
  }
  if (command !== undefined && !help) { throw new CommandError(`There is no command ${command}.\n\n${USAGE}`); }
  process.stdout.write(USAGE);
  return 0;
}

main(process.argv.slice(2)).then(
  exitCode => { process.exitCode = exitCode; },
  (error: Error) => {
    process.stderr.write(`${error instanceof CommandError ? error.message : error.stack}\n`);
    process.exitCode = 2;
  },
);
