import { Duration } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { ContentSecurityPolicy } from './content-security-policy';
import { CrossOriginEmbedderPolicy, CrossOriginOpenerPolicy, CrossOriginResourcePolicy, SecurityHeaders } from './security-headers';
import { daysOf } from '../private/days';
import { reject, validateMatch, validateRange, validateUnique } from '../private/validation';

/** Features that a page may use unless it is told otherwise. */
const FEATURES = [
  'accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb',
];

/** What the header for features can name: no path, no wildcard. */
const ORIGIN = /^https:\/\/([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:\d{1,5})?$/;

/** The headers of a site's responses, ready to be written into a policy for each kind of path. */
export class ResponseHeaders {
  private readonly csp: ContentSecurityPolicy;

  constructor(private readonly headers: SecurityHeaders = {}, private readonly connectSources: string[] = []) {
    this.csp = headers.contentSecurityPolicy ?? ContentSecurityPolicy.strict();
  }

  /**
   * @param required origins that the site's own parts call
   * @param domainName the site's name, where it is not CloudFront's
   */
  public validate(site: Construct, required: string[], domainName?: string): void {
    this.csp._validate(site, { connectSources: this.connectSources, required, domainName });
    const { allowedFeatures = [], delegatedFeatures = {}, httpsOnlyFor } = this.headers;
    validateRange(site, { prop: 'securityHeaders.httpsOnlyFor', value: daysOf(httpsOnlyFor), min: 1, max: 36_500, unit: 'days' });
    validateUnique(site, 'securityHeaders.allowedFeatures', allowedFeatures, 'feature');
    allowedFeatures.forEach((feature, index) => validateFeature(site, `securityHeaders.allowedFeatures[${index}]`, feature));
    for (const feature of Object.keys(delegatedFeatures).sort()) {
      const prop = `securityHeaders.delegatedFeatures.${feature}`;
      validateFeature(site, prop, feature);
      validateDelegates(site, prop, delegatedFeatures[feature]);
    }
  }

  /** @param required origins that the site's own parts call, which a policy of the library's adds to its sources */
  public policy(scope: Construct, id: string, required: string[], more: { [name: string]: string } = {}): cloudfront.ResponseHeadersPolicy {
    const { headers, csp } = this;
    const header = csp._header([...this.connectSources, ...required]);
    const frameOption = frameOptions(csp._directives([]).get('frame-ancestors'));
    return new cloudfront.ResponseHeadersPolicy(scope, id, {
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: header, override: true },
        contentTypeOptions: { override: true },
        frameOptions: frameOption && { frameOption, override: true },
        referrerPolicy: { referrerPolicy: headers.referrerPolicy ?? cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: headers.httpsOnlyFor ?? Duration.days(730),
          includeSubdomains: headers.httpsOnlySubdomains ?? true,
          preload: headers.httpsOnlyPreload,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: Object.entries({ ...this.isolation(), ...more }).map(([name, value]) => ({ header: name, value, override: true })),
      },
      removeHeaders: ['Server', 'X-Powered-By'],
    });
  }

  /** Who may use a feature. A frame cannot be given what the page around it may not use. */
  private users(feature: string): string[] {
    const { allowedFeatures = [], delegatedFeatures = {} } = this.headers;
    const delegates = delegatedFeatures[feature] ?? [];
    return allowedFeatures.includes(feature) || delegates.length ? ['self', ...delegates.map(origin => `"${origin}"`)] : [];
  }

  private isolation(): { [name: string]: string } {
    const { crossOriginOpenerPolicy, crossOriginResourcePolicy, crossOriginEmbedderPolicy } = this.headers;
    const embedder = this.csp._embedsOthers() ? CrossOriginEmbedderPolicy.UNSAFE_NONE : CrossOriginEmbedderPolicy.REQUIRE_CORP;
    const reportUri = this.csp._reportUri();
    return {
      'Permissions-Policy': FEATURES.map(feature => `${feature}=(${this.users(feature).join(' ')})`).join(', '),
      'Cross-Origin-Opener-Policy': crossOriginOpenerPolicy ?? CrossOriginOpenerPolicy.SAME_ORIGIN,
      'Cross-Origin-Resource-Policy': crossOriginResourcePolicy ?? CrossOriginResourcePolicy.SAME_ORIGIN,
      'Cross-Origin-Embedder-Policy': crossOriginEmbedderPolicy ?? embedder,
      ...reportUri && { 'Reporting-Endpoints': `csp="${reportUri}"` },
    };
  }
}

function validateFeature(site: Construct, prop: string, value: string): void {
  if (FEATURES.includes(value)) { return; }
  reject(site, { prop, value, problem: 'no such feature is switched off', remedy: `Give some of ${FEATURES.join(', ')}.` });
}

function validateDelegates(site: Construct, prop: string, origins: string[]): void {
  if (origins.length === 0) { reject(site, { prop, value: origins, problem: 'it names nobody', remedy: 'Name an origin, or give `allowedFeatures` for the app alone.' }); }
  origins.forEach((value, index) => validateMatch(site, {
    prop: `${prop}[${index}]`, value, pattern: ORIGIN, problem: 'it is no https origin', remedy: 'Give scheme and host, such as "https://js.stripe.com".',
  }));
  validateUnique(site, prop, origins, 'origin');
}

/** For browsers that do not know `frame-ancestors`; the header cannot name another origin, so it is left out where that one does. */
function frameOptions(ancestors: string[] | undefined): cloudfront.HeadersFrameOption | undefined {
  if (!ancestors || ancestors.join() === "'none'") { return cloudfront.HeadersFrameOption.DENY; }
  return ancestors.join() === "'self'" ? cloudfront.HeadersFrameOption.SAMEORIGIN : undefined;
}
