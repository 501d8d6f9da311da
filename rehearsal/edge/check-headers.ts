/** What is on the wire: how long each kind of file may be kept, and the security headers on every answer. */
import * as zlib from 'node:zlib';
import { type Checklist, unless } from './checklist';
import type { Answer } from './exchange';
import { request, type Stage } from './viewer';

const YEAR = 'public, max-age=31536000, immutable';

/** Written out, so that a weaker default of the library is noticed here. */
const SECURITY: Readonly<Record<string, RegExp>> = {
  'content-security-policy': /^default-src 'self';(?!.*unsafe).*connect-src 'self';.*frame-ancestors 'none';.*base-uri 'self';.*object-src 'none'/,
  'strict-transport-security': /^max-age=63072000; includeSubDomains$/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^strict-origin-when-cross-origin$/,
  'permissions-policy': /camera=\(\).*geolocation=\(\).*microphone=\(\)/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'cross-origin-embedder-policy': /^require-corp$/,
};

export async function checkHeaders(stage: Stage, checklist: Checklist): Promise<void> {
  const page = await request(stage, '/index.html');
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.body.toString())?.[1] ?? '/assets/none.js';
  await stage.deployment.put('service-worker.js', 'self.addEventListener("fetch", () => undefined);', 'text/javascript');

  await checklist.check('pages, service worker and settings are asked for anew each time', async () => {
    const problems: string[] = [];
    const paths = ['/', '/index.html', '/notes/1', '/service-worker.js', '/runtime-config.json'];
    for (const path of paths) {
      const answers = [await request(stage, path), await request(stage, path)];
      const { etag } = answers[0].headers;
      const again = await request(stage, path, { headers: { 'if-none-match': etag } });
      problems.push(...answers.flatMap(({ status, headers }) => unless({
        [`${path} answers ${status}`]: status === 200,
        [`${path} says ${headers['cache-control']}`]: headers['cache-control'] === 'no-cache',
        [`${path} came from the cache without a question to the bucket`]: !headers['x-cache'].startsWith('Hit'),
      })));
      if (again.status !== 304) { problems.push(`${path} answers ${again.status} to whom has it already, not 304`); }
    }
    return { problems, evidence: [`${paths.join(', ')}: no-cache, and 304 for whom has it already`] };
  });

  await checklist.check('hashed assets are kept for a year, by browsers and by the edge', async () => {
    const [first, second] = [await request(stage, script), await request(stage, script)];
    return {
      problems: unless({
        [`it answers ${first.status}`]: first.status === 200,
        [`it says ${first.headers['cache-control']}`]: [first, second].every(({ headers }) => headers['cache-control'] === YEAR),
        [`the second answer is a ${second.headers['x-cache']}`]: second.headers['x-cache'] === 'Hit from cloudfront',
        [`it is ${first.headers['content-type']}`]: /^(text|application)\/javascript/.test(first.headers['content-type']),
      }),
      evidence: [`${script}: ${YEAR}; second request: ${second.headers['x-cache']}`],
    };
  });

  await checklist.check('text travels compressed', async () => {
    const small = await request(stage, script, { headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } });
    const whole = await request(stage, script);
    const unpacked = zlib.brotliDecompressSync(small.body);
    return {
      problems: unless({
        [`it is ${small.headers['content-encoding']}`]: small.headers['content-encoding'] === 'br',
        'the bytes differ': unpacked.equals(whole.body),
        [`its tag is ${small.headers.etag}`]: small.headers.etag.startsWith('W/'),
      }),
      evidence: [`${script}: ${whole.body.length} bytes are ${small.body.length} with br`],
    };
  });

  await checklist.check('a missing file is 404, is no page and is not remembered', async () => {
    const paths = ['/assets/index-00000000.js', '/logo.png', '/.well-known/security'];
    const answers = await Promise.all(paths.map(path => request(stage, path)));
    return {
      problems: answers.flatMap(({ status, headers, body }, index) => unless({
        [`${paths[index]} answers ${status}`]: status === 404,
        [`${paths[index]} says ${headers['cache-control']}`]: !/max-age|immutable/.test(headers['cache-control'] ?? ''),
        [`${paths[index]} answers with a page`]: !body.toString().includes('id="root"'),
      })),
      evidence: answers.map(({ headers }, index) => `${paths[index]}: 404, cache-control: ${headers['cache-control'] ?? 'none'}`),
    };
  });

  await checklist.check('answers of the API are never kept', async () => {
    const answers = [await request(stage, '/api/notes'), await request(stage, '/api/notes')];
    return {
      problems: answers.flatMap(({ status, headers }) => unless({
        [`it answers ${status}`]: status === 200,
        [`it says ${headers['cache-control']}`]: headers['cache-control'] === 'no-store',
        'it came from the cache': headers['x-cache'] === 'Miss from cloudfront',
      })),
      evidence: ['/api/notes: no-store, a miss each time'],
    };
  });

  await checklist.check('every answer has the security headers', async () => {
    const paths = ['/', '/notes/1', script, '/assets/index-00000000.js', '/runtime-config.json', '/service-worker.js', '/logo.png', '/api/notes', '/api/nothing'];
    const problems = await Promise.all(paths.map(async path => insecure(path, await request(stage, path))));
    return { problems: problems.flat(), evidence: [`${Object.keys(SECURITY).length} headers on ${paths.length} kinds of answers, errors included`] };
  });

  await checklist.check('the site is read only, and takes no other name', async () => {
    const [written, other] = [await request(stage, '/index.html', { method: 'PUT', body: 'mine' }), await request(stage, '/', { headers: { host: 'other.example' } })];
    return {
      problems: unless({ [`PUT answers ${written.status}`]: written.status === 403, [`another name gets ${other.status}`]: other.status === 403 }),
      evidence: ['PUT: 403', 'another host name: 403'],
    };
  });

  await stage.deployment.remove('service-worker.js');
}

function insecure(path: string, { headers }: Answer): string[] {
  const wrong = Object.entries(SECURITY).filter(([name, pattern]) => !pattern.test(headers[name] ?? '')).map(([name]) => `${path}: ${name} is ${headers[name] ?? 'missing'}`);
  return [...wrong, ...headers.server === 'CloudFront' ? [] : [`${path}: server is ${headers.server}`], ...headers['x-powered-by'] ? [`${path} says what it is powered by`] : []];
}
