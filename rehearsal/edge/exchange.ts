/** A request and its response over HTTP or HTTPS, with nothing followed, decompressed or hidden. */
import * as http from 'node:http';
import * as https from 'node:https';

/** Names in lower case. */
export type Headers = Record<string, string>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Question {
  readonly url: string;
  /** @default GET */
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: Buffer | string;
  readonly tls?: Pick<https.RequestOptions, 'ca' | 'servername' | 'rejectUnauthorized'>;
}

export function ask({ url, method = 'GET', headers = {}, body, tls = {} }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? https.request : http.request;
    const request = send(url, { method, headers, agent: false, ...tls }, response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => {
        resolve({ status: response.statusCode!, headers: plain(response.headers), body: Buffer.concat(chunks) });
      });
    });
    request.setTimeout(30_000, () => request.destroy(new Error(`${url} does not answer`)));
    request.on('error', reject).end(body);
  });
}

/** One value for each name; several become a list, as HTTP has it. */
export function plain(headers: http.IncomingHttpHeaders): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined).map(([name, value]) => [name, [value].flat().join(', ')]));
}
