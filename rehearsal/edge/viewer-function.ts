/**
 * Runs the code of a CloudFront function as far as Node can: a world of its own without modules, network, timers or code from strings, and the
 * event of the JavaScript runtime 2.0.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
 */
import * as vm from 'node:vm';
import type { Headers } from './exchange';

export interface ViewerRequest {
  readonly method: string;
  readonly uri: string;
  readonly query: string;
  readonly headers: Headers;
}

export interface ViewerResponse {
  readonly statusCode: number;
  readonly headers: Headers;
}

interface Value {
  readonly value: string;
}

interface EventRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: Record<string, Value>;
  readonly headers: Record<string, Value>;
  readonly cookies: Record<string, Value>;
}

interface EventResponse {
  readonly statusCode: number;
  readonly headers?: Record<string, Value>;
}

const MAX_BYTES = 10 * 1024;
/** CloudFront counts compute, which does not depend on what else a machine does; this only ends what never would. */
const MAX_MILLISECONDS = 2_000;
const DISALLOWED = /^(connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/** What the function made of a request: another one, or a response that the viewer gets at once. */
export function onViewerRequest(code: string, request: ViewerRequest): { uri: string } | ViewerResponse {
  const answer = execute(code, 'viewer-request', request) as EventRequest | EventResponse;
  if ('statusCode' in answer) { return { statusCode: answer.statusCode, headers: headersFrom(answer.headers ?? {}) }; }
  if (!answer.uri.startsWith('/')) { throw new Error(`The function answered the path ${answer.uri}, which does not start with a slash`); }
  headersFrom(answer.headers);
  return { uri: answer.uri };
}

/** What the function made of a response; CloudFront asks it for no error of the origin. Headers that functions do not see stay as they are. */
export function onViewerResponse(code: string, request: ViewerRequest, { statusCode, headers }: ViewerResponse): Headers {
  const answer = execute(code, 'viewer-response', request, { statusCode, headers: seen(headers) }) as EventResponse;
  const unseen = Object.fromEntries(Object.entries(headers).filter(([name]) => DISALLOWED.test(name)));
  return { ...unseen, ...headersFrom(answer.headers ?? {}) };
}

function execute(code: string, eventType: string, request: ViewerRequest, response?: ViewerResponse): unknown {
  if (Buffer.byteLength(code) > MAX_BYTES) { throw new Error(`The function has more than ${MAX_BYTES} bytes`); }
  const event = {
    version: '1.0',
    context: { distributionDomainName: 'd111111abcdef8.cloudfront.net', distributionId: 'EDFDVBD6EXAMPLE', eventType, requestId: 'local' },
    viewer: { ip: '127.0.0.1' },
    request: eventRequest(request),
    ...response && { response: { statusCode: response.statusCode, statusDescription: '', headers: values(response.headers), cookies: {} } },
  };
  const world = vm.createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: false } });
  const script = `${code}\nJSON.stringify(handler(JSON.parse(${JSON.stringify(JSON.stringify(event))})))`;
  return JSON.parse(String(vm.runInContext(script, world, { timeout: MAX_MILLISECONDS })));
}

function eventRequest({ method, uri, query, headers }: ViewerRequest): EventRequest {
  const { cookie, ...others } = headers;
  const cookies = (cookie ?? '').split(';').map(each => each.trim().split('=', 2)).filter(([name]) => name);
  return {
    method,
    uri,
    querystring: values(Object.fromEntries(new URLSearchParams(query))),
    headers: values(seen(others)),
    cookies: values(Object.fromEntries(cookies) as Headers),
  };
}

function seen(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !DISALLOWED.test(name)));
}

function values(map: Headers): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, { value }]));
}

/** CloudFront answers 502 to names in upper case, to values that are no texts, and to headers that functions may not add. */
function headersFrom(map: Record<string, Value>): Headers {
  return Object.fromEntries(Object.entries(map).map(([name, { value }]) => {
    if (name !== name.toLowerCase() || typeof value !== 'string' || DISALLOWED.test(name)) { throw new Error(`The function answered the header ${name}, which is not allowed`); }
    return [name, value];
  }));
}
