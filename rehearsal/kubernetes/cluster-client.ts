/** Asks a cluster as a person does, with kubectl and helm, and as a program does, by its API. */
import * as fs from 'node:fs';
import * as https from 'node:https';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Kubernetes } from './control-plane';
import type { KubernetesTools } from './tools';
import { Failure } from '../failure';
import { run, type RunResult } from '../process';

/** Any object of the API. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly resourceVersion?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly creationTimestamp?: string;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [field: string]: any;
}

const CONCURRENCY = 4;

interface Answer {
  readonly status: number;
  readonly body: string;
}

export class ClusterClient {
  private readonly environment: NodeJS.ProcessEnv;
  private files = 0;

  constructor(readonly cluster: Kubernetes, private readonly tools: KubernetesTools) {
    const home = path.join(cluster.directory, 'home');
    fs.mkdirSync(home, { recursive: true });
    // their settings, caches and plugins are this run's own
    this.environment = { PATH: process.env.PATH, TMPDIR: os.tmpdir(), HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  }

  kubectl(...args: string[]): Promise<RunResult> {
    return run(this.tools.kubectl, ['--kubeconfig', this.cluster.kubeconfig, '--cache-dir', path.join(this.cluster.directory, 'cache'), ...args], { env: this.environment });
  }

  helm(...args: string[]): Promise<RunResult> {
    return run(this.tools.helm, [...args, '--kubeconfig', this.cluster.kubeconfig], { env: this.environment });
  }

  /** Like `kubectl`, for what has to succeed; what it printed is in the failure. */
  async must(what: string, tool: 'kubectl' | 'helm', ...args: string[]): Promise<string> {
    const { exitCode, output } = await this[tool](...args);
    if (exitCode !== 0) { throw new Failure(`${what}: ${firstError(output)}`, output); }
    return output;
  }

  /** Applies objects, and not for a try. */
  async applyForReal(objects: readonly object[]): Promise<void> {
    if (objects.length === 0) { return; }
    await this.must('What others need cannot be applied', 'kubectl', 'apply', '--server-side', '--force-conflicts', '-f', this.file(objects));
  }

  /** Whether the API server would take the objects, every field of them known. */
  tryOut(objects: readonly object[], verb: 'apply' | 'create' = 'apply'): Promise<RunResult> {
    return this.kubectl(verb, '--dry-run=server', '--validate=strict', '-f', this.file(objects));
  }

  /** Before the controller has counted what is there, nothing may be made under a quota. */
  async quotaIsKnown(namespace: string, name: string): Promise<void> {
    await eventually(`the quota ${namespace}/${name} to be counted`, async () =>
      (await this.find(`/api/v1/namespaces/${namespace}/resourcequotas/${name}`))?.status?.hard !== undefined);
  }

  /** Before it has its service account, no pod may be made in a namespace. */
  async namespaceIsReady(namespace: string): Promise<void> {
    await eventually(`the service account of ${namespace}`, async () => await this.find(`/api/v1/namespaces/${namespace}/serviceaccounts/default`) !== undefined);
  }

  /** Before it is established, no object of a definition is known. */
  async definitionsAreKnown(): Promise<void> {
    await this.must('Definitions are not established', 'kubectl', 'wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
  }

  /** `undefined` where there is none. */
  async find(apiPath: string): Promise<KubernetesObject | undefined> {
    const { status, body } = await this.request('GET', apiPath);
    if (status === 404) { return undefined; }
    return JSON.parse(accepted(status, body, apiPath)) as KubernetesObject;
  }

  async list(apiPath: string): Promise<KubernetesObject[]> {
    const { status, body } = await this.request('GET', apiPath);
    if (status === 404) { return []; }
    return (JSON.parse(accepted(status, body, apiPath)) as { items: KubernetesObject[] }).items;
  }

  async send(method: 'POST' | 'PATCH' | 'DELETE', apiPath: string, content: object): Promise<KubernetesObject> {
    const { status, body } = await this.request(method, apiPath, content);
    return JSON.parse(accepted(status, body, `${method} ${apiPath}`)) as KubernetesObject;
  }

  private file(objects: readonly object[]): string {
    const file = path.join(this.cluster.directory, `objects-${this.files++}.json`);
    fs.writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2));
    return file;
  }

  /** The API server asks for patience while it takes a new definition in. */
  private async request(method: string, apiPath: string, content?: object): Promise<Answer> {
    let answer = await this.requestOnce(method, apiPath, content);
    for (let tries = 1; answer.status === 429 && tries < 20; tries++) {
      await new Promise(resolve => setTimeout(resolve, 500));
      answer = await this.requestOnce(method, apiPath, content);
    }
    return answer;
  }

  private requestOnce(method: string, apiPath: string, content?: object): Promise<Answer> {
    const { url, certificateAuthority: ca, token } = this.cluster;
    const text = content && JSON.stringify(content);
    const headers = {
      'authorization': `Bearer ${token}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      ...text ? { 'content-length': Buffer.byteLength(text) } : {}, // Node sends none with DELETE
    };
    return new Promise((resolve, reject) => {
      const request = https.request(new URL(apiPath, url), { method, ca, headers }, response => {
        let body = '';
        response.setEncoding('utf8').on('data', chunk => { body += chunk; }).on('end', () => resolve({ status: response.statusCode!, body }));
      });
      request.once('error', reject);
      request.end(text);
    });
  }
}

/** The line of a tool's output that says what is wrong. */
export function firstError(output: string): string {
  const lines = output.split('\n').map(line => line.trim()).filter(line => line.length > 0);
  return (lines.find(line => /^(error|Error)\b|\bError from server|forbidden|invalid/i.test(line)) ?? lines.at(-1) ?? 'it printed nothing').slice(0, 600);
}

/** Waits for what a controller does, for half a minute at most. */
export async function eventually(what: string, happened: () => Promise<boolean>, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!await happened()) {
    if (Date.now() > deadline) { throw new Failure(`Waited ${seconds} s for ${what}.`); }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** In order, as many at the same time as a small machine has use for. */
export async function someAtATime<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const next = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) { results[entry[0]] = await work(entry[1]); }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, next));
  return results;
}

function accepted(status: number, body: string, what: string): string {
  if (status >= 300) { throw new Failure(`The API server refused ${what}: ${status}`, body); }
  return body;
}
