/** A stack whose cluster is filled by the kubectl provider: the local AWS runs its function, which asks a real API server as the role that it has. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Authentication, type AccessEntry } from './authentication';
import type { ClusterClient } from './cluster-client';
import { unfinishedDeployments } from './play';
import { beyond, type Snapshot, takeSnapshot } from './snapshot';
import { startTestCluster, type TestCluster } from './test-cluster';
import type { KubernetesTools } from './tools';
import { type AssemblyStack, environmentsOf, readAssembly } from '../assembly';
import { CdkCli, type StackProgress } from '../cdk-cli';
import { LocalContext } from '../checks/context';
import { Failure } from '../failure';
import { LocalAws } from '../local-aws/local-aws';

const QUIET: StackProgress = { started: () => undefined, finished: () => undefined };
const SETTINGS = 'REHEARSAL_KUBERNETES';

export class ProvidedCluster {
  static async start(tools: KubernetesTools, directory: string, cache: string, assembly: string): Promise<ProvidedCluster> {
    fs.mkdirSync(directory, { recursive: true });
    const provided = new ProvidedCluster(assembly, readAssembly(assembly));
    try {
      await provided.begin(tools, directory, cache);
      return provided;
    } catch (error) {
      await provided.stop();
      throw error;
    }
  }

  private readonly authentication = new Authentication({ aws: () => this.aws!.endpoint, entries: () => this.accessEntries() });
  private test?: TestCluster;
  private aws?: LocalAws;
  private readonly environment = { path: process.env.PATH, settings: process.env[SETTINGS] };

  private constructor(private readonly assembly: string, private readonly stacks: readonly AssemblyStack[]) {}

  /** Roles that came in. */
  get admitted(): readonly string[] {
    return [...this.authentication.admitted];
  }

  /** Who did not come in, and why. */
  get refused(): readonly string[] {
    return [...this.authentication.refused];
  }

  /** To ask the cluster by as its administrator. */
  get client(): ClusterClient {
    return this.test!.client;
  }

  /** What a deployment brings to the cluster, of the same app or of a later version of it. */
  async deploy(assembly: string = this.assembly): Promise<Snapshot> {
    const cli = new CdkCli(this.aws!);
    await cli.bootstrap(environmentsOf(this.stacks));
    await cli.deploy(assembly, this.stacks, QUIET).catch(error => { throw this.explained(error as Failure); });
    const snapshot = await takeSnapshot(this.test!.client);
    const problems = unfinishedDeployments(snapshot);
    if (problems.length > 0) { throw new Failure('CloudFormation says that all is there, and it is not', problems.join('\n')); }
    return beyond(this.test!.empty, snapshot);
  }

  /** What a deletion leaves in the cluster. */
  async destroy(): Promise<Snapshot> {
    await new CdkCli(this.aws!).destroy(this.assembly, this.stacks, QUIET).catch(error => { throw this.explained(error as Failure); });
    return beyond(this.test!.empty, await takeSnapshot(this.test!.client));
  }

  async stop(): Promise<void> {
    process.env.PATH = this.environment.path;
    delete process.env[SETTINGS];
    if (this.environment.settings !== undefined) { process.env[SETTINGS] = this.environment.settings; }
    await this.aws?.stop();
    await this.test?.stop();
    await this.authentication.stop();
  }

  private async begin(tools: KubernetesTools, directory: string, cache: string): Promise<void> {
    this.test = await startTestCluster(tools, path.join(directory, 'kubernetes'), await this.authentication.start());
    const { cluster } = this.test.client;
    this.authentication.authorizeBy(this.test.client);
    const settings = path.join(directory, 'cluster.json');
    fs.writeFileSync(settings, JSON.stringify({ endpoint: cluster.url, certificateAuthority: Buffer.from(cluster.certificateAuthority).toString('base64') }));
    process.env[SETTINGS] = path.resolve(settings);
    process.env.PATH = [path.dirname(tools.kubectl), path.dirname(tools.helm), this.environment.path].join(path.delimiter);
    this.aws = await LocalAws.start({ cache: path.resolve(cache), directory, keep: false, nodeModules: path.resolve('node_modules') });
    await this.aws.expect(this.assembly, true);
  }

  /** Of the stacks as they are at this moment: an entry that is not there yet lets nobody in. */
  private async accessEntries(): Promise<AccessEntry[]> {
    const context = new LocalContext(this.aws!.endpoint, this.stacks);
    const all = await Promise.all(this.stacks.map(async stack => {
      const entries = (await context.resourcesOf(stack)).filter(({ type, physicalId }) => type === 'AWS::EKS::AccessEntry' && physicalId);
      return Promise.all(entries.map(entry => context.modelOf(stack, entry)));
    }));
    return all.flat().filter(entry => entry !== undefined) as unknown as AccessEntry[];
  }

  private explained(error: Failure): Failure {
    const who = this.refused.length > 0 ? `\nThe cluster did not let in:\n${this.refused.join('\n')}` : '';
    return new Failure(error.message, `${error.details ?? ''}${who}`);
  }
}
