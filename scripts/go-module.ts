import { execFileSync } from 'node:child_process';
import * as os from 'node:os';

/** Downloads a public Go module, checked against Go's checksum database, and says where its archive lies. */
export function downloadGoModule(module: string, version: string): string {
  let description: string;
  try {
    description = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: os.tmpdir(), encoding: 'utf8' });
  } catch (error) {
    // Go also fails where the module asks for a newer compiler, although the archive is there
    description = (error as { stdout: string }).stdout;
  }
  const { Zip: archive } = JSON.parse(description) as { Zip?: string };
  if (!archive) { throw new Error(`${module}@${version} cannot be downloaded: ${description}`); }
  return archive;
}
