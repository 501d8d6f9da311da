// @vitest-environment node
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import { beforeAll, expect, test } from 'vitest';

const files = new Map<string, string>();

beforeAll(async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { output } = await build({ root, mode: 'production', logLevel: 'silent', build: { write: false } }) as Rolldown.RolldownOutput;
  for (const file of output) {
    files.set(file.fileName, file.type === 'chunk' ? file.code : String(file.source));
  }
});

test('everything but the page lies in /assets under a name that changes with its content', () => {
  expect([...files.keys()].filter(name => name !== 'index.html')).not.toHaveLength(0);
  for (const name of files.keys()) {
    expect(name).toMatch(/^index\.html$|^assets\/[\w-]+-[\w-]{8}\.\w+$/);
  }
});

test("the page needs nothing but default-src 'self'", () => {
  const page = files.get('index.html') ?? '';
  expect(page).toMatch(/<script [^>]*src="\/assets\//);
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|data:|https?:\/\//);
});

test('the script evaluates no text and the style loads nothing', () => {
  for (const [name, content] of files) {
    if (name.endsWith('.js')) {
      expect(content).not.toMatch(/\beval\(|new Function\(/);
    }
    if (name.endsWith('.css')) {
      expect(content).not.toMatch(/url\(|@import/);
    }
  }
});
