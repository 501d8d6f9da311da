/**
 * The release job's own script in a repository with commits of each kind, with the real git-cliff; only `gh` is a stand-in, which writes down
 * its call and knows the releases before. One tag is refused, as GitHub does, and made by a person: the next run releases it. The pipeline's verification tells the approver a version before: it has to be the same.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { verifyBuildSpec } from '../../src/delivery/build/verify-build-spec';
import { Failure } from '../failure';
import { run } from '../process';

interface ReleaseOptions {
  readonly directory: string;
  /** The `.github` folder that was written. */
  readonly files: string;
  readonly script: string;
}

/** What is committed since the step before, and the release that production then has to become; undefined where none is due. */
const STEPS: readonly { readonly commits: readonly string[]; readonly version?: string; readonly notes?: RegExp; readonly isRefused?: boolean }[] = [
  { commits: ['chore: start', 'feat(api): notes'], version: 'v0.1.0', notes: /### Features\n\n- \*\*api\*\*: notes \([0-9a-f]{7}\)/ },
  { commits: [] },
  { commits: ['fix(spa): a button', 'docs: how to'], version: 'v0.1.1', notes: /### Fixes[\s\S]*\*\*spa\*\*: a button[\s\S]*### Documentation/ },
  { commits: ['build(deps): bump vite', 'feat: search', 'fix: a typo'], version: 'v0.2.0', notes: /### Features\n\n- search/ },
  { commits: ['feat(api)!: another path'], version: 'v1.0.0', isRefused: true, notes: /\*\*breaking\*\* another path/ },
  { commits: ['fix: a limit\n\nBREAKING CHANGE: fewer notes'], version: 'v2.0.0' },
  { commits: ['somebody was in a hurry'], version: 'v2.0.1', notes: /### Other\n\n- somebody was in a hurry/ },
];

const GH = `#!/usr/bin/env bash
if [ "$2" = view ]; then grep -qxF "$3" "$GH_CALLS.releases" 2> /dev/null; exit; fi
printf '%s\\n' "$@" > "$GH_CALLS"
echo "$3" >> "$GH_CALLS.releases"
while [ $# -gt 1 ]; do if [ "$1" = --notes-file ]; then cp "$2" "$GH_CALLS.notes"; fi; shift; done
`;

/** Returns how many releases were made. */
export async function tryReleases({ directory, files, script }: ReleaseOptions): Promise<number> {
  const repository = path.resolve(directory, 'repository');
  const calls = path.join(directory, 'gh.txt');
  fs.cpSync(files, path.join(repository, '.github'), { recursive: true });
  fs.writeFileSync(path.join(directory, 'gh'), GH, { mode: 0o755 });
  const identity = { GIT_AUTHOR_NAME: 'x', GIT_AUTHOR_EMAIL: 'x@innovate.example', GIT_COMMITTER_NAME: 'x', GIT_COMMITTER_EMAIL: 'x@innovate.example' };
  const env = { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', RUNNER_TEMP: directory, GH_CALLS: calls, PATH: `${directory}:${process.env.PATH}` };
  const git = async (...args: string[]): Promise<string> => {
    const { exitCode, output } = await run('git', args, { cwd: repository, env });
    if (exitCode !== 0) { throw new Failure(`git ${args.join(' ')} ended with ${exitCode}.`, output); }
    return output.trim();
  };

  await git('init', '--quiet', '--initial-branch', 'develop');
  const remote = path.resolve(directory, 'remote');
  await git('init', '--quiet', '--bare', remote);
  await git('remote', 'add', 'origin', remote);
  const refusal = path.join(remote, 'hooks', 'update');
  fs.mkdirSync(path.dirname(refusal), { recursive: true });
  await git('add', '.');
  for (const { commits, version, notes, isRefused = false } of STEPS) {
    for (const message of commits) { await git('commit', '--quiet', '--allow-empty', '--message', message); }
    if (commits.length > 0) {
      await git('checkout', '--quiet', '-B', 'merged', await base(git));
      await git('merge', '--quiet', '--no-ff', 'develop', '--message', 'Merge pull request #1 from innovate-inc/develop');
      await git('branch', '--force', 'main');
    }
    const commit = await git('rev-parse', 'main');
    await git('push', '--quiet', '--force', '--all', 'origin');
    const announced = await announcedVersion(repository, { ...env, BRANCH: 'main', COMMIT: commit, SOURCES: 'develop hotfix/' });
    if (version !== undefined && announced !== version) { throw new Failure(`The approver of ${JSON.stringify(commits)} is told ${announced}, and the release is ${version}.`); }
    fs.rmSync(calls, { force: true });
    const release = () => run('bash', ['-eo', 'pipefail', '-c', script], { cwd: repository, env: { ...env, COMMIT: commit } });
    if (isRefused) {
      fs.writeFileSync(refusal, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const refused = await release();
      fs.rmSync(refusal);
      const remedy = /: git push origin ([0-9a-f]{40}:refs\/tags\/\S+)\. The next run/.exec(refused.output);
      if (refused.exitCode === 0 || !remedy || fs.existsSync(calls)) { throw new Failure(`A refused tag of ${version} ends with ${refused.exitCode}, without a remedy or with a release.`, refused.output); }
      await git('tag', '--delete', version!);
      await git('push', '--quiet', 'origin', remedy[1]);
      await git('fetch', '--quiet', '--tags', 'origin');
    }
    const { exitCode, output } = await release();
    const called = fs.existsSync(calls) ? fs.readFileSync(calls, 'utf8').split('\n') : [];
    if (exitCode !== 0 || called[2] !== version || version !== undefined && await git('ls-remote', 'origin', `refs/tags/${version}`) !== `${commit}\trefs/tags/${version}`) {
      throw new Failure(`After ${JSON.stringify(commits)} the release is ${called[2] ?? 'missing'}, and should be ${version ?? 'none'}.`, output);
    }
    if (notes && !notes.test(fs.readFileSync(`${calls}.notes`, 'utf8'))) {
      throw new Failure(`The notes of ${version} lack ${notes}.`, fs.readFileSync(`${calls}.notes`, 'utf8'));
    }
    await git('checkout', '--quiet', 'develop');
  }
  return STEPS.filter(({ version }) => version !== undefined).length;
}

/** What the pipeline's verification finds, by its own commands. */
async function announcedVersion(repository: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { commands } = verifyBuildSpec('https://github.com/innovate-inc/notes').phases.build;
  const { exitCode, output } = await run('bash', ['-e', '-c', [...commands, 'echo "version=$VERSION"'].join('\n')], { cwd: repository, env });
  if (exitCode !== 0) { throw new Failure('The verification of the pipeline refuses a merge of develop.', output); }
  return /^version=(.*)$/m.exec(output)![1];
}

/** Where main is; before the first release it is where develop began. */
async function base(git: (...args: string[]) => Promise<string>): Promise<string> {
  const main = await git('branch', '--list', 'main', '--format', '%(objectname)');
  return main || git('rev-list', '--max-parents=0', 'develop');
}
