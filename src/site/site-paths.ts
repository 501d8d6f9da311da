import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { reject, validateMatch, validateUnique } from '../private/validation';

/** Where hashed files are, which browsers may keep. */
export const ASSET_PATHS = '/assets/*';

/** What CloudFront takes as a path pattern, with a slash at its beginning. */
const PATTERN = /^\/[\w.*$/~"'@:+&?-]{1,254}$/;

/** Files of the site that an API must not answer for. */
const FILES = ['/', '/index.html', '/runtime-config.json', '/release.json'];

export interface ApiPaths {
  readonly paths: string[];
  /** @default - nothing of the API is cached */
  readonly cached: { readonly [path: string]: cloudfront.ICachePolicy };
}

/** Refuses patterns of which two answer for the same path: which one does would depend on their order. */
export function validateApiPaths(site: Construct, { paths, cached }: ApiPaths): void {
  const remedy = 'Give a pattern such as "/api/*" or "/graphql".';
  if (paths.length === 0) { reject(site, { prop: 'apiPaths', value: paths, problem: 'nothing would reach the API', remedy }); }
  validateUnique(site, 'apiPaths', paths, 'path');
  paths.forEach((value, index) => {
    const prop = `apiPaths[${index}]`;
    validatePattern(site, prop, value);
    const other = paths.slice(0, index).find(earlier => overlap(earlier, value));
    if (other !== undefined) { reject(site, { prop, value, problem: `it overlaps with "${other}"`, remedy: 'Give patterns that have no path in common; one of the two is enough.' }); }
  });
  for (const path of Object.keys(cached).sort()) {
    const prop = `cachedApiPaths["${path}"]`;
    validatePattern(site, prop, path);
    if (!paths.some(pattern => pattern !== path && covers(pattern, path))) {
      reject(site, { prop, value: path, problem: `it is not part of ${paths.join(', ')}`, remedy: 'Give a part of one of the `apiPaths`, such as "/api/catalogue/*".' });
    }
    const other = Object.keys(cached).sort().find(earlier => earlier < path && overlap(earlier, path));
    if (other !== undefined) { reject(site, { prop, value: path, problem: `it overlaps with "${other}"`, remedy: 'Give patterns that have no path in common.' }); }
  }
}

function validatePattern(site: Construct, prop: string, value: string): void {
  const remedy = 'Give a pattern such as "/api/*" or "/graphql".';
  validateMatch(site, { prop, value, pattern: PATTERN, problem: 'it is no path pattern', remedy });
  const taken = [ASSET_PATHS, ...FILES].find(path => overlap(path, value));
  if (taken !== undefined) { reject(site, { prop, value, problem: `it overlaps with the site's own "${taken}"`, remedy: 'Give the API paths of its own, such as "/api/*".' }); }
}

/** Whether there is a path that both patterns match; `*` stands for any number of characters, `?` for one. */
export function overlap(one: string, other: string): boolean {
  if (one === '' && other === '') { return true; }
  if (one.startsWith('*')) { return overlap(one.slice(1), other) || other !== '' && overlap(one, other.slice(1)); }
  if (other.startsWith('*')) { return overlap(other, one); }
  if (one === '' || other === '') { return false; }
  return (one[0] === other[0] || one[0] === '?' || other[0] === '?') && overlap(one.slice(1), other.slice(1));
}

/** Whether everything that the inner pattern matches is matched by the outer one; an outer pattern with a wildcard in its middle covers nothing. */
function covers(outer: string, inner: string): boolean {
  return /^[^*?]*\*$/.test(outer) && inner.startsWith(outer.slice(0, -1));
}
