import { App, Duration, Stack, Tags } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ApiOrigin, LoadBalancerOriginOptions } from '../../src/site/api-origin';
import { SpaStaticSite } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, foreignVpc, testStack } from '../support/stacks';

const LOAD_BALANCER_ARN = `arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:loadbalancer/app/api/1`;

function siteWith(api: ApiOrigin, stack: Stack) {
  new SpaStaticSite(stack, 'Site', { api });
  const template = Template.fromStack(stack);
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return { template, origin: distribution.Properties.DistributionConfig.Origins[1] };
}

test('a load balancer with a name is reached by TLS inside its VPC', () => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
  const { template, origin } = siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }), stack);
  template.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
    VpcOriginEndpointConfig: { Arn: stack.resolve(loadBalancer.loadBalancerArn), OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
  });
  expect(origin).toMatchObject({ DomainName: 'api.innovate.example', VpcOriginConfig: { VpcOriginId: expect.anything() } });
  expect(origin.CustomOriginConfig).toBeUndefined();
  expectNoAnnotations(stack);
});

test('a load balancer without a certificate is reached by HTTP where that is said, with a warning', () => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
  const { template, origin } = siteWith(ApiOrigin.loadBalancer(loadBalancer, { plainHttp: true }), stack);
  template.hasResourceProperties('AWS::CloudFront::VpcOrigin', { VpcOriginEndpointConfig: { OriginProtocolPolicy: 'http-only' } });
  expect(origin.DomainName).toEqual(stack.resolve(loadBalancer.loadBalancerDnsName));
  Annotations.fromStack(stack).hasWarning('/Test/Site', Match.stringLikeRegexp('Between CloudFront and the load balancer of `api` there is no TLS'));
});

test('a load balancer of another stack is referred to without an export', () => {
  const app = new App();
  const [cluster, web] = ['Cluster', 'Web'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: 'eu-west-1' } }));
  const loadBalancer = new elbv2.ApplicationLoadBalancer(cluster, 'LoadBalancer', { vpc: foreignVpc(cluster) });
  const { template, origin } = siteWith(ApiOrigin.loadBalancer(loadBalancer, { plainHttp: true }), web);
  const [vpcOrigin] = Object.values(template.findResources('AWS::CloudFront::VpcOrigin'));
  expect(vpcOrigin.Properties.VpcOriginEndpointConfig.Arn['Fn::GetStackOutput'].StackName).toBe('Cluster');
  expect(origin.DomainName['Fn::GetStackOutput'].StackName).toBe('Cluster');
  expect(JSON.stringify(Template.fromStack(cluster).toJSON().Outputs)).not.toContain('Export');
  expect(web.dependencies.map(({ stackName }) => stackName)).toContain('Cluster');
});

test('a load balancer of somebody else', () => {
  const stack = testStack();
  const loadBalancer = elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'LoadBalancer', {
    loadBalancerArn: LOAD_BALANCER_ARN, securityGroupId: 'sg-1', loadBalancerDnsName: 'internal-api.eu-west-1.elb.amazonaws.com',
  });
  const { template } = siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }), stack);
  template.hasResourceProperties('AWS::CloudFront::VpcOrigin', { VpcOriginEndpointConfig: { Arn: LOAD_BALANCER_ARN } });
});

describe('a VPC origin, which CloudFront refuses to change while it is in use,', () => {
  interface Changes {
    readonly options?: LoadBalancerOriginOptions;
    readonly loadBalancerId?: string;
    readonly prepare?: (stack: Stack) => void;
  }
  const made = ({ options = { domainName: 'api.innovate.example' }, loadBalancerId = 'LoadBalancer', prepare }: Changes = {}) => {
    const stack = testStack();
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, loadBalancerId, { vpc: foreignVpc(stack) });
    prepare?.(stack);
    const { template, origin } = siteWith(ApiOrigin.loadBalancer(loadBalancer, options), stack);
    const [[logicalId, { Properties }], ...more] = Object.entries(template.findResources('AWS::CloudFront::VpcOrigin'));
    expect(more).toEqual([]);
    expect(origin.VpcOriginConfig.VpcOriginId).toEqual({ 'Fn::GetAtt': [logicalId, 'Id'] });
    return { logicalId, name: Properties.VpcOriginEndpointConfig.Name as string };
  };

  test('keeps its id and its name while nothing of it changes', () => {
    expect(made()).toEqual(made({ options: { domainName: 'other.innovate.example', readTimeout: Duration.seconds(10) } }));
    expect(made().name.length).toBeLessThanOrEqual(64);
  });

  test.each<[string, Changes]>([
    ['protocol', { options: { plainHttp: true } }],
    ['port', { options: { domainName: 'api.innovate.example', httpsPort: 8443 } }],
    ['load balancer', { loadBalancerId: 'Other' }],
    ['tag of its own', { prepare: stack => Tags.of(stack).add('cost-center', '1', { includeResourceTypes: ['AWS::CloudFront::VpcOrigin'] }) }],
    ['tag of its stack, which CloudFormation puts on it', { prepare: stack => Tags.of(stack).add('cost-center', '1', { includeResourceTypes: ['aws:cdk:stack'] }) }],
  ])('is replaced, under another name, with another %s', (_, changes) => {
    const [before, after] = [made(), made(changes)];
    expect(after.logicalId).not.toBe(before.logicalId);
    expect(after.name).not.toBe(before.name);
  });
});

describe('a load balancer of this app lets in CloudFront only', () => {
  const PREFIX_LIST = 'pl-4fa04526';
  const ingress = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties: { GroupId: _, ...rule } }) => rule);

  test.each<[number, LoadBalancerOriginOptions]>([
    [443, { domainName: 'api.innovate.example' }], [8443, { domainName: 'api.innovate.example', httpsPort: 8443 }], [80, { plainHttp: true }],
  ])('on port %d', (port, options) => {
    const stack = testStack();
    siteWith(ApiOrigin.loadBalancer(new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) }), options), stack);
    expect(ingress(stack)).toEqual([{ IpProtocol: 'tcp', FromPort: port, ToPort: port, SourcePrefixListId: PREFIX_LIST, Description: 'CloudFront VPC origin' }]);
  });

  test('from its own stack, and nowhere else', () => {
    const app = new App();
    const [cluster, web] = ['Cluster', 'Web'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: 'eu-west-1' } }));
    const loadBalancer = new elbv2.ApplicationLoadBalancer(cluster, 'LoadBalancer', { vpc: foreignVpc(cluster) });
    const { template } = siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }), web);
    expect(ingress(cluster)).toHaveLength(1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    expectNoAnnotations(app);
  });

  test('once, where it does so already', () => {
    const stack = testStack();
    const vpc = foreignVpc(stack);
    const securityGroup = new ec2.SecurityGroup(stack, 'Group', { vpc });
    securityGroup.addIngressRule(ec2.Peer.prefixList('pl-1'), ec2.Port.tcp(443), 'Mine');
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc, securityGroup });
    siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }), stack);
    expect(ingress(stack).map(({ SourcePrefixListId }) => SourcePrefixListId)).toEqual(['pl-1']);
  });

  test('and warns where a listener that comes later lets in everybody', () => {
    const stack = testStack();
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
    new SpaStaticSite(stack, 'Site', { api: ApiOrigin.loadBalancer(loadBalancer, { plainHttp: true }) });
    loadBalancer.addListener('Listener', { port: 80, defaultAction: elbv2.ListenerAction.fixedResponse(404) });
    Annotations.fromStack(stack).hasWarning('/Test/Site', Match.stringLikeRegexp('Port 80 of the load balancer of `api` is open to more than CloudFront'));
  });

  test('in a region whose prefix list has to be given', () => {
    const stack = testStack('eu-south-2');
    const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
    const options = { domainName: 'api.innovate.example' };
    expect(() => siteWith(ApiOrigin.loadBalancer(loadBalancer, options), stack)).toThrow(/`api.cloudFrontPrefixListId` is missing, but the id of CloudFront's prefix list in eu-south-2 is not known/);
    new SpaStaticSite(stack, 'Other', { api: ApiOrigin.loadBalancer(loadBalancer, { ...options, cloudFrontPrefixListId: 'pl-2' }) });
    expect(ingress(stack).map(({ SourcePrefixListId }) => SourcePrefixListId)).toEqual(['pl-2']);
  });
});

test.each<[string, LoadBalancerOriginOptions, RegExp]>([
  ['no name and no word about TLS', {}, /`api.domainName` is missing, but CloudFront has no name to check the certificate.*or `plainHttp: true`/],
  ['a name and plain HTTP', { domainName: 'api.innovate.example', plainHttp: true }, /`api.plainHttp` is true, but `api.domainName` is the name of a certificate/],
  ['a port that CloudFront does not reach', { domainName: 'api.innovate.example', httpsPort: 444 }, /`api.httpsPort` is 444, but it has to be between 1024 and 65535 as a port, or 80 or 443/],
])('refuses a load balancer with %s', (_, options, message) => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
  expect(() => siteWith(ApiOrigin.loadBalancer(loadBalancer, options), stack)).toThrow(message);
  expect(stack.node.findChild('Site').node.children).toEqual([]);
});

test('refuses a load balancer that faces the internet', () => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack), internetFacing: true });
  expect(() => siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example' }), stack))
    .toThrow(/`api` is "Test\/LoadBalancer", but its load balancer faces the internet.*internetFacing: false/);
});

test('an API on the internet is reached by TLS 1.2', () => {
  const { template, origin } = siteWith(ApiOrigin.https('api.innovate.example'), testStack());
  expect(origin).toMatchObject({ DomainName: 'api.innovate.example', CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] } });
  template.resourceCountIs('AWS::CloudFront::VpcOrigin', 0);
});

test('a REST API of another stack, with its stage, and without an export', () => {
  const app = new App();
  const [backend, web] = ['Backend', 'Web'].map(id => new Stack(app, id, { env: { account: ACCOUNT, region: 'eu-west-1' } }));
  const api = new apigateway.RestApi(backend, 'Api', { deployOptions: { stageName: 'prod' }, cloudWatchRole: false });
  api.root.addMethod('ANY');
  const { origin } = siteWith(ApiOrigin.restApi(api), web);
  expect(origin.DomainName['Fn::Join'][1]).toEqual([
    { 'Fn::GetStackOutput': expect.objectContaining({ StackName: 'Backend', OutputName: expect.stringContaining('RestApiId') }) }, '.execute-api.eu-west-1.', { Ref: 'AWS::URLSuffix' },
  ]);
  expect(origin.OriginPath['Fn::Join'][1]).toEqual(['/', { 'Fn::GetStackOutput': expect.objectContaining({ OutputName: expect.stringContaining('RestApiIdStage') }) }]);
  expect(origin.CustomOriginConfig).toMatchObject({ OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] });
  expect(JSON.stringify(Template.fromStack(backend).toJSON().Outputs)).not.toContain('Export');
});

test('an HTTP API has no stage in its path unless one is named', () => {
  const stack = testStack();
  const api = new apigatewayv2.HttpApi(stack, 'Api');
  const { origin } = siteWith(ApiOrigin.httpApi(api), stack);
  expect(origin.DomainName['Fn::Join'][1]).toEqual([stack.resolve(api.apiId), '.execute-api.eu-west-1.', { Ref: 'AWS::URLSuffix' }]);
  expect(origin.OriginPath).toBeUndefined();
  const other = testStack();
  const imported = apigatewayv2.HttpApi.fromHttpApiAttributes(other, 'Api', { httpApiId: 'abc' });
  expect(siteWith(ApiOrigin.httpApi(imported, { stageName: 'v1' }), other).origin.OriginPath).toBe('/v1');
});

test('a REST API of somebody else needs its stage', () => {
  const stack = testStack();
  const imported = apigateway.RestApi.fromRestApiId(stack, 'Api', 'abc');
  expect(() => siteWith(ApiOrigin.restApi(imported), stack)).toThrow(/`api.stageName` is missing, but an imported REST API does not tell its stage/);
  expect(siteWith(ApiOrigin.restApi(imported, { stageName: 'prod' }), new Stack(stack, 'Web', { env: { account: ACCOUNT, region: 'eu-west-1' } })).origin.OriginPath).toBe('/prod');
});

test('a load balancer on another port that takes its time', () => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
  const { template, origin } = siteWith(ApiOrigin.loadBalancer(loadBalancer, {
    domainName: 'api.innovate.example', httpsPort: 8443, readTimeout: Duration.seconds(60), keepaliveTimeout: Duration.seconds(30),
  }), stack);
  template.hasResourceProperties('AWS::CloudFront::VpcOrigin', { VpcOriginEndpointConfig: { HTTPSPort: 8443 } });
  expect(origin.VpcOriginConfig).toMatchObject({ OriginReadTimeout: 60, OriginKeepaliveTimeout: 30 });
});

test.each([
  [{ readTimeout: Duration.seconds(181) }, /`api.readTimeout` is 181, but it has to be between 1 and 180 seconds/],
  [{ keepaliveTimeout: Duration.millis(1500) }, /`api.keepaliveTimeout` is 1.5, but it has to be a multiple of 1 seconds/],
])('refuses to wait %j', (options, message) => {
  expect(() => siteWith(ApiOrigin.https('api.innovate.example', options), testStack())).toThrow(message);
});

test('refuses a name that is an address', () => {
  const stack = testStack();
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'LoadBalancer', { vpc: foreignVpc(stack) });
  expect(() => siteWith(ApiOrigin.loadBalancer(loadBalancer, { domainName: 'api.innovate.example:8443' }), stack))
    .toThrow(/`api.domainName` is "api.innovate.example:8443", but it is not a domain name/);
});
