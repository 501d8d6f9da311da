/** What the checks have to work with: the site as a viewer reaches it. */
import type { Browser } from './browser';
import type { Certificate } from './certificate';
import type { Distribution } from './distribution';
import type { EdgeServer } from './edge-server';
import type { ExampleApi } from './example-api';
import { type Answer, ask, type Headers } from './exchange';
import type { SiteDeployment } from './site-deployment';

export interface Stage {
  readonly host: string;
  readonly distribution: Distribution;
  readonly edge: EdgeServer;
  readonly certificate: Certificate;
  readonly deployment: SiteDeployment;
  readonly api: ExampleApi;
  readonly browser: Browser;
  /** Folder for pictures. */
  readonly screenshots: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly scheme?: 'http' | 'https';
}

/** One request without a browser, as it is on the wire. */
export function request({ host, edge, certificate }: Stage, path: string, { method, headers, body, scheme = 'https' }: Asked = {}): Promise<Answer> {
  const port = scheme === 'https' ? edge.securePort : edge.plainPort;
  return ask({
    url: `${scheme}://127.0.0.1:${port}${path}`,
    method,
    body,
    headers: { host, ...headers, ...body !== undefined && { 'content-length': String(Buffer.byteLength(body)) } },
    tls: { ca: certificate.certificate, servername: host },
  });
}
