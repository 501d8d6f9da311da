/** Starts and stops the local EC2 (`local-ec2/`), and tells it what is beside its API: the network that exists already, shortages, reclaimed machines. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { freePorts } from '../kubernetes/control-plane';
import { run, start, stop } from '../process';
import { pythonEnvironment } from '../python-env';

const FOLDER = path.join(__dirname, 'local-ec2');
const START_SECONDS = 60;

export interface LocalEc2Options {
  readonly cache: string;
  readonly directory: string;
  readonly account: string;
  readonly region: string;
  /** The library's price table. */
  readonly prices: string;
}

/** What CloudFormation has made before the first machine is launched, with the ids that the manifests name. */
export interface Surroundings {
  readonly vpc: { readonly id: string; readonly cidr: string };
  readonly subnets: readonly { readonly id: string; readonly cidr: string; readonly zone: string }[];
  readonly securityGroup: { readonly id: string; readonly name: string };
  readonly instanceProfile: string;
  readonly queue: string;
  readonly baseline: { readonly type: string; readonly count: number; readonly tags: Record<string, string>; readonly volumes: readonly unknown[] };
}

/** Offers without capacity; an empty list matches every value. */
export interface Shortage {
  readonly instance_types?: readonly string[];
  readonly zones?: readonly string[];
  readonly lifecycles?: readonly ('spot' | 'on-demand')[];
}

export interface Machine {
  readonly id: string;
  readonly state: string;
  readonly type: string;
  readonly zone: string;
  readonly lifecycle: 'spot' | 'on-demand';
  readonly architecture: string;
  readonly privateIp?: string;
  readonly privateDnsName?: string;
  readonly tags: Record<string, string>;
  /** What its user data tells the kubelet. */
  readonly kubelet: { readonly labels?: Record<string, string>; readonly taints?: Record<string, string[]>; readonly clusterName?: string };
  readonly security: {
    readonly httpTokens: string;
    readonly hopLimit: number;
    readonly instanceProfile?: string;
    readonly securityGroups: string[];
    readonly volumes: { readonly encrypted: boolean; readonly key?: string; readonly gib: number; readonly tags: Record<string, string> }[];
  };
}

export class LocalEc2 {
  static async start(options: LocalEc2Options): Promise<LocalEc2> {
    const python = await pythonEnvironment(path.join(FOLDER, 'requirements.txt'), options.cache);
    const [port] = await freePorts(1);
    const log = path.join(options.directory, 'local-ec2.log');
    const output = fs.openSync(log, 'w');
    const child = start(python, [
      path.join(FOLDER, 'server.py'), '--port', String(port), '--account', options.account, '--region', options.region, '--prices', options.prices,
    ], { stdio: ['ignore', output, output], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
    fs.closeSync(output);
    const ec2 = new LocalEc2(`http://127.0.0.1:${port}`, options.region, child, python);
    await ec2.ready(log);
    return ec2;
  }

  private constructor(readonly endpoint: string, private readonly region: string, private readonly child: ChildProcess, private readonly python: string) {}

  /** The environment of a process that uses this AWS. */
  environment(): NodeJS.ProcessEnv {
    return {
      AWS_ENDPOINT_URL: this.endpoint, AWS_REGION: this.region, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  /** Of this AWS's clients in this process. */
  clientOptions() {
    return { endpoint: this.endpoint, region: this.region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  }

  /** Writes what the control plane, metrics server and machines show each other. */
  async writeCertificates(directory: string): Promise<void> {
    const made = await run(this.python, [path.join(FOLDER, 'certificates.py'), directory]);
    if (made.exitCode !== 0) { throw new Failure('The certificates of the local programs cannot be made.', made.output); }
  }

  async surround(surroundings: Surroundings): Promise<void> {
    await this.control('PUT', 'surroundings', surroundings);
  }

  /** What EKS says of the cluster. */
  async describeCluster(cluster: Record<string, unknown>): Promise<void> {
    await this.control('PUT', 'cluster', cluster);
  }

  async machines(): Promise<Machine[]> {
    return this.control('GET', 'machines');
  }

  /** Offers that have no capacity from now on; returns how often one was refused so far. */
  async setShortages(shortages: readonly Shortage[]): Promise<number> {
    return (await this.control<{ refusals: number }>('PUT', 'shortages', shortages)).refusals;
  }

  /** Takes Spot machines away, as EC2 does two minutes after it said so. */
  async reclaim(instanceIds: readonly string[]): Promise<void> {
    await this.control('POST', 'reclaim', { instanceIds });
  }

  async stop(): Promise<void> {
    await stop(this.child);
  }

  private async control<T>(method: string, name: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.endpoint}/_local/${name}`, { method, body: body === undefined ? undefined : JSON.stringify(body), headers: { 'content-type': 'application/json' } });
    if (!answer.ok) { throw new Failure(`The local EC2 refused ${name} (${answer.status}).`, await answer.text()); }
    return await answer.json() as T;
  }

  private async ready(log: string): Promise<void> {
    const deadline = Date.now() + START_SECONDS * 1000;
    while (Date.now() < deadline) {
      if (this.child.exitCode !== null) { break; }
      if (await this.control('GET', 'machines').then(() => true, () => false)) { return; }
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    throw new Failure('The local EC2 did not start.', fs.readFileSync(log, 'utf8'));
  }
}
