import { CfnResource, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as integrations from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { found, instance, onlyHops, openedNetwork, securityGroup } from './opened-network';
import { PathEntrance } from '../../src/reachability/reachable-path';

const HTTP = { ipProtocol: 'tcp', fromPort: 80, toPort: 80 };

function fn(stack: Stack, id = 'Function'): lambda.Function {
  return new lambda.Function(stack, id, { code: lambda.Code.fromInline('-'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });
}

interface Internal {
  readonly balancer: elbv2.CfnLoadBalancer;
  readonly listener: elbv2.CfnListener;
  readonly subnet: string;
}

/** An internal load balancer before an instance that admits its members only. */
function internal(stack: Stack, type?: string, rule?: ec2.CfnSecurityGroup.IngressProperty): Internal {
  const network = openedNetwork(stack, { gateway: false, route: false, publicAddresses: false });
  const group = securityGroup(stack, network, ...rule ? [rule] : []).attrGroupId;
  const inner = new ec2.CfnSecurityGroup(stack, 'Inner', { groupDescription: 'server', vpcId: network.vpc.ref, securityGroupIngress: [{ ...HTTP, sourceSecurityGroupId: group }] });
  const target = instance(stack, network, inner.attrGroupId);
  const balancer = new elbv2.CfnLoadBalancer(stack, 'Balancer', { scheme: 'internal', type, subnets: [network.subnet.ref], securityGroups: [group] });
  const targets = new elbv2.CfnTargetGroup(stack, 'Targets', { port: 80, protocol: 'HTTP', targets: [{ id: target.ref }] });
  const listener = new elbv2.CfnListener(stack, 'Listener', { loadBalancerArn: balancer.ref, port: 80, protocol: 'HTTP', defaultActions: [{ type: 'forward', targetGroupArn: targets.ref }] });
  return { balancer, listener, subnet: network.subnet.ref };
}

describe('REST APIs', () => {
  test('to a function, hop by hop', () => {
    expect(onlyHops(stack => new apigateway.LambdaRestApi(stack, 'Api', { handler: fn(stack), proxy: false }).root.addMethod('GET'))).toEqual([
      'internet', 'endpoint of API Gateway', 'rest api Test/Api', 'method GET Test/Api/Default/GET, without an authorizer', 'function Test/Function',
    ]);
  });

  test('one path to each workload, by the method that asks for the least', () => {
    const paths = found(stack => {
      const api = new apigateway.RestApi(stack, 'Api');
      const [first, second] = [new apigateway.LambdaIntegration(fn(stack)), new apigateway.LambdaIntegration(fn(stack, 'Other'))];
      api.root.addMethod('POST', first, { authorizationType: apigateway.AuthorizationType.IAM });
      api.root.addMethod('GET', first);
      api.root.addMethod('PUT', second, { authorizationType: apigateway.AuthorizationType.IAM });
    });
    expect(paths.map(({ destination, guards }) => [destination, guards])).toEqual([['Test/Function', []], ['Test/Other', ['authorizer: AWS_IAM']]]);
  });

  test('an authorizer is named in the hop, and is a guard', () => {
    const [path] = found(stack => {
      const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, 'Sign', { cognitoUserPools: [new cognito.UserPool(stack, 'Pool')] });
      new apigateway.RestApi(stack, 'Api').root.addMethod('GET', new apigateway.LambdaIntegration(fn(stack)), { authorizer });
    });
    expect(path.guards).toEqual(['authorizer: COGNITO_USER_POOLS (Test/Sign)']);
    expect(path.hops).toContain('method GET Test/Api/Default/GET, authorizer: COGNITO_USER_POOLS (Test/Sign)');
  });

  test('by a VPC link, through a network load balancer, to its target', () => {
    const [path] = found(stack => {
      const { balancer } = internal(stack, 'network');
      const link = new apigateway.CfnVpcLink(stack, 'Link', { name: 'link', targetArns: [balancer.ref] });
      const api = new apigateway.CfnRestApi(stack, 'Api', { name: 'api' });
      new apigateway.CfnMethod(stack, 'Method', {
        restApiId: api.ref, resourceId: api.attrRootResourceId, httpMethod: 'GET', authorizationType: 'NONE',
        integration: { type: 'HTTP_PROXY', connectionType: 'VPC_LINK', connectionId: link.ref, uri: 'http://api.internal/' },
      });
    });
    expect(path.hops).toEqual([
      'internet', 'endpoint of API Gateway', 'rest api Test/Api', 'method GET Test/Method, without an authorizer', 'vpc link Test/Link', 'load balancer Test/Balancer',
      'listener Test/Listener, port 80', 'target group Test/Targets', 'security group Test/Inner admits tcp 80 from the members of Test/Group (rule in Test/Inner)', 'instance Test/Instance',
    ]);
  });

  test.each<[string, Partial<apigateway.CfnMethod.IntegrationProperty>, string]>([
    ['a link that is not known', { connectionType: 'VPC_LINK', connectionId: '${stageVariables.link}' }, 'VPC link ${stageVariables.link} [unknown: a link that is not in these stacks'],
    ['a host of somebody else', { uri: 'https://api.partner.example' }, 'integration https://api.partner.example'],
    ['nothing at all', {}, 'integration none'],
  ])('to %s', (_what, integration, hop) => {
    const [path] = found(stack => {
      const api = new apigateway.CfnRestApi(stack, 'Api', { name: 'api' });
      new apigateway.CfnMethod(stack, 'Method', { restApiId: api.ref, resourceId: 'r', httpMethod: 'ANY', authorizationType: 'NONE', integration: { type: 'HTTP_PROXY', uri: 'x', ...integration } });
      if (hop.endsWith('none')) { (stack.node.findChild('Method') as apigateway.CfnMethod).integration = { type: 'MOCK' }; }
    });
    expect(path.destination).toBe('Test/Api');
    expect(path.hops.join('\n')).toContain(hop);
  });

  test('an alias stands for its function', () => {
    expect(onlyHops(stack => {
      const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: fn(stack).currentVersion });
      new apigateway.LambdaRestApi(stack, 'Api', { handler: alias, proxy: false }).root.addMethod('GET');
    })).toContain('function Test/Function');
  });

  test('a web ACL of one stage guards no other', () => {
    const guards = (...more: string[]) => found(stack => {
      const api = new apigateway.RestApi(stack, 'Api');
      api.root.addMethod('GET', new apigateway.LambdaIntegration(fn(stack)));
      more.forEach(stageName => new apigateway.Stage(stack, stageName, { stageName, deployment: api.latestDeployment! }));
      new wafv2.CfnWebACLAssociation(stack, 'Firewall', { resourceArn: api.deploymentStage.stageArn, webAclArn: 'arn:aws:wafv2:eu-west-1:222222222222:regional/webacl/a/b' });
    })[0].guards;
    expect(guards()).toHaveLength(1);
    expect(guards('beta')).toEqual([]);
  });

  test('of a definition, what it names', () => {
    const defined = (props: (stack: Stack) => Partial<apigateway.CfnRestApiProps>) => found(stack => new apigateway.CfnRestApi(stack, 'Api', { name: 'api', ...props(stack) }));
    expect(defined(stack => ({ body: { paths: { '/': { get: { 'x-amazon-apigateway-integration': { uri: fn(stack).functionArn } } } } } })).map(({ destination }) => destination))
      .toEqual(['Test/Function']);
    expect(defined(() => ({ bodyS3Location: { bucket: 'b', key: 'k' } }))).toMatchObject([{ destination: 'Test/Api', certain: false }]);
  });

  describe('that are private', () => {
    const api = (...statements: iam.PolicyStatementProps[]) => found(stack => {
      const document = new iam.PolicyDocument({ statements: statements.map(statement => new iam.PolicyStatement(statement)) });
      const policy = statements.length > 0 ? document : undefined;
      const rest = new apigateway.RestApi(stack, 'Api', { policy, endpointConfiguration: { types: [apigateway.EndpointType.PRIVATE] } });
      rest.root.addMethod('GET', new apigateway.LambdaIntegration(fn(stack)));
    });
    const everybody = { principals: [new iam.StarPrincipal()], actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] };

    test.each<[string, iam.PolicyStatementProps[], number]>([
      ['no policy', [], 0],
      ['a policy for everybody', [everybody], 1],
      ['a policy for an endpoint', [{ ...everybody, conditions: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }], 0],
      ['a policy that denies all but an endpoint', [everybody, { ...everybody, effect: iam.Effect.DENY, conditions: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } }], 0],
      ['a denial of something else', [
        everybody, { ...everybody, resources: ['execute-api:/prod/GET/x'], effect: iam.Effect.DENY, conditions: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } },
      ], 1],
    ])('with %s', (_what, statements, count) => {
      expect(api(...statements)).toHaveLength(count);
    });

    test('say that the networks of anybody get in', () => {
      expect(api(everybody)[0].hops[1]).toBe('private endpoint of API Gateway, whose policy admits the networks of anybody');
    });
  });

  test('a policy for one account closes a public endpoint', () => {
    const policy = (principal: unknown) => ({ Statement: [{ Effect: 'Allow', Principal: principal, Action: 'execute-api:Invoke', Resource: '*' }] });
    const paths = (principal: unknown) => found(stack => new apigateway.CfnRestApi(stack, 'Api', { name: 'a', policy: policy(principal) }));
    expect(paths({ AWS: '222222222222' })).toEqual([]);
    expect(paths('*')).toHaveLength(1);
  });
});

describe('HTTP and WebSocket APIs', () => {
  test('an HTTP API to a function, with its authorizer', () => {
    const [path] = found(stack => {
      const authorizer = new apigatewayv2.CfnAuthorizer(stack, 'Sign', { apiId: 'x', authorizerType: 'JWT', name: 'sign', identitySource: [], jwtConfiguration: {} });
      const http = new apigatewayv2.HttpApi(stack, 'Api');
      const [route] = http.addRoutes({ path: '/', methods: [apigatewayv2.HttpMethod.GET], integration: new integrations.HttpLambdaIntegration('Call', fn(stack)) });
      Object.assign(route.node.defaultChild as apigatewayv2.CfnRoute, { authorizationType: 'JWT', authorizerId: authorizer.ref });
    });
    expect(path).toMatchObject({ destination: 'Test/Function', guards: ['authorizer: JWT (Test/Sign)'] });
  });

  test('a quick one has no authorizer', () => {
    expect(onlyHops(stack => new apigatewayv2.CfnApi(stack, 'Api', { name: 'a', protocolType: 'HTTP', target: fn(stack).functionArn }))).toContain('route $default, without an authorizer');
  });

  test('whoever may connect to a WebSocket may send to it', () => {
    const paths = (connect?: string) => found(stack => {
      const api = new apigatewayv2.CfnApi(stack, 'Api', { name: 'a', protocolType: 'WEBSOCKET', routeSelectionExpression: 'x' });
      const integration = new apigatewayv2.CfnIntegration(stack, 'Call', { apiId: api.ref, integrationType: 'AWS_PROXY', integrationUri: fn(stack).functionArn });
      const route = (id: string, routeKey: string, authorizationType?: string) => new apigatewayv2.CfnRoute(stack, id, {
        apiId: api.ref, routeKey, authorizationType, target: `integrations/${integration.ref}`,
      });
      route('Connect', '$connect', connect);
      route('Send', 'send');
    });
    expect(paths('AWS_IAM').map(({ destination, guards }) => [destination, guards])).toEqual([['Test/Function', ['authorizer: AWS_IAM']]]);
    expect(paths().map(({ guards }) => guards)).toEqual([[]]);
  });

  const linked = (rule: (group: string) => ec2.CfnSecurityGroup.IngressProperty) => found(stack => {
    const peer = new ec2.CfnSecurityGroup(stack, 'LinkGroup', { groupDescription: 'link' }).attrGroupId;
    const { listener, subnet } = internal(stack, undefined, rule(peer));
    const link = new apigatewayv2.CfnVpcLink(stack, 'Link', { name: 'link', subnetIds: [subnet], securityGroupIds: [peer] });
    const api = new apigatewayv2.CfnApi(stack, 'Api', { name: 'a', protocolType: 'HTTP' });
    const integration = new apigatewayv2.CfnIntegration(stack, 'Call', {
      apiId: api.ref, integrationType: 'HTTP_PROXY', integrationUri: listener.ref, connectionType: 'VPC_LINK', connectionId: link.ref,
    });
    new apigatewayv2.CfnRoute(stack, 'Route1', { apiId: api.ref, routeKey: '$default', target: `integrations/${integration.ref}` });
  });

  test('by a VPC link to a listener whose load balancer admits the link', () => {
    const [path] = linked(sourceSecurityGroupId => ({ ...HTTP, sourceSecurityGroupId }));
    expect(path.destination).toBe('Test/Instance');
    expect(path.hops).toEqual(expect.arrayContaining([
      'vpc link Test/Link', 'security group Test/Group admits tcp 80 from the members of Test/LinkGroup (rule in Test/Group)', 'listener Test/Listener, port 80',
    ]));
  });

  test('a load balancer that admits another group is not reached, the API is', () => {
    expect(linked(() => ({ ...HTTP, sourceSecurityGroupId: 'sg-other' })).map(({ destination }) => destination)).toEqual(['Test/Api']);
  });

  test('by a VPC link to the tasks of a Cloud Map service', () => {
    expect(found(stack => {
      const network = openedNetwork(stack, { gateway: false, route: false, publicAddresses: false });
      const group = securityGroup(stack, network, { ...HTTP, cidrIp: '10.0.0.0/16' }).attrGroupId;
      const names = new servicediscovery.CfnService(stack, 'Names', { name: 'api' });
      new ecs.CfnService(stack, 'Tasks', {
        serviceRegistries: [{ registryArn: names.attrArn }],
        networkConfiguration: { awsvpcConfiguration: { subnets: [network.subnet.ref], securityGroups: [group] } },
      });
      const link = new apigatewayv2.CfnVpcLink(stack, 'Link', { name: 'link', subnetIds: [network.subnet.ref] });
      const api = new apigatewayv2.CfnApi(stack, 'Api', { name: 'a', protocolType: 'HTTP' });
      const integration = new apigatewayv2.CfnIntegration(stack, 'Call', {
        apiId: api.ref, integrationType: 'HTTP_PROXY', integrationUri: names.attrArn, connectionType: 'VPC_LINK', connectionId: link.ref,
      });
      new apigatewayv2.CfnRoute(stack, 'Route1', { apiId: api.ref, routeKey: '$default', target: `integrations/${integration.ref}` });
    }).map(({ destination }) => destination)).toEqual(['Test/Tasks']);
  });

  test('a route of an API that is not known, and a rule that routes to it', () => {
    const api = (stack: Stack) => new apigatewayv2.CfnApi(stack, 'Api', { name: 'a', protocolType: 'HTTP', disableExecuteApiEndpoint: true });
    expect(found(api)).toEqual([]);
    expect(found(stack => new CfnResource(stack, 'Rule', {
      type: 'AWS::ApiGatewayV2::RoutingRule', properties: { DomainNameArn: 'arn', Priority: 1, Conditions: [], Actions: [{ InvokeApi: { ApiId: api(stack).ref, Stage: 'x' } }] },
    }))).toHaveLength(1);
  });
});

test('CloudFront goes through an API to its workload', () => {
  const paths = found(stack => {
    const api = new apigateway.LambdaRestApi(stack, 'Api', { handler: fn(stack) });
    const visibilityConfig = { cloudWatchMetricsEnabled: true, metricName: 'm', sampledRequestsEnabled: true };
    const webAclId = new wafv2.CfnWebACL(stack, 'Firewall', { scope: 'CLOUDFRONT', defaultAction: { block: {} }, visibilityConfig }).attrArn;
    new cloudfront.Distribution(stack, 'Site', { webAclId, defaultBehavior: { origin: new origins.RestApiOrigin(api) } });
  });
  expect(paths.map(({ entrance, destination, webAcl }) => [entrance, destination, webAcl])).toEqual(expect.arrayContaining([
    [PathEntrance.CLOUDFRONT, 'Test/Function', 'Test/Firewall'], [PathEntrance.SERVICE_ENDPOINT, 'Test/Function', undefined],
  ]));
});
