/** Everything that stands before the day begins: the local EC2 with what CloudFormation makes, the control plane, the bundle, Karpenter. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type AssemblyStack, readAssembly } from '../assembly';
import { Failure } from '../failure';
import { type AccessEntry, Authentication } from '../kubernetes/authentication';
import { type Bundle, bundlesOf } from '../kubernetes/bundle';
import { ClusterClient } from '../kubernetes/cluster-client';
import { freePorts, type Kubernetes, startKubernetes } from '../kubernetes/control-plane';
import { PlausibleValues } from '../kubernetes/plausible-context';
import { playBundle } from '../kubernetes/play';
import type { KubernetesTools } from '../kubernetes/tools';
import { stop } from '../process';
import type { Progress } from '../progress';
import { Egress } from './egress';
import { startKarpenter } from './karpenter';
import { KubernetesApi } from './kubernetes-api';
import { setIdle, startKwok } from './kwok';
import { LocalEc2, type Surroundings } from './local-ec2';
import { Machines, type Shape } from './machines';
import { aggregation, startMetricsServer } from './metrics-server';
import type { ScalingTools } from './tools';

const READY_SECONDS = 180;

export interface ClusterOptions {
  readonly assembly: string;
  /** `Production`, as in the stacks' paths. */
  readonly environment: string;
  readonly cache: string;
  readonly directory: string;
  readonly tools: KubernetesTools & ScalingTools;
  readonly prices: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly pace: Pace;
  readonly progress: Progress;
}

/** How long things take that no program of the cluster decides. */
export interface Pace {
  readonly bootSeconds: number;
  readonly podStartSeconds: { readonly least: number; readonly most: number };
  readonly podStopSeconds: number;
}

export class ScalingCluster {
  static async start(options: ClusterOptions): Promise<ScalingCluster> {
    const cluster = new ScalingCluster(options);
    try {
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  ec2!: LocalEc2;
  kubernetes!: Kubernetes;
  api!: KubernetesApi;
  machines!: Machines;
  readonly name: string;
  readonly stack: AssemblyStack;
  readonly surroundings!: Surroundings;
  client!: ClusterClient;
  private readonly passing: string[] = [];
  private readonly stacks: readonly AssemblyStack[];
  private readonly values: PlausibleValues;
  private readonly children: ChildProcess[] = [];
  private readonly egress = new Egress();
  private readonly authentication = new Authentication({ aws: () => this.ec2.endpoint, entries: () => this.accessEntries() });

  private constructor(private readonly options: ClusterOptions) {
    this.stacks = readAssembly(options.assembly);
    this.values = new PlausibleValues(this.stacks);
    this.stack = this.stacks.find(({ displayName }) => displayName.endsWith(`/${options.environment}/Cluster`))
      ?? fail(`There is no stack ${options.environment}/Cluster; --environment is one of ${environmentNames(this.stacks).join(', ')}.`);
    const [cluster] = resourcesOf(this.stack, 'AWS::EKS::Cluster');
    this.name = cluster[1].Properties!.Name as string;
  }

  get region(): string {
    return this.stack.region;
  }

  /** Webhooks that the API server asked. */
  get webhooksAsked(): ReadonlySet<string> {
    return this.egress.asked;
  }

  /** What the cluster's template says, with the values of this run. */
  resolve(value: unknown): Promise<unknown> {
    return this.values.resolve(this.stack, value);
  }

  /** A request of the rehearsal's own that failed in passing: said once, and counted. */
  note({ message }: Error): void {
    if (!this.passing.includes(message)) { this.options.progress.line(`In passing: ${message.slice(0, 300)}`); }
    this.passing.push(message);
  }

  get failedInPassing(): number {
    return this.passing.length;
  }

  async stop(): Promise<void> {
    await this.machines?.stop();
    for (const child of this.children.splice(0).reverse()) { await stop(child); }
    await this.kubernetes?.stop();
    await this.egress.stop();
    await this.authentication.stop();
    await this.ec2?.stop();
  }

  private async start(): Promise<void> {
    const { progress, directory, cache, prices, tools, shapes, pace } = this.options;
    const { account, region } = this.stack;
    progress.update('local EC2');
    this.ec2 = await LocalEc2.start({ cache, directory, account, region, prices });
    (this as { surroundings: Surroundings }).surroundings = await this.surroundingsOf();
    await this.ec2.surround(this.surroundings);
    const certificates = path.join(directory, 'certificates');
    await this.ec2.writeCertificates(certificates);

    progress.update('control plane');
    const [kubeletPort, metricsPort] = await freePorts(2);
    this.kubernetes = await startKubernetes({
      directory: path.join(directory, 'kubernetes'), tools, controllers: true, scheduler: true, webhook: await this.authentication.start(),
      extraArguments: { 'kube-apiserver': [...aggregation(certificates), ...await this.egress.start(metricsPort)] },
    });
    this.api = new KubernetesApi(this.kubernetes);
    this.client = new ClusterClient(this.kubernetes, tools);
    this.egress.answerFor(this.client);
    this.authentication.authorizeBy(this.client);
    await this.ec2.describeCluster(this.clusterDescription());
    this.children.push(
      await startKwok({ kwok: tools.kwok, kubernetes: this.kubernetes, directory, port: kubeletPort, certificates, ...pace }, this.api),
    );
    if (tools.metricsServer) {
      this.children.push(await startMetricsServer({
        metricsServer: tools.metricsServer, kubernetes: this.kubernetes, directory, port: metricsPort, certificates,
      }, this.api));
    }
    await setIdle(this.api, 'kube-system');
    this.machines = new Machines({
      ec2: this.ec2, api: this.api, region, kubeletPort, kubernetesVersion: tools.version, shapes, bootSeconds: pace.bootSeconds,
      onError: error => this.note(error),
    });
    this.machines.start();
    await this.client.namespaceIsReady('kube-system');
    await playBundle(this.client, await this.bundle());
    progress.update('Karpenter');
    this.children.push(await startKarpenter({ karpenter: tools.karpenter, kubernetes: this.kubernetes, ec2: this.ec2, directory }, this.api));
    await this.nodePoolsReady();
  }

  private async bundle(): Promise<Bundle> {
    const bundles = await bundlesOf(this.options.assembly, path.join(this.options.directory, 'bundles'), this.values);
    return bundles.find(({ name }) => name.startsWith(this.stack.displayName)) ?? fail(`${this.stack.displayName} has no bootstrap pipeline.`);
  }

  private async nodePoolsReady(): Promise<void> {
    const deadline = Date.now() + READY_SECONDS * 1000;
    while (Date.now() < deadline) {
      const pools = await this.api.list('/apis/karpenter.sh/v1/nodepools');
      if (pools.length > 0 && pools.every(({ status }) => isReady(status))) { return; }
      const ended = this.children.find(({ exitCode }) => exitCode !== null);
      if (ended) { break; }
      await new Promise(resolve => setTimeout(resolve, 500));
    }
    const log = path.join(this.options.directory, 'karpenter.log');
    throw new Failure(`Karpenter did not find its NodePools ready; its log is ${path.relative('.', log)}.`, fs.readFileSync(log, 'utf8').slice(-3000));
  }

  /** What the stacks around the cluster make, under the ids that the manifests will name. */
  private async surroundingsOf(): Promise<Surroundings> {
    const network = this.stacks.find(({ displayName }) => displayName.endsWith(`/${this.options.environment}/Network`))!;
    const [[vpcId, vpc]] = resourcesOf(network, 'AWS::EC2::VPC');
    const resolve = (stack: AssemblyStack, value: unknown) => this.values.resolve(stack, value) as Promise<string>;
    const subnets = await Promise.all(resourcesOf(network, 'AWS::EC2::Subnet').map(async ([id, { Properties }]) => ({
      id: await resolve(network, { Ref: id }), cidr: await resolve(network, Properties!.CidrBlock), zone: zoneOf(network, Properties!.AvailabilityZone),
    })));
    const [[cluster]] = resourcesOf(this.stack, 'AWS::EKS::Cluster');
    const [[profile]] = resourcesOf(this.stack, 'AWS::IAM::InstanceProfile');
    const [[, nodegroup]] = resourcesOf(this.stack, 'AWS::EKS::Nodegroup');
    const [[, template]] = resourcesOf(this.stack, 'AWS::EC2::LaunchTemplate');
    const { BlockDeviceMappings: volumes } = template.Properties!.LaunchTemplateData as { BlockDeviceMappings: unknown[] };
    const { InstanceTypes: types, ScalingConfig: scaling } = nodegroup.Properties as { InstanceTypes: string[]; ScalingConfig: { DesiredSize: number } };
    return {
      vpc: { id: await resolve(network, { Ref: vpcId }), cidr: await resolve(network, vpc.Properties!.CidrBlock) },
      subnets,
      securityGroup: { id: await resolve(this.stack, { 'Fn::GetAtt': [cluster, 'ClusterSecurityGroupId'] }), name: `eks-cluster-sg-${this.name}` },
      instanceProfile: await resolve(this.stack, { Ref: profile }),
      queue: this.name,
      baseline: {
        type: types[0],
        count: scaling.DesiredSize,
        volumes: await this.values.resolve(this.stack, volumes) as unknown[],
        tags: { [`kubernetes.io/cluster/${this.name}`]: 'owned', 'eks:cluster-name': this.name, 'eks:nodegroup-name': 'baseline' },
      },
    };
  }

  private clusterDescription(): Record<string, unknown> {
    const { account, region } = this.stack;
    return {
      name: this.name,
      arn: `arn:aws:eks:${region}:${account}:cluster/${this.name}`,
      status: 'ACTIVE',
      version: this.options.tools.version.split('.').slice(0, 2).join('.'),
      endpoint: this.kubernetes.url,
      certificateAuthority: { data: Buffer.from(this.kubernetes.certificateAuthority).toString('base64') },
      kubernetesNetworkConfig: { serviceIpv4Cidr: '10.96.0.0/16', ipFamily: 'ipv4' },
    };
  }

  private accessEntries(): Promise<AccessEntry[]> {
    return Promise.all(resourcesOf(this.stack, 'AWS::EKS::AccessEntry').map(async ([, { Properties }]) => await this.resolve(Properties) as AccessEntry));
  }
}

function isReady(status: { conditions?: { type: string; status: string }[] } | undefined): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function resourcesOf({ template }: AssemblyStack, type: string) {
  return Object.entries(template.Resources ?? {}).filter(([, resource]) => resource.Type === type);
}

/** A template chooses from the region's zones by number. */
function zoneOf({ region }: AssemblyStack, zone: unknown): string {
  if (typeof zone === 'string') { return zone; }
  const [index] = (zone as { 'Fn::Select': [number | string, unknown] })['Fn::Select'];
  return `${region}${'abcdef'[Number(index)]}`;
}

function environmentNames(stacks: readonly AssemblyStack[]): string[] {
  return stacks.flatMap(({ displayName }) => /([^/]+)\/Cluster$/.exec(displayName)?.[1] ?? []);
}

function fail(sentence: string): never {
  throw new Failure(sentence);
}
