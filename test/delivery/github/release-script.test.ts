import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { GitHubWorkflows } from '../../../src/delivery/github/github-workflows';
import { Workflow } from '../../../src/delivery/github/workflows/workflow';
import { temporaryDirectory } from '../../cli/local-assembly';

/**
 * The script of the release job, with git and a remote of its own. `gh` and git-cliff are stand-ins: one writes down its calls and knows the
 * releases that were made, the other says the next version and what it was asked. `rehearse:workflows` runs it with the real git-cliff.
 */

const { jobs } = parse(new GitHubWorkflows({
  folders: { site: 'spa' },
  environments: [{
    name: 'production', branch: 'main', account: '333333333333', region: 'eu-west-1', pipelineName: 'notes', reporterRoleArn: 'arn:aws:iam::333333333333:role/notes-reporter',
  }],
}).files().find(file => file.path.endsWith('deployment.yml'))!.content) as Workflow;
const SCRIPT = jobs['release-production'].steps.find(({ run }) => run)!.run!;

const GH = `#!/usr/bin/env bash
if [ "$2" = view ]; then grep -qxF "$3" releases.txt; exit; fi
echo "$*" >> calls.txt
echo "$3" >> releases.txt
`;
const CLIFF = `#!/usr/bin/env bash
while [ $# -gt 0 ]; do
  case "$1" in
    --bumped-version) echo v1.2.4; exit ;;
    --output) shift; echo notes > "$1" ;;
    --config) shift ;;
    *) printf '%s ' "$1" >> cliff.txt ;;
  esac
  shift
done
`;
const PYTHON = `#!/usr/bin/env bash
mkdir -p "$3/bin" && printf '#!/bin/sh\\n' > "$3/bin/pip" && cp cliff "$3/bin/git-cliff" && chmod +x "$3/bin/pip"
`;

const directory = temporaryDirectory();
let folder: string;
let remote: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(directory, 'repository-'));
  remote = fs.mkdtempSync(path.join(directory, 'remote-'));
  fs.mkdirSync(path.join(folder, 'bin'));
  for (const [name, content] of Object.entries({ 'bin/gh': GH, 'bin/python3': PYTHON, 'cliff': CLIFF })) {
    fs.writeFileSync(path.join(folder, name), content, { mode: 0o755 });
  }
  for (const name of ['releases.txt', 'calls.txt', 'cliff.txt']) { fs.writeFileSync(path.join(folder, name), ''); }
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  git('init', '--quiet', '--initial-branch', 'main');
  git('remote', 'add', 'origin', remote);
  git('commit', '--quiet', '--allow-empty', '--message', 'feat: notes');
  git('push', '--quiet', 'origin', 'main');
});

function environment(): NodeJS.ProcessEnv {
  const person = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@innovate.example', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@innovate.example' };
  return { ...person, GIT_CONFIG_GLOBAL: '/dev/null', HOME: folder, RUNNER_TEMP: folder, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` };
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, env: environment(), encoding: 'utf8' }).trim();
}

function release(commit = git('rev-parse', 'HEAD')) {
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', SCRIPT], {
    cwd: folder, env: { ...environment(), COMMIT: commit }, encoding: 'utf8',
  });
  const text = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8').trim();
  const tags = execFileSync('git', ['for-each-ref', '--format', '%(refname:short) %(objectname)', 'refs/tags'], { cwd: remote, encoding: 'utf8' }).trim();
  return { status, printed: stdout, problems: stderr, calls: text('calls.txt'), cliff: text('cliff.txt'), tags };
}

test('the tag is pushed first, and the release is that of the tag', () => {
  const commit = git('rev-parse', 'HEAD');
  expect(release()).toMatchObject({
    status: 0,
    tags: `v1.2.4 ${commit}`,
    calls: expect.stringMatching(/^release create v1\.2\.4 --verify-tag --title v1\.2\.4 --notes-file \S+notes\.md$/),
    cliff: '--unreleased --tag v1.2.4',
  });
});

test('a commit is released once', () => {
  const { calls } = release();
  expect(release()).toMatchObject({ status: 0, calls, printed: expect.stringMatching(/^[0-9a-f]{40} is release v1\.2\.4\.\n$/) });
});

test('an older commit that came back is not released again', () => {
  const older = git('rev-parse', 'HEAD');
  git('commit', '--quiet', '--allow-empty', '--message', 'fix: a limit');
  const { calls } = release();
  expect(release(older)).toMatchObject({ status: 0, calls, printed: `${older} is part of a release.\n` });
});

test('a refused tag fails loudly with the remedy, and what a person tags then is released', () => {
  const commit = git('rev-parse', 'HEAD');
  const hook = path.join(remote, 'hooks', 'update');
  fs.mkdirSync(path.dirname(hook), { recursive: true });
  fs.writeFileSync(hook, '#!/bin/sh\necho "refusing to allow a GitHub App to create or update workflow without workflows permission"\nexit 1\n', { mode: 0o755 });
  const refused = release();
  expect(refused).toMatchObject({ status: 1, calls: '', tags: '' });
  expect(refused.printed).toContain('::error::GitHub took no tag v1.2.4');
  const [, remedy] = /: git push (origin [0-9a-f]{40}:refs\/tags\/v1\.2\.4)\. The next run/.exec(refused.printed)!;

  fs.rmSync(hook);
  git('tag', '--delete', 'v1.2.4');
  git('push', '--quiet', ...remedy.split(' '));
  git('fetch', '--quiet', '--tags', 'origin');
  fs.writeFileSync(path.join(folder, 'cliff.txt'), '');
  expect(release()).toMatchObject({ status: 0, tags: `v1.2.4 ${commit}`, calls: expect.stringMatching(/^release create v1\.2\.4 --verify-tag /), cliff: '--current' });
});

test('a tag that is no version is no release', () => {
  git('tag', 'verified');
  git('push', '--quiet', 'origin', 'verified');
  expect(release()).toMatchObject({ status: 0, calls: expect.stringContaining('release create v1.2.4 ') });
});

test('the token is in no file and in no address', () => {
  expect(SCRIPT).not.toMatch(/x-access-token|TOKEN/);
  expect(SCRIPT).not.toContain('--target');
  expect(SCRIPT).toContain('credential.helper=\'!gh auth git-credential\' push');
});
