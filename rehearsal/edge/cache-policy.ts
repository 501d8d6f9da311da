/** How long CloudFront keeps a response, and what tells two requests apart. */
import { Failure } from '../failure';

export interface CachePolicy {
  /** In seconds. */
  readonly minTtl: number;
  readonly defaultTtl: number;
  readonly maxTtl: number;
  readonly gzip: boolean;
  readonly brotli: boolean;
}

interface RawCachePolicy {
  readonly MinTTL: number;
  readonly DefaultTTL: number;
  readonly MaxTTL: number;
  readonly ParametersInCacheKeyAndForwardedToOrigin: {
    readonly EnableAcceptEncodingGzip: boolean;
    readonly EnableAcceptEncodingBrotli?: boolean;
    readonly CookiesConfig: { readonly CookieBehavior: string };
    readonly HeadersConfig: { readonly HeaderBehavior: string };
    readonly QueryStringsConfig: { readonly QueryStringBehavior: string };
  };
}

/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const MANAGED: Readonly<Record<string, CachePolicy>> = {
  // CachingOptimized
  '658327ea-f89d-4fab-a63d-7e88639e58f6': { minTtl: 1, defaultTtl: 86_400, maxTtl: 31_536_000, gzip: true, brotli: true },
  // CachingDisabled
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': { minTtl: 0, defaultTtl: 0, maxTtl: 0, gzip: false, brotli: false },
};

/** What a distribution has that configures nothing of its own: 10 seconds for each error that CloudFront caches. */
const ERROR_TTL = 10;
/** @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html */
const CACHED_ERRORS = [404, 414, 500, 501, 502, 503, 504];
const CACHED_ERRORS_WITH_AGE = [400, 403, 405, 412, 415];

/** A managed policy by its id, or one of the template. */
export function cachePolicyOf(policy: unknown): CachePolicy {
  if (typeof policy === 'string') {
    return MANAGED[policy] ?? fail(`the managed cache policy ${policy}`);
  }
  const { MinTTL: minTtl, DefaultTTL: defaultTtl, MaxTTL: maxTtl, ParametersInCacheKeyAndForwardedToOrigin: key } = policy as RawCachePolicy;
  const parts = [key.CookiesConfig.CookieBehavior, key.HeadersConfig.HeaderBehavior, key.QueryStringsConfig.QueryStringBehavior];
  if (parts.some(part => part !== 'none')) { fail('a cache policy with cookies, headers or query strings in its key'); }
  return { minTtl, defaultTtl, maxTtl, gzip: key.EnableAcceptEncodingGzip, brotli: key.EnableAcceptEncodingBrotli ?? false };
}

/** For how many seconds a response is kept. */
export function timeToLive(policy: CachePolicy, status: number, cacheControl: string | undefined): number {
  const directives = new Map((cacheControl ?? '').split(',').map(part => part.trim().toLowerCase().split('=')).map(([name, value]) => [name, value]));
  const age = Number(directives.get('s-maxage') ?? directives.get('max-age') ?? NaN);
  if (status >= 400) {
    if (CACHED_ERRORS.includes(status)) { return Math.max(ERROR_TTL, Math.min(age || 0, policy.maxTtl)); }
    return CACHED_ERRORS_WITH_AGE.includes(status) && age > 0 ? Math.max(ERROR_TTL, Math.min(age, policy.maxTtl)) : 0;
  }
  if (['no-store', 'no-cache', 'private'].some(name => directives.has(name))) { return policy.minTtl; }
  return Math.min(Math.max(Number.isNaN(age) ? policy.defaultTtl : age, policy.minTtl), policy.maxTtl);
}

function fail(what: string): never {
  throw new Failure(`The distribution has ${what}, which the local edge does not know; add it to rehearsal/edge/cache-policy.ts.`);
}
