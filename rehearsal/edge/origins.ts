/** What is behind the edge: a bucket of the local AWS, and the example's API. */
import type { Environment } from '../assembly';
import type { Origin } from './distribution';
import { type Answer, ask, type Headers } from './exchange';

export interface OriginRequest {
  readonly method: string;
  /** As the viewer sent it or a function made it, percent-encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body?: Buffer;
}

export interface OriginServer {
  answer(request: OriginRequest): Promise<Answer>;
}

/** S3's REST interface, as a distribution with origin access control reads it. */
export class BucketOrigin implements OriginServer {
  constructor(
    private readonly endpoint: string, private readonly bucket: string, private readonly where: Environment, private readonly access: NonNullable<Origin['bucket']>,
  ) {}

  async answer({ method, path, headers }: OriginRequest): Promise<Answer> {
    if (!this.access.mayRead) { return denied(); }
    if (method === 'OPTIONS') { return denied('CORS is not enabled for this bucket.'); }
    const answer = await ask({
      method,
      url: `${this.endpoint}/${this.bucket}${path}`,
      headers: {
        ...headers,
        // the local AWS takes account and region from it, and checks no signature
        authorization: `AWS4-HMAC-SHA256 Credential=${this.where.account}/20260101/${this.where.region}/s3/aws4_request, SignedHeaders=host, Signature=0`,
      },
    });
    return answer.status === 404 && !this.access.mayList ? denied() : answer;
  }
}

/** An origin that speaks HTTPS; the load balancer, which has the certificate of the origin's name, is left out. */
export class HttpsOrigin implements OriginServer {
  constructor(private readonly url: string, private readonly host: string) {}

  answer({ method, path, query, headers, body }: OriginRequest): Promise<Answer> {
    // load balancers do not check the certificate of a pod
    return ask({ method, url: `${this.url}${path}${query && `?${query}`}`, headers: { ...headers, host: this.host }, body, tls: { rejectUnauthorized: false } });
  }
}

function denied(message = 'Access Denied'): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`);
  return { status: 403, headers: { 'content-type': 'application/xml', 'content-length': String(body.length) }, body };
}
