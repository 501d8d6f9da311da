import { BranchRule, BranchingStrategy, EnvironmentKind } from '../../../src/delivery/github/branching-strategy';

const { PRODUCTION, NON_PRODUCTION } = EnvironmentKind;
const strategy = BranchingStrategy.simplifiedGitFlow();
const withHotfixes = BranchingStrategy.simplifiedGitFlow({ hotfixes: true });

test.each([
  { branch: 'main', kind: PRODUCTION, checksOnly: false, targets: [] },
  { branch: 'develop', kind: NON_PRODUCTION, checksOnly: false, targets: ['main'] },
  { branch: 'feature/search', kind: undefined, checksOnly: true, targets: ['develop'] },
  { branch: 'bugfix/login/again', kind: undefined, checksOnly: true, targets: ['develop'] },
  { branch: 'hotfix/now', kind: undefined, checksOnly: false, targets: [] },
  { branch: 'load-test', kind: undefined, checksOnly: false, targets: [] },
  { branch: 'feature', kind: undefined, checksOnly: false, targets: [] },
  { branch: 'feature/', kind: undefined, checksOnly: false, targets: [] },
  { branch: 'main2', kind: undefined, checksOnly: false, targets: [] },
])('$branch', ({ branch, kind, checksOnly, targets }) => {
  expect(strategy.deploysTo(branch)).toBe(kind);
  expect(strategy.isChecksOnly(branch)).toBe(checksOnly);
  expect(strategy.pullRequestTargets(branch)).toEqual(targets);
});

test.each([
  { from: 'feature/a', to: 'develop', allowed: true },
  { from: 'bugfix/a', to: 'develop', allowed: true },
  { from: 'develop', to: 'main', allowed: true },
  { from: 'feature/a', to: 'main', allowed: false },
  { from: 'feature/a', to: 'feature/b', allowed: false },
  { from: 'main', to: 'develop', allowed: false },
  { from: 'hotfix/a', to: 'main', allowed: false },
  { from: 'anything', to: 'develop', allowed: false },
])('a pull request from $from into $to: $allowed', ({ from, to, allowed }) => {
  expect(strategy.allowsPullRequest(from, to)).toBe(allowed);
});

test('a hotfix goes to both branches, where it is allowed', () => {
  expect(withHotfixes.pullRequestTargets('hotfix/now')).toEqual(['main', 'develop']);
  expect(withHotfixes.isChecksOnly('hotfix/now')).toBe(true);
});

test('Dependabot goes to develop alone, where it is allowed', () => {
  expect(BranchingStrategy.simplifiedGitFlow({ dependencyUpdates: true }).pullRequestTargets('dependabot/npm/vite')).toEqual(['develop']);
  expect(strategy.pullRequestTargets('dependabot/npm/vite')).toEqual([]);
});

test('names its branches as triggers take them', () => {
  expect(strategy.deployedBranches).toEqual(['main', 'develop']);
  expect(strategy.pullRequestBases).toEqual(['main', 'develop']);
  expect(strategy.checkedBranches).toEqual(['feature/**', 'bugfix/**']);
  expect(withHotfixes.checkedBranches).toEqual(['feature/**', 'bugfix/**', 'hotfix/**']);
});

test('takes one branch more, and leaves the first strategy as it was', () => {
  const more = strategy.withBranch({ branch: 'load-test', deploysTo: NON_PRODUCTION, pullRequestsFrom: ['develop'] });
  expect(more.deploysTo('load-test')).toBe(NON_PRODUCTION);
  expect(more.pullRequestTargets('develop')).toEqual(['main', 'load-test']);
  expect(strategy.ruleOf('load-test')).toBeUndefined();
});

test.each<{ what: string; rules: BranchRule[]; message: RegExp }>([
  { what: 'a name with a blank', rules: [{ branch: 'a b', deploysTo: PRODUCTION }], message: /`rules\[0\].branch` is "a b", but it is neither the name/ },
  { what: 'a pattern', rules: [{ branch: 'release/*', deploysTo: PRODUCTION }], message: /`rules\[0\].branch` is "release\/\*"/ },
  { what: 'a branch with two environments', rules: [{ branch: 'main', deploysTo: PRODUCTION }, { branch: 'main', deploysTo: NON_PRODUCTION }], message: /`rules\[1\].branch` is "main", but "main" covers it already.*one environment/ },
  { what: 'a branch below a prefix', rules: [{ branch: 'feature/' }, { branch: 'feature/a', deploysTo: PRODUCTION }], message: /"feature\/" covers it already/ },
  { what: 'a prefix above a branch', rules: [{ branch: 'feature/a', deploysTo: PRODUCTION }, { branch: 'feature/' }], message: /"feature\/a" covers it already/ },
  { what: 'a prefix that is deployed', rules: [{ branch: 'feature/', deploysTo: PRODUCTION }], message: /`rules\[0\].deploysTo` is "production", but many branches/ },
  { what: 'pull requests into a prefix', rules: [{ branch: 'main', deploysTo: PRODUCTION }, { branch: 'a/', pullRequestsFrom: ['main'] }], message: /`rules\[1\].pullRequestsFrom`.*is a prefix/ },
  { what: 'pull requests from nowhere', rules: [{ branch: 'main', deploysTo: PRODUCTION, pullRequestsFrom: ['develop'] }], message: /`rules\[0\].pullRequestsFrom\[0\]` is "develop", but no other rule/ },
  { what: 'pull requests from itself', rules: [{ branch: 'main', deploysTo: PRODUCTION, pullRequestsFrom: ['main'] }], message: /`rules\[0\].pullRequestsFrom\[0\]` is "main"/ },
  { what: 'nothing that is deployed', rules: [{ branch: 'main' }], message: /`rules` is .*none of these branches is deployed/ },
])('refuses $what', ({ rules, message }) => {
  expect(() => BranchingStrategy.custom(rules)).toThrow(message);
});
