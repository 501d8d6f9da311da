/** What CloudFront compresses, and how. */
import * as zlib from 'node:zlib';
import type { Behavior } from './distribution';
import type { Answer } from './exchange';

/** Those of the list that a site has. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html */
const TYPES = new Set([
  'application/javascript', 'application/json', 'application/manifest+json', 'application/wasm', 'application/xml', 'font/otf', 'font/ttf', 'image/svg+xml',
  'text/css', 'text/csv', 'text/html', 'text/javascript', 'text/plain', 'text/xml',
]);
const STATUSES = [200, 403, 404];
const MIN_BYTES = 1_000;
const MAX_BYTES = 10_000_000;

export type Encoding = 'br' | 'gzip';

/** What CloudFront makes of `Accept-Encoding` where the cache policy has it in its key. */
export function encodingFor({ compress, cachePolicy: { brotli, gzip, maxTtl } }: Behavior, accepted: string | undefined): Encoding | undefined {
  if (!compress || maxTtl === 0) { return undefined; }
  const names = (accepted ?? '').split(',').map(name => name.trim().split(';')[0]);
  return brotli && names.includes('br') ? 'br' : gzip && names.includes('gzip') ? 'gzip' : undefined;
}

export function compressed(answer: Answer, encoding: Encoding | undefined): Answer {
  const { status, headers, body } = answer;
  const type = (headers['content-type'] ?? '').split(';')[0].trim();
  const fits = STATUSES.includes(status) && TYPES.has(type) && !headers['content-encoding'] && body.length >= MIN_BYTES && body.length <= MAX_BYTES;
  if (!encoding || !fits) { return answer; }
  const small = encoding === 'br' ? zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }) : zlib.gzipSync(body);
  const { etag } = headers;
  return {
    status,
    headers: {
      ...headers,
      'content-encoding': encoding,
      'content-length': String(small.length),
      'vary': 'Accept-Encoding',
      // the compressed bytes are others
      ...etag && { etag: etag.startsWith('W/') ? etag : `W/${etag}` },
    },
    body: small,
  };
}
