/** The command: parses its arguments, runs a rehearsal, reports it, and ends with the right code. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from './failure';
import { stopKept, waysToLookAround } from './kept';
import { type Options, parseOptions, USAGE } from './options';
import { endChildrenWithThisProcess } from './process';
import { Progress } from './progress';
import { Rehearsal } from './rehearsal';
import { renderPage } from './report/page';
import { drawPlatform } from './report/picture';
import { renderTable } from './report/table';
import { runDirectory } from './run-directory';
import { readStacks } from '../src/cli/assembly';
import { encryptionTable } from '../src/cli/encryption/encryption-table';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // it would break into the live line
const progress = new Progress();

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.stop) {
    progress.line(await stopKept(options.workDirectory));
    return 0;
  }
  return rehearse(options).catch(error => explain(error, runDirectory(options.workDirectory)));
}

async function rehearse(options: Options): Promise<number> {
  const { report, assembly, context, aws } = await new Rehearsal(options, progress).run();
  fs.mkdirSync(path.dirname(path.resolve(options.report)), { recursive: true });
  const deployed = new Set(context.stacks.map(({ displayName }) => displayName));
  const encryption = encryptionTable(readStacks(assembly), stack => deployed.has(stack.path));
  fs.writeFileSync(options.report, renderPage(report, { picture: drawPlatform(assembly), encryption }));
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : `${renderTable(report)}\n`);
  progress.line(`Report: ${options.report}`);
  if (options.keep) {
    progress.line(await waysToLookAround(aws, context, options.workDirectory));
    aws.keep();
  }
  return report.passed ? 0 : 1;
}

/** Says what went wrong, and returns the exit code. What a tool printed is too long for the terminal: it goes to the run's directory. */
function explain(error: unknown, directory: string): number {
  if (!(error instanceof Failure)) {
    progress.line(`The rehearsal itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  }
  progress.line(error.message);
  if (error.details !== undefined) {
    const log = path.join(directory, 'failure.log');
    fs.writeFileSync(log, error.details);
    progress.line(`Everything that was printed is in ${path.relative('.', log)}.`);
  }
  return 1;
}

endChildrenWithThisProcess(signal => {
  progress.end();
  progress.line(`Interrupted by ${signal}; everything that was started has ended.`);
});
main().then(
  code => process.exit(code),
  error => process.exit(explain(error, '.')), // the arguments: nothing has run
);
