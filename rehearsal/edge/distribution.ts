/** What a synthesized template says of its CloudFront distribution, in the form that a server can execute. */
import type { Template, TemplateResource } from '../assembly';
import { Failure } from '../failure';
import { type CachePolicy, cachePolicyOf } from './cache-policy';
import type { HeadersPolicy } from './headers-policy';

export interface Distribution {
  readonly aliases: readonly string[];
  readonly defaultRootObject: string;
  readonly httpVersion: string;
  /** In the order in which they are tried; the last one takes everything. */
  readonly behaviors: readonly Behavior[];
  readonly customErrors: number;
}

export interface Behavior {
  readonly pathPattern: string;
  readonly methods: readonly string[];
  readonly viewerProtocol: 'redirect-to-https' | 'https-only' | 'allow-all';
  readonly compress: boolean;
  readonly cachePolicy: CachePolicy;
  /** Whether the origin gets what the viewer sent, except for the host. */
  readonly forwardsViewer: boolean;
  readonly headers?: HeadersPolicy;
  readonly requestFunction?: string;
  readonly responseFunction?: string;
  readonly origin: Origin;
}

export interface Origin {
  readonly id: string;
  readonly domainName: string;
  /** Where it is a bucket of the template: its logical id, and what the bucket lets the distribution do. */
  readonly bucket?: { readonly logicalId: string; readonly mayRead: boolean; readonly mayList: boolean };
}

interface RawBehavior {
  readonly PathPattern?: string;
  readonly AllowedMethods?: string[];
  readonly ViewerProtocolPolicy: Behavior['viewerProtocol'];
  readonly Compress?: boolean;
  readonly CachePolicyId?: unknown;
  readonly OriginRequestPolicyId?: unknown;
  readonly ResponseHeadersPolicyId?: unknown;
  readonly FunctionAssociations?: { EventType: string; FunctionARN: unknown }[];
  readonly LambdaFunctionAssociations?: unknown[];
  readonly TargetOriginId: string;
}

interface RawOrigin {
  readonly Id: string;
  readonly DomainName: unknown;
  readonly OriginPath?: string;
  readonly S3OriginConfig?: unknown;
  readonly VpcOriginConfig?: { VpcOriginId: unknown };
  readonly CustomOriginConfig?: { OriginProtocolPolicy: string };
}

interface RawDistribution {
  readonly Aliases?: string[];
  readonly DefaultRootObject?: string;
  readonly HttpVersion: string;
  readonly CacheBehaviors?: RawBehavior[];
  readonly DefaultCacheBehavior: RawBehavior;
  readonly CustomErrorResponses?: unknown[];
  readonly OriginGroups?: unknown;
  readonly Origins: RawOrigin[];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Principal?: { readonly Service?: string };
}

/** The managed policy `AllViewerExceptHostHeader`. */
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

/** The only distribution of a template; whatever it has that the edge does not execute is refused. */
export function readDistribution(template: Template): Distribution {
  const reader = new Reader(template);
  const config = reader.only('AWS::CloudFront::Distribution').DistributionConfig as RawDistribution;
  if (config.OriginGroups) { refuse('OriginGroups'); }
  const origins = new Map(config.Origins.map(origin => [origin.Id, reader.origin(origin)]));
  const behaviors = [...config.CacheBehaviors ?? [], config.DefaultCacheBehavior].map(behavior => reader.behavior(behavior, origins));
  return {
    aliases: config.Aliases ?? [],
    defaultRootObject: config.DefaultRootObject ?? '',
    httpVersion: config.HttpVersion,
    behaviors,
    customErrors: config.CustomErrorResponses?.length ?? 0,
  };
}

class Reader {
  private readonly resources: Readonly<Record<string, TemplateResource>>;

  constructor(template: Template) {
    this.resources = template.Resources ?? {};
  }

  only(type: string): Record<string, unknown> {
    const found = Object.values(this.resources).filter(resource => resource.Type === type);
    if (found.length !== 1) { throw new Failure(`The template of the site has ${found.length} resources of the type ${type}, not one.`); }
    return found[0].Properties!;
  }

  behavior(raw: RawBehavior, origins: ReadonlyMap<string, Origin>): Behavior {
    if (raw.LambdaFunctionAssociations?.length) { refuse('LambdaFunctionAssociations'); }
    const policy = raw.ResponseHeadersPolicyId === undefined ? undefined : this.referenced(raw.ResponseHeadersPolicyId);
    return {
      pathPattern: raw.PathPattern ?? '*',
      methods: raw.AllowedMethods ?? ['GET', 'HEAD'],
      viewerProtocol: raw.ViewerProtocolPolicy,
      compress: raw.Compress ?? false,
      cachePolicy: cachePolicyOf(typeof raw.CachePolicyId === 'string' ? raw.CachePolicyId : this.referenced(raw.CachePolicyId).CachePolicyConfig),
      forwardsViewer: this.forwardsViewer(raw.OriginRequestPolicyId),
      headers: policy?.ResponseHeadersPolicyConfig as HeadersPolicy | undefined,
      requestFunction: this.functionOf(raw, 'viewer-request'),
      responseFunction: this.functionOf(raw, 'viewer-response'),
      origin: origins.get(raw.TargetOriginId)!,
    };
  }

  origin(raw: RawOrigin): Origin {
    if (raw.OriginPath) { refuse('OriginPath'); }
    if (raw.S3OriginConfig) {
      const logicalId = logicalIdIn(raw.DomainName);
      return { id: raw.Id, domainName: logicalId, bucket: { logicalId, mayRead: this.allows(logicalId, 's3:GetObject'), mayList: this.allows(logicalId, 's3:ListBucket') } };
    }
    const endpoint = raw.VpcOriginConfig && this.referenced(raw.VpcOriginConfig.VpcOriginId).VpcOriginEndpointConfig as { OriginProtocolPolicy: string };
    if ((endpoint ?? raw.CustomOriginConfig)?.OriginProtocolPolicy !== 'https-only') { refuse('an origin that is not https-only'); }
    return { id: raw.Id, domainName: String(raw.DomainName) };
  }

  private forwardsViewer(id: unknown): boolean {
    if (id !== undefined && id !== ALL_VIEWER_EXCEPT_HOST) { refuse('an origin request policy other than AllViewerExceptHostHeader'); }
    return id !== undefined;
  }

  private functionOf(raw: RawBehavior, event: string): string | undefined {
    const association = raw.FunctionAssociations?.find(({ EventType }) => EventType === event);
    return association && String(this.referenced(association.FunctionARN).FunctionCode);
  }

  /** Whether the bucket's policy lets CloudFront do it. */
  private allows(bucket: string, action: string): boolean {
    const policies = Object.values(this.resources).filter(({ Type, Properties }) => Type === 'AWS::S3::BucketPolicy' && logicalIdIn(Properties!.Bucket) === bucket);
    return policies.flatMap(({ Properties }) => (Properties!.PolicyDocument as { Statement: Statement[] }).Statement)
      .some(({ Effect, Action, Principal }) => Effect === 'Allow' && Principal?.Service === 'cloudfront.amazonaws.com' && [Action].flat().includes(action));
  }

  private referenced(value: unknown): Record<string, unknown> {
    return this.resources[logicalIdIn(value)].Properties!;
  }
}

function logicalIdIn(value: unknown): string {
  const { Ref: ref, 'Fn::GetAtt': attribute } = value as { 'Ref'?: string; 'Fn::GetAtt'?: string[] };
  const id = ref ?? attribute?.[0];
  if (!id) { throw new Failure(`The template of the site refers to ${JSON.stringify(value)}, which is none of its resources.`); }
  return id;
}

function refuse(what: string): never {
  throw new Failure(`The distribution has ${what}, which the local edge does not execute; teach it to, in rehearsal/edge.`);
}
