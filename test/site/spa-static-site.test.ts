import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { ApiOrigin } from '../../src/site/api-origin';
import { EdgeFirewall } from '../../src/site/edge-firewall';
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

  test('CloudFront and the bucket log to a bucket that is kept', () => {
    const { stack, construct, template, config } = minimal();
    expect(config.Logging).toEqual({ Bucket: stack.resolve(construct.logBucket.bucketRegionalDomainName), Prefix: 'cloudfront/' });
    template.hasResourceProperties('AWS::S3::Bucket', { LoggingConfiguration: { DestinationBucketName: stack.resolve(construct.logBucket.bucketName), LogFilePrefix: 's3/' } });
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        AccessControl: Match.absent(),
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 365 })] },
      },
    });
  });

  test('no function, no upload, no API, no domain, no annotations', () => {
    const { stack, construct, template, config } = minimal();
    for (const type of ['AWS::Lambda::Function', 'Custom::CDKBucketDeployment', 'AWS::CertificateManager::Certificate', 'AWS::Route53::RecordSet']) {
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

  test('assets are uploaded before pages; nothing is removed and nothing waits for an invalidation', () => {
    const { only } = maximal();
    const assets = only('Custom::CDKBucketDeployment', 'SiteAssets');
    const pages = only('Custom::CDKBucketDeployment', 'SitePages');
    expect(assets.Properties).toMatchObject({
      Prune: false, Exclude: ['*'], Include: ['assets/*'], SystemMetadata: { 'cache-control': 'public, max-age=31536000, immutable' },
    });
    expect(pages.Properties).toMatchObject({ Prune: false, Exclude: ['assets/*'], SystemMetadata: { 'cache-control': 'no-cache' } });
    expect(pages.DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('SiteAssetsCustomResource')]));
    expect(assets.Properties.DistributionId ?? pages.Properties.DistributionId).toBeUndefined();
  });

  test('the runtime configuration is written with the pages, its values known at deployment', () => {
    const { stack, firewall, only } = maximal();
    const { SourceObjectKeys, SourceMarkers } = only('Custom::CDKBucketDeployment', 'SitePages').Properties;
    expect(SourceObjectKeys).toHaveLength(2);
    const [marker] = Object.values(SourceMarkers[1]);
    expect(JSON.stringify(marker)).toContain(JSON.stringify(stack.resolve(firewall.webAclArn)));
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
  const upload = (runtimeConfig: Record<string, string>) => site({ runtimeConfig }).only('Custom::CDKBucketDeployment', 'SitePages').Properties.SourceObjectKeys;
  expect(upload({ a: '1', b: '2' })).toEqual(upload({ b: '2', a: '1' }));
  expect(upload({ a: '1', b: '2' })).not.toEqual(upload({ a: '1', b: '3' }));
});

test('content without a folder of assets is uploaded in one go', () => {
  const content = mkdtempSync(join(tmpdir(), 'site-'));
  writeFileSync(join(content, 'index.html'), '<!doctype html>');
  site({ content }).template.resourceCountIs('Custom::CDKBucketDeployment', 1);
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

  test('says where CloudFront does not deliver its log', () => {
    const { stack, config } = site(undefined, testStack('eu-south-1'));
    expect(config.Logging).toBeUndefined();
    Annotations.fromStack(stack).hasWarning('/Test/Site', Match.stringLikeRegexp('does not deliver access logs to eu-south-1'));
  });
});

test.each<[string, SpaStaticSiteProps, RegExp]>([
  ['a folder that is missing', { content: '/nowhere/dist' }, /Test\/Site: `content` is "\/nowhere\/dist", but there is no such folder.*Build the app first/],
  ['a folder without an index.html', { content: mkdtempSync(join(tmpdir(), 'site-')) }, /`content` is ".*", but it has no index\.html/],
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
