/** What one run writes for itself: assembly, scratch, logs. Runs of the same work directory share only what is made once. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const NAME = /^run-(\d+)$/;

export function runDirectory(workDirectory: string): string {
  return path.resolve(workDirectory, `run-${process.pid}`);
}

/** Makes this run's directory, and removes those of runs that have ended. */
export function openRunDirectory(workDirectory: string): string {
  const own = runDirectory(workDirectory);
  fs.mkdirSync(workDirectory, { recursive: true });
  for (const name of fs.readdirSync(workDirectory)) {
    const [, pid] = NAME.exec(name) ?? [];
    if (pid && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
      fs.rmSync(path.join(workDirectory, name), { recursive: true, force: true });
    }
  }
  fs.mkdirSync(own);
  return own;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
