/** A small client of a Kubernetes API server. */
import * as https from 'node:https';
import type { Kubernetes } from '../kubernetes/control-plane';

export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: string[];
  };
  // what each kind has is known to who asks for it
  readonly spec?: any;
  readonly status?: any;
}

export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const MERGE = 'application/merge-patch+json';
/** Names, without what makes a list of hundreds of pods long. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

export class KubernetesApi {
  private readonly agent = new https.Agent({ keepAlive: true, maxSockets: 8 });

  constructor(private readonly kubernetes: Pick<Kubernetes, 'url' | 'certificateAuthority' | 'token'>) {}

  get(path: string): Promise<KubernetesObject> {
    return this.request('GET', path);
  }

  /** Undefined where there is none. */
  async find(path: string): Promise<KubernetesObject | undefined> {
    return this.get(path).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) { return undefined; }
      throw error;
    });
  }

  async list(path: string): Promise<KubernetesObject[]> {
    return (await this.request<{ items: KubernetesObject[] }>('GET', path)).items;
  }

  async count(path: string): Promise<number> {
    const { items } = await this.request<{ items: unknown[] | null }>('GET', path, undefined, { accept: METADATA_ONLY });
    return items?.length ?? 0;
  }

  create(path: string, body: unknown): Promise<KubernetesObject> {
    return this.request('POST', path, body);
  }

  /** Creates it, or gives it this content. */
  async apply(collection: string, body: KubernetesObject): Promise<void> {
    const path = `${collection}/${body.metadata.name}`;
    await (await this.find(path) ? this.merge(path, body) : this.create(collection, body));
  }

  merge(path: string, body: unknown): Promise<KubernetesObject> {
    return this.request('PATCH', path, body, { 'content-type': MERGE });
  }

  async delete(path: string): Promise<void> {
    await this.request('DELETE', path).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) { throw error; }
    });
  }

  private request<T>(method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const { url, certificateAuthority: ca, token } = this.kubernetes;
    return new Promise((resolve, reject) => {
      const request = https.request(`${url}${path}`, {
        method, ca, agent: this.agent, timeout: 30_000,
        headers: { 'authorization': `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode!;
          if (status < 300) { resolve((text ? JSON.parse(text) : {}) as T); } else { reject(new ApiError(status, `${method} ${path}: ${status} ${text.slice(0, 500)}`)); }
        });
        response.once('error', reject);
      });
      request.once('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within 30 s`))).once('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
