import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as sns from 'aws-cdk-lib/aws-sns';
import { ApiOrigin } from '../../src/site/api-origin';
import { EdgeFirewall } from '../../src/site/firewall/edge-firewall';
import { SiteDomain } from '../../src/site/site-domain';
import { SpaStaticSite, SpaStaticSiteProps } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

const CONTENT = join(__dirname, '../../integ/fixtures/site');

function site(props?: SpaStaticSiteProps, stack: Stack = testStack('us-east-1')) {
  const construct = new SpaStaticSite(stack, 'Site', props);
  const template = Template.fromStack(stack);
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  const config = distribution.Properties.DistributionConfig;
  const behavior = (path: string) => config.CacheBehaviors.find(({ PathPattern }: { PathPattern: string }) => PathPattern === path);
  const only = (type: string, idPart: string) => {
    const found = Object.entries(template.findResources(type)).filter(([id]) => id.includes(idPart));
    expect(found).toHaveLength(1);
    return found[0][1];
  };
  return { stack, construct, template, config, behavior, only };
}

/** What tests only read is synthesized once. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

describe('minimal', () => {
  const minimal = once(() => site());

  test('a private bucket that only the distribution reads', () => {
    const { stack, construct, template, config, only } = minimal();
    expect(only('AWS::S3::Bucket', 'SiteBucket').DeletionPolicy).toBe('Retain');
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: stack.resolve(construct.bucket.bucketName),
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: 's3:GetObject', Effect: 'Allow', Principal: { Service: 'cloudfront.amazonaws.com' },
          Condition: { StringEquals: { 'AWS:SourceArn': Match.anyValue() } },
        })]),
      },
    });
    expect(config.Origins).toHaveLength(1);
    expect(config.Origins[0].OriginAccessControlId).toBeDefined();
    expect(config.Origins[0].S3OriginConfig).toEqual({ OriginAccessIdentity: '' });
  });

  test('the key lets this account\'s distributions decrypt and do nothing else', () => {
    const { stack, construct } = minimal();
    const policy = stack.resolve((construct.encryptionKey.node.defaultChild as kms.CfnKey).keyPolicy);
    const statements = policy.Statement.filter(({ Principal }: any) => Principal.Service === 'cloudfront.amazonaws.com');
    expect(statements).toEqual([expect.objectContaining({ Action: 'kms:Decrypt', Condition: { ArnLike: { 'AWS:SourceArn': expect.anything() } } })]);
    expect(JSON.stringify(statements[0].Condition)).toContain(':cloudfront::');
  });

  test('a firewall, always', () => {
    const { stack, construct, template, config } = minimal();
    template.resourceCountIs('AWS::WAFv2::WebACL', 1);
    expect(config.WebACLId).toEqual(stack.resolve(construct.firewall.webAclArn));
  });

  test('modern protocols, compressed', () => {
    const { config, behavior } = minimal();
    expect(config).toMatchObject({ HttpVersion: 'http2and3', IPV6Enabled: true, DefaultRootObject: 'index.html', PriceClass: 'PriceClass_All' });
    expect([config.DefaultCacheBehavior, behavior('/assets/*')].map(({ Compress, ViewerProtocolPolicy }) => [Compress, ViewerProtocolPolicy]))
      .toEqual([[true, 'redirect-to-https'], [true, 'redirect-to-https']]);
  });

  test('pages are asked for anew every time, assets are kept', () => {
    const { stack, config, behavior, only } = minimal();
    const revalidation = only('AWS::CloudFront::CachePolicy', 'Revalidation').Properties.CachePolicyConfig;
    expect(revalidation).toMatchObject({ MinTTL: 0, DefaultTTL: 0, MaxTTL: 1 });
    expect(revalidation.ParametersInCacheKeyAndForwardedToOrigin).toMatchObject({ EnableAcceptEncodingBrotli: true, EnableAcceptEncodingGzip: true });
    expect(only('AWS::CloudFront::ResponseHeadersPolicy', 'PageHeaders').Properties.ResponseHeadersPolicyConfig.CustomHeadersConfig.Items)
      .toContainEqual({ Header: 'Cache-Control', Value: 'no-cache', Override: true });
    expect(JSON.stringify(only('AWS::CloudFront::ResponseHeadersPolicy', 'AssetHeaders'))).not.toContain('Cache-Control');
    expect(behavior('/assets/*').CachePolicyId).toBe(stack.resolve(cloudfront.CachePolicy.CACHING_OPTIMIZED.cachePolicyId));
    expect(behavior('/assets/*').FunctionAssociations.map(({ EventType }: any) => EventType)).toEqual(['viewer-response']);
    expect(config.DefaultCacheBehavior.FunctionAssociations.map(({ EventType }: any) => EventType)).toEqual(['viewer-request']);
  });

  test.each(['PageHeaders', 'AssetHeaders'])('strict security headers on %s', id => {
    const headers = minimal().only('AWS::CloudFront::ResponseHeadersPolicy', id).Properties.ResponseHeadersPolicyConfig;
    expect(headers.SecurityHeadersConfig).toMatchObject({
      ContentSecurityPolicy: { ContentSecurityPolicy: expect.stringMatching(/^default-src 'self'; connect-src 'self';.*frame-ancestors 'none'/) },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY' },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 63072000, IncludeSubdomains: true },
    });
    expect(JSON.stringify(headers)).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
    expect(headers.CustomHeadersConfig.Items.map(({ Header }: any) => Header))
      .toEqual(expect.arrayContaining(['Permissions-Policy', 'Cross-Origin-Opener-Policy', 'Cross-Origin-Resource-Policy']));
  });

  test('every request is logged as Parquet without cookies, to a bucket with the customer key and without ACLs', () => {
    const { stack, construct, template, config } = minimal();
    expect(config.Logging).toBeUndefined();
    template.hasResourceProperties('AWS::Logs::DeliverySource', {
      LogType: 'ACCESS_LOGS',
      ResourceArn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:cloudfront::${ACCOUNT}:distribution/`, stack.resolve(construct.distribution.distributionId)]] },
    });
    template.hasResourceProperties('AWS::Logs::DeliveryDestination', {
      DestinationResourceArn: stack.resolve(construct.requestLogBucket.bucketArn), DeliveryDestinationType: 'S3', OutputFormat: 'parquet',
    });
    const [{ Properties: delivery }] = Object.values(template.findResources('AWS::Logs::Delivery'));
    expect(delivery).toMatchObject({ S3EnableHiveCompatiblePath: true, S3SuffixPath: '{DistributionId}/{yyyy}/{MM}/{dd}/{HH}' });
    expect(delivery.RecordFields).toEqual(expect.arrayContaining(['c-ip', 'cs-uri-stem', 'sc-status', 'x-edge-request-id']));
    expect(delivery.RecordFields).not.toContain('cs(Cookie)');
    for (const bucket of [construct.requestLogBucket, construct.logBucket]) {
      const [logicalId] = Object.keys(template.findResources('AWS::S3::Bucket')).filter(id => id === stack.resolve(bucket.bucketName).Ref);
      template.templateMatches({
        Resources: {
          [logicalId]: {
            DeletionPolicy: 'Retain',
            Properties: {
              OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
              LifecycleConfiguration: { Rules: Match.arrayWith([Match.objectLike({ ExpirationInDays: 365 })]) },
            },
          },
        },
      });
    }
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: stack.resolve(construct.encryptionKey.keyArn) } }],
      },
      LoggingConfiguration: { DestinationBucketName: stack.resolve(construct.logBucket.bucketName), LogFilePrefix: 'request-log/' },
    });
  });

  test('nobody but the log delivery of this account in us-east-1 writes the log', () => {
    const { stack, construct, template } = minimal();
    const conditions = {
      StringEquals: { 'aws:SourceAccount': ACCOUNT },
      ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:logs:us-east-1:${ACCOUNT}:delivery-source:*`]] } },
    };
    const allowed = (statements: any[]) => statements.filter(({ Principal }) => Principal.Service === 'delivery.logs.amazonaws.com');
    const policies = Object.values(template.findResources('AWS::S3::BucketPolicy')).filter(({ Properties }) => allowed(Properties.PolicyDocument.Statement).length);
    expect(policies.map(({ Properties }) => Properties.Bucket)).toEqual([stack.resolve(construct.requestLogBucket.bucketName)]);
    expect(allowed(policies[0].Properties.PolicyDocument.Statement).map(({ Action, Condition }) => [Action, Condition]))
      .toEqual([['s3:PutObject', conditions], [['s3:GetBucketAcl', 's3:ListBucket'], conditions]]);
    const key = stack.resolve((construct.encryptionKey.node.defaultChild as kms.CfnKey).keyPolicy);
    expect(allowed(key.Statement).map(({ Condition }) => Condition)).toEqual([conditions]);
  });

  test('assets that a release has marked expire 30 days later, no others', () => {
    const { Rules } = minimal().only('AWS::S3::Bucket', 'SiteBucket').Properties.LifecycleConfiguration;
    expect(Rules.filter(({ ExpirationInDays }: any) => ExpirationInDays)).toEqual([{
      Status: 'Enabled', Prefix: 'assets/', TagFilters: [{ Key: 'superseded', Value: 'true' }], ExpirationInDays: 30,
    }]);
  });

  test('a missing file is 404, not 403: the distribution may list, and cannot be asked to', () => {
    const { template, stack, construct, config } = minimal();
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Action: 's3:ListBucket', Resource: stack.resolve(construct.bucket.bucketArn), Principal: { Service: 'cloudfront.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([stack.resolve(construct.distribution.distributionId)])] } } },
        })]),
      },
    });
    // S3 lists for the path "/" only, and the function rewrites it
    expect(config.DefaultCacheBehavior.FunctionAssociations[0].EventType).toBe('viewer-request');
    expect(config.DefaultRootObject).toBe('index.html');
  });

  test('no function, no upload, no API, no domain, no annotations', () => {
    const { stack, construct, template, config } = minimal();
    for (const type of ['AWS::Lambda::Function', 'Custom::SiteUpload', 'AWS::CloudWatch::Alarm', 'AWS::RUM::AppMonitor', 'AWS::CertificateManager::Certificate', 'AWS::Route53::RecordSet']) {
      template.resourceCountIs(type, 0);
    }
    expect(config.CacheBehaviors).toHaveLength(1);
    expect(config.CustomErrorResponses).toBeUndefined();
    expect(construct.url).toBe(`https://${construct.distribution.distributionDomainName}`);
    expectNoAnnotations(stack);
  });
});

describe('maximal', () => {
  const build = () => {
    const stack = testStack('us-east-1');
    const zone = route53.HostedZone.fromHostedZoneAttributes(stack, 'ZoneOfOthers', { hostedZoneId: 'Z123', zoneName: 'innovate.example' });
    const firewall = new EdgeFirewall(stack, 'Firewall', { rateLimit: 100 });
    const encryptionKey = new kms.Key(stack, 'Key');
    return {
      encryptionKey,
      firewall,
      ...site({
        domain: SiteDomain.hostedZone('app.innovate.example', zone),
        api: ApiOrigin.https('api.innovate.example'),
        firewall,
        content: CONTENT,
        runtimeConfig: { issuer: 'https://login.innovate.example', apiVersion: 'v1', firewall: firewall.webAclArn },
        connectSources: ['https://login.innovate.example', 'wss://*.innovate.example:8443/live'],
        geoRestriction: cloudfront.GeoRestriction.allowlist('DE', 'FR'),
        priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
        accessLogRetention: Duration.days(30),
        encryptionKey,
        removalPolicy: RemovalPolicy.DESTROY,
      }, stack),
    };
  };
  const maximal = once(build);

  test('the props arrive', () => {
    const { stack, construct, template, config, firewall, encryptionKey, only } = maximal();
    expect([construct.url, construct.domainName]).toEqual(['https://app.innovate.example', 'app.innovate.example']);
    expect(construct.firewall === firewall && construct.encryptionKey === encryptionKey).toBe(true);
    expect(config).toMatchObject({
      Aliases: ['app.innovate.example'], PriceClass: 'PriceClass_100',
      Restrictions: { GeoRestriction: { RestrictionType: 'whitelist', Locations: ['DE', 'FR'] } },
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2025', SslSupportMethod: 'sni-only' },
    });
    template.resourceCountIs('AWS::WAFv2::WebACL', 1);
    expect(only('AWS::S3::Bucket', 'SiteBucket')).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: stack.resolve(encryptionKey.keyArn) } }] },
      },
    });
    expect(JSON.stringify(only('AWS::CloudFront::ResponseHeadersPolicy', 'PageHeaders')))
      .toContain("connect-src 'self' https://login.innovate.example wss://*.innovate.example:8443/live;");
    expectNoAnnotations(stack);
  });

  test('the API is not cached, gets every method, keeps its errors', () => {
    const { stack, config, behavior, only } = maximal();
    expect(behavior('/api/*')).toMatchObject({
      CachePolicyId: stack.resolve(cloudfront.CachePolicy.CACHING_DISABLED.cachePolicyId),
      OriginRequestPolicyId: stack.resolve(cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER.originRequestPolicyId),
      AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      ViewerProtocolPolicy: 'https-only',
    });
    expect(behavior('/api/*').FunctionAssociations).toBeUndefined();
    expect(config.CustomErrorResponses).toBeUndefined();
    expect(JSON.stringify(only('AWS::CloudFront::ResponseHeadersPolicy', 'ApiHeaders'))).not.toContain('Cache-Control');
  });

  test('one function and one custom resource write pages and settings, and wait for no invalidation', () => {
    const { stack, construct, only, template } = maximal();
    const { Properties } = only('Custom::SiteUpload', 'SiteUpload');
    expect(Properties).toMatchObject({ Bucket: stack.resolve(construct.bucket.bucketName), ContentKey: expect.stringMatching(/^[0-9a-f]{64}\.zip$/) });
    const custom = Object.values<any>(template.toJSON().Resources).map(({ Type }) => Type).filter(type => /^Custom::|CustomResource$/.test(type));
    // the other one empties the bucket, because its removal policy says so
    expect(custom.sort()).toEqual(['Custom::S3AutoDeleteObjects', 'Custom::SiteUpload']);
    const code = only('AWS::Lambda::Function', 'SiteUpload').Properties.Code.ZipFile;
    expect(code.length).toBeLessThanOrEqual(4096);
    expect(code).not.toMatch(/invalidation|delete_object/i);
  });

  test('the settings are JSON with values known at deployment, in an order of their own', () => {
    const { stack, firewall, only } = maximal();
    const parts = only('Custom::SiteUpload', 'SiteUpload').Properties.Settings['Fn::Join'][1];
    expect(parts).toContainEqual(stack.resolve(firewall.webAclArn));
    const text = parts.map((part: unknown) => typeof part === 'string' ? part : 'token').join('');
    expect(JSON.parse(text)).toEqual({ apiVersion: 'v1', firewall: 'token', issuer: 'https://login.innovate.example' });
    expect(Object.keys(JSON.parse(text))).toEqual(['apiVersion', 'firewall', 'issuer']);
  });

  test('the uploader writes to this bucket only, and removes nothing', () => {
    const { stack, construct, only } = maximal();
    const { Statement } = only('AWS::IAM::Policy', 'SiteUploadPolicy').Properties.PolicyDocument;
    const actions = Statement.flatMap(({ Action }: any) => Action);
    expect(actions.sort()).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 'logs:CreateLogStream', 'logs:PutLogEvents', 's3:GetObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:PutObjectTagging',
    ]);
    expect(Statement.find(({ Action }: any) => Action === 's3:PutObject').Resource).toEqual(stack.resolve(construct.bucket.arnForObjects('*')));
    expect(Statement.flatMap(({ Resource }: any) => Resource)).not.toContain('*');
  });

  test('nothing is uploaded before it may be', () => {
    const { template, only } = maximal();
    const [policy] = Object.keys(template.findResources('AWS::IAM::Policy')).filter(id => id.includes('SiteUploadPolicy'));
    expect(only('Custom::SiteUpload', 'SiteUpload').DependsOn).toContain(policy);
  });

  test('A and AAAA records point to the distribution', () => {
    const { template } = maximal();
    for (const Type of ['A', 'AAAA']) { template.hasResourceProperties('AWS::Route53::RecordSet', { Type, Name: 'app.innovate.example.', HostedZoneId: 'Z123' }); }
  });

  test('two synths are equal', () => {
    expect(build().template.toJSON()).toEqual(maximal().template.toJSON());
  });
});

test('the order of the runtime configuration does not matter', () => {
  const upload = (runtimeConfig: Record<string, unknown>) => site({ runtimeConfig }).only('Custom::SiteUpload', 'SiteUpload').Properties.Settings;
  expect(upload({ a: '1', b: { c: 1, d: [true, null] } })).toEqual(upload({ b: { d: [true, null], c: 1 }, a: '1' }));
  expect(upload({ a: '1', b: '2' })).not.toEqual(upload({ a: '1', b: '3' }));
});

test('settings alone need no more than to write this one file', () => {
  const { only } = site({ runtimeConfig: { environment: 'staging' } });
  const { Statement } = only('AWS::IAM::Policy', 'SiteUploadPolicy').Properties.PolicyDocument;
  expect(JSON.stringify(Statement)).toContain('/runtime-config.json');
  expect(Statement.flatMap(({ Action }: any) => Action)).not.toContain('s3:GetObject');
});

test('assets stay as long as they are told to', () => {
  const { Rules } = site({ oldAssetRetention: Duration.days(90) }).only('AWS::S3::Bucket', 'SiteBucket').Properties.LifecycleConfiguration;
  expect(Rules.map(({ ExpirationInDays }: any) => ExpirationInDays).filter(Boolean)).toEqual([90]);
});

test('a page for missing files keeps the status', () => {
  expect(site({ missingFilePage: '/404.html' }).config.CustomErrorResponses).toEqual([{ ErrorCode: 404, ResponseCode: 404, ResponsePagePath: '/404.html' }]);
});

test('an API with paths of its own, one of them cached', () => {
  const { config, behavior, stack } = site({
    api: ApiOrigin.https('api.innovate.example'), apiPaths: ['/api/*', '/graphql'], cachedApiPaths: { '/api/catalogue/*': cloudfront.CachePolicy.CACHING_OPTIMIZED },
  });
  // the first pattern that matches counts
  expect(config.CacheBehaviors.map(({ PathPattern }: any) => PathPattern)).toEqual(['/assets/*', '/api/catalogue/*', '/api/*', '/api', '/graphql']);
  expect(behavior('/api/catalogue/*').CachePolicyId).toEqual(stack.resolve(cloudfront.CachePolicy.CACHING_OPTIMIZED.cachePolicyId));
  expect(behavior('/graphql').CachePolicyId).toEqual(stack.resolve(cloudfront.CachePolicy.CACHING_DISABLED.cachePolicyId));
  expect(config.Origins).toHaveLength(2);
});

test.each([[undefined, ['/api/*', '/api']], [['/api/*', '/api'], ['/api/*', '/api']], [['/api*'], ['/api*']], [['/v1/api/*'], ['/v1/api/*', '/v1/api']]])(
  'the folder of an API without its slash is no route of the app: %j', (apiPaths, expected) => {
    const { config } = site({ api: ApiOrigin.https('api.innovate.example'), apiPaths });
    expect(config.CacheBehaviors.map(({ PathPattern }: any) => PathPattern).slice(1)).toEqual(expected);
  });

test('under attack the firewall of the site challenges nobody who calls its API', () => {
  const { template } = site({ api: ApiOrigin.https('api.innovate.example'), apiPaths: ['/graphql'] });
  expect(JSON.stringify(template.findResources('AWS::WAFv2::WebACL'))).toContain('"RegexString":"^/graphql$|');
});

describe('alerts beside a firewall of one\'s own', () => {
  const withFirewall = (watched: boolean) => {
    const stack = testStack('us-east-1');
    const alerts = new sns.Topic(stack, 'Alerts');
    new SpaStaticSite(stack, 'Site', { alerts, firewall: new EdgeFirewall(stack, 'Firewall', watched ? { alerts } : {}) });
    return stack;
  };

  test('say that nobody is told of what it blocks', () => {
    Annotations.fromStack(withFirewall(false)).hasWarning('/Test/Site', Match.stringLikeRegexp('Nobody is told of what `firewall` blocks'));
  });

  test('say nothing where the firewall has its own', () => expectNoAnnotations(withFirewall(true)));
});

test('metrics are read where CloudFront reports them', () => {
  const { construct } = site(undefined, testStack('eu-west-1'));
  expect([construct.metricErrorRate(), construct.metricServerErrorRate(), construct.metricRequests()].map(({ region, metricName }) => [region, metricName]))
    .toEqual([['us-east-1', 'TotalErrorRate'], ['us-east-1', '5xxErrorRate'], ['us-east-1', 'Requests']]);
});

describe('a site outside us-east-1', () => {
  const supportStack = (stack: Stack, id: string) => stack.node.scope!.node.findChild(id) as Stack;

  test('has its firewall in a support stack beside it, named after it', () => {
    const { stack, template, config } = site(undefined, testStack('eu-west-1', 'Web'));
    const edge = supportStack(stack, 'WebEdge');
    expect([edge.stackName, edge.account, edge.region]).toEqual(['WebEdge', ACCOUNT, 'us-east-1']);
    Template.fromStack(edge).resourceCountIs('AWS::WAFv2::WebACL', 1);
    template.resourceCountIs('AWS::WAFv2::WebACL', 0);
    expect(config.WebACLId).toEqual({ 'Fn::GetStackOutput': { StackName: 'WebEdge', OutputName: expect.stringContaining('WebAclArn'), Region: 'us-east-1' } });
    expect(stack.dependencies.map(({ stackName }) => stackName)).toEqual(['WebEdge']);
    expectNoAnnotations(stack);
    expectNoAnnotations(edge);
  });

  test('shares the support stack with the other sites of its stack', () => {
    const stack = testStack('eu-west-1', 'Web');
    new SpaStaticSite(stack, 'Shop');
    new SpaStaticSite(stack, 'Office');
    Template.fromStack(supportStack(stack, 'WebEdge')).resourceCountIs('AWS::WAFv2::WebACL', 2);
  });

  test('and in a nested stack has it beside the outermost stack', () => {
    const stack = testStack('eu-west-1', 'Web');
    new SpaStaticSite(new NestedStack(stack, 'Nested'), 'Site');
    Template.fromStack(supportStack(stack, 'WebEdge')).resourceCountIs('AWS::WAFv2::WebACL', 1);
    expect(stack.dependencies.map(({ stackName }) => stackName)).toEqual(['WebEdge']);
  });

  test('uses a firewall of another stack', () => {
    const app = new App();
    const edge = new Stack(app, 'Edge', { env: { account: ACCOUNT, region: 'us-east-1' } });
    const stack = new Stack(app, 'Web', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    const { config } = site({ firewall: new EdgeFirewall(edge, 'Firewall') }, stack);
    expect(config.WebACLId['Fn::GetStackOutput']).toMatchObject({ StackName: 'Edge', Region: 'us-east-1' });
    expect(app.node.tryFindChild('WebEdge')).toBeUndefined();
  });

  test('has its log delivered from us-east-1, by a stack that is deployed after it', () => {
    const { stack, construct, template } = site(undefined, testStack('eu-west-1', 'Web'));
    const watch = supportStack(stack, 'WebWatch');
    expect([watch.stackName, watch.account, watch.region]).toEqual(['WebWatch', ACCOUNT, 'us-east-1']);
    const logged = Template.fromStack(watch);
    template.resourceCountIs('AWS::Logs::DeliverySource', 0);
    logged.hasResourceProperties('AWS::Logs::DeliveryDestination', {
      DestinationResourceArn: { 'Fn::GetStackOutput': { StackName: 'Web', OutputName: Match.stringLikeRegexp('RequestLogs.*BucketArn'), Region: 'eu-west-1' } },
    });
    expect(JSON.stringify(logged.findResources('AWS::Logs::DeliverySource'))).toContain('DistributionId');
    expect(watch.dependencies.map(({ stackName }) => stackName)).toEqual(['Web']);
    expect(JSON.stringify(template.toJSON().Outputs)).not.toContain('Export');
    expect(construct.requestLogBucket.env.region).toBe('eu-west-1');
    expectNoAnnotations(stack);
  });

  test('logs in opt-in regions too', () => {
    const { stack } = site(undefined, testStack('eu-south-1', 'Web'));
    Template.fromStack(supportStack(stack, 'WebWatch')).resourceCountIs('AWS::Logs::Delivery', 1);
    expectNoAnnotations(stack);
  });

  test('hands its values out of a nested stack without an export', () => {
    const stack = testStack('eu-west-1', 'Web');
    new SpaStaticSite(new NestedStack(stack, 'Nested'), 'Site');
    const watch = supportStack(stack, 'WebWatch');
    expect(JSON.stringify(Template.fromStack(watch).findResources('AWS::Logs::DeliverySource'))).toContain('"StackName":"Web"');
    const { Outputs } = Template.fromStack(stack).toJSON();
    expect(Object.values<any>(Outputs).map(({ Value, Export }) => [Value['Fn::GetAtt'] ?? Value, Export])).toEqual([
      [[expect.stringContaining('Nested'), expect.stringMatching(/^Outputs\./)], undefined],
      [[expect.stringContaining('Nested'), expect.stringMatching(/^Outputs\./)], undefined],
    ]);
  });

  test('in a stage, even a nested one, has its support stacks in the same stage', () => {
    const stage = new Stage(new Stage(new App(), 'Company'), 'Staging', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    new SpaStaticSite(new Stack(stage, 'Web'), 'Site', { runtimeConfig: { environment: 'staging' } });
    expect(stage.node.children.map(({ node }) => node.id).sort()).toEqual(['Web', 'WebEdge', 'WebWatch']);
    expect(stage.synth().stacks.map(({ stackName }) => stackName)).toEqual(['Company-Staging-WebEdge', 'Company-Staging-Web', 'Company-Staging-WebWatch']);
  });
});

test.each<[string, SpaStaticSiteProps, RegExp]>([
  ['a folder that is missing', { content: '/nowhere/dist' }, /Test\/Site: `content` is "\/nowhere\/dist", but there is no such folder.*Build the app first/],
  ['a folder without an index.html', { content: mkdtempSync(join(tmpdir(), 'site-')) }, /`content` is ".*", but it has no index\.html/],
  ['old assets kept for a part of a day', { oldAssetRetention: Duration.hours(36) }, /`oldAssetRetention` is 1.5, but it has to be a multiple of 1 days/],
  ['API paths without an API', { apiPaths: ['/graphql'] }, /`api` is missing, but there are `apiPaths`/],
  ['a page for missing files beside an API', { missingFilePage: '/404.html', api: ApiOrigin.https('a.example.com') }, /`missingFilePage` is .* would answer the errors of `api` with it too/],
  ['a page for missing files that is none', { missingFilePage: '404' }, /`missingFilePage` is "404", but it is no page/],
  ['a log kept for no day', { accessLogRetention: Duration.days(0) }, /`accessLogRetention` is 0, but it has to be between 1/],
  ['a connect source without TLS', { connectSources: ['https://a.example.com', 'http://b.example.com'] }, /`connectSources\[1\]` is "http:\/\/b.example.com"/],
  ['any connect source', { connectSources: ['*'] }, /`connectSources\[0\]` is "\*"/],
  ['a connect source that ends the directive', { connectSources: ["https://a.example.com; script-src 'unsafe-inline'"] }, /`connectSources\[0\]`/],
  ['a keyword as connect source', { connectSources: ["'unsafe-eval'"] }, /`connectSources\[0\]`/],
  ['an API that is no domain name', { api: ApiOrigin.https('https://api.example.com') }, /`api.domainName` is "https:\/\/api.example.com", but it is not a domain name/],
])('refuses %s, before it creates anything', (_, props, message) => {
  const stack = testStack('us-east-1');
  expect(() => new SpaStaticSite(stack, 'Site', props)).toThrow(message);
  expect(stack.node.findChild('Site').node.children).toEqual([]);
});

test('refuses a stack that does not name its region', () => {
  expect(() => new SpaStaticSite(new Stack(new App(), 'Agnostic'), 'Site')).toThrow(/Agnostic\/Site: `env.region` is missing.*Give the stack an explicit region/);
});
