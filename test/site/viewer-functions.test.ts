import { createContext, runInContext } from 'node:vm';
import { Linter } from 'eslint';
import * as fc from 'fast-check';
import { DEEP_LINKS, IMMUTABLE_ASSETS } from '../../src/site/viewer-functions';

/** Runs a viewer function as CloudFront does: the code, then its handler with the event. */
function run<T>(code: string, event: unknown): T {
  return runInContext(`${code}; handler(event)`, createContext({ event })) as T;
}

function rewritten(uri: string): string {
  const event = { request: { method: 'GET', uri, querystring: { q: { value: '1' } }, headers: {} } };
  return run<typeof event.request>(DEEP_LINKS, event).uri;
}

const FOLDERS = ['', 'users/', 'v1.2/docs/', 'a%20b/', 'a.b.c/d/', '%C3%A9t%C3%A9/', 'x/y/z/w/', 'app.js/', '..%2F/', '@me/'];
const ROUTES = ['', '42', 'settings', 'jane-doe', 'release-1.2', '1.0', '2026.11.23', 'caf%C3%A9', 'a+b', '~', 'name.', '%2e', 'file%2Ejs', '.', 'index'];
const FILES = [
  'favicon.ico', 'robots.txt', 'manifest.webmanifest', 'sw.js', 'app-3f2a.min.js', 'app.js.map', 'logo@2x.png', 'clip.mp4', 'font.woff2',
  'archive.7z', 'runtime-config.json', 'index.html', 'a%20b.pdf', '.env', 'UPPER.PNG',
];
const paths = (names: string[]) => FOLDERS.flatMap(folder => names.map(name => `/${folder}${name}`));

describe('deep links', () => {
  test('every route of the app is answered by index.html', () => {
    expect(paths(ROUTES)).toHaveLength(150);
    expect(paths(ROUTES).filter(path => rewritten(path) !== '/index.html')).toEqual([]);
  });

  test('a path that names a file is left alone', () => {
    expect(paths(FILES)).toHaveLength(150);
    expect(paths(FILES).filter(path => rewritten(path) !== path)).toEqual([]);
  });

  test('a trailing slash makes a route, even after what looks like a file', () => {
    expect(paths(FILES).filter(path => rewritten(`${path}/`) !== '/index.html')).toEqual([]);
  });

  test('what other parties look up below /.well-known/ is a file without an extension too', () => {
    expect(rewritten('/.well-known/apple-app-site-association')).toBe('/.well-known/apple-app-site-association');
    expect(rewritten('/docs/.well-known/page')).toBe('/index.html');
  });

  test('nothing but the path changes', () => {
    const request = { method: 'HEAD', uri: '/orders/7', querystring: { tab: { value: 'open' } }, headers: { host: { value: 'app.example.com' } } };
    expect(run(DEEP_LINKS, { request: { ...request } })).toEqual({ ...request, uri: '/index.html' });
  });
});

test('an asset is kept for a year, whatever the uploader said', () => {
  const response = { statusCode: 200, headers: { 'cache-control': { value: 'no-store' }, 'etag': { value: '"1"' } } };
  expect(run(IMMUTABLE_ASSETS, { response })).toEqual({
    statusCode: 200, headers: { 'cache-control': { value: 'public, max-age=31536000, immutable' }, 'etag': { value: '"1"' } },
  });
});

describe('any path', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~%.@+'), maxLength: 12 });
  const folders = fc.array(text, { maxLength: 5 }).map(parts => `/${parts.join('/')}`);

  test('stays as it is or becomes the page, and does so again the same way', () => {
    fc.assert(fc.property(folders, path => {
      const once = rewritten(path);
      expect([path, '/index.html']).toContain(once);
      expect(rewritten(once)).toBe(once);
    }), { numRuns: 1000 });
  });

  test('whose last part has no dot is a route', () => {
    fc.assert(fc.property(folders, text.map(last => last.replace(/\./g, '')), (folder, last) => {
      fc.pre(!folder.startsWith('/.well-known/') && !`${folder}/`.startsWith('/.well-known/'));
      expect(rewritten(`${folder}/${last}`)).toBe('/index.html');
    }), { numRuns: 500 });
  });

  test('that ends in the extension of a file is that file', () => {
    fc.assert(fc.property(folders, text, fc.constantFrom('js', 'css', 'png', 'woff2', 'json', 'html', 'PDF', '7z'), (folder, name, extension) => {
      const path = `${folder}/${name}.${extension}`;
      expect(rewritten(path)).toBe(path);
    }), { numRuns: 500 });
  });
});

test('an asset that has no headers yet gets one', () => {
  expect(run<any>(IMMUTABLE_ASSETS, { response: { statusCode: 200, headers: {} } }).headers['cache-control'].value).toContain('immutable');
});

describe.each([['deep links', DEEP_LINKS], ['immutable assets', IMMUTABLE_ASSETS]])('the function for %s', (_, code) => {
  test('is ECMAScript 5.1, which every runtime of CloudFront has, and needs nothing but the event', () => {
    // without globals: neither timers nor network, file system, evaluation or modules exist there
    const config = { languageOptions: { ecmaVersion: 5, sourceType: 'script' }, rules: { 'no-undef': 'error', 'no-eval': 'error' } } as const;
    expect(new Linter({ configType: 'flat' }).verify(code, config)).toEqual([]);
    expect(new Linter({ configType: 'flat' }).verify('const url = `${fetch}`;', config)).toEqual([expect.objectContaining({ fatal: true })]);
    expect(code).toMatch(/^function handler\(event\) \{/);
  });

  test('is within CloudFront\'s 10 KB', () => {
    expect(Buffer.byteLength(code)).toBeLessThan(10_240);
  });
});
