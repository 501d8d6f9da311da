import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Every `App` without an `outdir` leaves a cloud assembly in the system's temporary directory: all of a run go to one, which the run removes. */
export default function makeScratchDirectory(): void {
  process.env.TMPDIR = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-innovate-platform-tests-'));
}
