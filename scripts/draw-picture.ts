/** Draws the example platform from its synthesized app into a file. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { drawPlatform } from '../rehearsal/report/picture';

const [file] = process.argv.slice(2);
const assembly = fs.mkdtempSync(path.join(os.tmpdir(), 'platform-picture-'));
try {
  const synth = spawnSync('npx', ['tsx', '--tsconfig', 'tsconfig.dev.json', 'examples/platform/app.ts'], {
    stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CDK_OUTDIR: assembly },
  });
  if (synth.status !== 0) { throw new Error('The example platform does not synthesize.'); }
  fs.writeFileSync(file, drawPlatform(assembly));
} finally {
  fs.rmSync(assembly, { recursive: true, force: true });
}
