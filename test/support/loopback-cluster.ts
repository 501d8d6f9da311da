import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

/** A machine, interface or launch template in EC2, known by its id. */
export interface CloudResource {
  readonly tags: Record<string, string>;
  /** Of a machine or an interface. */
  state?: string;
  readonly securityGroup?: string;
}

type Objects = Record<string, Record<string, any>>;
/** What EC2 lists a kind in, and calls its id. */
const KINDS = {
  instances: { call: 'DescribeInstances', set: 'reservationSet', id: 'instanceId' },
  interfaces: { call: 'DescribeNetworkInterfaces', set: 'networkInterfaceSet', id: 'networkInterfaceId' },
  templates: { call: 'DescribeLaunchTemplates', set: 'launchTemplates', id: 'launchTemplateId' },
} as const;

/**
 * A cluster on loopback as its teardown sees it: the Kubernetes API over HTTPS, and EKS, EC2 and CloudFormation's answers over HTTP. Tests say how the world goes on
 * after each call.
 */
export class LoopbackCluster {
  public nodePools: Objects = {};
  public nodeClaims: Objects = {};
  public volumes: Objects = {};
  public instances: Record<string, CloudResource> = {};
  public interfaces: Record<string, CloudResource> = {};
  public templates: Record<string, CloudResource> = {};
  /** What the next calls of the Kubernetes API are answered with, instead of what they ask for. */
  public refusals: number[] = [];
  /** Every call, such as `DELETE nodepools/default` or `TerminateInstances i-1`. */
  public readonly calls: string[] = [];
  /** What came with the calls of the Kubernetes API. */
  public readonly tokens: string[] = [];
  /** What CloudFormation was told. */
  public readonly answers: Record<string, any>[] = [];
  /** Whether EKS knows the cluster. */
  public exists = true;
  /** What the control plane logs. */
  public logs = ['api', 'audit'];
  /** How often EKS is asked before it has changed what the cluster logs. */
  public logUpdateTakes = 2;
  public endpoint = '';
  /** What happens after a call, besides what it does itself. */
  public afterwards?: (call: string) => void;

  private readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cluster-'));
  private readonly kubernetes: https.Server;
  private readonly aws = http.createServer((request, response) => { void this.answerAws(request, response); });

  constructor() {
    const file = (name: string) => path.join(this.directory, name);
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=kubernetes',
      '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('certificate.pem'),
    ], { stdio: 'ignore' });
    this.kubernetes = https.createServer({ key: fs.readFileSync(file('key.pem')), cert: this.certificate }, (request, response) => this.answerKubernetes(request, response));
  }

  public async start(): Promise<this> {
    await Promise.all([this.kubernetes, this.aws].map(server => new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); })));
    this.endpoint = `https://127.0.0.1:${(this.kubernetes.address() as AddressInfo).port}`;
    return this;
  }

  public async stop(): Promise<void> {
    for (const server of [this.kubernetes, this.aws]) { server.closeAllConnections(); }
    await Promise.all([this.kubernetes, this.aws].map(server => new Promise(resolve => { server.close(resolve); })));
    fs.rmSync(this.directory, { recursive: true });
  }

  /** Where EKS, EC2 and CloudFormation answer. */
  public get awsUrl(): string {
    return `http://127.0.0.1:${(this.aws.address() as AddressInfo).port}`;
  }

  private get certificate(): Buffer {
    return fs.readFileSync(path.join(this.directory, 'certificate.pem'));
  }

  private answerKubernetes({ method, url, headers }: http.IncomingMessage, response: http.ServerResponse): void {
    this.tokens.push(headers.authorization!.replace('Bearer ', ''));
    const [, kind, name] = /^\/(?:api|apis\/karpenter\.sh)\/v1\/(\w+)\/?(.*)$/.exec(url!)!;
    const call = name ? `${method} ${kind}/${name}` : `${method} ${kind}`;
    const refusal = this.refusals.shift();
    const objects = { nodepools: this.nodePools, nodeclaims: this.nodeClaims, persistentvolumes: this.volumes }[kind]!;
    let status = refusal ?? 200;
    let body: object = {};
    if (!refusal && method === 'GET') { body = { items: Object.entries(objects).map(([id, object]) => ({ ...object, metadata: { ...object.metadata, name: id } })) }; }
    if (!refusal && method === 'DELETE') { status = this.deleteObject(kind, objects, name); }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    this.note(call);
  }

  /** A NodeClaim has a finalizer: Karpenter, which the test plays, removes it. */
  private deleteObject(kind: string, objects: Objects, name: string): number {
    if (!objects[name]) { return 404; }
    if (kind === 'nodeclaims') { objects[name].metadata = { deletionTimestamp: 'now' }; } else { delete objects[name]; }
    return 200;
  }

  private async answerAws(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) { text += chunk; }
    if (request.method === 'PUT') {
      this.answers.push(JSON.parse(text));
      response.end();
    } else if (request.url!.startsWith('/clusters/')) {
      this.answerEks(request, text, response);
    } else {
      this.answerEc2(new URLSearchParams(text), response);
    }
  }

  private answerEks({ method, url }: http.IncomingMessage, text: string, response: http.ServerResponse): void {
    const call = method === 'POST' ? 'UpdateClusterConfig' : url!.includes('/updates/') ? 'DescribeUpdate' : 'DescribeCluster';
    if (!this.exists) {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end(JSON.stringify({ message: 'No cluster found' }));
    } else if (call === 'UpdateClusterConfig') {
      const [{ types, enabled }] = (JSON.parse(text) as { logging: { clusterLogging: { types: string[]; enabled: boolean }[] } }).logging.clusterLogging;
      if (!enabled) { this.logs = this.logs.filter(type => !types.includes(type)); }
      response.end(JSON.stringify({ update: { id: 'update-1', status: 'InProgress' } }));
    } else if (call === 'DescribeUpdate') {
      response.end(JSON.stringify({ update: { id: 'update-1', status: --this.logUpdateTakes < 0 ? 'Successful' : 'InProgress' } }));
    } else {
      const clusterLogging = [{ types: this.logs, enabled: true }, { types: ['scheduler'], enabled: false }];
      response.end(JSON.stringify({
        cluster: { endpoint: this.endpoint, certificateAuthority: { data: this.certificate.toString('base64') }, logging: { clusterLogging } },
      }));
    }
    this.note(call);
  }

  private answerEc2(query: URLSearchParams, response: http.ServerResponse): void {
    const action = query.get('Action')!;
    const listed = Object.entries(KINDS).find(([, { call }]) => call === action) as [keyof typeof KINDS, typeof KINDS[keyof typeof KINDS]] | undefined;
    const ids = [...query].filter(([name]) => /Id(\.\d+)?$/.test(name)).map(([, value]) => value);
    const body = listed ? this.describe(listed[0], query) : this.change(action, ids);
    response.setHeader('content-type', 'text/xml');
    response.end(`<${action}Response>${body}</${action}Response>`);
    this.note([action, ...ids].join(' '));
  }

  /** One on each page. */
  private describe(kind: keyof typeof KINDS, query: URLSearchParams): string {
    const { set, id } = KINDS[kind];
    const found = Object.entries(this[kind]).filter(([, resource]) => filtersOf(query).every(filter => matches(resource, filter)));
    const page = Number(query.get('NextToken') ?? 0);
    const [one] = found.slice(page);
    if (!one) { return `<${set}/>`; }
    const item = `<item><${id}>${one[0]}</${id}><instanceState><name>${one[1].state}</name></instanceState></item>`;
    const items = kind === 'instances' ? `<item><instancesSet>${item}</instancesSet></item>` : item;
    return `<${set}>${items}</${set}>${page + 1 < found.length ? `<nextToken>${page + 1}</nextToken>` : ''}`;
  }

  private change(action: string, ids: string[]): string {
    for (const id of ids) {
      if (action === 'TerminateInstances') { this.instances[id].state = 'shutting-down'; }
      if (action === 'DeleteNetworkInterface') { delete this.interfaces[id]; }
      if (action === 'DeleteLaunchTemplate') { delete this.templates[id]; }
    }
    return '';
  }

  private note(call: string): void {
    this.calls.push(call);
    this.afterwards?.(call);
  }
}

interface Filter { readonly name: string; readonly values: string[] }

function filtersOf(query: URLSearchParams): Filter[] {
  const filters: Filter[] = [];
  for (let index = 1; query.has(`Filter.${index}.Name`); index++) {
    const values = [...query].filter(([name]) => name.startsWith(`Filter.${index}.Value.`)).map(([, value]) => value);
    filters.push({ name: query.get(`Filter.${index}.Name`)!, values });
  }
  return filters;
}

function matches({ tags, state, securityGroup }: CloudResource, { name, values }: Filter): boolean {
  if (name.startsWith('tag:')) { return values.includes(tags[name.slice('tag:'.length)]); }
  switch (name) {
    case 'tag-key': return values.some(key => key in tags);
    case 'instance-state-name': case 'status': return values.includes(state!);
    case 'group-id': return values.includes(securityGroup!);
    default: throw new Error(`filter ${name}`);
  }
}
