import * as fs from 'node:fs';

/** The counterpart of `make-scratch-directory`. */
export default function removeScratchDirectory(): void {
  fs.rmSync(process.env.TMPDIR!, { recursive: true, force: true });
}
