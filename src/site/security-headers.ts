import { Duration } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { ContentSecurityPolicy } from './content-security-policy';

/** Who shares a browsing context group with the pages: the header `Cross-Origin-Opener-Policy`. */
export enum CrossOriginOpenerPolicy {
  /** Pages of the same origin only. */
  SAME_ORIGIN = 'same-origin',
  /** And the windows that the pages open, as a login in a pop-up needs. */
  SAME_ORIGIN_ALLOW_POPUPS = 'same-origin-allow-popups',
  /** Every page. */
  UNSAFE_NONE = 'unsafe-none',
}

/** Who may load the files: the header `Cross-Origin-Resource-Policy`. */
export enum CrossOriginResourcePolicy {
  /** Pages of the same origin only. */
  SAME_ORIGIN = 'same-origin',
  /** Pages of the same site, other subdomains included. */
  SAME_SITE = 'same-site',
  /** Every page. */
  CROSS_ORIGIN = 'cross-origin',
}

/** What the pages may load from elsewhere: the header `Cross-Origin-Embedder-Policy`. */
export enum CrossOriginEmbedderPolicy {
  /** Only what says by CORP or CORS that it may be loaded. */
  REQUIRE_CORP = 'require-corp',
  /** And other files, asked for without cookies. */
  CREDENTIALLESS = 'credentialless',
  /** Everything that the content security policy lets in. */
  UNSAFE_NONE = 'unsafe-none',
}

/** The security headers of every response, errors included. Each property widens one of them. */
export interface SecurityHeaders {
  /**
   * What the pages may load, call and be embedded in. `X-Frame-Options` follows its `frame-ancestors`.
   *
   * @default ContentSecurityPolicy.strict()
   */
  readonly contentSecurityPolicy?: ContentSecurityPolicy;

  /**
   * How long a browser remembers that the site has TLS only (HSTS), at least a day.
   *
   * @default Duration.days(730)
   */
  readonly httpsOnlyFor?: Duration;

  /**
   * Whether the same holds for all names below the site's: browsers that have been here refuse plain HTTP of every one of them,
   * also of those that somebody else runs. Where the site is at the top of a domain, make sure first that all below it have TLS.
   *
   * @default true
   */
  readonly httpsOnlySubdomains?: boolean;

  /**
   * Whether browsers may put the site onto the list that they are delivered with. It takes months to get off that list again.
   *
   * @default false
   */
  readonly httpsOnlyPreload?: boolean;

  /**
   * How much of an address other sites get to see.
   *
   * @default cloudfront.HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN
   */
  readonly referrerPolicy?: cloudfront.HeadersReferrerPolicy;

  /**
   * Features of the browser that the app itself may use: `accelerometer`, `camera`, `display-capture`, `geolocation`, `gyroscope`, `hid`,
   * `magnetometer`, `microphone`, `midi`, `payment`, `serial`, `usb`.
   *
   * @default - none of them
   */
  readonly allowedFeatures?: string[];

  /**
   * Origins in frames that may use a feature together with the app, by the feature's name: `{ payment: ['https://js.stripe.com'] }`.
   * The frame has to be let in by `frameSources`, and its element needs `allow="payment"`.
   *
   * @default - nobody but the app uses `allowedFeatures`
   */
  readonly delegatedFeatures?: { readonly [feature: string]: string[] };

  /**
   * Which other windows can reach the pages. A login in a pop-up needs `SAME_ORIGIN_ALLOW_POPUPS`.
   *
   * @default CrossOriginOpenerPolicy.SAME_ORIGIN
   */
  readonly crossOriginOpenerPolicy?: CrossOriginOpenerPolicy;

  /**
   * Which other sites can load the files.
   *
   * @default CrossOriginResourcePolicy.SAME_ORIGIN
   */
  readonly crossOriginResourcePolicy?: CrossOriginResourcePolicy;

  /**
   * What the pages can load from elsewhere.
   *
   * @default - `REQUIRE_CORP`; `UNSAFE_NONE` where the content security policy names other origins for scripts, styles, images, fonts, media or frames
   */
  readonly crossOriginEmbedderPolicy?: CrossOriginEmbedderPolicy;
}
