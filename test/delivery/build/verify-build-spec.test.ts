import { execFileSync, spawnSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { verifyBuildSpec } from '../../../src/delivery/build/verify-build-spec';

/** Real repositories: `origin` is what GitHub has, and every build clones it anew. */
let folder: string;
let count: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verification-'));
  count = 0;
  git('init', '--quiet', '--initial-branch', 'main', '.');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', 'ada@innovate.example');
  commit('chore: start');
  git('branch', 'develop');
});
afterEach(() => rmSync(folder, { recursive: true }));

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function commit(...message: string[]): string {
  writeFileSync(join(folder, `file-${++count}`), '');
  git('add', '.');
  git('commit', '--quiet', ...message.flatMap(part => ['--message', part]));
  return git('rev-parse', 'HEAD');
}

/** A branch off another, with commits, and back on the other. */
function branch(name: string, from: string, ...messages: string[]): void {
  git('checkout', '--quiet', '-b', name, from);
  for (const message of messages) { commit(message); }
  git('checkout', '--quiet', from);
}

function merge(source: string, target: string, subject: string = `Merge branch '${source}'`): string {
  git('checkout', '--quiet', target);
  git('merge', '--quiet', '--no-ff', '--message', subject, source);
  return git('rev-parse', 'HEAD');
}

interface Verdict {
  readonly refused?: string;
  readonly summary?: string;
  readonly version?: string;
  readonly changesUrl?: string;
  readonly authored?: string;
}

/** What the build says of a commit; the clone is shallow where that is asked for. */
function verify({ of = 'main', commitId = git('rev-parse', of), sources = 'develop hotfix/', depth }: { of?: string; commitId?: string; sources?: string; depth?: number } = {}): Verdict {
  const clone = mkdtempSync(join(folder, '.clone-'));
  execFileSync('git', ['clone', '--quiet', ...depth ? ['--depth', `${depth}`] : [], '--branch', of, `file://${folder}`, clone], { stdio: 'ignore' });
  const { phases: { build } } = verifyBuildSpec('https://github.com/innovate-inc/notes');
  const script = [
    ...build.commands.map(command => `${command}\ncode=$?; [ $code = 0 ] || exit $code`), 'printf "%s\\n" "---" "$SUMMARY" "$VERSION" "$CHANGES_URL" "$AUTHORED"',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: clone, encoding: 'utf8', env: { PATH: process.env.PATH, BRANCH: of, COMMIT: commitId, SOURCES: sources },
  });
  if (status !== 0) { return { refused: stderr.trim() }; }
  const [summary, version, changesUrl, authored] = stdout.split('---\n')[1].split('\n');
  return { summary, version, changesUrl, authored };
}

describe('a branch that takes another branch', () => {
  test('takes its merge', () => {
    branch('feature/search', 'develop', 'feat: search');
    merge('feature/search', 'develop');
    merge('develop', 'main');
    expect(verify()).toMatchObject({ version: 'v0.1.0', summary: 'Commits: 2. Features: search. Other: start.' });
  });

  test('takes its merge although it has gone on since, and although the clone is shallow', () => {
    git('checkout', '--quiet', 'develop');
    commit('fix: one');
    merge('develop', 'main');
    git('checkout', '--quiet', 'develop');
    commit('fix: two');
    expect(verify({ depth: 1 })).toHaveProperty('version', 'v0.1.0');
  });

  test.each<[string, () => void]>([
    ['a commit', () => { git('checkout', '--quiet', 'main'); commit('feat: quick'); }],
    ['the merge of a feature', () => { branch('feature/search', 'develop', 'feat: search'); merge('feature/search', 'main'); }],
    ['a fast-forward to a feature', () => { branch('feature/search', 'develop', 'feat: search'); git('checkout', '--quiet', 'main'); git('merge', '--quiet', '--ff-only', 'feature/search'); }],
    ['a fast-forward to develop', () => { git('checkout', '--quiet', 'develop'); commit('feat: a'); git('checkout', '--quiet', 'main'); git('merge', '--quiet', '--ff-only', 'develop'); }],
    ['a merge of two branches at once', () => {
      git('checkout', '--quiet', 'develop'); commit('feat: a');
      branch('feature/b', 'develop', 'feat: b');
      git('checkout', '--quiet', 'main');
      commit('chore: c');
      git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'develop', 'feature/b');
    }],
    ['the merge of a branch whose name only looks like it', () => { branch('develop2', 'develop', 'feat: b'); merge('develop2', 'main', 'Merge pull request #1 from innovate-inc/develop'); }],
  ])('refuses %s', (_, make) => {
    make();
    expect(verify().refused).toMatch(/^Refused: [0-9a-f]{40} on main is no merge of develop or hotfix\/\./);
  });

  test('refuses a merge on top of a commit that came another way since the last release', () => {
    git('tag', 'v1.0.0');
    git('checkout', '--quiet', 'main');
    const bad = commit('feat: quick');
    git('checkout', '--quiet', 'develop');
    commit('feat: proper');
    merge('develop', 'main');
    expect(verify().refused).toContain(`Refused: ${bad} on main`);
    git('tag', 'v1.0.1', bad);
    expect(verify()).toHaveProperty('version', 'v1.1.0');
  });

  test('refuses a commit that is not on it', () => {
    git('checkout', '--quiet', 'develop');
    const commitId = commit('feat: a');
    expect(verify({ commitId }).refused).toBe(`Refused: ${commitId} is not on main.`);
  });

  describe('takes a hotfix', () => {
    beforeEach(() => branch('hotfix/login', 'main', 'fix: login'));

    test('whose branch is there', () => {
      merge('hotfix/login', 'main');
      expect(verify()).toHaveProperty('summary', 'Commits: 2. Fixes: login. Other: start.');
      expect(verify({ sources: 'develop' }).refused).toMatch(/is no merge of develop\./);
    });

    test('whose branch is gone, by its pull request', () => {
      const subject = 'Merge pull request #12 from innovate-inc/hotfix/login';
      git('update-ref', 'refs/pull/12/head', 'hotfix/login');
      merge('hotfix/login', 'main', subject);
      git('branch', '-D', 'hotfix/login');
      expect(verify()).toHaveProperty('version', 'v0.1.0');
      git('update-ref', 'refs/pull/12/head', 'develop');
      expect(verify().refused).toMatch(/is no merge/);
      git('update-ref', '-d', 'refs/pull/12/head');
      expect(verify().refused).toMatch(/is no merge/);
    });
  });
});

test('a branch that takes only prefixes takes squashed commits: git keeps no trace of what they were', () => {
  git('checkout', '--quiet', 'develop');
  commit('feat(search): find notes (#4)');
  expect(verify({ of: 'develop', sources: 'feature/ bugfix/' })).toMatchObject({ version: 'v0.1.0', summary: 'Commits: 2. Features: find notes (4). Other: start.' });
});

describe('the version', () => {
  beforeEach(() => { git('tag', 'v1.2.3'); git('tag', 'v1.10.0-rc.1'); git('checkout', '--quiet', 'develop'); });

  test.each<[string, string[][]]>([
    ['v1.2.3', []],
    ['v1.2.4', [['fix: a']]],
    ['v1.2.4', [['no convention at all']]],
    ['v1.3.0', [['fix: a'], ['feat(api): b']]],
    ['v2.0.0', [['feat: a'], ['fix(api)!: b']]],
    ['v2.0.0', [['fix: a', 'BREAKING CHANGE: no more cookies']]],
  ])('is %s after %j', (version, messages) => {
    for (const message of messages) { commit(...message); }
    expect(verify({ of: 'develop', sources: 'feature/' }).version).toBe(version);
  });

  test('of a commit that was released is that of its release', () => {
    const released = commit('feat: a');
    git('tag', 'v1.3.0');
    commit('feat: b');
    expect(verify({ of: 'develop', sources: 'feature/', commitId: released })).toMatchObject({ version: 'v1.3.0', summary: 'Commits: 0 since v1.3.0.' });
  });

  test('stands beside a comparison with the last release', () => {
    const commitId = commit('feat: a');
    expect(verify({ of: 'develop', sources: 'feature/' }).changesUrl).toBe(`https://github.com/innovate-inc/notes/compare/v1.2.3...${commitId}`);
  });
});

describe('the summary', () => {
  beforeEach(() => { git('tag', 'v1.2.3'); git('checkout', '--quiet', 'develop'); });
  const summary = () => verify({ of: 'develop', sources: 'feature/' }).summary!;

  test('groups what changes, the worst first', () => {
    for (const message of ['docs: a', 'fix: b', 'feat: c', 'feat(api)!: d', 'whatever']) { commit(message); }
    expect(summary()).toBe('Commits: 5 since v1.2.3. Breaking: d. Features: c. Fixes: b. Other: whatever; a.');
  });

  test('has neither markup nor commands nor variables of a pipeline in it', () => {
    commit('feat: #{Source.CommitMessage} <!channel> @here *bold* `id` $(id) "quoted" \\ ünïcode \u0007');
    expect(summary()).toBe('Commits: 1 since v1.2.3. Features: Source.CommitMessage channel here bold id (id) quoted  ncode .');
  });

  test.each<[string, string[]]>([
    ['one long group', ['feat']],
    ['two long groups', ['feat', 'fix']],
    ['three long groups', ['feat', 'fix', 'chore']],
  ])('of %s fits into the comment of an approval, and ends with a whole word', (_, types) => {
    for (const type of types) {
      for (let index = 0; index < 40; index++) { commit(`${type}: ${'Größenänderung überall '.repeat(4)}word${index}`); }
    }
    const text = summary();
    expect(text).toMatch(new RegExp(`^Commits: ${types.length * 40} since v1\\.2\\.3\\. (Features|Other): .* (Grenderung|berall|word\\d+;?)\\.\\.\\.$`));
    expect(text.length).toBeLessThanOrEqual(900);
    expect(text.length).toBeGreaterThan(880);
    expect(`Release v${'9'.repeat(9)}.${'9'.repeat(9)}.${'9'.repeat(9)} to ${'e'.repeat(32)}: ${'s'.repeat(900)}`.length).toBeLessThanOrEqual(1000);
  }, 30_000);
});

describe('when half of it was written', () => {
  /** A commit of this second. */
  function commitAt(second: number, message: string = 'feat: a'): void {
    writeFileSync(join(folder, `file-${++count}`), '');
    git('add', '.');
    git('commit', '--quiet', '--date', `@${second} +0100`, '--message', message);
  }
  const main = () => verify().authored;

  beforeEach(() => { git('tag', 'v1.0.0'); git('checkout', '--quiet', 'develop'); });

  test.each<[string, number[], string]>([
    ['one commit', [1_700_000_000], '1700000000'],
    ['the one in the middle', [1_700_000_000, 1_700_900_000, 1_700_000_100], '1700000100'],
    ['between the two in the middle', [1_700_000_000, 1_700_000_100, 1_700_000_300, 1_700_900_000], '1700000200'],
  ])('is %s, whenever it was merged', (_, seconds, expected) => {
    for (const second of seconds) { commitAt(second); }
    merge('develop', 'main');
    expect(main()).toBe(expected);
  });

  test('leaves out what was released before, and is nothing where nothing is new', () => {
    commitAt(1_600_000_000);
    merge('develop', 'main');
    git('tag', 'v1.1.0');
    expect(main()).toBe('none');
    git('checkout', '--quiet', 'develop');
    commitAt(1_700_000_000);
    merge('develop', 'main');
    expect(main()).toBe('1700000000');
  });

  test('is that of what the commit itself brings, where nobody knows the release before', () => {
    git('tag', '--delete', 'v1.0.0');
    commitAt(1_600_000_000);
    merge('develop', 'main');
    git('checkout', '--quiet', 'develop');
    commitAt(1_700_000_000);
    merge('develop', 'main');
    expect(main()).toBe('1700000000');
  });

  test('is that of the commit on a branch that takes squashed commits, however many wait for production', () => {
    commitAt(1_600_000_000);
    commitAt(1_700_000_000);
    expect(verify({ of: 'develop', sources: 'feature/' }).authored).toBe('1700000000');
  });

  test('is that of the very first commit, which has none before', () => {
    git('checkout', '--quiet', '--orphan', 'fresh');
    commitAt(1_500_000_000);
    expect(verify({ of: 'fresh', sources: 'feature/' }).authored).toBe('1500000000');
  });
});

test('a tag that is no version of three plain numbers is no release', () => {
  for (const tag of ['v01.2.3', 'v1.2', `v1.2.${'3'.repeat(40)}`]) { git('tag', tag); }
  expect(verify({ sources: 'feature/' })).toMatchObject({ version: 'v0.1.0', summary: 'Commits: 1. Other: start.' });
});
