/** What the internet reaches without a network: addresses that services publish, policies that admit everybody. */
import { AddressRange, addressRange } from './address-range';
import { flag } from './interface-holders';
import { NetworkPaths, noun, workloadOf } from './network-paths';
import { admitsAnybody } from './policy-statements';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, Step, Way, tcp } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, names } from './template-values';

type Door = (resource: TemplateResource, app: StackTemplates) => Way;

const ON_IAM = 'authentication by IAM';

const ENDPOINTS: Record<string, Door> = {
  'AWS::Lambda::Url': url => {
    const open = flag(url.at('AuthType'), false, value => value === 'NONE');
    return open && [{ hop: `function URL ${url.path} with AuthType NONE`, ...open }];
  },
  'AWS::EKS::Cluster': cluster => clusterEndpoint(cluster.at('ResourcesVpcConfig', 'EndpointPublicAccess'), cluster.given('ResourcesVpcConfig', 'PublicAccessCidrs')),
  'Custom::AWSCDK-EKS-Cluster': cluster => clusterEndpoint(
    cluster.at('Config', 'resourcesVpcConfig', 'endpointPublicAccess'), cluster.given('Config', 'resourcesVpcConfig', 'publicAccessCidrs')),
  'AWS::ApiGateway::RestApi': (api, app) => {
    const open = flag(api.at('EndpointConfiguration', 'Types'), true, type => type !== 'PRIVATE');
    return !open || isSilent(api, app) ? undefined : [{ hop: 'endpoint of API Gateway', ...methodGuard(api, app, 'AWS::ApiGateway::Method', 'RestApiId'), ...open }];
  },
  'AWS::ApiGatewayV2::Api': (api, app) => isSilent(api, app) ? undefined : [{ hop: 'endpoint of API Gateway', ...methodGuard(api, app, 'AWS::ApiGatewayV2::Route', 'ApiId') }],
  'AWS::AppSync::GraphQLApi': api => {
    const open = flag(api.at('Visibility'), true, visibility => visibility !== 'PRIVATE');
    const types = [...api.at('AuthenticationType'), ...api.given('AdditionalAuthenticationProviders', 'AuthenticationType')];
    const guard = types.includes('API_KEY') ? undefined : `authentication by ${types.map(describe).join(', ')}`;
    return open && [{ hop: 'endpoint of AppSync', guard, ...open }];
  },
  'AWS::AppRunner::Service': service => {
    const open = flag(service.at('NetworkConfiguration', 'IngressConfiguration', 'IsPubliclyAccessible'), true);
    return open && [{ hop: 'endpoint of App Runner', ...open }];
  },
  'AWS::Transfer::Server': server => {
    const open = flag(server.at('EndpointType'), true, value => value === 'PUBLIC') ?? (server.given('EndpointDetails', 'AddressAllocationIds').length > 0 ? {} : undefined);
    return open && [{ hop: 'endpoint of Transfer Family', guard: 'login of the server', ...open }];
  },
  'AWS::OpenSearchService::Domain': searchDomain,
  'AWS::Elasticsearch::Domain': searchDomain,
  'AWS::OpenSearchServerless::SecurityPolicy': policy => {
    if (policy.property('Type') !== 'network') { return undefined; }
    const text = policy.property('Policy');
    const open = typeof text !== 'string' ? { unknown: describe(text) } : /"AllowFromPublic"\s*:\s*true/.test(text) ? {} : undefined;
    return open && [{ hop: 'endpoint of OpenSearch Serverless, AllowFromPublic', guard: ON_IAM, ...open }];
  },
};

/** Policies that a resource carries, or that name it: type, property with the policy, property that names the target. */
const POLICIES: { readonly type: string; readonly policy: string; readonly target?: string }[] = [
  { type: 'AWS::S3::BucketPolicy', policy: 'PolicyDocument', target: 'Bucket' },
  { type: 'AWS::SQS::QueuePolicy', policy: 'PolicyDocument', target: 'Queues' },
  { type: 'AWS::SNS::TopicPolicy', policy: 'PolicyDocument', target: 'Topics' },
  { type: 'AWS::SecretsManager::ResourcePolicy', policy: 'ResourcePolicy', target: 'SecretId' },
  { type: 'AWS::ECR::Repository', policy: 'RepositoryPolicyText' },
];

/** Types that open a path and whose doors are not read. Each counts as open. */
const NOT_READ = [
  'AWS::Amplify::App', 'AWS::CloudFront::DistributionTenant', 'AWS::Cloud9::EnvironmentEC2', 'AWS::EC2::CarrierGateway', 'AWS::EC2::EC2Fleet',
  'AWS::EC2::SpotFleet', 'AWS::EC2::VPCEndpointService', 'AWS::ECR::PublicRepository', 'AWS::ECS::ExpressGatewayService', 'AWS::ElasticBeanstalk::Environment',
  'AWS::EMR::Cluster', 'AWS::Lightsail::Container', 'AWS::Lightsail::Instance', 'AWS::Lightsail::LoadBalancer', 'AWS::S3::AccessPoint',
  'AWS::S3::MultiRegionAccessPoint',
];

export function serviceEndpointPaths(app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  const open = (resource: TemplateResource, way: Way) => {
    const route = new Route(PathEntrance.SERVICE_ENDPOINT, 'internet', tcp(443), [{ hop: 'internet' }]);
    const destination = workloadOf(resource);
    return way ? [route.via(...way, { hop: `${noun(destination)} ${destination.path}`, ...network.webAclOf(resource) }).to(destination)] : [];
  };
  return [
    ...Object.entries(ENDPOINTS).flatMap(([type, door]) => app.ofType(type).flatMap(resource => open(resource, door(resource, app)))),
    ...app.ofType(...NOT_READ).flatMap(resource => open(resource, [{ hop: `${resource.type} ${resource.path}`, unknown: 'this type is not read' }])),
    ...app.ofType('Custom::AWSCDK-EKS-KubernetesResource').flatMap(resource => open(resource, manifestDoor(resource))),
  ];
}

export function publicPolicyPaths(app: StackTemplates): ReachablePath[] {
  return [
    ...POLICIES.flatMap(({ type, policy, target }) => app.ofType(type).flatMap(resource => {
      const open = admitsAnybody(resource.given(policy));
      const targets = target ? resource.given(target).flatMap(value => resourceOf(value) ?? []) : [resource];
      return open ? targets.filter(found => !blocks(found, ['BlockPublicPolicy', 'RestrictPublicBuckets']))
        .map(found => publicPath(found, `policy ${resource.path} admits everybody`, open.unknown)) : [];
    })),
    ...app.ofType('AWS::S3::Bucket').flatMap(bucket => {
      const acl = bucket.given('AccessControl').find(value => value instanceof Unknown || PUBLIC_ACLS.includes(String(value)));
      return acl === undefined || blocks(bucket, ['BlockPublicAcls', 'IgnorePublicAcls'])
        ? [] : [publicPath(bucket, `access control list ${describe(acl)}`, acl instanceof Unknown ? acl.why : undefined)];
    }),
    ...app.ofType('AWS::Lambda::Permission').flatMap(permission => {
      const anybody = permission.at('Principal').includes('*') && !PERMISSION_LIMITS.some(name => permission.isWritten(name));
      const target = resourceOf(permission.property('FunctionName'));
      return anybody && target ? [publicPath(target, `permission ${permission.path} admits everybody`)] : [];
    }),
  ];
}

const PUBLIC_ACLS = ['PublicRead', 'PublicReadWrite', 'AuthenticatedRead'];

/** What narrows a permission for everybody; that of a function's URL is found with the URL. */
const PERMISSION_LIMITS = ['SourceArn', 'SourceAccount', 'PrincipalOrgID', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl'];

function publicPath(target: TemplateResource, hop: string, unknown?: string): ReachablePath {
  return new Route(PathEntrance.PUBLIC_POLICY, 'internet', tcp(443), [{ hop: 'internet' }, { hop, unknown }, { hop: `${noun(target)} ${target.path}` }]).to(target);
}

/** Whether a bucket's public access block says so for certain; one that is not written proves nothing. */
function blocks(bucket: TemplateResource, settings: string[]): boolean {
  return settings.some(name => bucket.at('PublicAccessBlockConfiguration', name).every(value => String(value) === 'true'));
}

function clusterEndpoint(access: unknown[], cidrs: unknown[]): Way {
  const open = flag(access, true);
  const ranges: AddressRange[] = cidrs.length > 0 ? cidrs.map(cidr => addressRange(cidr)) : [addressRange('0.0.0.0/0')];
  const range = ranges.find(({ scope }) => scope !== 'inside');
  return open && range && [{ hop: `public endpoint of EKS, open to ${range.text}`, guard: ON_IAM, unknown: open.unknown ?? range.unknown }];
}

/** Whether an API answers on no name: its own is disabled, and it has no other. */
function isSilent(api: TemplateResource, app: StackTemplates): boolean {
  const isDisabled = api.at('DisableExecuteApiEndpoint').every(value => String(value) === 'true');
  const mappings = [['AWS::ApiGateway::BasePathMapping', 'RestApiId'], ['AWS::ApiGatewayV2::ApiMapping', 'ApiId']];
  return isDisabled && !mappings.some(([type, property]) => app.naming(api, type, property).length > 0);
}

/** An authorizer is a guard where every method has one; a key is none. */
function methodGuard(api: TemplateResource, app: StackTemplates, type: string, property: string): Pick<Step, 'guard'> {
  const types = app.ofType(type).filter(method => method.at(property).some(value => names(value, api))).filter(method => method.property('HttpMethod') !== 'OPTIONS')
    .flatMap(method => method.at('AuthorizationType'));
  const guarded = types.length > 0 && types.every(value => typeof value === 'string' && value !== 'NONE');
  return guarded ? { guard: `authorizer: ${[...new Set(types)].join(', ')}` } : {};
}

function searchDomain(domain: TemplateResource): Way {
  if (domain.at('VPCOptions').every(options => options !== undefined)) { return undefined; }
  const open = admitsAnybody(domain.given('AccessPolicies'));
  return open && [{ hop: 'public endpoint of OpenSearch, whose policy admits everybody', ...open }];
}

/** A service or an ingress for which a controller makes a load balancer that faces the internet. */
function manifestDoor(resource: TemplateResource): Way {
  const objects = kubernetesObjects(describe(resource.property('Manifest')));
  if (!objects) { return [{ hop: `manifest ${resource.path}`, unknown: 'a manifest that is no JSON' }]; }
  const found = objects.find(({ kind, spec, metadata: { annotations = {} } = {} }) => {
    const scheme = Object.entries(annotations).find(([name]) => /load-?balancer.*-(scheme|internal)$|\/scheme$/.test(name))?.[1];
    return (kind === 'Service' && spec?.type === 'LoadBalancer' && scheme !== 'internal' && scheme !== 'true') || (kind === 'Ingress' && scheme === 'internet-facing');
  });
  return found && [{ hop: `load balancer of the ${found.kind} ${found.metadata?.name ?? ''} in the manifest` }];
}

function kubernetesObjects(manifest: string): KubernetesObject[] | undefined {
  try {
    return [JSON.parse(manifest) as KubernetesObject | KubernetesObject[]].flat();
  } catch {
    return undefined;
  }
}

interface KubernetesObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly annotations?: Record<string, string> };
  readonly spec?: { readonly type?: string };
}
