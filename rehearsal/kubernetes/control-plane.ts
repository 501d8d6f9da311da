/** A real Kubernetes control plane on the loopback interface: etcd, the API server and, where asked for, controllers and scheduler. No node, so pods never run. */
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import * as net from 'node:net';
import * as path from 'node:path';
import { Failure } from '../failure';
import { start, stop } from '../process';
import type { KubernetesTools } from './tools';

const HOST = '127.0.0.1';
const START_SECONDS = 60;

export interface KubernetesOptions {
  /** Where certificates, data and logs of this run are. */
  readonly directory: string;
  readonly tools: Pick<KubernetesTools, 'kubernetes'>;
  /** Address of a TokenReview webhook, asked about every token but the administrator's. @default - none */
  readonly webhook?: string;
  /** @default - the API server alone */
  readonly controllers?: boolean;
  /** @default - no pod finds a node */
  readonly scheduler?: boolean;
  /** Further arguments of the programs. @default - none */
  readonly extraArguments?: Partial<Record<Part, readonly string[]>>;
}

export type Part = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';

export interface Kubernetes {
  /** Of an administrator (`system:masters`). */
  readonly kubeconfig: string;
  readonly url: string;
  /** In PEM. */
  readonly certificateAuthority: string;
  /** The administrator's bearer token. */
  readonly token: string;
  readonly directory: string;
  /** Ends every program of it. */
  stop(): Promise<void>;
}

export async function startKubernetes(options: KubernetesOptions): Promise<Kubernetes> {
  const controlPlane = new ControlPlane(options);
  try {
    return await controlPlane.start();
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

class ControlPlane {
  private readonly running: { part: Part; child: ChildProcess; log: string }[] = [];
  private readonly directory: string;
  private readonly kubeconfig: string;

  constructor(private readonly options: KubernetesOptions) {
    this.directory = path.resolve(options.directory);
    this.kubeconfig = path.join(this.directory, 'kubeconfig');
  }

  async start(): Promise<Kubernetes> {
    fs.rmSync(this.directory, { recursive: true, force: true });
    fs.mkdirSync(this.directory, { recursive: true });
    const token = randomBytes(16).toString('hex');
    this.writeAccounts(token);
    const [etcdPort, peerPort, port, controllerPort, schedulerPort] = await freePorts(5);
    const url = `https://${HOST}:${port}`;
    this.startEtcd(etcdPort, peerPort);
    this.startApiServer(etcdPort, port);
    const certificateAuthority = await this.ready(port, token);
    fs.writeFileSync(this.kubeconfig, kubeconfigOf({ url, certificateAuthority, token }));
    if (this.options.controllers) { this.startControllers(controllerPort); }
    if (this.options.scheduler) { this.startScheduler(schedulerPort); }
    return { kubeconfig: this.kubeconfig, url, certificateAuthority, token, directory: this.directory, stop: () => this.stop() };
  }

  /** Last started, first ended: etcd goes when nobody asks it any more. */
  async stop(): Promise<void> {
    for (const { child } of this.running.splice(0).reverse()) { await stop(child); }
  }

  private startEtcd(port: number, peerPort: number): void {
    const [client, peer] = [`http://${HOST}:${port}`, `http://${HOST}:${peerPort}`];
    this.launch('etcd', [
      '--name=rehearsal', `--data-dir=${this.file('etcd')}`, '--unsafe-no-fsync', '--log-level=warn',
      `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=rehearsal=${peer}`,
    ]);
  }

  private startApiServer(etcdPort: number, port: number): void {
    this.launch('kube-apiserver', [
      `--etcd-servers=http://${HOST}:${etcdPort}`,
      // it makes its own certificate there, for its loopback address
      `--cert-dir=${this.file('certificates')}`, `--bind-address=${HOST}`, `--secure-port=${port}`,
      `--advertise-address=${HOST}`, '--endpoint-reconciler-type=none', // no pod will look for it
      '--allow-privileged=true', '--authorization-mode=RBAC', `--token-auth-file=${this.file('tokens.csv')}`,
      '--service-cluster-ip-range=10.96.0.0/16', '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${this.file('accounts.pub')}`, `--service-account-signing-key-file=${this.file('accounts.key')}`,
      ...this.options.webhook ? [
        `--authentication-token-webhook-config-file=${this.file('webhook')}`,
        '--authentication-token-webhook-version=v1', '--authentication-token-webhook-cache-ttl=1s',
      ] : [],
    ]);
  }

  private startControllers(port: number): void {
    this.launch('kube-controller-manager', [
      ...this.client(port), '--use-service-account-credentials', `--service-account-private-key-file=${this.file('accounts.key')}`,
      `--root-ca-file=${this.file('certificates/apiserver.crt')}`,
    ]);
  }

  private startScheduler(port: number): void {
    this.launch('kube-scheduler', this.client(port));
  }

  private client(port: number): string[] {
    return [
      `--kubeconfig=${this.kubeconfig}`, `--authentication-kubeconfig=${this.kubeconfig}`, `--authorization-kubeconfig=${this.kubeconfig}`,
      '--leader-elect=false', `--bind-address=${HOST}`, `--secure-port=${port}`,
    ];
  }

  private launch(part: Part, args: readonly string[]): void {
    const log = this.file(`${part}.log`);
    const output = fs.openSync(log, 'w');
    const own = this.options.extraArguments?.[part] ?? [];
    const child = start(this.options.tools.kubernetes, [part, ...args, ...own], {
      stdio: ['ignore', output, output], cwd: this.directory, env: { ...process.env, REHEARSAL_PARENT: String(process.pid) },
    });
    fs.closeSync(output);
    this.running.push({ part, child, log });
  }

  /** Waits until the API server answers that it is ready, and returns the authority of its certificate. */
  private async ready(port: number, token: string): Promise<string> {
    const file = this.file('certificates/apiserver.crt');
    const deadline = Date.now() + START_SECONDS * 1000;
    while (Date.now() < deadline) {
      const ended = this.running.find(({ child }) => child.exitCode !== null || child.signalCode !== null);
      if (ended) { throw new Failure(`${ended.part} ended while it started; its log is ${path.relative('.', ended.log)}.`, logOf(ended.log)); }
      const certificate = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
      if (certificate.trimEnd().endsWith('-----END CERTIFICATE-----') && await answers({ port, token, ca: certificate })) { return certificate; }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const { log } = this.running[1];
    throw new Failure(`The API server was not ready within ${START_SECONDS} s; its log is ${path.relative('.', log)}.`, logOf(log));
  }

  private writeAccounts(token: string): void {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.write('accounts.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
    this.write('accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    this.write('tokens.csv', `${token},administrator,administrator,system:masters\n`);
    if (this.options.webhook) { this.write('webhook', kubeconfigOf({ url: this.options.webhook })); }
  }

  private write(name: string, text: string): void {
    fs.writeFileSync(this.file(name), text, { mode: 0o600 });
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }
}

/** JSON is YAML, which is what the readers of a kubeconfig take. */
export function kubeconfigOf({ url, certificateAuthority, token }: { url: string; certificateAuthority?: string; token?: string }): string {
  const authority = certificateAuthority && { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  return JSON.stringify({
    'apiVersion': 'v1',
    'kind': 'Config',
    'clusters': [{ name: 'rehearsal', cluster: { server: url, ...authority } }],
    'users': [{ name: 'rehearsal', user: token ? { token } : {} }],
    'contexts': [{ name: 'rehearsal', context: { cluster: 'rehearsal', user: 'rehearsal' } }],
    'current-context': 'rehearsal',
  }, null, 2);
}

function answers({ port, token, ca }: { port: number; token: string; ca: string }): Promise<boolean> {
  return new Promise(resolve => {
    const request = https.get({ host: HOST, port, path: '/readyz', ca, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 2000 }, response => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy()).once('error', () => resolve(false));
  });
}

function logOf(file: string): string {
  return fs.readFileSync(file, 'utf8').slice(-4000);
}

/** Free at the same time, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<net.Server>((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, HOST, () => resolve(server));
  })));
  const ports = servers.map(server => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
  return ports;
}
