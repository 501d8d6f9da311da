/**
 * A local edge: it answers as CloudFront would with the distribution of a template, on one port for HTTPS and one for HTTP.
 *
 * A response passes the stages in CloudFront's order: function on the viewer's request, cache, origin, compression, headers policy, function on
 * the viewer's response.
 */
import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { timeToLive } from './cache-policy';
import type { Certificate } from './certificate';
import { compressed, encodingFor } from './compression';
import type { Behavior, Distribution } from './distribution';
import { type Answer, type Headers, plain } from './exchange';
import { applyPolicy } from './headers-policy';
import type { OriginServer } from './origins';
import { onViewerRequest, onViewerResponse, type ViewerRequest } from './viewer-function';

const HOST = '127.0.0.1';
/** Of one connection only, or made anew. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'date', 'http2-settings', 'te'];
/** What origins get where no policy forwards more. */
const ALWAYS_FORWARDED = ['if-none-match', 'if-modified-since'];

type Incoming = http.IncomingMessage | http2.Http2ServerRequest;
type Outgoing = http.ServerResponse | http2.Http2ServerResponse;

interface Kept {
  readonly answer: Answer;
  readonly storedAt: number;
  readonly ttl: number;
}

interface Viewer extends ViewerRequest {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly body: Buffer;
}

export class EdgeServer {
  static async start(distribution: Distribution, origins: ReadonlyMap<string, OriginServer>, certificate: Certificate): Promise<EdgeServer> {
    const edge = new EdgeServer(distribution, origins, certificate);
    await Promise.all([edge.secure, edge.plain].map(server => new Promise<void>(resolve => server.listen(0, HOST, () => resolve()))));
    return edge;
  }

  /** Each request over HTTP without TLS that arrived. */
  readonly plainRequests: string[] = [];
  private readonly cache = new Map<string, Kept>();
  private readonly secure: http2.Http2SecureServer;
  private readonly plain: http.Server;

  private constructor(private readonly distribution: Distribution, private readonly origins: ReadonlyMap<string, OriginServer>, certificate: Certificate) {
    this.secure = http2.createSecureServer({
      key: certificate.key, cert: certificate.certificate, allowHTTP1: true, minVersion: 'TLSv1.2',
      ALPNProtocols: distribution.httpVersion.startsWith('http2') ? ['h2', 'http/1.1'] : ['http/1.1'],
    }, (request, response) => { void this.serve('https', request, response); });
    this.plain = http.createServer((request, response) => { void this.serve('http', request, response); });
  }

  get securePort(): number {
    return (this.secure.address() as AddressInfo).port;
  }

  get plainPort(): number {
    return (this.plain.address() as AddressInfo).port;
  }

  /** What an invalidation does: `*` at the end stands for anything. */
  invalidate(paths: readonly string[]): void {
    for (const key of this.cache.keys()) {
      const [, path] = key.split(' ');
      if (paths.some(each => each.endsWith('*') ? path.startsWith(each.slice(0, -1)) : path === each)) { this.cache.delete(key); }
    }
  }

  async stop(): Promise<void> {
    this.plain.closeAllConnections();
    this.plain.close();
    this.secure.close();
  }

  private async serve(scheme: Viewer['scheme'], request: Incoming, response: Outgoing): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) { chunks.push(chunk as Buffer); }
    const headers = Object.fromEntries(Object.entries(plain(request.headers)).filter(([name]) => !name.startsWith(':') && !HOP_BY_HOP.includes(name)));
    const [uri, query = ''] = request.url!.split(/\?(.*)/s);
    const host = (headers.host ?? ('authority' in request ? request.authority : '')).replace(/:\d+$/, '');
    const viewer: Viewer = { scheme, host, method: request.method!, uri, query, headers: { ...headers, host }, body: Buffer.concat(chunks) };
    if (scheme === 'http') { this.plainRequests.push(request.url!); }
    const answer = await this.answer(viewer).catch((error: Error) => ownError(502, error.message));
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries({ ...answer.headers, 'via': '1.1 local-edge (CloudFront)', 'x-amz-cf-id': randomUUID() })) { response.setHeader(name, value); }
    response.end(viewer.method === 'HEAD' ? '' : answer.body);
  }

  private async answer(viewer: Viewer): Promise<Answer> {
    if (!this.distribution.aliases.includes(viewer.host)) { return ownError(403, 'The distribution has no such name'); }
    const behavior = this.distribution.behaviors.find(({ pathPattern }) => matches(pathPattern, viewer.uri))!;
    if (viewer.scheme === 'http' && behavior.viewerProtocol !== 'allow-all') {
      return behavior.viewerProtocol === 'https-only' ? ownError(403, 'Bad request: only HTTPS is allowed') : redirect(viewer);
    }
    if (!behavior.methods.includes(viewer.method)) { return ownError(403, `This distribution is not configured to allow the method ${viewer.method}`); }

    const made = behavior.requestFunction ? onViewerRequest(behavior.requestFunction, viewer) : { uri: viewer.uri };
    if ('statusCode' in made) { return { status: made.statusCode, headers: made.headers, body: Buffer.alloc(0) }; }
    const uri = made.uri === '/' ? `/${this.distribution.defaultRootObject}` : made.uri;
    const found = this.conditional(viewer, await this.fetch(behavior, { ...viewer, uri }));

    const policy = behavior.headers ? applyPolicy(behavior.headers, found.headers, viewer.headers.origin) : found.headers;
    const headers = behavior.responseFunction && found.status < 400
      ? onViewerResponse(behavior.responseFunction, viewer, { statusCode: found.status, headers: policy })
      : policy;
    // removing it makes room for CloudFront's own
    return { ...found, headers: { ...headers, server: headers.server ?? 'CloudFront' } };
  }

  /** From the cache, or from the origin, which is asked whether what the cache has is still good. */
  private async fetch(behavior: Behavior, viewer: Viewer): Promise<Answer> {
    const encoding = encodingFor(behavior, viewer.headers['accept-encoding']);
    if (viewer.method !== 'GET' && viewer.method !== 'HEAD') { return marked(await this.askOrigin(behavior, viewer, {}), 'Miss'); }
    const key = [`${behavior.pathPattern}:${viewer.method}:${encoding ?? ''}`, viewer.uri].join(' ');
    const kept = this.cache.get(key);
    const age = kept ? (Date.now() - kept.storedAt) / 1000 : 0;
    if (kept && age < kept.ttl) {
      return marked({ ...kept.answer, headers: { ...kept.answer.headers, age: String(Math.floor(age)) } }, kept.answer.status >= 400 ? 'Error' : 'Hit');
    }

    const etag = kept?.answer.status === 200 ? kept.answer.headers.etag?.replace(/^W\//, '') : undefined;
    const fresh = await this.askOrigin(behavior, viewer, etag ? { 'if-none-match': etag } : {});
    if (kept && fresh.status === 304) {
      this.keep(key, behavior, kept.answer);
      return marked(kept.answer, 'RefreshHit');
    }
    const answer = compressed(fresh, encoding);
    this.keep(key, behavior, answer);
    return marked(answer, answer.status >= 400 ? 'Error' : 'Miss');
  }

  private keep(key: string, { cachePolicy }: Behavior, answer: Answer): void {
    const ttl = timeToLive(cachePolicy, answer.status, answer.headers['cache-control']);
    if (cachePolicy.maxTtl > 0 || ttl > 0) { this.cache.set(key, { answer, storedAt: Date.now(), ttl }); }
  }

  private async askOrigin(behavior: Behavior, viewer: Viewer, condition: Headers): Promise<Answer> {
    const origin = this.origins.get(behavior.origin.id);
    if (!origin) { return ownError(502, `There is no origin ${behavior.origin.id}`); }
    const own = behavior.forwardsViewer ? viewer.headers : {};
    const { host: _host, ...forwarded } = own;
    const headers: Headers = {
      ...Object.fromEntries(Object.entries(forwarded).filter(([name]) => !ALWAYS_FORWARDED.includes(name))),
      ...condition,
      'x-forwarded-for': HOST,
      'user-agent': forwarded['user-agent'] ?? 'Amazon CloudFront',
      ...viewer.body.length > 0 && { 'content-length': String(viewer.body.length) },
    };
    try {
      const { method, uri: path, query, body } = viewer;
      const answer = await origin.answer({ method, path, query: behavior.forwardsViewer ? query : '', headers, body });
      return { ...answer, headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.includes(name))) };
    } catch (error) {
      return ownError(502, `CloudFront wasn't able to connect to the origin: ${(error as Error).message}`);
    }
  }

  /** Nothing but headers for whom has it already. */
  private conditional(viewer: Viewer, answer: Answer): Answer {
    const weak = (etag: string) => etag.trim().replace(/^W\//, '');
    const known = viewer.headers['if-none-match']?.split(',').map(weak) ?? [];
    if (answer.status !== 200 || !answer.headers.etag || !known.includes(weak(answer.headers.etag))) { return answer; }
    const { 'content-length': _length, 'content-encoding': _encoding, ...headers } = answer.headers;
    return { status: 304, headers, body: Buffer.alloc(0) };
  }
}

/** `*` is anything, `?` one character; capitals count. */
export function matches(pattern: string, path: string): boolean {
  const expression = pattern.replace(/^\/?/, '/').replace(/^\/\*$/, '*').replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 's').test(path);
}

function redirect({ host, uri, query, method }: Viewer): Answer {
  const location = `https://${host}${uri}${query && `?${query}`}`;
  const body = Buffer.from('<html><head><title>301 Moved Permanently</title></head></html>');
  const status = method === 'GET' || method === 'HEAD' ? 301 : 307;
  return { status, headers: { location, 'content-type': 'text/html', 'content-length': String(body.length), 'server': 'CloudFront', 'x-cache': 'Redirect from cloudfront' }, body };
}

/** What CloudFront says itself, which is HTML. */
function ownError(status: number, message: string): Answer {
  const body = Buffer.from(`<!DOCTYPE HTML><html><head><title>ERROR: The request could not be satisfied</title></head><body><h1>${status} ERROR</h1>${message}</body></html>`);
  return { status, headers: { 'content-type': 'text/html', 'content-length': String(body.length), 'server': 'CloudFront', 'x-cache': 'Error from cloudfront' }, body };
}

function marked(answer: Answer, result: string): Answer {
  return { ...answer, headers: { ...answer.headers, 'x-cache': `${result} from cloudfront` } };
}
