/** The most memory that the rehearsal and its children held together; known on Linux only. */
import * as fs from 'node:fs';
import { runningGroups } from './process';

const INTERVAL_MS = 500;
const PAGE_BYTES = 4096;

export class MemoryWatch {
  private peak = 0;
  private readonly timer?: NodeJS.Timeout;

  constructor() {
    if (fs.existsSync('/proc/self/stat')) {
      this.timer = setInterval(() => { this.peak = Math.max(this.peak, residentBytes()); }, INTERVAL_MS).unref();
    }
  }

  /** In MiB; `undefined` where the system does not say. */
  end(): number | undefined {
    clearInterval(this.timer);
    return this.timer && Math.round(this.peak / 1024 ** 2);
  }
}

function residentBytes(): number {
  const groups = new Set([...runningGroups(), process.pid]);
  const pids = fs.readdirSync('/proc').filter(name => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + residentPages(pid, groups), 0) * PAGE_BYTES;
}

function residentPages(pid: string, groups: ReadonlySet<number>): number {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold spaces
    return groups.has(Number(fields[2])) || Number(pid) === process.pid ? Number(fields[21]) : 0;
  } catch {
    return 0; // it ended while the list was read
  }
}
