import { Construct } from 'constructs';
import { LONGEST_PATTERN } from './firewall-paths';
import { isDeployTime, reject, validateMatch, validateUnique } from '../../private/validation';

/** What an application's API is asked for unless it is said otherwise. */
const API_PATHS = ['/api/*'];

/** Files, which browsers fetch for a page in ways that cannot answer a challenge. */
const FILES = '\\.(aac|avif|css|eot|gif|ico|jpe?g|json|m?js|map|mp[34]|og[agv]|otf|pdf|png|svg|ttf|txt|wasm|wav|web[mp]|webmanifest|woff2?|xml)$';

/** What programs look up on every site. */
const WELL_KNOWN = '^/\\.well-known/';

/** The anti-DDoS group takes this many regular expressions. */
const MOST_EXPRESSIONS = 5;

/** Refuses what is no pattern of a path, and more of them than the anti-DDoS group takes. */
export function validateUnchallenged(scope: Construct, paths: string[] | undefined): void {
  if (!paths) { return; }
  const remedy = 'Give a pattern such as "/api/*" or "/graphql".';
  paths.forEach((value, index) => {
    const prop = `unchallengedPaths[${index}]`;
    if (isDeployTime(value)) { reject(scope, { prop, value: undefined, problem: 'a path has to be known at synthesis', remedy }); }
    validateMatch(scope, { prop, value, pattern: /^\/[^\s#%]{0,254}$/, problem: 'it is no path pattern', remedy });
    if (expressionOf(value).length > LONGEST_PATTERN) { reject(scope, { prop, value, problem: 'it is longer than WAF takes', remedy: 'Name the path above it.' }); }
  });
  validateUnique(scope, 'unchallengedPaths', paths, 'path');
  if (unchallenged(paths).length > MOST_EXPRESSIONS) {
    reject(scope, { prop: 'unchallengedPaths', value: paths.length, problem: 'the anti-DDoS group has no room for so many', remedy: 'Name a path above several of them, such as "/api/*".' });
  }
}

/**
 * Regular expressions for what cannot answer the silent browser challenge that an attack brings on: as few as WAF's length for one of them allows.
 *
 * @see https://docs.aws.amazon.com/waf/latest/APIReference/API_ClientSideAction.html
 */
export function unchallenged(paths: string[] = API_PATHS): string[] {
  const [first, ...others] = [...paths.map(expressionOf), WELL_KNOWN];
  const together = [first];
  for (const expression of others) {
    const joined = `${together[together.length - 1]}|${expression}`;
    if (joined.length > LONGEST_PATTERN) { together.push(expression); } else { together[together.length - 1] = joined; }
  }
  return [...together, FILES];
}

/** A pattern of CloudFront's; one that ends in a folder takes in the folder itself. */
function expressionOf(pattern: string): string {
  const parts = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  if (parts.endsWith('/.*')) { return `^${parts.slice(0, -'/.*'.length)}(/|$)`; }
  return parts.endsWith('.*') ? `^${parts.slice(0, -'.*'.length)}` : `^${parts}$`;
}
