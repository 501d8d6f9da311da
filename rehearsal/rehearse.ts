/** The command: parses its arguments, runs a rehearsal, reports it, and ends with the right code. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from './failure';
import { rememberKept, stopKept } from './kept';
import type { LocalAws } from './local-aws/local-aws';
import { type Options, parseOptions, USAGE } from './options';
import { endChildrenWithThisProcess } from './process';
import { Progress } from './progress';
import { Rehearsal } from './rehearsal';
import { renderPage } from './report/page';
import { renderTable } from './report/table';

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
  const { report, assembly, aws } = await new Rehearsal(options, progress).run();
  fs.mkdirSync(path.dirname(path.resolve(options.report)), { recursive: true });
  fs.writeFileSync(options.report, renderPage(report, await picture(assembly)));
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${renderTable(report)}\n`);
  progress.line(`Report: ${options.report}`);
  if (options.keep) keep(aws, options);
  return report.passed ? 0 : 1;
}

/** The picture of the platform, where a module draws one. */
async function picture(assembly: string): Promise<string | undefined> {
  const module = path.join(__dirname, 'report', 'picture.ts');
  if (!fs.existsSync(module)) return undefined;
  const { drawPlatform } = await import(module) as { drawPlatform(assemblyDir: string): string };
  return drawPlatform(assembly);
}

function keep(aws: LocalAws, options: Options): void {
  rememberKept(aws, options.workDirectory);
  progress.line([
    `The local AWS keeps running at ${aws.endpoint}. To look around, with an account id as the access key:`,
    `  export AWS_ENDPOINT_URL=${aws.endpoint} AWS_ACCESS_KEY_ID=<account> AWS_SECRET_ACCESS_KEY=local AWS_REGION=<region>`,
    '  aws cloudformation describe-stacks',
    '  aws cloudcontrol get-resource --type-name <type> --identifier <id>',
    'To end it: the same command with --stop.',
  ].join('\n'));
}

function explain(error: unknown): void {
  if (!(error instanceof Failure)) {
    progress.line(`The rehearsal itself failed: ${error instanceof Error ? error.stack : String(error)}`);
    return;
  }
  progress.line(error.message);
  if (error.details === undefined) return;
  const log = path.join(workDirectory(), 'failure.log');
  fs.writeFileSync(log, error.details);
  progress.line(`Everything that was printed is in ${log}.`);
}

function workDirectory(): string {
  const position = process.argv.indexOf('--work-dir');
  return position > 0 ? process.argv[position + 1] : '.rehearsal';
}

endChildrenWithThisProcess(signal => {
  progress.end();
  progress.line(`Interrupted by ${signal}; everything that was started has ended.`);
});
main().then(
  code => process.exit(code),
  error => {
    progress.end();
    explain(error);
    process.exit(1);
  },
);
