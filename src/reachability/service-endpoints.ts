/** What the internet reaches without a network: addresses that services publish. */
import { AddressRange, addressRange } from './address-range';
import { fromJson } from './json-text';
import { manifestDoor } from './kubernetes-manifests';
import { noun, workloadOf } from './network-paths';
import { admitsAnybody } from './policy-statements';
import { flag } from './public-address';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, Way, tcpOf } from './route';
import { StackTemplates, TemplateResource } from './stack-templates';
import { describe, mayName, valuesAt } from './template-values';
import { webAclOf } from './web-acl';

type Door = (resource: TemplateResource, app: StackTemplates) => Way;

const ON_IAM = 'authentication by IAM';

export const ENDPOINTS: Record<string, Door> = {
  'AWS::Lambda::Url': url => {
    const open = flag(url.at('AuthType'), false, value => value === 'NONE');
    return open && [{ hop: `function URL ${url.path} with AuthType NONE`, ...open }];
  },
  'AWS::EKS::Cluster': cluster => clusterEndpoint(cluster.at('ResourcesVpcConfig', 'EndpointPublicAccess'), cluster.given('ResourcesVpcConfig', 'PublicAccessCidrs')),
  'Custom::AWSCDK-EKS-Cluster': cluster => clusterEndpoint(
    cluster.at('Config', 'resourcesVpcConfig', 'endpointPublicAccess'), cluster.given('Config', 'resourcesVpcConfig', 'publicAccessCidrs')),
  'AWS::AppSync::GraphQLApi': api => {
    const open = flag(api.at('Visibility'), true, visibility => visibility !== 'PRIVATE');
    const types = [...api.at('AuthenticationType'), ...api.given('AdditionalAuthenticationProviders', 'AuthenticationType')];
    return open && [{ hop: 'endpoint of AppSync', guard: signIn(types), ...open }];
  },
  'AWS::AppSync::Api': api => [{ hop: 'endpoint of AppSync', guard: signIn(api.at('EventConfig', 'AuthProviders', 'AuthType')) }],
  'AWS::AppRunner::Service': service => {
    const open = flag(service.at('NetworkConfiguration', 'IngressConfiguration', 'IsPubliclyAccessible'), true);
    return open && [{ hop: 'endpoint of App Runner', ...open }];
  },
  'AWS::Transfer::Server': server => {
    const open = flag(server.at('EndpointType'), true, value => value === 'PUBLIC') ?? (server.given('EndpointDetails', 'AddressAllocationIds').length > 0 ? {} : undefined);
    return open && [{ hop: 'endpoint of Transfer Family', guard: 'login of the server', ...open }];
  },
  'AWS::MWAA::Environment': environment => {
    const open = flag(environment.at('WebserverAccessMode'), false, mode => mode !== 'PRIVATE_ONLY');
    return open && [{ hop: 'public web server of Airflow', guard: ON_IAM, ...open }];
  },
  'AWS::NeptuneGraph::Graph': graph => {
    const open = flag(graph.at('PublicConnectivity'), false);
    return open && [{ hop: 'public endpoint of Neptune Analytics', guard: ON_IAM, ...open }];
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

/** Types that open a path and whose doors are not read. Each counts as open. */
const NOT_READ = [
  'AWS::Amplify::App', 'AWS::AppStream::Fleet', 'AWS::AppStream::ImageBuilder', 'AWS::BedrockAgentCore::Gateway', 'AWS::Cloud9::EnvironmentEC2',
  'AWS::CloudFormation::StackSet', 'AWS::CloudFront::DistributionTenant', 'AWS::DRS::ReplicationConfigurationTemplate', 'AWS::EC2::CarrierGateway', 'AWS::EC2::EC2Fleet',
  'AWS::EC2::SpotFleet', 'AWS::EC2::VPCEndpointService', 'AWS::EC2::VerifiedAccessEndpoint', 'AWS::ECR::PublicRepository', 'AWS::ECS::ExpressGatewayService',
  'AWS::EMR::Cluster', 'AWS::EVS::Environment', 'AWS::ElasticBeanstalk::Environment', 'AWS::GameLift::ContainerFleet', 'AWS::GameLift::Fleet',
  'AWS::GameLift::GameServerGroup', 'AWS::Glue::DevEndpoint', 'AWS::Lightsail::Bucket', 'AWS::Lightsail::Container', 'AWS::Lightsail::Database',
  'AWS::Lightsail::Distribution', 'AWS::Lightsail::Instance', 'AWS::Lightsail::LoadBalancer', 'AWS::MGN::LaunchConfigurationTemplate', 'AWS::MediaConnect::Flow',
  'AWS::MediaConnect::RouterNetworkInterface', 'AWS::MediaLive::Channel', 'AWS::OpsWorks::Layer', 'AWS::OpsWorksCM::Server', 'AWS::PCS::ComputeNodeGroup',
  'AWS::SES::MailManagerIngressPoint', 'AWS::ServiceCatalog::CloudFormationProvisionedProduct', 'AWS::WorkspacesInstances::WorkspaceInstance',
];

/** What becomes other resources when it is deployed, or is made by code of others: SAM's types, modules, types that AWS does not make. */
const OTHERS = /^AWS::Serverless::(?!(LayerVersion|SimpleTable|Connector)$)|::MODULE$|^(?!AWS::|Custom::)/;

/** Whether a type may open a path that is not read. */
export function isNotRead(type: string): boolean {
  return NOT_READ.includes(type) || OTHERS.test(type);
}

export function serviceEndpointPaths(app: StackTemplates): ReachablePath[] {
  const open = (resource: TemplateResource, way: Way) => {
    const route = new Route(PathEntrance.SERVICE_ENDPOINT, 'internet', tcpOf(443), [{ hop: 'internet' }]);
    const destination = workloadOf(resource);
    return way ? [route.via(...way, { hop: `${noun(destination)} ${destination.path}`, ...webAclOf(app, resource, route) }).to(destination)] : [];
  };
  return [
    ...Object.entries(ENDPOINTS).flatMap(([type, door]) => app.ofType(type).flatMap(resource => open(resource, door(resource, app)))),
    ...app.stacks.flatMap(({ resources }) => resources).filter(({ type }) => isNotRead(type)).flatMap(resource => open(resource, [{ hop: `${resource.type} ${resource.path}`, unknown: 'this type is not read' }])),
    ...app.ofType('AWS::CloudFormation::Stack').filter(nested => !nested.isInApp)
      .flatMap(nested => open(nested, [{ hop: `nested stack ${nested.path}`, unknown: 'a template that is not of this app' }])),
    ...app.ofType('Custom::AWSCDK-EKS-KubernetesResource').flatMap(resource => open(resource, manifestDoor(resource))),
  ];
}

function clusterEndpoint(access: unknown[], cidrs: unknown[]): Way {
  const open = flag(access, true);
  const ranges: AddressRange[] = cidrs.length > 0 ? cidrs.map(cidr => addressRange(cidr)) : [addressRange('0.0.0.0/0')];
  const range = ranges.find(({ scope }) => scope !== 'inside');
  return open && range && [{ hop: `public endpoint of EKS, open to ${range.text}`, guard: ON_IAM, unknown: open.unknown ?? range.unknown }];
}

/** A key is no sign-in, nor is what nobody knows. */
function signIn(types: unknown[]): string | undefined {
  const isOpen = types.length === 0 || types.some(type => typeof type !== 'string' || type === 'API_KEY');
  return isOpen ? undefined : `authentication by ${types.join(', ')}`;
}

/** The CDK writes a domain's policy by a call of the API, when the domain is there. */
function searchDomain(domain: TemplateResource, app: StackTemplates): Way {
  if (domain.at('VPCOptions').every(options => options !== undefined)) { return undefined; }
  const calls = app.ofType('Custom::OpenSearchAccessPolicy').flatMap(call => [...call.given('Create'), ...call.given('Update')]).filter(call => mayName(call, domain));
  const open = admitsAnybody([...domain.given('AccessPolicies'), ...calls.flatMap(call => valuesAt(fromJson(call), ['parameters', 'AccessPolicies']))]);
  return open && [{ hop: 'public endpoint of OpenSearch, whose policy admits everybody', ...open }];
}
