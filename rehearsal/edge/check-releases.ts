/** What happens to an open tab, to its assets and to the stack's first page when the pipeline releases. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Checklist, unless } from './checklist';
import { Tab, WATCH_POLICY } from './tab';
import { request, type Stage } from './viewer';

export interface Release {
  readonly name: string;
  readonly commit: string;
  /** Where it is built. */
  readonly folder: string;
}

const YEAR_AT_ORIGIN = /max-age=31536000/;

export async function checkReleases(stage: Stage, checklist: Checklist, [first, second]: readonly [Release, Release]): Promise<void> {
  const { host, browser, screenshots, deployment, edge } = stage;
  const context = await browser.newContext({ viewport: { width: 1100, height: 640 } });
  await context.addInitScript(WATCH_POLICY);
  const base = `https://${host}/`;
  const before = [...(await deployment.objects()).keys()].filter(isAsset);
  const tab = await Tab.open(context, base, screenshots);

  await checklist.check('the pipeline\'s release takes the place of the stack\'s first page', async () => {
    edge.invalidate(await deployment.byPipeline(first.folder, first.commit));
    await tab.goto('/');
    await tab.see('Written through the edge');
    const [mark, chunk] = [await tab.mark('release'), await tab.mark('chunk')];
    return {
      problems: unless({ [`the page is of release ${mark}`]: mark === first.name, 'the page of a note is loaded already': chunk === undefined }),
      evidence: [`a tab has release ${mark} open; the chunk of the other page is not loaded yet`],
      screenshots: [await tab.screenshot('6-release-one')],
    };
  });

  await checklist.check('a deployment while a tab is open: its old chunk is still there', async () => {
    edge.invalidate(await deployment.byPipeline(second.folder, second.commit));
    const known = tab.responses.length;
    await tab.page.click('.notes a');
    await tab.see('React, CloudFront\'s configuration, Flask and PostgreSQL.');
    const loaded = tab.responses.slice(known).filter(each => each.url().endsWith('.js'));
    const [mark, chunk] = [await tab.mark('release'), await tab.mark('chunk')];
    const names = loaded.map(each => path.basename(each.url()));
    const released = assetsOf(second);
    return {
      problems: [
        ...unless({
          [`the tab is of release ${mark}`]: mark === first.name,
          [`the chunk is of release ${chunk}`]: chunk === first.name,
          'no chunk was loaded': loaded.length > 0 && loaded.every(each => each.status() === 200),
          [`${names.join()} are of the new release`]: names.every(name => !released.has(`assets/${name}`)),
        }),
        ...await tab.violations(),
      ],
      evidence: [`release ${second.name} is live; the tab of release ${mark} loaded ${names.join()}`],
      screenshots: [await tab.screenshot('7-open-tab-after-deployment')],
    };
  });

  await checklist.check('a reload gives the new release', async () => {
    await tab.page.reload();
    await tab.see('React, CloudFront\'s configuration, Flask and PostgreSQL.');
    await tab.see(`Release ${second.commit}`);
    const [mark, chunk] = [await tab.mark('release'), await tab.mark('chunk')];
    return {
      problems: unless({ [`the page is of release ${mark}, its chunk of ${chunk}`]: mark === second.name && chunk === second.name }),
      evidence: [`the same deep link is release ${mark} now, ${second.commit}`],
      screenshots: [await tab.screenshot('8-reload')],
    };
  });

  await checklist.check('assets of releases before are marked to expire, those of this one are not', async () => {
    const objects = await deployment.objects();
    const released = assetsOf(second);
    const old = [...objects.keys()].filter(key => isAsset(key) && !released.has(key));
    const expected = [...before, ...assetsOf(first)].filter(key => !released.has(key));
    return {
      problems: [
        ...expected.filter(key => !objects.has(key)).map(key => `${key} is gone`),
        ...old.filter(key => objects.get(key)!.tags.superseded !== 'true').map(key => `${key} has no mark`),
        ...old.filter(key => !YEAR_AT_ORIGIN.test(objects.get(key)!.cacheControl)).map(key => `${key} lost its cache header`),
        ...[...released].filter(key => objects.get(key)?.tags.superseded !== undefined).map(key => `${key} is marked, and in use`),
        ...unless({ 'no asset is old': old.length > 0 }),
      ],
      evidence: [`superseded=true on ${old.length} old assets, on none of ${released.size} in use`],
    };
  });

  await checklist.check('the stack that is deployed again leaves the release alone', async () => {
    const earlier = await deployment.objects();
    const output = await deployment.byStack('Update');
    const later = await deployment.objects();
    const changed = [...later].filter(([key, { etag }]) => earlier.get(key)?.etag !== etag).map(([key]) => key);
    await tab.goto('/');
    await tab.see('Written through the edge');
    const mark = await tab.mark('release');
    const settings = await request(stage, '/runtime-config.json');
    return {
      problems: unless({
        [`it wrote ${changed.join()}`]: changed.length === 0,
        [`the page is of release ${mark}`]: mark === second.name,
        [`the settings answer ${settings.status}`]: settings.status === 200,
        'the function does not say so': output.includes('index.html is a release'),
      }),
      evidence: [output.split('\n')[0], `the page is of release ${mark}`],
    };
  });

  await checklist.check('without the API the app says so; its own page is in no answer of the API', async () => {
    await stage.api.stop();
    const answer = await request(stage, '/api/notes');
    await tab.goto('/');
    await tab.see('Something went wrong (502)');
    return {
      problems: unless({ [`the edge answers ${answer.status}`]: answer.status === 502, 'the API answers with the app\'s page': !answer.body.toString().includes('id="root"') }),
      evidence: ['502 from the edge itself'],
      screenshots: [await tab.screenshot('9-api-away')],
    };
  });

  await context.close();
}

function assetsOf({ folder }: Release): Set<string> {
  return new Set(fs.readdirSync(path.join(folder, 'assets')).map(name => `assets/${name}`));
}

function isAsset(key: string): boolean {
  return key.startsWith('assets/');
}
