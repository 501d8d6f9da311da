/** The local AWS that `--keep` left running. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from './failure';
import { type LocalAws, statusOf } from './local-aws/local-aws';

interface Kept {
  readonly endpoint: string;
  readonly pid: number;
}

export function rememberKept(aws: LocalAws, directory: string): void {
  aws.keep();
  fs.writeFileSync(fileIn(directory), JSON.stringify({ endpoint: aws.endpoint, pid: aws.pid } satisfies Kept));
}

/** Ends it by its process id, after it said itself that the id is its own. */
export async function stopKept(directory: string): Promise<string> {
  const file = fileIn(directory);
  if (!fs.existsSync(file)) throw new Failure(`No local AWS was kept in ${directory}; run with --keep first.`);
  const kept = JSON.parse(fs.readFileSync(file, 'utf8')) as Kept;
  const status = await statusOf(kept.endpoint).catch(() => undefined);
  fs.rmSync(file);
  if (status?.pid !== kept.pid) return `The local AWS at ${kept.endpoint} had already ended.`;
  process.kill(-kept.pid, 'SIGTERM');
  return `The local AWS at ${kept.endpoint} ended.`;
}

function fileIn(directory: string): string {
  return path.join(directory, 'kept.json');
}
