/**
 * The controllers' webhooks answer from pods, and here no pod runs. The API server's way into the cluster ends at this server instead, which
 * shows the certificate that the chart made, and admits everything: name, certificate and authority of a webhook are put to the proof, its opinion is not.
 */
import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tls from 'node:tls';
import type { ClusterClient } from './cluster-client';

const HOST = '127.0.0.1';

export class WebhookStandIn {
  /** Paths that the API server asked. */
  readonly asked = new Set<string>();
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'egress-')); // a socket's path may have 100 characters
  private readonly socket = path.join(this.directory, 'socket');
  private readonly door = http.createServer();
  private readonly webhook = https.createServer({ SNICallback: (name, done) => { this.certificateOf(name).then(context => done(null, context), done); } });
  private client?: ClusterClient;

  /** Returns the arguments of the API server that make it go this way. */
  async start(): Promise<string[]> {
    this.webhook.on('request', (request, response) => { void this.admit(request, response); });
    await new Promise<void>(resolve => this.webhook.listen(0, HOST, () => resolve()));
    const { port } = this.webhook.address() as net.AddressInfo;
    this.door.on('connect', (_request, client: net.Socket) => {
      const server = net.connect(port, HOST, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
    });
    await new Promise<void>(resolve => this.door.listen(this.socket, () => resolve()));
    return [`--egress-selector-config-file=${this.writeConfiguration()}`];
  }

  /** Certificates are secrets of the cluster. */
  answerFor(client: ClusterClient): void {
    this.client = client;
  }

  async stop(): Promise<void> {
    for (const server of [this.door, this.webhook]) {
      server.closeAllConnections();
      server.close();
    }
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private async admit(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.asked.add(new URL(request.url!, 'https://webhook').pathname);
    let body = '';
    for await (const chunk of request) { body += String(chunk); }
    const { apiVersion, request: { uid } } = JSON.parse(body) as { apiVersion: string; request: { uid: string } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ apiVersion, kind: 'AdmissionReview', response: { uid, allowed: true } }));
  }

  /** `name` is `service.namespace.svc`; the secret's name is the chart's own affair. */
  private async certificateOf(name: string): Promise<tls.SecureContext> {
    const [, namespace] = name.split('.');
    const secrets = await this.client?.list(`/api/v1/namespaces/${namespace}/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls`) ?? [];
    for (const { data } of secrets) {
      const [cert, key] = [data['tls.crt'], data['tls.key']].map(text => Buffer.from(text as string, 'base64'));
      if (isFor(cert.toString(), name)) { return tls.createSecureContext({ cert, key }); }
    }
    throw new Error(`no secret of ${namespace} has a certificate of ${name}`);
  }

  private writeConfiguration(): string {
    const file = path.join(this.directory, 'egress.json');
    fs.writeFileSync(file, JSON.stringify({
      apiVersion: 'apiserver.k8s.io/v1beta1',
      kind: 'EgressSelectorConfiguration',
      egressSelections: [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: this.socket } } } }],
    }));
    return file;
  }
}

function isFor(certificate: string, name: string): boolean {
  return new X509Certificate(certificate).checkHost(name) !== undefined;
}
