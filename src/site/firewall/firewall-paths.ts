import * as wafv2 from 'aws-cdk-lib/aws-wafv2';

type Statement = wafv2.CfnWebACL.StatementProperty;

/** What WAF matches a regular expression of at most. */
export const LONGEST_PATTERN = 200;

/** What it takes to leave a folder by another way than its name: a part that begins with a dot, another kind of slash, or something encoded that may become one. */
const WAY_OUT = '/\\.|\\\\|%(00|25|2[eEfF]|5[cC])';

/** Server software that drops what follows a `;` takes this for `/../`. */
const HIDDEN_TRAVERSAL = '\\.\\.;';

/** Everything that a server may undo before it looks at a path. */
const READ_AS_A_SERVER_DOES = ['URL_DECODE', 'URL_DECODE', 'NORMALIZE_PATH_WIN', 'LOWERCASE'];

/**
 * Requests for what stands below one of these paths, however it is spelt, and those whose path may hide one of them:
 * for limits, which nobody is to get around. That it takes in a few requests too many does no harm.
 */
export function pathsInAnySpelling(paths: string[]): Statement {
  return any([
    ...paths.map(path => pathMatches(anySpelling(path), READ_AS_A_SERVER_DOES)),
    pathMatches(HIDDEN_TRAVERSAL, ['URL_DECODE', 'URL_DECODE']),
  ]);
}

/**
 * Requests whose path, as it was sent, begins with one of these and does not lead out of it: for exemptions, which nobody is to
 * obtain by trickery. A client that spells a path in an unusual way goes without.
 */
export function pathsAsWritten(paths: string[]): Statement {
  return {
    andStatement: {
      statements: [
        any(paths.map(path => ({
          byteMatchStatement: { searchString: path, positionalConstraint: 'STARTS_WITH', fieldToMatch: { uriPath: {} }, textTransformations: inOrder(['NONE']) },
        }))),
        { notStatement: { statement: pathMatches(WAY_OUT, ['NONE']) } },
      ],
    },
  };
}

/** Whether `pathsAsWritten` never matches it. */
export function leadsOut(path: string): boolean {
  return new RegExp(WAY_OUT).test(path);
}

/** Whether a path is short enough for `pathsInAnySpelling`. */
export function fitsPattern(path: string): boolean {
  return anySpelling(path).length <= LONGEST_PATTERN;
}

/** One of several statements. WAF refuses an alternative of one. */
export function any(statements: Statement[]): Statement {
  return statements.length === 1 ? statements[0] : { orStatement: { statements } };
}

/** A path in lower case whose parts may be followed by parameters, as in `/api;v=1/login`. */
function anySpelling(path: string): string {
  return path.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/(?<=.)\//g, '(;[^/]*)?/');
}

function pathMatches(regexString: string, transformations: string[]): Statement {
  return { regexMatchStatement: { regexString, fieldToMatch: { uriPath: {} }, textTransformations: inOrder(transformations) } };
}

/** Text transformations in the order in which WAF applies them. */
function inOrder(types: string[]): wafv2.CfnWebACL.TextTransformationProperty[] {
  return types.map((type, priority) => ({ priority, type }));
}
