/** Says on standard error what is going on: one live line on a terminal, a line per event elsewhere. */
const CLEAR_LINE = '\r\u001b[2K';
const REFRESH_MS = 200;

export class Progress {
  private readonly live = process.stderr.isTTY === true;
  private phaseName = '';
  private detail = '';
  private startedAt = 0;
  private timer?: NodeJS.Timeout;

  /** Runs one phase and returns how long it took. */
  async phase<T>(name: string, work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
    this.begin(name);
    try {
      const result = await work();
      const seconds = (Date.now() - this.startedAt) / 1000;
      this.line(`${name.padEnd(10)} done in ${seconds.toFixed(1)} s`);
      return { result, seconds };
    } finally {
      this.end();
    }
  }

  /** What the phase is doing now: shown on a terminal until something else is. */
  update(detail: string): void {
    this.detail = detail;
    if (this.live) { this.draw(); }
  }

  /** Something that ended: a line of its own where there is no live line. */
  event(text: string): void {
    if (!this.live) { this.line(`${this.phaseName.padEnd(10)} ${text}`); }
  }

  line(text: string): void {
    process.stderr.write(`${this.live ? CLEAR_LINE : ''}${text}\n`);
  }

  /** Leaves the terminal clean when the rehearsal is interrupted. */
  end(): void {
    clearInterval(this.timer);
    if (this.live) { process.stderr.write(CLEAR_LINE); }
  }

  private begin(name: string): void {
    this.phaseName = name;
    this.detail = '';
    this.startedAt = Date.now();
    if (this.live) { this.timer = setInterval(() => this.draw(), REFRESH_MS); }
  }

  private draw(): void {
    const seconds = Math.floor((Date.now() - this.startedAt) / 1000);
    const text = `${this.phaseName.padEnd(10)} ${String(seconds).padStart(3)} s  ${this.detail}`;
    process.stderr.write(CLEAR_LINE + text.slice(0, (process.stderr.columns || 80) - 1));
  }
}
