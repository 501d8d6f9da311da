import { CfnParameter, CfnResource, Fn, NestedStack, Stack, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { found, onlyHops } from './opened-network';
import { PathEntrance, ReachablePath } from '../../src/reachability/reachable-path';

function lambdaFunction(stack: Stack): lambda.Function {
  return new lambda.Function(stack, 'Function', { code: lambda.Code.fromInline('-'), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X });
}

/** A resource as its type names it. */
const cfn = (type: string, properties: object) => (stack: Stack) => { new CfnResource(stack, 'Door', { type, properties: { ...properties } }); };

/** A domain whose policy the CDK writes by a call of the API. */
const searched = (principal: string) => (stack: Stack) => {
  const domain = new CfnResource(stack, 'Door', { type: 'AWS::OpenSearchService::Domain' });
  const policy = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'es:*' }] });
  const call = { service: 'OpenSearch', action: 'updateDomainConfig', parameters: { DomainName: domain.ref, AccessPolicies: policy } };
  new CfnResource(stack, 'Policy', { type: 'Custom::OpenSearchAccessPolicy', properties: { Create: stack.toJsonString(call) } });
};

describe('functions', () => {
  const withUrl = (authType: lambda.FunctionUrlAuthType) => (stack: Stack) => { lambdaFunction(stack).addFunctionUrl({ authType }); };

  test('a URL without authentication', () => {
    expect(onlyHops(withUrl(lambda.FunctionUrlAuthType.NONE))).toEqual(['internet', 'function URL Test/Function/FunctionUrl with AuthType NONE', 'function Test/Function']);
  });

  test('a URL with IAM is no path', () => {
    expect(found(withUrl(lambda.FunctionUrlAuthType.AWS_IAM))).toEqual([]);
  });

  test('a permission for everybody, and one for a service', () => {
    const permit = (permission: Partial<lambda.CfnPermissionProps>) => found(stack => {
      new lambda.CfnPermission(stack, 'Permit', { action: 'lambda:InvokeFunction', functionName: lambdaFunction(stack).functionArn, principal: '*', ...permission });
    });
    expect(permit({}).map(({ entrance, destination }) => [entrance, destination])).toEqual([[PathEntrance.PUBLIC_POLICY, 'Test/Function']]);
    expect(permit({ principal: 'sns.amazonaws.com' })).toEqual([]);
    expect(permit({ sourceAccount: '222222222222' })).toEqual([]);
  });
});

test.each<[string, (stack: Stack) => void, string, (stack: Stack) => void]>([
  ['EKS, by default',
    cfn('AWS::EKS::Cluster', { ResourcesVpcConfig: {} }), 'public endpoint of EKS, open to 0.0.0.0/0',
    cfn('AWS::EKS::Cluster', { ResourcesVpcConfig: { EndpointPublicAccess: false } })],
  ['EKS for an office',
    cfn('AWS::EKS::Cluster', { ResourcesVpcConfig: { PublicAccessCidrs: ['203.0.113.0/24'] } }), 'public endpoint of EKS, open to 203.0.113.0/24',
    cfn('AWS::EKS::Cluster', { ResourcesVpcConfig: { PublicAccessCidrs: ['10.0.0.0/8'] } })],
  ['a cluster of the CDK\'s own resource',
    cfn('Custom::AWSCDK-EKS-Cluster', { Config: { resourcesVpcConfig: { endpointPublicAccess: true } } }), 'public endpoint of EKS, open to 0.0.0.0/0',
    cfn('Custom::AWSCDK-EKS-Cluster', { Config: { resourcesVpcConfig: { endpointPublicAccess: false } } })],
  ['a REST API',
    cfn('AWS::ApiGateway::RestApi', {}), 'endpoint of API Gateway',
    cfn('AWS::ApiGateway::RestApi', { EndpointConfiguration: { Types: ['PRIVATE'] } })],
  ['an HTTP API',
    cfn('AWS::ApiGatewayV2::Api', {}), 'endpoint of API Gateway',
    cfn('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true })],
  ['AppSync',
    cfn('AWS::AppSync::GraphQLApi', { AuthenticationType: 'API_KEY' }), 'endpoint of AppSync',
    cfn('AWS::AppSync::GraphQLApi', { AuthenticationType: 'API_KEY', Visibility: 'PRIVATE' })],
  ['AppSync\'s events',
    cfn('AWS::AppSync::Api', { EventConfig: { AuthProviders: [{ AuthType: 'API_KEY' }] } }), 'endpoint of AppSync',
    cfn('AWS::AppSync::Channel', {})],
  ['Airflow',
    cfn('AWS::MWAA::Environment', { WebserverAccessMode: 'PUBLIC_ONLY' }), 'public web server of Airflow',
    cfn('AWS::MWAA::Environment', {})],
  ['Neptune Analytics',
    cfn('AWS::NeptuneGraph::Graph', { PublicConnectivity: true }), 'public endpoint of Neptune Analytics',
    cfn('AWS::NeptuneGraph::Graph', {})],
  ['App Runner',
    cfn('AWS::AppRunner::Service', {}), 'endpoint of App Runner',
    cfn('AWS::AppRunner::Service', { NetworkConfiguration: { IngressConfiguration: { IsPubliclyAccessible: false } } })],
  ['Transfer Family',
    cfn('AWS::Transfer::Server', {}), 'endpoint of Transfer Family',
    cfn('AWS::Transfer::Server', { EndpointType: 'VPC' })],
  ['OpenSearch',
    cfn('AWS::OpenSearchService::Domain', { AccessPolicies: { Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'es:*' }] } }),
    'public endpoint of OpenSearch, whose policy admits everybody',
    cfn('AWS::OpenSearchService::Domain', { VPCOptions: {}, AccessPolicies: { Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'es:*' }] } })],
  ['OpenSearch with a policy that the CDK writes later',
    searched('*'), 'public endpoint of OpenSearch, whose policy admits everybody',
    searched('arn:aws:iam::222222222222:root')],
  ['OpenSearch Serverless',
    cfn('AWS::OpenSearchServerless::SecurityPolicy', { Type: 'network', Policy: '[{"AllowFromPublic": true}]' }), 'endpoint of OpenSearch Serverless, AllowFromPublic',
    cfn('AWS::OpenSearchServerless::SecurityPolicy', { Type: 'network', Policy: '[{"AllowFromPublic": false}]' })],
  ['a Kubernetes service in a manifest',
    cfn('Custom::AWSCDK-EKS-KubernetesResource', { Manifest: '[{"kind":"Service","metadata":{"name":"web"},"spec":{"type":"LoadBalancer"}}]' }),
    'load balancer of the Service web in the manifest',
    cfn('Custom::AWSCDK-EKS-KubernetesResource', { Manifest: '[{"kind":"Service","metadata":{"name":"web"},"spec":{"type":"ClusterIP"}}]' })],
  ['an ingress in a manifest',
    cfn('Custom::AWSCDK-EKS-KubernetesResource',
      { Manifest: '[{"kind":"Ingress","metadata":{"name":"web","annotations":{"alb.ingress.kubernetes.io/scheme":"internet-facing"}}}]' }),
    'load balancer of the Ingress web in the manifest',
    cfn('Custom::AWSCDK-EKS-KubernetesResource', { Manifest: '[{"kind":"Ingress","metadata":{"name":"web","annotations":{"alb.ingress.kubernetes.io/scheme":"internal"}}}]' })],
])('%s is found where it is public, and only there', (_what, open, hop, closed) => {
  expect(onlyHops(open)[1]).toBe(hop);
  expect(found(closed)).toEqual([]);
});

test('a type whose door is not read counts as open', () => {
  const [path] = found(cfn('AWS::Lightsail::Instance', {}));
  expect(path).toMatchObject({ certain: false, hops: ['internet', 'AWS::Lightsail::Instance Test/Door [unknown: this type is not read, taken as open; if you know better, declare it in trusted]', 'instance Test/Door'] });
});

test.each<[string, (stack: Stack) => void, string]>([
  ['a nested stack whose template is elsewhere', cfn('AWS::CloudFormation::Stack', { TemplateURL: 'https://templates.example' }), 'nested stack Test/Door [unknown: a template that is not of this app'],
  ['a macro', stack => { stack.addTransform('Company-Networks'); }, 'macro Company-Networks [unknown: what it adds to Test'],
  ['what a loop makes', stack => { stack.templateOptions.metadata = { 'Fn::ForEach::Subnets': [] }; }, 'macro Fn::ForEach [unknown: what it adds to Test'],
  ...['AWS::Serverless::Function', 'AWS::Serverless::StateMachine', 'AWS::Serverless::GraphQLApi', 'AWS::Serverless::WebSocketApi', 'AWS::S3::Bucket::MODULE',
    'Company::Network::Vpc::MODULE', 'Company::Network::Gateway', 'Alexa::ASK::Skill'].map((type): [string, (stack: Stack) => void, string] =>
    [type, cfn(type, {}), `${type} Test/Door [unknown: this type is not read`]),
])('%s counts as open', (_what, build, hop) => {
  expect(onlyHops(build).join('\n')).toContain(hop);
});

test.each(['AWS::Serverless::SimpleTable', 'AWS::Serverless::LayerVersion', 'Custom::Anything', 'AWS::CloudFormation::CustomResource'])('%s opens nothing', type => {
  expect(found(stack => { new CfnResource(stack, 'Thing', { type }); })).toEqual([]);
});

test('a nested stack of the app is read, and a harmless macro adds nothing', () => {
  expect(found(stack => {
    new CfnResource(new NestedStack(stack, 'Inner'), 'Something', { type: 'AWS::CloudFormation::WaitConditionHandle' });
    stack.addTransform('AWS::LanguageExtensions');
  })).toEqual([]);
});

test('a parameter of a nested stack that is one of two values is both', () => {
  expect(found(stack => {
    const inner = new NestedStack(stack, 'Inner', { parameters: { Acl: Token.asString(Fn.conditionIf('Open', 'Private', 'PublicRead')) } });
    new s3.CfnBucket(inner, 'Bucket', { accessControl: new CfnParameter(inner, 'Acl').valueAsString });
  })).toHaveLength(1);
});

test.each([
  ['an ingress class', { kind: 'IngressClassParams', metadata: { name: 'alb' }, spec: { scheme: 'internet-facing' } }, 1],
  ['an internal ingress class', { kind: 'IngressClassParams', metadata: { name: 'alb' }, spec: { scheme: 'internal' } }, 0],
  ['a list of objects', { kind: 'List', items: [{ kind: 'Service', spec: { type: 'LoadBalancer' } }] }, 1],
])('%s in a manifest', (_what, object, count) => {
  expect(found(cfn('Custom::AWSCDK-EKS-KubernetesResource', { Manifest: JSON.stringify([object]) }))).toHaveLength(count);
});

test('a scheme in a manifest that is not known may face the internet', () => {
  expect(found(stack => {
    const scheme = new CfnParameter(stack, 'Scheme').valueAsString;
    cfn('Custom::AWSCDK-EKS-KubernetesResource', {
      Manifest: stack.toJsonString([{ kind: 'Ingress', metadata: { name: 'web', annotations: { 'alb.ingress.kubernetes.io/scheme': scheme } } }]),
    })(stack);
  })).toHaveLength(1);
});

test('a sign-in of AppSync that is not known is no guard', () => {
  const guards = (AuthenticationType: unknown) => found(cfn('AWS::AppSync::GraphQLApi', { AuthenticationType }))[0].guards;
  expect(guards('AWS_IAM')).toEqual(['authentication by AWS_IAM']);
  expect(guards(Fn.importValue('type'))).toEqual([]);
});

test('an authorizer of an API is a guard where every method has it', () => {
  const guards = (...types: apigateway.AuthorizationType[]) => found(stack => {
    const api = new apigateway.RestApi(stack, 'Api');
    types.forEach((authorizationType, index) => api.root.addResource(`r${index}`).addMethod('GET', undefined, { authorizationType }));
  })[0].guards;
  expect(guards(apigateway.AuthorizationType.IAM)).toEqual(['authorizer: AWS_IAM']);
  expect(guards(apigateway.AuthorizationType.IAM, apigateway.AuthorizationType.NONE)).toEqual([]);
});

test('an API that answers on a name of its own is open, whatever its endpoint', () => {
  expect(found(stack => {
    const api = new apigatewayv2.CfnApi(stack, 'Api', { disableExecuteApiEndpoint: true });
    new apigatewayv2.CfnApiMapping(stack, 'Mapping', { apiId: api.ref, domainName: 'api.innovate.example', stage: '$default' });
  })).toHaveLength(1);
});

describe('buckets', () => {
  const withPolicy = (statement: Partial<iam.PolicyStatementProps>, publicAccess?: s3.CfnBucket.PublicAccessBlockConfigurationProperty) => (stack: Stack) => {
    const bucket = new s3.CfnBucket(stack, 'Bucket', { publicAccessBlockConfiguration: publicAccess });
    new s3.CfnBucketPolicy(stack, 'Policy', {
      bucket: bucket.ref,
      policyDocument: new iam.PolicyDocument({
        statements: [new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['s3:GetObject'], resources: [`${bucket.attrArn}/*`], ...statement })],
      }),
    });
  };

  test('a policy for everybody', () => {
    expect(onlyHops(withPolicy({}))).toEqual(['internet', 'policy Test/Policy admits everybody', 'bucket Test/Bucket']);
    expect(found(withPolicy({ conditions: { Bool: { 'aws:SecureTransport': 'true' } } }))).toHaveLength(1);
  });

  test.each<[string, (stack: Stack) => void]>([
    ['for one account', withPolicy({ principals: [new iam.AccountPrincipal('333333333333')] })],
    ['for the organization', withPolicy({ conditions: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } } })],
    ['that denies', withPolicy({ effect: iam.Effect.DENY })],
    ['behind a public access block', withPolicy({}, { restrictPublicBuckets: true })],
  ])('a policy %s is no path', (_what, build) => {
    expect(found(build)).toEqual([]);
  });

  test.each<[string, s3.CfnBucket.PublicAccessBlockConfigurationProperty | undefined, number]>([
    ['PublicRead', undefined, 1], ['PublicRead', { ignorePublicAcls: true }, 0], ['Private', undefined, 0],
  ])('the access control list %s with %j', (accessControl, publicAccessBlockConfiguration, count) => {
    expect(found(stack => new s3.CfnBucket(stack, 'Bucket', { accessControl, publicAccessBlockConfiguration }))).toHaveLength(count);
  });

  test('a queue that everybody may send to, and one of the CDK', () => {
    const queue = (open: boolean) => found(stack => {
      const jobs = new sqs.Queue(stack, 'Jobs', { enforceSSL: true });
      if (open) { jobs.grantSendMessages(new iam.StarPrincipal()); }
    });
    expect(queue(true).map(({ destination }) => destination)).toEqual(['Test/Jobs']);
    expect(queue(false)).toEqual([]);
  });
});

describe('CloudFront', () => {
  const site = (props: Partial<cloudfront.DistributionProps> = {}): ReachablePath[] => found(stack => {
    new cloudfront.Distribution(stack, 'Site', { defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(new s3.Bucket(stack, 'Bucket')) }, ...props });
  });

  test('to a bucket, without a web ACL', () => {
    const [path, ...others] = site();
    expect(others).toEqual([]);
    expect(path).toMatchObject({ entrance: PathEntrance.CLOUDFRONT, destination: 'Test/Bucket', guards: [] });
    expect(path.hops).toEqual(['internet', 'CloudFront distribution Test/Site', 'no web ACL', 'origin access control Test/Site/Origin1/S3OriginAccessControl', 'bucket Test/Bucket']);
  });

  test('to a bucket, with a web ACL', () => {
    const [path] = site({ webAclId: 'arn:aws:wafv2:us-east-1:222222222222:global/webacl/site/1' });
    expect(path.webAcl).toBe('arn:aws:wafv2:us-east-1:222222222222:global/webacl/site/1');
  });

  test('a web ACL that lets everything pass is none', () => {
    const [path] = found(stack => {
      const acl = new CfnResource(stack, 'Idle', { type: 'AWS::WAFv2::WebACL', properties: { Scope: 'CLOUDFRONT', DefaultAction: { Allow: {} } } });
      new cloudfront.Distribution(stack, 'Site', {
        webAclId: acl.getAtt('Arn').toString(), defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(new s3.Bucket(stack, 'Bucket')) },
      });
    });
    expect(path.webAcl).toBeUndefined();
  });

  describe('a web ACL of these stacks', () => {
    const GROUP = { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } };
    const RATE = { RateBasedStatement: { Limit: 100, AggregateKeyType: 'IP' } };
    const guarded = (Rules: (stack: Stack) => unknown, DefaultAction: unknown = { Allow: {} }) => {
      const [path] = found(stack => {
        const acl = new CfnResource(stack, 'Acl', { type: 'AWS::WAFv2::WebACL', properties: { Scope: 'CLOUDFRONT', DefaultAction, Rules: Rules(stack) } });
        new cloudfront.Distribution(stack, 'Site', {
          webAclId: acl.getAtt('Arn').toString(), defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(new s3.Bucket(stack, 'Bucket')) },
        });
      });
      return { webAcl: path.webAcl, hop: path.hops[2] };
    };
    const group = (stack: Stack, action: string) => new CfnResource(stack, 'Group', {
      type: 'AWS::WAFv2::RuleGroup', properties: { Rules: [{ Statement: RATE, Action: { [action]: {} } }] },
    }).getAtt('Arn');

    test.each<[string, (stack: Stack) => unknown, unknown]>([
      ['blocks', () => [{ Statement: RATE, Action: { Block: {} } }], { Allow: {} }],
      ['asks for a captcha', () => [{ Statement: RATE, Action: { Captcha: {} } }], { Allow: {} }],
      ['challenges', () => [{ Statement: RATE, Action: { Count: {} } }, { Statement: RATE, Action: { Challenge: {} } }], { Allow: {} }],
      ['has a managed group', () => [{ Statement: GROUP, OverrideAction: { None: {} } }], { Allow: {} }],
      ['has a group that blocks', stack => [{ Statement: { RuleGroupReferenceStatement: { Arn: group(stack, 'Block') } }, OverrideAction: { None: {} } }], { Allow: {} }],
      ['blocks by default', () => [{ Statement: RATE, Action: { Allow: {} } }], { Block: {} }],
    ])('that %s is a firewall', (_what, rules, byDefault) => {
      expect(guarded(rules, byDefault)).toEqual({ webAcl: 'Test/Acl', hop: 'web ACL Test/Acl' });
    });

    test.each<[string, (stack: Stack) => unknown, unknown]>([
      ['counts', () => [{ Statement: RATE, Action: { Count: {} } }, { Statement: GROUP, OverrideAction: { Count: {} } }], { Allow: {} }],
      ['allows', () => [{ Statement: RATE, Action: { Allow: {} } }], { Allow: {} }],
      ['has a group that counts', stack => [{ Statement: { RuleGroupReferenceStatement: { Arn: group(stack, 'Count') } }, OverrideAction: { None: {} } }], { Allow: {} }],
      ['may not block', () => [{ Statement: RATE, Action: Fn.conditionIf('Closed', { Block: {} }, { Count: {} }) }], { Allow: {} }],
      ['may have no rule that blocks', () => [Fn.conditionIf('Closed', { Statement: RATE, Action: { Block: {} } }, { Ref: 'AWS::NoValue' }), { Statement: RATE, Action: { Count: {} } }], { Allow: {} }],
      ['may not block by default', () => [{ Statement: RATE, Action: { Count: {} } }], Fn.conditionIf('Closed', { Block: {} }, { Allow: {} })],
    ])('that %s is none', (_what, rules, byDefault) => {
      expect(guarded(rules, byDefault)).toEqual({ webAcl: undefined, hop: 'web ACL Test/Acl (counts only)' });
    });

    test('whose rules are not known is none, and the hop says so', () => {
      const { webAcl, hop } = guarded(() => Fn.importValue('rules'));
      expect(webAcl).toBeUndefined();
      expect(hop).toContain('web ACL Test/Acl (counts only) [unknown: the export rules of another app');
    });
  });

  test('a distribution that is disabled is no path', () => {
    expect(site({ enabled: false })).toEqual([]);
  });

  test('an origin of somebody else is none of ours', () => {
    expect(site({ defaultBehavior: { origin: new origins.HttpOrigin('api.partner.example') } })).toEqual([]);
  });

  test('to a function behind IAM', () => {
    const paths = found(stack => {
      const url = lambdaFunction(stack).addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });
      new cloudfront.Distribution(stack, 'Site', { defaultBehavior: { origin: origins.FunctionUrlOrigin.withOriginAccessControl(url) } });
    });
    expect(paths.map(({ destination }) => destination)).toEqual(['Test/Function']);
  });
});
