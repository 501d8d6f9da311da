/** What the services make of a pattern of branches, each by its own documentation. */

/**
 * CodePipeline: `*` stays within a component, `**` does not, `?` is one character.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html
 */
export function codePipelineMatches(pattern: string, branch: string): boolean {
  return new RegExp(`^${translate(pattern, { '**': '.*', '*': '[^/]*', '?': '[^/]' })}$`).test(branch);
}

/**
 * Filters of GitHub Actions: `*` stays within a component, `**` does not, `?` makes what stands before it optional.
 *
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
export function actionsMatches(pattern: string, branch: string): boolean {
  return new RegExp(`^${translate(pattern, { '**': '.*', '*': '[^/]*', '?': '?' })}$`).test(branch);
}

/**
 * Rulesets of GitHub: Ruby's `File.fnmatch` with `FNM_PATHNAME`, where two asterisks before a slash are any number of folders and anywhere else
 * nothing but one. `~ALL` is every branch.
 *
 * @see https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax
 */
export function rulesetMatches(pattern: string, reference: string): boolean {
  if (pattern === '~ALL') { return true; }
  return new RegExp(`^${translate(pattern, { '**/': '(?:[^/.][^/]*/)*', '**': '(?![.])[^/]*', '*': '(?![.])[^/]*', '?': '[^/]' })}$`).test(reference);
}

function translate(pattern: string, wildcards: Record<string, string>): string {
  return pattern.replace(/\*\*\/|\*\*|[\s\S]/g, token => {
    if (token === '**/' && !(token in wildcards)) { return `${wildcards['**']}/`; }
    return wildcards[token] ?? token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
}
