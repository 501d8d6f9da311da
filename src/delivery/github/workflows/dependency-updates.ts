import { Application } from './application';

/**
 * Dependabot's settings; undefined where the branching strategy takes no pull request of Dependabot's branches.
 *
 * @see https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference
 */
export function dependencyUpdates({ branching, folders: { api, site } }: Application): object | undefined {
  const [target] = branching.pullRequestTargets('dependabot/update');
  if (target === undefined) { return undefined; }
  const update = (ecosystem: string, folder: string) => ({
    'package-ecosystem': ecosystem,
    'directory': folder,
    'target-branch': target,
    'schedule': { interval: 'weekly' },
    // a release that was taken over is mostly found within days
    'cooldown': { 'default-days': 7 },
    'groups': { all: { patterns: ['*'] } },
    // "build(deps): …", which the check of titles takes
    'commit-message': { prefix: 'build', include: 'scope' },
  });
  return {
    version: 2,
    updates: [
      update('github-actions', '/'),
      ...api ? [update('pip', `/${api}`), update('docker', `/${api}`)] : [],
      ...site ? [update('npm', `/${site}`)] : [],
    ],
  };
}
