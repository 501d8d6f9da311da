import { spawn } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createServer, Server } from 'http';
import { AddressInfo } from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { SmokeTestPlan, smokeTestBuildSpec } from '../../../src/delivery/build/smoke-test-build-spec';

/** A real server with these answers, and after a while with others. */
let folder: string;
let server: Server;
let asked: string[];
let answers: Record<string, { status?: number; body: string }[]>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smoke-test-'));
  asked = [];
  answers = { '/': [{ body: '<html>' }], '/release.json': [{ body: '{ "release": "c0ffee" }' }] };
  server = createServer(({ url = '' }, response) => {
    const { status = 200, body } = (answers[url]?.length > 1 ? answers[url].shift() : answers[url]?.[0]) ?? { status: 404, body: '' };
    asked.push(url);
    response.writeHead(status).end(body);
  });
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); });
});
afterEach(async () => {
  await new Promise(resolve => { server.close(resolve); });
  rmSync(folder, { recursive: true });
});

function run(plan: Partial<SmokeTestPlan>): Promise<{ code: number | null; printed: string }> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { phases: { build } } = smokeTestBuildSpec({
    url, requests: [{ path: '/' }, { path: '/release.json', contains: '{commit}' }], attempts: 3, intervalSeconds: 0, ...plan,
  });
  const script = build.commands.map(command => `${command}\ncode=$?; [ $code = 0 ] || exit $code`).join('\n');
  const child = spawn('bash', ['--norc', '-c', script], { cwd: folder, env: { PATH: process.env.PATH, SITE_URL: url, COMMIT: 'c0ffee', ENVIRONMENT: 'staging' } });
  let printed = '';
  child.stdout.on('data', data => { printed += data; });
  return new Promise(resolve => { child.on('close', code => resolve({ code, printed })); });
}

test('every right answer is asked for once', async () => {
  expect(await run({})).toMatchObject({ code: 0 });
  expect(asked).toEqual(['/', '/release.json']);
});

test('a right answer may take a while', async () => {
  answers['/'].unshift({ status: 503, body: '' }, { status: 502, body: '' });
  answers['/release.json'].unshift({ body: '{ "release": "before" }' });
  expect(await run({})).toMatchObject({ code: 0 });
  expect(asked).toEqual(['/', '/', '/', '/release.json', '/release.json']);
});

test.each<[string, Record<string, { status?: number; body: string }[]>]>([
  ['an error', { '/': [{ status: 500, body: '' }] }],
  ['a success that is none', { '/': [{ status: 204, body: '' }] }],
  ['another commit', { '/release.json': [{ body: '{ "release": "before" }' }] }],
  ['nothing', { '/release.json': [] }],
])('%s in all attempts fails', async (_, wrong) => {
  Object.assign(answers, wrong);
  expect(await run({})).toEqual({ code: 1, printed: expect.stringContaining('does not answer as it should') });
});

test('a host that does not answer fails', async () => {
  const { code } = await run({ requests: [{ path: ':1/' }] });
  expect(code).toBe(1);
});

test('a path may be expected to be forbidden, and text is text', async () => {
  answers['/api/notes?a=1&b=2'] = [{ status: 401, body: 'say "$(hello)" it\'s .*' }];
  expect(await run({ requests: [{ path: '/api/notes?a=1&b=2', status: 401, contains: '"$(hello)" it\'s .*' }] })).toMatchObject({ code: 0 });
  expect(await run({ requests: [{ path: '/api/notes?a=1&b=2', status: 401, contains: 'say.*' }] })).toMatchObject({ code: 1 });
});

test('the script of the application has the last word', async () => {
  writeFileSync(join(folder, 'smoke.sh'), 'echo "$SITE_URL $COMMIT $ENVIRONMENT"; [ "$COMMIT" = c0ffee ]');
  expect(await run({ script: 'smoke.sh' })).toEqual({ code: 0, printed: expect.stringMatching(/http:\/\/127.* c0ffee staging\n$/) });
  writeFileSync(join(folder, 'smoke.sh'), 'exit 3');
  expect(await run({ script: 'smoke.sh' })).toMatchObject({ code: 3 });
});
