import { parseArgs } from 'node:util';
import { encryptionTable, isUnencrypted } from './encryption-table';
import { asMarkdown, asText } from './encryption-text';
import { readStacks } from '../assembly';
import { CommandError } from '../command-error';

export const ENCRYPTION_USAGE = `Says store by store and hop by hop what an app's templates encrypt, and with which key and certificate.

  cdk-innovate-platform encryption [options]

  --app <directory>    the cloud assembly (cdk.out); make it with \`npx cdk synth\`
  --stacks <text>      only stacks whose path has this text in it, such as Production/Data
  --json               the result as JSON on standard output
  --markdown           the result as tables of a page

It does not ask AWS, and says only what a property says: where none does, it says "none". It knows databases, their backups, logs, secrets, buckets
and functions; other types that may keep something are listed as not examined. The exit code is 1 where a store or a hop is not encrypted.
`;

interface EncryptionOptions {
  readonly app?: string;
  readonly stacks?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** Prints what an app encrypts. */
export function encryption(args: string[]): number {
  const { app = 'cdk.out', stacks: wanted = '', json, markdown } = parse(args);
  const table = encryptionTable(readStacks(app), ({ path }) => path.includes(wanted));
  process.stdout.write(json ? `${JSON.stringify(table, undefined, 2)}\n` : markdown ? asMarkdown(table) : asText(table));
  return [...table.stores, ...table.hops].some(isUnencrypted) ? 1 : 0;
}

function parse(args: string[]): EncryptionOptions {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ args, options: { app: { type: 'string' }, stacks: { type: 'string' }, json: flag, markdown: flag } }).values;
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${ENCRYPTION_USAGE}`);
  }
}
