import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { ApiOrigin } from '../../src/site/api-origin';
import { ContentSecurityPolicy, ContentSecurityPolicySources } from '../../src/site/content-security-policy';
import { CrossOriginEmbedderPolicy, CrossOriginOpenerPolicy, CrossOriginResourcePolicy, SecurityHeaders } from '../../src/site/security-headers';
import { SiteDomain } from '../../src/site/site-domain';
import { SpaStaticSite, SpaStaticSiteProps } from '../../src/site/spa-static-site';
import { ACCOUNT, expectNoAnnotations, testStack } from '../support/stacks';

const SHA = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** The headers of the pages, by their names. */
function headers(props: SpaStaticSiteProps = {}): Record<string, any> {
  const stack = testStack('us-east-1');
  new SpaStaticSite(stack, 'Site', props);
  const policies = Template.fromStack(stack).findResources('AWS::CloudFront::ResponseHeadersPolicy');
  const [, policy] = Object.entries(policies).find(([id]) => id.includes('PageHeaders'))!;
  const { SecurityHeadersConfig: { ContentSecurityPolicy: csp, ...security }, CustomHeadersConfig } = policy.Properties.ResponseHeadersPolicyConfig;
  expectNoAnnotations(stack);
  const custom = CustomHeadersConfig.Items as { Header: string; Value: string; Override: boolean }[];
  // CloudFront takes ten
  expect(custom.length).toBeLessThanOrEqual(10);
  expect(custom.every(({ Override }) => Override)).toBe(true);
  return { csp: csp.ContentSecurityPolicy, ...security, ...Object.fromEntries(custom.map(({ Header, Value }) => [Header, Value])) };
}

function directives(sources: ContentSecurityPolicySources): string[] {
  return headers({ securityHeaders: { contentSecurityPolicy: ContentSecurityPolicy.strict(sources) } }).csp.split('; ');
}

test('minimal: everything from the site itself, nothing in frames, no features, isolated', () => {
  const { csp, ...others } = headers();
  expect(csp.split('; ').sort()).toEqual([
    "base-uri 'self'", "connect-src 'self'", "default-src 'self'", "font-src 'self' data:", "form-action 'self'", "frame-ancestors 'none'",
    "img-src 'self' data:", "object-src 'none'", 'upgrade-insecure-requests', "worker-src 'self'",
  ]);
  expect(others).toEqual({
    'ContentTypeOptions': { Override: true },
    'FrameOptions': { FrameOption: 'DENY', Override: true },
    'ReferrerPolicy': { ReferrerPolicy: 'strict-origin-when-cross-origin', Override: true },
    'StrictTransportSecurity': { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true, Override: true },
    'Permissions-Policy': expect.stringMatching(/^accelerometer=\(\), camera=\(\), .*usb=\(\)$/),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cache-Control': 'no-cache',
  });
});

test.each<[keyof ContentSecurityPolicySources, string[], string]>([
  ['connectSources', ['https://a.example.com', 'wss://a.example.com/live'], "connect-src 'self' https://a.example.com wss://a.example.com/live"],
  ['scriptSources', ['https://a.example.com', SHA, "'wasm-unsafe-eval'"], `script-src 'self' https://a.example.com ${SHA} 'wasm-unsafe-eval'`],
  ['styleSources', ["'unsafe-inline'"], "style-src 'self' 'unsafe-inline'"],
  ['imageSources', ['https://*.example.com', 'blob:'], "img-src 'self' data: https://*.example.com blob:"],
  ['fontSources', ['https://a.example.com'], "font-src 'self' data: https://a.example.com"],
  ['frameSources', ['https://a.example.com'], "frame-src 'self' https://a.example.com"],
  ['workerSources', ['blob:'], "worker-src 'self' blob:"],
  ['mediaSources', ['blob:', 'data:'], "media-src 'self' blob: data:"],
  ['manifestSources', ['https://a.example.com'], "manifest-src 'self' https://a.example.com"],
  ['formActions', ['https://a.example.com:8443/path'], "form-action 'self' https://a.example.com:8443/path"],
  ['frameAncestors', ["'self'"], "frame-ancestors 'self'"],
  ['baseUris', ['https://a.example.com'], "base-uri 'self' https://a.example.com"],
])('%s widens one directive and no other', (list, sources, directive) => {
  const strict = directives({});
  const widened = directives({ [list]: sources });
  const [name] = directive.split(' ');
  expect(widened).toContain(directive);
  expect(widened.filter(each => !each.startsWith(`${name} `)).sort()).toEqual(strict.filter(each => !each.startsWith(`${name} `)).sort());
});

test('scripts from elsewhere start no workers', () => {
  expect(directives({ scriptSources: ['https://a.example.com'] })).toContain("worker-src 'self'");
});

test('features are delegated to frames of named origins, together with the app', () => {
  const delegatedFeatures = { payment: ['https://js.stripe.com', 'https://pay.example.com:8443'], camera: ['https://call.example.com'] };
  expect(headers({ securityHeaders: { delegatedFeatures, allowedFeatures: ['usb', 'camera'] } })['Permissions-Policy'])
    .toMatch(/camera=\(self "https:\/\/call\.example\.com"\), .*midi=\(\), payment=\(self "https:\/\/js\.stripe\.com" "https:\/\/pay\.example\.com:8443"\), .*usb=\(self\)$/);
});

test('the short form of the connect sources adds to the policy, each source once', () => {
  const contentSecurityPolicy = ContentSecurityPolicy.strict({ connectSources: ['https://a.example.com'] });
  expect(headers({ connectSources: ['https://b.example.com', 'https://a.example.com'], securityHeaders: { contentSecurityPolicy } }).csp)
    .toContain("connect-src 'self' https://a.example.com https://b.example.com;");
});

test.each<[string[] | undefined, object | undefined]>([
  [undefined, { FrameOption: 'DENY', Override: true }],
  [["'self'"], { FrameOption: 'SAMEORIGIN', Override: true }],
  [['https://portal.example.com'], undefined],
])('X-Frame-Options follows the frame ancestors %s', (frameAncestors, expected) => {
  expect(headers({ securityHeaders: { contentSecurityPolicy: ContentSecurityPolicy.strict({ frameAncestors }) } }).FrameOptions).toEqual(expected);
});

test('violations are reported the old way and the new', () => {
  const reported = headers({ securityHeaders: { contentSecurityPolicy: ContentSecurityPolicy.strict({ reportUri: 'https://reports.example.com/csp' }) } });
  expect(reported.csp).toContain('report-uri https://reports.example.com/csp; report-to csp');
  expect(reported['Reporting-Endpoints']).toBe('csp="https://reports.example.com/csp"');
});

test('maximal: one property widens one header', () => {
  const widened = headers({
    securityHeaders: {
      httpsOnlyFor: Duration.days(1),
      httpsOnlySubdomains: false,
      httpsOnlyPreload: true,
      referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER,
      allowedFeatures: ['camera', 'usb'],
      crossOriginOpenerPolicy: CrossOriginOpenerPolicy.SAME_ORIGIN_ALLOW_POPUPS,
      crossOriginResourcePolicy: CrossOriginResourcePolicy.SAME_SITE,
      crossOriginEmbedderPolicy: CrossOriginEmbedderPolicy.CREDENTIALLESS,
    },
  });
  expect(widened).toMatchObject({
    'StrictTransportSecurity': { AccessControlMaxAgeSec: 86_400, IncludeSubdomains: false, Preload: true },
    'ReferrerPolicy': { ReferrerPolicy: 'no-referrer' },
    'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
    'Cross-Origin-Resource-Policy': 'same-site',
    'Cross-Origin-Embedder-Policy': 'credentialless',
  });
  expect(widened['Permissions-Policy']).toMatch(/camera=\(self\), display-capture=\(\).*usb=\(self\)$/);
});

test.each<[ContentSecurityPolicySources, string]>([
  [{ imageSources: ['https://images.example.com'] }, 'unsafe-none'],
  [{ frameSources: ['https://video.example.com'] }, 'unsafe-none'],
  [{ connectSources: ['https://login.example.com'], workerSources: ['blob:'], styleSources: ["'unsafe-inline'", SHA] }, 'require-corp'],
])('what %j lets in, the embedder policy does not stop', (sources, expected) => {
  expect(headers({ securityHeaders: { contentSecurityPolicy: ContentSecurityPolicy.strict(sources) } })['Cross-Origin-Embedder-Policy']).toBe(expected);
});

describe('a policy of one\'s own', () => {
  const own = (policy: string, props: SpaStaticSiteProps = {}) => headers({
    ...props, securityHeaders: { contentSecurityPolicy: ContentSecurityPolicy.of(policy) },
  });

  test('is the header as it is', () => {
    const policy = "default-src 'self'; script-src 'self' 'unsafe-eval'; frame-ancestors 'self'";
    expect(own(policy)).toMatchObject({ csp: policy, FrameOptions: { FrameOption: 'SAMEORIGIN' } });
  });

  test.each([
    "default-src 'self'", "default-src 'none'; connect-src 'self'", "default-src 'none'; Connect-Src https:", 'connect-src *', "script-src 'self'",
  ])('may be %s', policy => {
    expect(own(policy, { api: ApiOrigin.https('api.innovate.example') }).csp).toBe(policy);
  });

  test.each(["default-src 'none'", "connect-src 'none'; default-src 'self'", "default-src 'self'; connect-src https://login.example.com", "connect-src; connect-src 'self'"])(
    'that forbids its own API is refused: %s', policy => {
      expect(() => own(policy, { api: ApiOrigin.https('api.innovate.example') }))
        .toThrow(/Test\/Site: `securityHeaders.contentSecurityPolicy` is ".*", but it forbids the pages to call their own site and its API\. Add 'self' to `connect-src`/);
    });

  test('has to let users report where that is asked for', () => {
    expect(() => own("default-src 'self'", { userMetrics: {} })).toThrow(/it forbids the pages to call https:\/\/dataplane\.rum\.us-east-1\.amazonaws\.com/);
    expect(own("connect-src 'self' https://dataplane.rum.us-east-1.amazonaws.com", { userMetrics: {} }).csp).toContain('dataplane');
  });

  test.each(['https://*.rum.us-east-1.amazonaws.com', '*.amazonaws.com', 'dataplane.rum.us-east-1.amazonaws.com:443', 'HTTPS://Dataplane.RUM.us-east-1.amazonaws.com/', 'https:'])(
    'may let them report by %s', source => {
      expect(own(`connect-src 'self' ${source}`, { userMetrics: {} }).csp).toContain(source);
    });

  test.each(['https://rum.us-east-1.amazonaws.com', 'https://*.rum.eu-west-1.amazonaws.com', 'http://*.amazonaws.com', 'https://*.amazonaws.com:8443', 'https://*.amazonaws.com/x', 'wss:'])(
    'does not let them report by %s', source => {
      expect(() => own(`connect-src 'self' ${source}`, { userMetrics: {} })).toThrow(/it forbids the pages to call https:\/\/dataplane/);
    });

  test('may name the site by its domain', () => {
    const certificate = acm.Certificate.fromCertificateArn(testStack('us-east-1'), 'Certificate', `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/1`);
    const domain = SiteDomain.certificate('app.innovate.example', certificate);
    for (const source of ['https://app.innovate.example', '*.innovate.example']) { expect(own(`connect-src ${source}`, { domain }).csp).toContain(source); }
    expect(() => own('connect-src https://innovate.example', { domain })).toThrow(/it forbids the pages to call their own site/);
    expect(own('connect-src https://*.cloudfront.net').csp).toContain('cloudfront');
  });

  test('takes no sources besides', () => {
    expect(() => own("default-src 'self'", { connectSources: ['https://a.example.com'] })).toThrow(/`connectSources` is "https:\/\/a.example.com", but a policy of your own names all/);
  });

  test('is one line', () => {
    expect(() => own("default-src 'self';\nscript-src 'self'")).toThrow(/it is no header/);
  });
});

test('what the site itself adds counts when the header is too long', () => {
  const connectSources = Array.from({ length: 43 }, (_, index) => `https://service-${String(index).padStart(2, '0')}.innovate.example`);
  expect(headers({ connectSources }).csp.length).toBeLessThanOrEqual(1783);
  expect(() => headers({ connectSources, userMetrics: {} })).toThrow(/the header has \d+ characters and CloudFront takes 1783/);
});

const csp = (sources: ContentSecurityPolicySources): SecurityHeaders => ({ contentSecurityPolicy: ContentSecurityPolicy.strict(sources) });
test.each<[string, SecurityHeaders, RegExp]>([
  ['a script from anywhere', csp({ scriptSources: ['*'] }), /`securityHeaders.contentSecurityPolicy.scriptSources\[0\]` is "\*", but it is not an origin/],
  ['inline scripts', csp({ scriptSources: ["'unsafe-inline'"] }), /scriptSources\[0\]/],
  ['evaluated scripts', csp({ scriptSources: ['https://a.example.com', "'unsafe-eval'"] }), /scriptSources\[1\]/],
  ['data as a script', csp({ scriptSources: ['data:'] }), /scriptSources\[0\]/],
  ['a source without TLS', csp({ imageSources: ['http://a.example.com'] }), /imageSources\[0\]` is "http:/],
  ['a source that ends the directive', csp({ styleSources: ['https://a.example.com; script-src *'] }), /styleSources\[0\]/],
  ['nobody among others', csp({ connectSources: ["'none'"] }), /connectSources\[0\]` is "'none'"/],
  ['a socket for a form', csp({ formActions: ['wss://a.example.com'] }), /formActions\[0\]/],
  ['reports without TLS', csp({ reportUri: 'http://a.example.com' }), /reportUri` is "http:.*it is no https address/],
  ['a header that is too long', csp({ connectSources: Array.from({ length: 100 }, (_, index) => `https://service-${index}.example.com`) }), /the header has \d+ characters and CloudFront takes 1783/],
  ['a feature that nobody switched off', { allowedFeatures: ['camera', 'fullscreen'] }, /allowedFeatures\[1\]` is "fullscreen", but no such feature/],
  ['a delegated feature that nobody switched off', { delegatedFeatures: { fullscreen: ['https://a.example.com'] } }, /delegatedFeatures.fullscreen` is "fullscreen", but no such feature/],
  ['a feature delegated to nobody', { delegatedFeatures: { payment: [] } }, /delegatedFeatures.payment` is \[\], but it names nobody/],
  ['a feature delegated to a page', { delegatedFeatures: { payment: ['https://a.example.com/pay'] } }, /delegatedFeatures.payment\[0\]` is .* it is no https origin/],
  ['a feature delegated twice', { delegatedFeatures: { payment: ['https://a.example.com', 'https://a.example.com'] } }, /two entries have this origin/],
  ['a feature twice', { allowedFeatures: ['camera', 'camera'] }, /two entries have this feature/],
  ['HTTPS for no day', { httpsOnlyFor: Duration.hours(1) }, /httpsOnlyFor` is 0\.04.*between 1/],
])('refuses %s, before anything is created', (_, securityHeaders, message) => {
  const stack = testStack('us-east-1');
  expect(() => new SpaStaticSite(stack, 'Site', { securityHeaders })).toThrow(message);
  expect(stack.node.findChild('Site').node.children).toEqual([]);
});
