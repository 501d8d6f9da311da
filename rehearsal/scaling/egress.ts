/** The API server's way into the cluster: to the metrics server, which runs beside it, and else to what stands in for the controllers' webhooks. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ClusterClient } from '../kubernetes/cluster-client';
import { WebhookStandIn } from '../kubernetes/webhook-stand-in';

const FLAG = '--egress-selector-config-file=';

interface Configuration {
  readonly egressSelections: { readonly connection: { readonly transport: { readonly uds: { udsName: string } } } }[];
}

export class Egress {
  private readonly webhooks = new WebhookStandIn();
  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'way-')); // a socket's path may have 100 characters
  private readonly door = http.createServer();

  /** Returns the arguments of the API server; `beside` is the port of the server that is called `localhost`. */
  async start(beside: number): Promise<string[]> {
    const args = await this.webhooks.start();
    const file = args.find(arg => arg.startsWith(FLAG))!.slice(FLAG.length);
    const configuration = JSON.parse(fs.readFileSync(file, 'utf8')) as Configuration;
    const { uds } = configuration.egressSelections[0].connection.transport;
    const standIn = uds.udsName;
    uds.udsName = path.join(this.directory, 'socket');
    const own = path.join(this.directory, 'egress.json');
    fs.writeFileSync(own, JSON.stringify(configuration));
    this.door.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
      const isBeside = request.url === `localhost:${beside}`;
      const server = isBeside ? net.connect(beside, '127.0.0.1') : net.connect(standIn);
      server.once('connect', () => {
        if (isBeside) {
          client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        } else {
          server.write(`CONNECT ${request.url} HTTP/1.1\r\nHost: ${request.url}\r\n\r\n`);
        }
        client.pipe(server).pipe(client);
      });
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
    });
    await new Promise<void>(resolve => this.door.listen(uds.udsName, () => resolve()));
    return [`${FLAG}${own}`];
  }

  /** Certificates of webhooks are secrets of the cluster. */
  answerFor(client: ClusterClient): void {
    this.webhooks.answerFor(client);
  }

  /** Paths that the API server asked. */
  get asked(): ReadonlySet<string> {
    return this.webhooks.asked;
  }

  async stop(): Promise<void> {
    this.door.closeAllConnections();
    this.door.close();
    await this.webhooks.stop();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
