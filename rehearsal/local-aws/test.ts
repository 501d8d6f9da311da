/** Runs the tests of the local AWS's own services, with the Python environment that a rehearsal makes. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { pythonEnvironment } from '../python-env';
import { writeResourceSpec } from './resource-spec';

const CACHE = '.rehearsal';

async function main(): Promise<number> {
  const python = await pythonEnvironment(path.join(__dirname, 'requirements.txt'), CACHE);
  await writeResourceSpec(CACHE);
  const { status } = spawnSync(python, ['-B', '-m', 'unittest', 'discover', '--start-directory', __dirname], { stdio: 'inherit' });
  return status ?? 1;
}

void main().then(code => { process.exitCode = code; });
