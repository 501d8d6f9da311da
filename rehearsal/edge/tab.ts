/** A browser tab that writes down what the page had to complain about. */
import * as path from 'node:path';
import type { Context, Page, PageResponse } from './browser';

/** Runs before the page's own scripts; a policy has no say over it. */
export const WATCH_POLICY = `
  window.violations = [];
  document.addEventListener('securitypolicyviolation', event => window.violations.push(event.effectiveDirective + ' blocked ' + event.blockedURI));
`;

/** In milliseconds. */
const PATIENCE = 15_000;

export class Tab {
  static async open(context: Context, base: string, screenshots: string): Promise<Tab> {
    context.setDefaultTimeout(PATIENCE);
    return new Tab(await context.newPage(), base, screenshots);
  }

  readonly complaints: string[] = [];
  readonly responses: PageResponse[] = [];

  private constructor(readonly page: Page, private readonly base: string, private readonly screenshots: string) {
    page.on('console', message => {
      if (message.type() === 'error') { this.complaints.push(`${message.text()} (${message.location().url})`); }
    });
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('response', response => this.responses.push(response));
  }

  async goto(pathName: string): Promise<PageResponse> {
    const response = await this.page.goto(new URL(pathName, this.base).href);
    return response!;
  }

  async see(text: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    // Playwright's own waiting needs eval, which the policy forbids and reports
    while (!(await this.text()).includes(text)) {
      if (Date.now() > deadline) { throw new Error(`the page at ${this.page.url()} does not say "${text}" but: ${(await this.text()).slice(0, 200)}`); }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  text(): Promise<string> {
    return this.page.evaluate<string>('document.body.innerText');
  }

  violations(): Promise<string[]> {
    return this.page.evaluate<string[]>('window.violations');
  }

  /** What a part of the release wrote onto the root element. */
  mark(name: string): Promise<string | undefined> {
    return this.page.evaluate<string | undefined>(`document.documentElement.dataset.${name}`);
  }

  async screenshot(name: string): Promise<string> {
    const file = path.join(this.screenshots, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}
