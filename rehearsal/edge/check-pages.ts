/** What somebody sees who opens the site: the first page that the stack has written, with the API behind it. */
import { type Checklist, unless } from './checklist';
import { Tab, WATCH_POLICY } from './tab';
import { request, type Stage } from './viewer';

const NO_NOTE = '00000000-0000-4000-8000-000000000000';
/** The first page has none, and the app asks for it; browsers report each 404. */
const EXPECTED_COMPLAINT = /\/release\.json\)$/;

export async function checkPages(stage: Stage, checklist: Checklist): Promise<void> {
  const { host, browser, screenshots, edge, distribution } = stage;
  const base = `https://${host}/`;
  const context = await browser.newContext({ viewport: { width: 1100, height: 640 } });
  await context.addInitScript(WATCH_POLICY);
  const tab = await Tab.open(context, base, screenshots);
  let note = '';

  await checklist.check('HTTP leads to HTTPS, the API refuses it, and HSTS keeps browsers from trying again', async () => {
    const page = await request(stage, '/notes/1?from=mail', { scheme: 'http' });
    const api = await request(stage, '/api/notes', { scheme: 'http' });
    const asked = edge.plainRequests.length;
    await tab.goto(`http://${host}/`);
    const before = edge.plainRequests.length;
    const reached = tab.page.url();
    await tab.goto(`http://${host}/`);
    return {
      problems: unless({
        [`HTTP answers ${page.status} to ${page.headers.location}`]: page.status === 301 && page.headers.location === `https://${host}/notes/1?from=mail`,
        [`the API answers ${api.status} over HTTP`]: api.status === 403,
        [`the browser is at ${reached}`]: reached === base,
        'the browser did not ask over HTTP at first': before > asked,
        'the browser asked over HTTP again': edge.plainRequests.length === before && tab.page.url() === base,
      }),
      evidence: [`301 to ${page.headers.location}`, '403 for /api/notes', 'the second http:// never left the browser'],
    };
  });

  await checklist.check('the first page is rendered by React, with the settings of its environment', async () => {
    const response = await tab.goto('/');
    await tab.see('No notes yet. Add the first one.');
    await tab.see('First page');
    const elements = await tab.page.evaluate<number>('document.querySelectorAll("#root *").length');
    const settings = await request(stage, '/runtime-config.json');
    const { environment } = JSON.parse(settings.body.toString()) as { environment: string };
    const asked = tab.responses.some(each => each.url().endsWith('/runtime-config.json') && each.status() === 200);
    return {
      problems: unless({
        [`it answers ${response.status()}`]: response.status() === 200,
        'React rendered nothing': elements > 10,
        'the page did not ask for its settings': asked,
        [`the settings are those of ${environment}`]: environment === 'production',
        'the page says that it is not production': await tab.page.evaluate<boolean>('document.querySelector(".environment") === null'),
        'the page is not isolated from other origins': await tab.page.evaluate<boolean>('window.crossOriginIsolated'),
      }),
      evidence: [`${elements} elements below #root`, `environment: ${environment}`, 'cross-origin isolated'],
      screenshots: [await tab.screenshot('1-first-page')],
    };
  });

  await checklist.check('the API is called from the page: a note is written and read back', async () => {
    await tab.page.fill('form[aria-label="New note"] input', 'Written through the edge');
    await tab.page.fill('form[aria-label="New note"] textarea', 'React, CloudFront\'s configuration, Flask and PostgreSQL.');
    await tab.page.click('form[aria-label="New note"] button');
    await tab.see('Added “Written through the edge”');
    const list = await request(stage, '/api/notes');
    const { items } = JSON.parse(list.body.toString()) as { items: { id: string; title: string }[] };
    note = items[0]?.id ?? '';
    const statuses = tab.responses.filter(each => each.url().endsWith('/api/notes')).map(each => each.status());
    return {
      problems: unless({ 'the note is not in the list': items[0]?.title === 'Written through the edge', [`the calls answer ${statuses}`]: statuses.includes(201) && statuses.every(each => each < 300) }),
      evidence: [`GET and POST /api/notes: ${[...new Set(statuses)].sort().join(', ')}`],
      screenshots: [await tab.screenshot('2-api-call')],
    };
  });

  await checklist.check('deep links: followed, reloaded, opened in a new tab, and unknown to the app', async () => {
    await tab.page.click('.notes a');
    await tab.see('React, CloudFront\'s configuration, Flask and PostgreSQL.');
    const followed = new URL(tab.page.url()).pathname;
    const reloaded = await tab.page.reload();
    await tab.see('React, CloudFront\'s configuration, Flask and PostgreSQL.');
    const picture = await tab.screenshot('3-deep-link-after-reload');
    const other = await Tab.open(context, base, screenshots);
    const opened = await other.goto(`/notes/${note}`);
    await other.see('Written through the edge');
    const unknown = await other.goto('/releases/1.2');
    await other.see('Page not found');
    const unknownPicture = await other.screenshot('4-unknown-route');
    const complaints = [...other.complaints, ...await other.violations()].filter(each => !EXPECTED_COMPLAINT.test(each));
    await other.close();
    return {
      problems: [
        ...unless({
          [`the app went to ${followed}`]: followed === `/notes/${note}`,
          [`the reload answers ${reloaded?.status()}`]: reloaded?.status() === 200,
          [`the new tab gets ${opened.status()}`]: opened.status() === 200,
          [`the unknown route answers ${unknown.status()}`]: unknown.status() === 200,
        }),
        ...complaints,
      ],
      evidence: ['/notes/<id>: 200 on reload and in a new tab', '/releases/1.2: the app\'s own "Page not found"'],
      screenshots: [picture, unknownPicture],
    };
  });

  await checklist.check('the page keeps to its content security policy', async () => {
    const violations = await tab.violations();
    const complaints = tab.complaints.filter(each => !EXPECTED_COMPLAINT.test(each));
    return { problems: [...violations, ...complaints], evidence: ['no violation, no error on the console'] };
  });

  await checklist.check('an inline script that somebody planted is blocked and reported', async () => {
    await stage.deployment.put('planted.html', '<!doctype html><title>planted</title><body><script>document.body.dataset.planted = "ran"</script><p>Planted page</p>', 'text/html');
    const planted = await Tab.open(context, base, screenshots);
    await planted.goto('/planted.html');
    await planted.see('Planted page');
    const violations = await planted.violations();
    const ran = await planted.page.evaluate<string | undefined>('document.body.dataset.planted');
    await planted.close();
    await stage.deployment.remove('planted.html');
    return {
      problems: unless({ 'the script ran': ran === undefined, 'no violation was reported': violations.some(each => /^script-src.* blocked inline$/.test(each)) }),
      evidence: violations,
    };
  });

  await checklist.check('what the API does not have is the app\'s to explain', async () => {
    const lost = await Tab.open(context, base, screenshots);
    await lost.goto(`/notes/${NO_NOTE}`);
    await lost.see('This note does not exist, or not any more.');
    const answer = lost.responses.find(each => each.url().endsWith(`/api/notes/${NO_NOTE}`));
    const picture = await lost.screenshot('5-api-404');
    await lost.close();
    return {
      problems: unless({ [`the API answers ${answer?.status()}`]: answer?.status() === 404, [`as ${answer?.headers()['content-type']}`]: answer?.headers()['content-type'] === 'application/json' }),
      evidence: ['404, application/json'],
      screenshots: [picture],
    };
  });

  await checklist.check('errors below /api/ are the API\'s own JSON, never a page', async () => {
    const asked: [string, number, Parameters<typeof request>[2]?][] = [
      ['/api/nothing', 404], ['/api/', 404], ['/api/notes/release.html', 404], [`/api/notes/${NO_NOTE}`, 404], ['/api/notes?limit=many', 400],
      ['/api/notes', 405, { method: 'PUT', headers: json, body: '{}' }],
      ['/api/notes', 400, { method: 'POST', headers: json, body: '{"title"' }],
      ['/api/notes', 415, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'note' }],
      ['/api/notes', 413, { method: 'POST', headers: json, body: JSON.stringify({ title: 'x', body: 'x'.repeat(200_000) }) }],
    ];
    const answers = await Promise.all(asked.map(async ([path, status, options]) => ({ path, status, method: options?.method ?? 'GET', answer: await request(stage, path, options) })));
    return {
      problems: [
        ...answers.filter(({ answer, status }) => answer.status !== status || answer.headers['content-type'] !== 'application/json' || !isJson(answer.body))
          .map(({ method, path, status, answer }) => `${method} ${path}: ${answer.status} ${answer.headers['content-type']}, not ${status} application/json`),
        ...unless({ 'the distribution has custom error responses': distribution.customErrors === 0 }),
      ],
      evidence: answers.map(({ method, path, status }) => `${method} ${path}: ${status}`),
    };
  });

  await context.close();
}

const json = { 'content-type': 'application/json' };

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}
