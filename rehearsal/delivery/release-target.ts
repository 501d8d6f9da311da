/** Where a release goes: a registry and a bucket of the local AWS, a real API server, and the edge in front of the bucket. */
import * as path from 'node:path';
import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { CreateRepositoryCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { type BucketLocationConstraint, CreateBucketCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { TemplateValues } from './template-values';
import { deploymentPolicies } from '../../src/cluster/services/deployment-policy';
import type { DeploymentContract } from '../../src/private/deployment-contract';
import type { AssemblyStack } from '../assembly';
import { LocalContext } from '../checks/context';
import { Failure } from '../failure';
import type { ClusterClient } from '../kubernetes/cluster-client';
import type { LocalAws } from '../local-aws/local-aws';

const BUCKET = 'site-of-the-rehearsal';

export interface Uploaded {
  readonly cacheControl: string;
  readonly contentType: string;
}

export class ReleaseTarget {
  static async create(aws: LocalAws, stack: AssemblyStack): Promise<ReleaseTarget> {
    const target = new ReleaseTarget(new LocalContext(aws.endpoint, [stack]), stack);
    await Promise.all([target.createRepositories(), target.createBucket()]);
    target.distributionId = await target.createDistribution();
    return target;
  }

  readonly bucket = BUCKET;
  /** Images of the jobs that ran before a release. */
  readonly jobImages: string[] = [];
  distributionId = '';

  private constructor(private readonly context: LocalContext, private readonly stack: AssemblyStack) {}

  /** What the stack of the pipeline asks of a Deployment, if it does. */
  contract(): DeploymentContract | undefined {
    const values = new TemplateValues(this.stack);
    for (const { Type, Properties } of Object.values(this.stack.template.Resources ?? {})) {
      if (Type !== 'AWS::CodeBuild::Project') { continue; }
      const { EnvironmentVariables = [] } = Properties!.Environment as { EnvironmentVariables?: { Name: string; Value: unknown }[] };
      const found = EnvironmentVariables.find(({ Name }) => Name === 'DEPLOYMENT_CONTRACT');
      if (found) { return JSON.parse(values.text(found.Value)) as DeploymentContract; }
    }
    return undefined;
  }

  /** What the action for EKS does, by the real Helm on a real API server with the rules of the platform in force. */
  async deployToEks(client: ClusterClient, configuration: Record<string, string>, input: string): Promise<string> {
    const { Namespace: namespace, HelmReleaseName: release, HelmChartLocation: chart, HelmValuesFiles: files = '' } = configuration;
    if (!release || !chart) { throw new Failure(`The action for EKS has no Helm release: ${Object.keys(configuration).join(', ')}`); }
    const contract = this.contract();
    await client.applyForReal([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
    await client.applyForReal(deploymentPolicies(namespace, contract?.services ?? []));
    const folder = path.join(input, chart);
    const values = files.split(',').filter(file => file !== '').flatMap(file => ['--values', path.join(folder, file)]);
    const jobs = new PlayedJobs(client, namespace);
    const playing = jobs.play();
    try {
      await client.must('Helm does not install the chart', 'helm', 'upgrade', '--install', release, folder, '--namespace', namespace, ...values);
    } finally {
      jobs.ended = true;
      await playing;
    }
    this.jobImages.push(...jobs.images);
    return [`release ${release} in ${namespace}`, ...jobs.images.length > 0 ? [`${jobs.images.length} job before it`] : []].join(', ');
  }

  /** Images of the Deployments that the API server has. */
  async runningImages(client: ClusterClient, namespace: string): Promise<string[]> {
    const deployments = await client.list(`/apis/apps/v1/namespaces/${namespace}/deployments`);
    const containers = deployments.flatMap(({ spec }) => [...spec.template.spec.containers, ...spec.template.spec.initContainers ?? []] as { image: string }[]);
    return containers.map(({ image }) => image);
  }

  /** The digest under which the registry has a tag. */
  async digestOf(tag: string): Promise<string | undefined> {
    const found = await Promise.all(this.repositories().map(repositoryName =>
      this.context.client(ECRClient, this.stack).send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: tag }] })).catch(() => undefined)));
    return found.flatMap(answer => answer?.imageDetails ?? [])[0]?.imageDigest;
  }

  async uploaded(): Promise<Map<string, Uploaded>> {
    const s3 = this.context.client(S3Client, this.stack);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return new Map(await Promise.all(Contents.map(async ({ Key }) => {
      const { CacheControl = '', ContentType = '' } = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
      return [Key!, { cacheControl: CacheControl, contentType: ContentType }] as const;
    })));
  }

  async object(key: string): Promise<string> {
    const { Body } = await this.context.client(S3Client, this.stack).send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Body!.transformToString();
  }

  private repositories(): string[] {
    const values = new TemplateValues(this.stack);
    return Object.entries(this.stack.template.Resources ?? {}).filter(([, { Type }]) => Type === 'AWS::ECR::Repository').map(([id]) => values.nameOf(id));
  }

  private async createRepositories(): Promise<void> {
    for (const repositoryName of this.repositories()) {
      await this.context.client(ECRClient, this.stack).send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }));
    }
  }

  private async createBucket(): Promise<void> {
    await this.context.client(S3Client, this.stack).send(new CreateBucketCommand({
      Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: this.stack.region as BucketLocationConstraint },
    }));
  }

  /** Only so that an invalidation has something to name. */
  private async createDistribution(): Promise<string> {
    const made = await this.context.client(CloudFrontClient, this.stack).send(new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: 'delivery', Comment: '', Enabled: true,
        Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName: `${BUCKET}.s3.amazonaws.com`, S3OriginConfig: { OriginAccessIdentity: '' } }] },
        DefaultCacheBehavior: { TargetOriginId: 'bucket', ViewerProtocolPolicy: 'redirect-to-https' },
      },
    }));
    return made.Distribution!.Id!;
  }
}

/** Without nodes no job ends; here each succeeds as soon as it is there. */
class PlayedJobs {
  readonly images: string[] = [];
  ended = false;
  private readonly done = new Set<string>();

  constructor(private readonly client: ClusterClient, private readonly namespace: string) {}

  async play(): Promise<void> {
    const folder = `/apis/batch/v1/namespaces/${this.namespace}/jobs`;
    while (!this.ended) {
      for (const { metadata, spec } of await this.client.list(folder)) {
        if (this.done.has(metadata.uid!)) { continue; }
        this.done.add(metadata.uid!);
        this.images.push(...(spec.template.spec.containers as { image: string }[]).map(({ image }) => image));
        const time = new Date().toISOString().replace(/\.\d+/, '');
        const conditions = ['SuccessCriteriaMet', 'Complete'].map(type => ({ type, status: 'True', reason: 'CompletionsReached', lastProbeTime: time, lastTransitionTime: time }));
        await this.client.send('PATCH', `${folder}/${metadata.name}/status`, { status: { startTime: time, completionTime: time, succeeded: 1, conditions } });
      }
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}
