/** A Python environment with the local AWS, made once per content of requirements.txt. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from './failure';
import { run } from './process';

const MINIMUM = [3, 11] as const;
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python', 'py'];

/** Returns the interpreter of the environment. */
export async function pythonEnvironment(requirements: string, directory: string): Promise<string> {
  const hash = createHash('sha256').update(fs.readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = path.join(directory, `python-${hash}`);
  const interpreter = path.join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const finished = path.join(environment, '.complete');
  if (fs.existsSync(finished) && fs.existsSync(interpreter)) { return interpreter; }

  const python = await findPython();
  fs.rmSync(environment, { recursive: true, force: true });
  const made = await run(python, ['-m', 'venv', environment]);
  if (made.exitCode !== 0) {
    throw new Failure(`${python} cannot make a virtual environment; install its venv module (on Debian and Ubuntu: apt install python3-venv).`, made.output);
  }
  const installed = await run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]);
  if (installed.exitCode !== 0) {
    throw new Failure('pip cannot install the local AWS; check that PyPI, or the mirror that pip is configured for, can be reached.', installed.output);
  }
  fs.writeFileSync(finished, '');
  return interpreter;
}

async function findPython(): Promise<string> {
  for (const candidate of CANDIDATES) {
    if (await isRecentEnough(candidate)) { return candidate; }
  }
  throw new Failure(`No Python ${MINIMUM.join('.')} or newer was found on the PATH; install it from https://www.python.org/downloads/ and run again.`);
}

async function isRecentEnough(candidate: string): Promise<boolean> {
  const check = `import sys; sys.exit(sys.version_info < (${MINIMUM.join(', ')}))`;
  return run(candidate, ['-c', check]).then(result => result.exitCode === 0, () => false);
}
