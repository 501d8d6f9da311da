/** Paths through API Gateway: endpoint, method or route with its authorizer, integration, workload. */
import { ApiOperation, operationsOf } from './api-operations';
import { isBalancer } from './forwarding';
import { NetworkPaths, noun, workloadOf } from './network-paths';
import { admitsAnybody } from './policy-statements';
import { flag } from './public-address';
import { PathEntrance, ReachablePath } from './reachable-path';
import { Route, Step, tcpOf } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, resourcesIn } from './template-values';
import { webAclOf } from './web-acl';

const APIS = ['AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api'];

/** What gives an API a name besides its own. */
const NAMES: [string, string, ...string[]][] = [
  ['AWS::ApiGateway::BasePathMapping', 'RestApiId'], ['AWS::ApiGateway::BasePathMappingV2', 'RestApiId'],
  ['AWS::ApiGatewayV2::ApiMapping', 'ApiId'], ['AWS::ApiGatewayV2::RoutingRule', 'Actions', 'InvokeApi', 'ApiId'],
];

export function isApi({ type }: TemplateResource): boolean {
  return APIS.includes(type);
}

/** From the endpoints that API Gateway publishes. */
export function apiEndpointPaths(app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  return app.ofType(...APIS).flatMap(api => {
    const endpoint = endpointStep(api, app);
    return endpoint ? apiPaths(api, new Route(PathEntrance.SERVICE_ENDPOINT, 'internet', tcpOf(443), [{ hop: 'internet' }, endpoint]), app, network) : [];
  });
}

/** On from something that calls an API: one path to each workload, by the operation that asks for the least. */
export function apiPaths(api: TemplateResource, start: Route, app: StackTemplates, network: NetworkPaths): ReachablePath[] {
  // a web ACL is of one stage
  const stages = [...app.naming(api, 'AWS::ApiGateway::Stage', 'RestApiId'), ...app.naming(api, 'AWS::ApiGatewayV2::Stage', 'ApiId')];
  const arrived = start.via({ hop: `${noun(api)} ${api.path}`, ...stages.length > 1 ? {} : webAclOf(app, api, start) });
  const operations = operationsOf(api, app);
  const paths = operations.flatMap(operation => throughIntegration(operation, api, arrived.via(...operation.steps), network));
  if (paths.length === 0) { return [arrived.to(api)]; }
  const byDestination = new Map<string, ReachablePath>();
  for (const path of paths) {
    const known = byDestination.get(path.destination);
    if (!known || path.guards.length < known.guards.length) { byDestination.set(path.destination, path); }
  }
  return [...byDestination.values()];
}

/** A private API is open to the networks of anybody, where its policy says so. */
function endpointStep(api: TemplateResource, app: StackTemplates): Step | undefined {
  const isSilent = api.at('DisableExecuteApiEndpoint').every(value => String(value) === 'true') && !NAMES.some(([type, ...property]) => app.naming(api, type, ...property).length > 0);
  if (isSilent) { return undefined; }
  const elsewhere = api.isWritten('BodyS3Location') ? [new Unknown(`the definition of ${api.path}`)] : [];
  const policies = [...api.given('Policy'), ...api.given('Body', 'x-amazon-apigateway-policy'), ...elsewhere];
  const open = policies.length > 0 ? admitsAnybody(policies) : undefined;
  const isPublic = flag(api.at('EndpointConfiguration', 'Types'), true, type => type !== 'PRIVATE');
  if (isPublic && (policies.length === 0 || open)) { return { hop: 'endpoint of API Gateway', unknown: isPublic.unknown ?? open?.unknown }; }
  return !isPublic && open ? { hop: 'private endpoint of API Gateway, whose policy admits the networks of anybody', ...open } : undefined;
}

function throughIntegration({ uris, connections }: ApiOperation, api: TemplateResource, route: Route, network: NetworkPaths): ReachablePath[] {
  if (connections.length > 0) { return connections.flatMap(connection => throughLink(connection, uris, api, route, network)); }
  return uris.flatMap(uri => {
    const targets = resourcesIn(uri).filter(({ id }) => id !== api.id);
    if (targets.length === 0) { return [route.via({ hop: `integration ${describe(uri)}`, unknown: uri instanceof Unknown && uri.isAnything ? uri.why : undefined }).to(api)]; }
    return targets.map(workloadOf).flatMap(target => isBalancer(target) ? network.fromPublicName(target, route) : [route.via({ hop: `${noun(target)} ${target.path}` }).to(target)]);
  });
}

/** Links of REST APIs name their load balancers; those of HTTP APIs leave that to the integration. */
function throughLink(connection: unknown, uris: readonly unknown[], api: TemplateResource, route: Route, network: NetworkPaths): ReachablePath[] {
  const link = resourceOf(connection);
  if (!link) { return [route.via({ hop: `VPC link ${describe(connection)}`, unknown: 'a link that is not in these stacks' }).to(api)]; }
  const linked = route.via({ hop: `${noun(link)} ${link.path}` });
  return (link.isWritten('TargetArns') ? link.given('TargetArns') : uris).flatMap(target => resourcesIn(target).length > 0
    ? network.fromVpcLink(link, target, linked)
    : [linked.via({ hop: `target ${describe(target)}`, unknown: 'a target that is not in these stacks' }).to(api)]);
}
