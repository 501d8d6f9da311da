import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as fc from 'fast-check';
import { ApiOrigin } from '../../src/site/api-origin';
import { overlap } from '../../src/site/site-paths';
import { SpaStaticSite, SpaStaticSiteProps } from '../../src/site/spa-static-site';
import { testStack } from '../support/stacks';

const expression = (pattern: string) => new RegExp(`^${pattern.replace(/[.$]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`);

test('two patterns overlap exactly where a path matches both', () => {
  const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '?'), { maxLength: 6 }).map(parts => parts.join(''));
  const paths = ['a', 'b', '/', ''].flatMap(one => ['a', 'b', '/', ''].flatMap(two => ['a', 'b', '/', ''].flatMap(three => ['a', 'b', '/', ''].map(four => one + two + three + four))));
  fc.assert(fc.property(pattern, pattern, (one, other) => {
    const [first, second] = [expression(one), expression(other)];
    // symmetric; complete for every short path, and sound: what overlaps has a path of at most the length of both
    expect(overlap(one, other)).toBe(overlap(other, one));
    if (paths.some(path => first.test(path) && second.test(path))) { expect(overlap(one, other)).toBe(true); }
    if (!/[*?]/.test(one + other)) { expect(overlap(one, other)).toBe(one === other); }
    if (!/[*?]/.test(other)) { expect(overlap(one, other)).toBe(first.test(other)); }
  }), { numRuns: 500 });
});

test.each([
  ['/api/*', '/assets/*', false], ['/*', '/assets/*', true], ['/a*', '/assets/*', true], ['/api/*', '/api/v1/*', true], ['/*/x', '/api/*', true], ['/api', '/api/*', false],
  ['/?pi/*', '/api/*', true], ['*.json', '/assets/*', true], ['/graphql', '/graphql', true],
])('%s and %s: %s', (one, other, expected) => {
  expect(overlap(one, other)).toBe(expected);
});

const CACHED = cloudfront.CachePolicy.CACHING_OPTIMIZED;
test.each<[string, Pick<SpaStaticSiteProps, 'apiPaths' | 'cachedApiPaths'>, RegExp]>([
  ['no path', { apiPaths: [] }, /`apiPaths` is \[\], but nothing would reach the API/],
  ['a path twice', { apiPaths: ['/api/*', '/api/*'] }, /two entries have this path/],
  ['paths of which one is in the other', { apiPaths: ['/api/*', '/api/v1/*'] }, /`apiPaths\[1\]` is "\/api\/v1\/\*", but it overlaps with "\/api\/\*"/],
  ['the assets', { apiPaths: ['/assets/*'] }, /`apiPaths\[0\]` is "\/assets\/\*", but it overlaps with the site's own "\/assets\/\*"/],
  ['everything', { apiPaths: ['/*'] }, /overlaps with the site's own/],
  ['the settings', { apiPaths: ['/*.json'] }, /overlaps with the site's own/],
  ['a relative path', { apiPaths: ['api/*'] }, /`apiPaths\[0\]` is "api\/\*", but it is no path pattern/],
  ['a query', { apiPaths: ['/api/#x'] }, /it is no path pattern/],
  ['cached answers of something else', { cachedApiPaths: { '/catalogue/*': CACHED } }, /`cachedApiPaths\["\/catalogue\/\*"\]` is .*, but it is not part of \/api\/\*/],
  ['all answers cached', { cachedApiPaths: { '/api/*': CACHED } }, /it is not part of/],
  ['cached answers with two policies', { cachedApiPaths: { '/api/a/*': CACHED, '/api/*/b': CACHED } }, /overlaps with "\/api\/\*\/b"/],
])('refuses %s, before anything is created', (_, paths, message) => {
  const stack = testStack('us-east-1');
  expect(() => new SpaStaticSite(stack, 'Site', { api: ApiOrigin.https('api.innovate.example'), ...paths })).toThrow(message);
  expect(stack.node.findChild('Site').node.children).toEqual([]);
});
