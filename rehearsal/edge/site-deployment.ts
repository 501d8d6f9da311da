/** The two ways in which the site's pages come into its bucket, with the programs of the templates: the stack's function and the pipeline's commands. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { CloudFrontClient, CreateDistributionCommand, GetInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import {
  type BucketLocationConstraint, CreateBucketCommand, DeleteObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, ListObjectsV2Command,
  PutBucketVersioningCommand, PutObjectCommand, S3Client,
} from '@aws-sdk/client-s3';
import type { AssemblyStack, TemplateResource } from '../assembly';
import { LocalContext } from '../checks/context';
import { Failure } from '../failure';
import type { LocalAws } from '../local-aws/local-aws';
import { run } from '../process';

export const BUCKET = 'site-of-the-rehearsal';

interface UploadProperties {
  readonly Settings?: string;
  readonly ContentBucket: string;
  readonly ContentKey: string;
}

export interface SiteStacks {
  readonly site: AssemblyStack;
  readonly delivery: AssemblyStack;
}

export class SiteDeployment {
  static async prepare(aws: LocalAws, stacks: SiteStacks, assembly: string, directory: string, python: string): Promise<SiteDeployment> {
    const deployment = new SiteDeployment(aws, stacks, directory, python);
    await deployment.createBuckets(assembly);
    deployment.distributionId = await deployment.createDistribution();
    return deployment;
  }

  readonly s3: S3Client;
  private readonly cloudFront: CloudFrontClient;
  private distributionId = '';

  private constructor(
    private readonly aws: LocalAws, private readonly stacks: SiteStacks, private readonly directory: string, private readonly python: string,
  ) {
    const context = new LocalContext(aws.endpoint, [stacks.site]);
    this.s3 = context.client(S3Client, stacks.site);
    this.cloudFront = context.client(CloudFrontClient, stacks.site);
  }

  /** Runs the function of the site's stack, as a deployment does; returns what it printed. */
  async byStack(requestType: 'Create' | 'Update'): Promise<string> {
    const code = path.join(this.directory, 'index.py');
    fs.writeFileSync(code, (this.uploadFunction.Code as { ZipFile: string }).ZipFile);
    const answers: { Status: string; Reason?: string }[] = [];
    const cloudFormation = http.createServer((request, response) => {
      let text = '';
      request.on('data', chunk => { text += chunk; }).on('end', () => {
        answers.push(JSON.parse(text) as { Status: string });
        response.end();
      });
    });
    await new Promise<void>(resolve => cloudFormation.listen(0, '127.0.0.1', () => resolve()));
    const event = {
      RequestType: requestType, StackId: 'stack', RequestId: 'request', LogicalResourceId: 'SiteUpload',
      ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
      ResourceProperties: { ...this.uploadProperties, Bucket: BUCKET },
    };
    const { account, region } = this.stacks.site;
    const script = 'import json, sys; sys.path.insert(0, sys.argv[1]); import index; index.handler(json.loads(sys.argv[2]), None)';
    const ran = await run(this.python, ['-B', '-c', script, this.directory, JSON.stringify(event)], { env: this.aws.environment(account, region) });
    cloudFormation.close();
    if (ran.exitCode !== 0 || answers[0]?.Status !== 'SUCCESS') {
      throw new Failure(`The upload function of ${this.stacks.site.displayName} failed: ${answers[0]?.Reason ?? 'it gave CloudFormation no answer'}`, ran.output);
    }
    return ran.output;
  }

  /** Runs the commands of the pipeline's project in the folder of a built site; returns the paths whose invalidation they asked for. */
  async byPipeline(built: string, commit: string): Promise<string[]> {
    const folder = path.join(this.directory, 'pipeline');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.cpSync(built, folder, { recursive: true });
    const { account, region } = this.stacks.delivery;
    const ran = await run('bash', ['-e', '-c', this.pipelineCommands.join('\n')], {
      cwd: folder,
      env: { ...this.aws.cliEnvironment(account, region), SITE_BUCKET: BUCKET, DISTRIBUTION_ID: this.distributionId, ENVIRONMENT: 'production', COMMIT: commit },
    });
    if (ran.exitCode !== 0) { throw new Failure(`The commands of the pipeline in ${this.stacks.delivery.displayName} failed.`, ran.output); }
    return this.lastInvalidation();
  }

  /** Tags and entity tag of each object. */
  async objects(): Promise<Map<string, { tags: Record<string, string>; etag: string; cacheControl: string }>> {
    const listed = await this.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return new Map(await Promise.all((listed.Contents ?? []).map(async ({ Key: key }) => {
      const head = await this.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
      const { TagSet } = await this.s3.send(new GetObjectTaggingCommand({ Bucket: BUCKET, Key: key }));
      const tags = Object.fromEntries(TagSet!.map(({ Key, Value }) => [Key!, Value!]));
      return [key!, { tags, etag: head.ETag!, cacheControl: head.CacheControl ?? '' }] as const;
    })));
  }

  /** Writes a file without any metadata for caches. */
  async put(key: string, body: string, contentType: string): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ContentType: contentType }));
  }

  async remove(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
  }

  private async createBuckets(assembly: string): Promise<void> {
    const { ContentBucket: assets, ContentKey: key } = this.uploadProperties;
    const CreateBucketConfiguration = { LocationConstraint: this.stacks.site.region as BucketLocationConstraint };
    for (const name of [BUCKET, assets]) { await this.s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration })); }
    await this.s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }));
    const hash = path.basename(key, '.zip');
    const folder = [assembly, ...fs.readdirSync(assembly).map(name => path.join(assembly, name))].map(each => path.join(each, `asset.${hash}`)).find(each => fs.existsSync(each));
    if (!folder) { throw new Failure(`The assembly has no folder for the content of the site, asset.${hash}; synthesize it with asset staging.`); }
    const archive = path.join(this.directory, 'content');
    const packed = await run(this.python, ['-c', 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])', archive, folder]);
    if (packed.exitCode !== 0) { throw new Failure('The content of the site cannot be packed.', packed.output); }
    await this.s3.send(new PutObjectCommand({ Bucket: assets, Key: key, Body: fs.readFileSync(`${archive}.zip`) }));
  }

  /** Only so that an invalidation has something to name. */
  private async createDistribution(): Promise<string> {
    const made = await this.cloudFront.send(new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: 'edge', Comment: '', Enabled: true,
        Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName: `${BUCKET}.s3.amazonaws.com`, S3OriginConfig: { OriginAccessIdentity: '' } }] },
        DefaultCacheBehavior: { TargetOriginId: 'bucket', ViewerProtocolPolicy: 'redirect-to-https' },
      },
    }));
    return made.Distribution!.Id!;
  }

  private async lastInvalidation(): Promise<string[]> {
    const list = await this.cloudFront.send(new ListInvalidationsCommand({ DistributionId: this.distributionId }));
    const ids = list.InvalidationList?.Items?.map(({ Id }) => Id) ?? [];
    const all = await Promise.all(ids.map(Id => this.cloudFront.send(new GetInvalidationCommand({ DistributionId: this.distributionId, Id }))));
    return all.flatMap(({ Invalidation }) => Invalidation!.InvalidationBatch!.Paths!.Items ?? []);
  }

  private get uploadProperties(): UploadProperties {
    return resourceOf(this.stacks.site, ({ Type }) => Type === 'Custom::SiteUpload').Properties as unknown as UploadProperties;
  }

  private get uploadFunction(): Record<string, unknown> {
    return resourceOf(this.stacks.site, ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && /first pages/.test(String(Properties?.Description))).Properties!;
  }

  private get pipelineCommands(): string[] {
    const project = resourceOf(this.stacks.delivery, ({ Type, Properties }) => Type === 'AWS::CodeBuild::Project' && /^Uploads the built/.test(String(Properties?.Description)));
    const spec = JSON.parse((project.Properties!.Source as { BuildSpec: string }).BuildSpec) as { phases: { build: { commands: string[] } } };
    return spec.phases.build.commands;
  }
}

function resourceOf({ template, displayName }: AssemblyStack, matches: (resource: TemplateResource) => boolean): TemplateResource {
  const found = Object.values(template.Resources ?? {}).filter(matches);
  if (found.length !== 1) { throw new Failure(`The template of ${displayName} has ${found.length} resources that upload the site, not one.`); }
  return found[0];
}
