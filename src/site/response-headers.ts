import { Duration } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { ContentSecurityPolicy } from './content-security-policy';
import { CrossOriginEmbedderPolicy, CrossOriginOpenerPolicy, CrossOriginResourcePolicy, SecurityHeaders } from './security-headers';
import { daysOf } from '../private/days';
import { reject, validateRange, validateUnique } from '../private/validation';

/** Features that a page may use unless it is told otherwise. */
const FEATURES = [
  'accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'microphone', 'midi', 'payment', 'serial', 'usb',
];

/** The headers of a site's responses, ready to be written into a policy for each kind of path. */
export class ResponseHeaders {
  private readonly csp: ContentSecurityPolicy;

  constructor(private readonly headers: SecurityHeaders = {}, private readonly connectSources: string[] = []) {
    this.csp = headers.contentSecurityPolicy ?? ContentSecurityPolicy.strict();
  }

  /** @param required origins that the site's own parts call */
  public validate(site: Construct, required: string[]): void {
    this.csp._validate(site, this.connectSources, required);
    const { allowedFeatures = [], httpsOnlyFor } = this.headers;
    validateRange(site, { prop: 'securityHeaders.httpsOnlyFor', value: daysOf(httpsOnlyFor), min: 1, max: 36_500, unit: 'days' });
    validateUnique(site, 'securityHeaders.allowedFeatures', allowedFeatures, 'feature');
    allowedFeatures.forEach((value, index) => {
      if (FEATURES.includes(value)) { return; }
      reject(site, {
        prop: `securityHeaders.allowedFeatures[${index}]`, value, problem: 'no such feature is switched off', remedy: `Give some of ${FEATURES.join(', ')}.`,
      });
    });
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

  private isolation(): { [name: string]: string } {
    const { allowedFeatures = [], crossOriginOpenerPolicy, crossOriginResourcePolicy, crossOriginEmbedderPolicy } = this.headers;
    const embedder = this.csp._embedsOthers() ? CrossOriginEmbedderPolicy.UNSAFE_NONE : CrossOriginEmbedderPolicy.REQUIRE_CORP;
    const reportUri = this.csp._reportUri();
    return {
      'Permissions-Policy': FEATURES.map(feature => `${feature}=(${allowedFeatures.includes(feature) ? 'self' : ''})`).join(', '),
      'Cross-Origin-Opener-Policy': crossOriginOpenerPolicy ?? CrossOriginOpenerPolicy.SAME_ORIGIN,
      'Cross-Origin-Resource-Policy': crossOriginResourcePolicy ?? CrossOriginResourcePolicy.SAME_ORIGIN,
      'Cross-Origin-Embedder-Policy': crossOriginEmbedderPolicy ?? embedder,
      ...reportUri && { 'Reporting-Endpoints': `csp="${reportUri}"` },
    };
  }
}

/** For browsers that do not know `frame-ancestors`; the header cannot name another origin, so it is left out where that one does. */
function frameOptions(ancestors: string[] | undefined): cloudfront.HeadersFrameOption | undefined {
  if (!ancestors || ancestors.join() === "'none'") { return cloudfront.HeadersFrameOption.DENY; }
  return ancestors.join() === "'self'" ? cloudfront.HeadersFrameOption.SAMEORIGIN : undefined;
}
