import { CloudFrontClient, GetDistributionConfigCommand } from '@aws-sdk/client-cloudfront';
import { GetBucketEncryptionCommand, GetObjectCommand, GetPublicAccessBlockCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf, models, unmet } from './resources';

export const edgeIsGuarded: Check = {
  name: 'the edge is guarded',
  proves: 'Each distribution has its firewall from us-east-1, the newest TLS policies only, HTTPS towards viewers, and /api/* uncached through a VPC origin.',
  needs: [/\/Edge$/, /\/Site$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::CloudFront::Distribution')) {
      const { DistributionConfig: config } = await context.client(CloudFrontClient, stack).send(new GetDistributionConfigCommand({ Id: resource.physicalId }));
      const firewalls = (await models(context, 'AWS::WAFv2::WebACL')).filter(each => each.stack.account === stack.account).map(each => each.model.Arn);
      const origins = (await models(context, 'AWS::CloudFront::VpcOrigin')).filter(each => each.stack.account === stack.account);
      const api = config?.CacheBehaviors?.Items?.find(behaviour => behaviour.PathPattern === '/api/*');
      problems.push(...unmet({
        'it has no firewall': firewalls.includes(config?.WebACLId),
        'it accepts old TLS': /^TLSv1\.[23]_20\d\d$/.test(config?.ViewerCertificate?.MinimumProtocolVersion ?? ''),
        'pages are served without TLS': config?.DefaultCacheBehavior?.ViewerProtocolPolicy === 'redirect-to-https',
        'the API is served without TLS': api?.ViewerProtocolPolicy === 'https-only',
        'the API has no VPC origin': origins.length === 1,
      }, environmentOf(stack)));
      evidence.push(`${config?.Aliases?.Items?.join() ?? resource.physicalId} behind ${config?.WebACLId?.split(':').slice(3, 4)} firewall`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const pagesAreServed: Check = {
  name: 'the built pages are in the bucket',
  proves: 'Functions really uploaded the React app: types are right, HTML and settings are never cached, hashed assets are immutable, each file is encrypted with the site\'s key, nothing is public.',
  needs: [/\/Site$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::CloudFront::Distribution')) {
      const client = context.client(S3Client, stack);
      for (const { resource: bucket } of await deployed(context, 'AWS::S3::Bucket', new RegExp(`^${stack.displayName}$`))) {
        const keys = (await client.send(new ListObjectsV2Command({ Bucket: bucket.physicalId }))).Contents?.map(object => object.Key!) ?? [];
        if (!keys.includes('index.html')) { continue; }
        const page = await read(client, bucket.physicalId, 'index.html');
        const asset = await read(client, bucket.physicalId, keys.find(key => key.startsWith('assets/') && key.endsWith('.js'))!);
        const config = await read(client, bucket.physicalId, 'runtime-config.json');
        const settings = JSON.parse(config.body) as Record<string, string>;
        const { ServerSideEncryptionConfiguration: encryption } = await client.send(new GetBucketEncryptionCommand({ Bucket: bucket.physicalId }));
        const siteKey = encryption?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
        const { PublicAccessBlockConfiguration: block } = await client.send(new GetPublicAccessBlockCommand({ Bucket: bucket.physicalId }));
        problems.push(...unmet({
          'index.html is no page': page.type.startsWith('text/html') && page.body.includes('<script'),
          'index.html may be cached': page.cacheControl === 'no-cache',
          'assets are not immutable': asset.cacheControl === 'public, max-age=31536000, immutable',
          'an asset is no script': asset.type === 'text/javascript',
          'runtime-config.json is no JSON': config.type === 'application/json',
          'runtime-config.json may be cached': config.cacheControl === 'no-cache',
          ...Object.fromEntries(Object.entries({ 'index.html': page, 'an asset': asset, 'runtime-config.json': config }).map(([name, { encrypted, key }]) => [
            `${name} is not encrypted with the site's key`, encrypted === 'aws:kms' && siteKey !== undefined && idOf(key) === idOf(siteKey),
          ])),
          'runtime-config.json is another environment\'s': settings.environment === environmentOf(stack).toLowerCase(),
          'the bucket may become public': Object.values(block ?? {}).length === 4 && Object.values(block ?? {}).every(Boolean),
        }, environmentOf(stack)));
        evidence.push(`${environmentOf(stack)}: ${keys.length} objects for ${resource.physicalId}`);
      }
    }
    if (evidence.length === 0) { problems.push('no bucket holds an index.html'); }
    return unlessProblems(problems, ...evidence);
  },
};

interface ReadObject {
  readonly body: string;
  readonly type: string;
  readonly cacheControl: string;
  readonly encrypted?: string;
  /** Of the key that encrypts it: id or ARN. */
  readonly key?: string;
}

async function read(client: S3Client, bucket: string, key: string): Promise<ReadObject> {
  const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return {
    body: await object.Body!.transformToString(), type: object.ContentType ?? '', cacheControl: object.CacheControl ?? '', encrypted: object.ServerSideEncryption, key: object.SSEKMSKeyId,
  };
}

/** S3 takes a key by its id or by its ARN. */
function idOf(key: string | undefined): string | undefined {
  return key?.split('/').pop();
}
