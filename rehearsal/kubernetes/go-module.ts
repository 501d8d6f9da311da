/** Folders of a public Go module, as data: downloaded once, checked against Go's checksum database. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { goToolchain } from './go-toolchain';
import { Failure } from '../failure';
import { run } from '../process';
import type { Progress } from '../progress';
import { pythonEnvironment } from '../python-env';

/** Returns a folder with the wanted folders of the module in it. */
export async function goModule(module: string, version: string, folders: readonly string[], cacheDirectory: string, progress: Progress): Promise<string> {
  const target = path.resolve(cacheDirectory, `${path.basename(module)}-${version}`);
  if (folders.every(folder => fs.existsSync(path.join(target, folder)))) { return target; }
  progress.update(`downloading ${module} ${version}`);
  const archive = await download(module, version, cacheDirectory, progress);
  const unpacked = `${target}.${process.pid}`;
  await unzip(archive, unpacked, cacheDirectory);
  try {
    for (const folder of folders) {
      fs.rmSync(path.join(target, folder), { recursive: true, force: true });
      fs.cpSync(path.join(unpacked, `${module}@${version}`, folder), path.join(target, folder), { recursive: true, dereference: true });
    }
  } finally {
    fs.rmSync(unpacked, { recursive: true, force: true });
  }
  return target;
}

/** Go also fails where the module asks for a newer compiler, although its archive is there. */
async function download(module: string, version: string, cacheDirectory: string, progress: Progress): Promise<string> {
  const { command, environment } = await goToolchain(cacheDirectory, progress);
  const { output } = await run(command, ['mod', 'download', '-json', `${module}@${version}`], { env: { ...environment, GOTOOLCHAIN: 'local' }, cwd: path.resolve(cacheDirectory) });
  const [, archive] = /"Zip": "(.+)"/.exec(output) ?? [];
  if (!archive) { throw new Failure(`${module} ${version} cannot be downloaded; check GOPROXY (\`go env GOPROXY\`) and run again.`, output); }
  return archive;
}

/** Neither Node nor every machine can; the Python of the local AWS can. */
async function unzip(archive: string, target: string, cacheDirectory: string): Promise<void> {
  const python = await pythonEnvironment(path.join(__dirname, '..', 'local-aws', 'requirements.txt'), cacheDirectory);
  const { exitCode, output } = await run(python, ['-m', 'zipfile', '-e', archive, target]);
  if (exitCode !== 0) { throw new Failure(`${archive} cannot be unpacked.`, output); }
}
