/** The methods of a REST API and the routes of an HTTP or WebSocket API, each with its authorizer and its integration. */
import { Step } from './route';
import { StackTemplates, TemplateResource } from './stack-templates';
import { Unknown, describe, mayName, names, resourcesIn } from './template-values';

export interface ApiOperation {
  readonly steps: Step[];
  /** What the integration calls. */
  readonly uris: unknown[];
  /** The VPC links on the way. */
  readonly connections: unknown[];
}

export function operationsOf(api: TemplateResource, app: StackTemplates): ApiOperation[] {
  const own = api.type === 'AWS::ApiGateway::RestApi' ? methodsOf(api, app) : routesOf(api, app);
  return [...own, ...definedIn(api)];
}

function methodsOf(api: TemplateResource, app: StackTemplates): ApiOperation[] {
  return app.naming(api, 'AWS::ApiGateway::Method', 'RestApiId').filter(method => !isPreflight(method)).map(method => ({
    steps: [operationStep(`method ${describe(method.property('HttpMethod'))} ${method.path}`, method, doubtOf(method, 'RestApiId', api))],
    uris: orNothing([...method.given('Integration', 'IntegrationTarget'), ...method.given('Integration', 'Uri')]),
    connections: method.given('Integration', 'ConnectionId'),
  }));
}

/** The answer to a browser's question before the request asks no workload. */
function isPreflight(method: TemplateResource): boolean {
  return method.property('HttpMethod') === 'OPTIONS' && method.at('Integration', 'Type').every(type => type === 'MOCK');
}

function routesOf(api: TemplateResource, app: StackTemplates): ApiOperation[] {
  const routes = app.naming(api, 'AWS::ApiGatewayV2::Route', 'ApiId');
  // who may connect to a WebSocket is asked once, on this route
  const connect = routes.find(route => route.property('RouteKey') === '$connect' && names(route.property('ApiId'), api));
  const integrations = app.naming(api, 'AWS::ApiGatewayV2::Integration', 'ApiId');
  const byRoute = routes.flatMap(route => {
    const guard = api.at('ProtocolType').every(type => type === 'WEBSOCKET') ? connect : route;
    const step = operationStep(`route ${describe(route.property('RouteKey'))} ${route.path}`, guard, doubtOf(route, 'ApiId', api));
    const found = integrations.filter(integration => route.given('Target').some(target => mayName(target, integration)));
    return found.length === 0 ? [{ steps: [step], uris: route.given('Target'), connections: [] }] : found.map(integration => ({
      steps: [step], uris: orNothing(integration.given('IntegrationUri')), connections: integration.given('ConnectionId'),
    }));
  });
  const quick = api.given('Target').map(target => ({ steps: [{ hop: 'route $default, without an authorizer' }], uris: [target], connections: [] }));
  return [...byRoute, ...quick];
}

/** Of a definition in OpenAPI, what it names; who is let in is not read. */
function definedIn(api: TemplateResource): ApiOperation[] {
  if (api.isWritten('BodyS3Location')) {
    return [{ steps: [{ hop: 'an operation of the definition in S3' }], uris: [new Unknown(`the definition of ${api.path}`)], connections: [] }];
  }
  const named = resourcesIn(api.property('Body'));
  const links = named.filter(({ type }) => type.endsWith('::VpcLink'));
  const others = named.filter(({ type }) => !/::VpcLink$|^AWS::(IAM|Cognito|EC2::VPCEndpoint)/.test(type));
  const steps = [{ hop: 'an operation of the OpenAPI definition, authorizer not read' }];
  return [...links.map(link => ({ steps, uris: others.map(({ reference }) => reference), connections: [link.reference] })),
    ...others.map(({ reference }) => ({ steps, uris: [reference], connections: [] }))];
}

/** The operation and whoever lets requests pass. An authorizer is a guard of the path, as a web ACL is; a key is none. */
function operationStep(hop: string, guarding: TemplateResource | undefined, unknown?: string): Step {
  const types = guarding?.at('AuthorizationType') ?? [];
  if (types.length === 0 || types.some(type => typeof type !== 'string' || type === 'NONE' || type === '')) { return { hop: `${hop}, without an authorizer`, unknown }; }
  const [authorizer] = guarding?.given('AuthorizerId') ?? [];
  const guard = `authorizer: ${types.join(', ')}${authorizer === undefined ? '' : ` (${describe(authorizer)})`}`;
  return { hop: `${hop}, ${guard}`, guard, unknown };
}

function doubtOf(resource: TemplateResource, property: string, api: TemplateResource): string | undefined {
  return resource.at(property).some(value => names(value, api)) ? undefined : `${property} of ${resource.path}`;
}

function orNothing(values: unknown[]): unknown[] {
  return values.length > 0 ? values : ['none'];
}
