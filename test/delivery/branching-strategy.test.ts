import { BranchingStrategy, EnvironmentKind } from '../../src/delivery/branching-strategy';

const strategy = BranchingStrategy.simplifiedGitFlow();

test.each([
  { branch: 'main', kind: EnvironmentKind.PRODUCTION, checksOnly: false, base: undefined },
  { branch: 'develop', kind: EnvironmentKind.NON_PRODUCTION, checksOnly: false, base: 'main' },
  { branch: 'feature/search', kind: undefined, checksOnly: true, base: 'develop' },
  { branch: 'bugfix/login/again', kind: undefined, checksOnly: true, base: 'develop' },
  { branch: 'load-test', kind: undefined, checksOnly: false, base: undefined },
  { branch: 'feature', kind: undefined, checksOnly: false, base: undefined },
])('$branch', ({ branch, kind, checksOnly, base }) => {
  expect(strategy.deploysTo(branch)).toBe(kind);
  expect(strategy.isChecksOnly(branch)).toBe(checksOnly);
  expect(strategy.pullRequestBase(branch)).toBe(base);
});

test.each([['production', 'main'], ['staging', 'develop'], ['qa', 'develop']])('%s follows %s', (environmentName, branch) => {
  expect(strategy.environmentBranch(environmentName)).toBe(branch);
});

test('an unknown environment is refused', () => {
  expect(() => strategy.environmentBranch('load-test')).toThrow(/`environmentName` is "load-test", but .* "production", "staging" or "qa"/);
});

test('the patterns of the branches that are checked are those of CodePipeline', () => {
  expect(strategy.checkedBranches).toEqual(['feature/**', 'bugfix/**']);
});
