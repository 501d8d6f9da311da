/** Starts and stops the local AWS, and makes the credentials that select an account in it. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { Failure } from '../failure';
import { release, start, stop } from '../process';
import { pythonEnvironment } from '../python-env';
import { writeResourceSpec } from './resource-spec';

const HOST = '127.0.0.1';
const START_SECONDS = 30;

export interface LocalAwsOptions {
  /** Where the Python environment and the specification are kept for later runs. */
  readonly cache: string;
  /** Where this run's scratch and log are. */
  readonly directory: string;
  /** Whether the process outlives the rehearsal. */
  readonly keep: boolean;
  /** @default - a free one */
  readonly port?: number;
  /** Where functions that run locally find the AWS SDK. */
  readonly nodeModules: string;
}

/** What only a person can grant on AWS: a connection to the code host, a Slack workspace for an account, e-mail to an address. */
export type Consent =
  | { readonly connection: string }
  | { readonly slackWorkspace: string; readonly account: string }
  | { readonly subscription: string; readonly account: string };

/** What happens with one resource type; see launcher.py. */
export interface TypeFidelity {
  readonly kind: 'real' | 'stored' | 'shape';
  /** Properties that the type's own handler never looked at. */
  readonly storedOnly: string[];
}

export interface LocalAwsStatus {
  readonly pid: number;
  readonly types: Record<string, TypeFidelity>;
  /** Operations that the launcher adds to ministack's, by service: what they set is kept and answered, nothing else follows from it. */
  readonly services: Record<string, string[]>;
  /** What the app expects to exist already, and was made for it. */
  readonly assumed: string[];
}

export async function statusOf(endpoint: string): Promise<LocalAwsStatus> {
  const answer = await fetch(`${endpoint}/_rehearsal/status`);
  return await answer.json() as LocalAwsStatus;
}

export class LocalAws {
  static async start(options: LocalAwsOptions): Promise<LocalAws> {
    const port = options.port ?? await freePort();
    if (options.port && !await isFree(port)) {
      throw new Failure(`Port ${port} is in use; end what listens on ${HOST}:${port}, or leave --port out to take a free one.`);
    }
    const [python, spec] = await Promise.all([
      pythonEnvironment(path.join(__dirname, 'requirements.txt'), options.cache),
      writeResourceSpec(options.cache),
    ]);
    const log = path.join(options.directory, 'local-aws.log');
    const aws = new LocalAws(port, log, launch(python, spec, port, options), path.dirname(python));
    await aws.ready();
    return aws;
  }

  readonly endpoint: string;

  private constructor(readonly port: number, readonly logFile: string, private readonly child: ChildProcess, private readonly tools: string) {
    this.endpoint = `http://${HOST}:${port}`;
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The environment of a process that talks to this AWS as the given account. */
  environment(account: string, region: string): NodeJS.ProcessEnv {
    return {
      ...isolatedEnvironment(),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ENDPOINT_URL_S3: this.endpoint, // SDKs would put the bucket in front of a host name
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
    };
  }

  /** The environment of a process that runs the AWS CLI as the given account. */
  cliEnvironment(account: string, region: string): NodeJS.ProcessEnv {
    return {
      ...this.environment(account, region),
      PATH: [this.tools, process.env.PATH].join(path.delimiter),
      // For S3's account settings the CLI puts the account in front of the host name, which only a proxy can take here.
      HTTP_PROXY: this.endpoint,
      http_proxy: this.endpoint,
      NO_PROXY: '',
      no_proxy: '',
    };
  }

  /**
   * Makes what the templates of an assembly expect to exist, so it can be asked for before the first deployment. `prepared`: with
   * the switches, trusted services and consents that they rely on; otherwise as AWS makes an organization.
   */
  async expect(assembly: string, prepared: boolean): Promise<void> {
    await this.tell('expect', { assembly: path.resolve(assembly), prepared });
  }

  /** Gives a consent in a person's place. */
  async consent(consent: Consent): Promise<void> {
    await this.tell('consent', consent);
  }

  status(): Promise<LocalAwsStatus> {
    return statusOf(this.endpoint);
  }

  stop(): Promise<void> {
    return stop(this.child);
  }

  /** Leaves the process running after the rehearsal. */
  keep(): void {
    release(this.child);
  }

  private async tell(what: string, body: object): Promise<void> {
    const answer = await fetch(`${this.endpoint}/_rehearsal/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) { throw new Failure(`The local AWS refused ${what}: ${(await answer.json() as { message: string }).message}`); }
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + START_SECONDS * 1000;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const answer = await fetch(`${this.endpoint}/_ministack/health`).catch(() => undefined);
      if (answer?.ok) { return; }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    await this.stop();
    const log = fs.readFileSync(this.logFile, 'utf8');
    throw new Failure(`The local AWS did not start on port ${this.port}; its log is ${this.logFile}.`, log);
  }
}

function launch(python: string, spec: string, port: number, options: LocalAwsOptions): ChildProcess {
  const log = fs.openSync(path.join(options.directory, 'local-aws.log'), 'w');
  const scratch = path.join(options.directory, 'tmp');
  fs.mkdirSync(scratch);
  const launcher = path.join(__dirname, 'launcher.py');
  const child = start(python, ['-B', launcher, '--port', String(port), '--spec', spec, '--cache', options.cache], {
    stdio: ['ignore', log, log],
    env: {
      ...isolatedEnvironment(),
      NODE_PATH: options.nodeModules,
      PATH: [path.dirname(python), process.env.PATH].join(path.delimiter), // functions run with this Python
      TMPDIR: scratch, // unpacked function code would stay in the system's
      REHEARSAL_KEEP: options.keep ? '1' : '0',
    },
  });
  fs.closeSync(log);
  return child;
}

/** This process's environment, from which no account of the user can be reached. */
export function isolatedEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_') && name !== 'CDK_DEFAULT_ACCOUNT');
  return {
    ...Object.fromEntries(own),
    AWS_CONFIG_FILE: os.devNull,
    AWS_SHARED_CREDENTIALS_FILE: os.devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, HOST, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer().once('error', () => resolve(false)).listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
