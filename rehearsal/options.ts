/** The command line. */
import { parseArgs } from 'node:util';
import { Failure } from './failure';

export const PHASES = ['synth', 'prepare', 'deploy', 'verify', 'destroy'] as const;
export type Phase = typeof PHASES[number];

export interface Options {
  /** A command that synthesizes, or a directory with a cloud assembly. */
  readonly app: string;
  readonly keep: boolean;
  /** Ends what an earlier `--keep` left running, and nothing else. */
  readonly stop: boolean;
  /** The last phase to run. */
  readonly until: Phase;
  /** Stacks to deploy, with what they need. @default - all */
  readonly stacks?: RegExp;
  readonly json: boolean;
  readonly port?: number;
  readonly workDirectory: string;
  readonly report: string;
  /** Modules with checks of the app's own. */
  readonly checks: readonly string[];
}

export const USAGE = `Rehearses a CDK app: deploys it to a local AWS with the real CDK CLI, checks it and destroys it again.

  --app <command or directory>   what synthesizes the app, or a cloud assembly
  --checks <module>              checks of your own (may be repeated)
  --only <phase or stacks>       end after ${PHASES.join(', ')}; or only the stacks that match, and what they need
  --keep                         leave the local AWS running with the platform in it
  --stop                         end what --keep left running
  --json                         the result as JSON on standard output
  --port <number>                where the local AWS listens (a free port)
  --work-dir <directory>         environment, logs, assembly (.rehearsal)
  --report <file>                the report (<work-dir>/report.html)
`;

export function parseOptions(args: string[]): Options | 'help' {
  const values = parse(args);
  if (values.help) { return 'help'; }
  if (!values.app && !values.stop) { throw new Failure('--app is missing: give the command that synthesizes the app, or the directory of a cloud assembly.'); }
  const workDirectory = values['work-dir'] ?? '.rehearsal';
  const until = PHASES.find(phase => phase === values.only);
  return {
    app: values.app ?? '',
    keep: values.keep ?? false,
    stop: values.stop ?? false,
    until: until ?? (values.keep ? 'verify' : 'destroy'),
    stacks: values.only && !until ? wildcard(values.only) : undefined,
    json: values.json ?? false,
    port: values.port === undefined ? undefined : portNumber(values.port),
    workDirectory,
    report: values.report ?? `${workDirectory}/report.html`,
    checks: values.checks ?? [],
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'app': { type: 'string' },
        'checks': { type: 'string', multiple: true },
        'only': { type: 'string' },
        'keep': { type: 'boolean' },
        'stop': { type: 'boolean' },
        'json': { type: 'boolean' },
        'port': { type: 'string' },
        'work-dir': { type: 'string' },
        'report': { type: 'string' },
        'help': { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new Failure(`${(error as Error).message.replace(/\.?$/, '.')} --help lists the options.`);
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) { throw new Failure(`--port is ${text}; give a number from 1 to 65535.`); }
  return port;
}

/** `Innovate/Staging/*` as a pattern over the paths of stacks. */
function wildcard(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
}
