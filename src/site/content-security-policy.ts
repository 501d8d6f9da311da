import { Construct } from 'constructs';
import { CalledOrigins } from './called-origins';
import { isDeployTime, reject, validateMatch } from '../private/validation';

/** CloudFront's quota for the header. */
const MAX_LENGTH = 1783;

const HOST = /^https:\/\/(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:\d{1,5})?(\/[^\s;,'"]*)?$/;
const SOCKET = new RegExp(HOST.source.replace('https', '(https|wss)'));
const HASH = /^'sha(256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/;

/** Where the parts of a page may come from besides the site itself. Each list widens one directive. */
export interface ContentSecurityPolicySources {
  /**
   * Where the app may send requests: `connect-src`. `https:` and `wss:` origins.
   *
   * @default - the site itself only, and what the site's `connectSources` name
   */
  readonly connectSources?: string[];

  /**
   * Scripts: `script-src`. `https:` origins, hashes such as `'sha256-…'`, and `'wasm-unsafe-eval'`.
   *
   * @default - the site itself only
   */
  readonly scriptSources?: string[];

  /**
   * Style sheets: `style-src`. `https:` origins, hashes, and `'unsafe-inline'` for libraries that write styles into the page.
   *
   * @default - the site itself only
   */
  readonly styleSources?: string[];

  /**
   * Images: `img-src`. `https:` origins and `blob:`.
   *
   * @default - the site itself, and `data:` because bundlers inline small images
   */
  readonly imageSources?: string[];

  /**
   * Fonts: `font-src`. `https:` origins.
   *
   * @default - the site itself, and `data:` because bundlers inline small fonts
   */
  readonly fontSources?: string[];

  /**
   * Pages that the app shows in frames: `frame-src`. `https:` origins and `blob:`.
   *
   * @default - the site itself only
   */
  readonly frameSources?: string[];

  /**
   * Workers: `worker-src`. `https:` origins and `blob:`.
   *
   * @default - the site itself only
   */
  readonly workerSources?: string[];

  /**
   * Sound and video: `media-src`. `https:` origins, `blob:` and `data:`.
   *
   * @default - the site itself only
   */
  readonly mediaSources?: string[];

  /**
   * The web app manifest: `manifest-src`. `https:` origins.
   *
   * @default - the site itself only
   */
  readonly manifestSources?: string[];

  /**
   * Where forms may be sent to: `form-action`. `https:` origins.
   *
   * @default - the site itself only
   */
  readonly formActions?: string[];

  /**
   * Sites that may show this one in a frame: `frame-ancestors`. `https:` origins and `'self'`. `X-Frame-Options` follows it.
   *
   * @default - none
   */
  readonly frameAncestors?: string[];

  /**
   * What a `<base>` element may name: `base-uri`. `https:` origins.
   *
   * @default - the site itself only
   */
  readonly baseUris?: string[];

  /**
   * The `https:` address that browsers report violations to: `report-uri`, `report-to` and the header `Reporting-Endpoints`.
   *
   * @default - violations are not reported
   */
  readonly reportUri?: string;
}

/** What else a list may hold besides `https:` origins. */
const LISTS: { [list in Exclude<keyof ContentSecurityPolicySources, 'reportUri'>]: { directive: string; always: string[]; also: string[] } } = {
  connectSources: { directive: 'connect-src', always: ["'self'"], also: [] },
  scriptSources: { directive: 'script-src', always: ["'self'"], also: ["'wasm-unsafe-eval'"] },
  styleSources: { directive: 'style-src', always: ["'self'"], also: ["'unsafe-inline'"] },
  imageSources: { directive: 'img-src', always: ["'self'", 'data:'], also: ['blob:'] },
  fontSources: { directive: 'font-src', always: ["'self'", 'data:'], also: [] },
  frameSources: { directive: 'frame-src', always: ["'self'"], also: ['blob:'] },
  workerSources: { directive: 'worker-src', always: ["'self'"], also: ['blob:'] },
  mediaSources: { directive: 'media-src', always: ["'self'"], also: ['blob:', 'data:'] },
  manifestSources: { directive: 'manifest-src', always: ["'self'"], also: [] },
  formActions: { directive: 'form-action', always: ["'self'"], also: [] },
  frameAncestors: { directive: 'frame-ancestors', always: [], also: ["'self'"] },
  baseUris: { directive: 'base-uri', always: ["'self'"], also: [] },
};

/** Directives whose wider sources a page under `Cross-Origin-Embedder-Policy: require-corp` could not load without more. */
const EMBEDDED = ['default-src', 'script-src', 'style-src', 'img-src', 'font-src', 'frame-src', 'media-src', 'worker-src', 'child-src'];

type Directives = Map<string, string[]>;

/**
 * What the pages of a site may load, call and be embedded in.
 *
 * @example
 * import { ContentSecurityPolicy, SpaStaticSite } from 'cdk-innovate-platform';
 *
 * new SpaStaticSite(this, 'Site', {
 *   securityHeaders: {
 *     contentSecurityPolicy: ContentSecurityPolicy.strict({
 *       connectSources: ['https://login.innovate.example'],
 *       imageSources: ['https://images.innovate.example'],
 *       styleSources: ["'unsafe-inline'"],
 *     }),
 *   },
 * });
 *
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
export abstract class ContentSecurityPolicy {
  /** The site itself, and what the lists add: nothing inline, no plug-ins, in nobody's frame. */
  public static strict(sources: ContentSecurityPolicySources = {}): ContentSecurityPolicy {
    return new StrictPolicy(sources);
  }

  /**
   * A policy of your own, as the header has it, for what `strict()` refuses. It has to let the pages call their own site.
   *
   * @param policy directives separated by semicolons, such as `default-src 'self'; script-src 'self' 'unsafe-eval'`
   */
  public static of(policy: string): ContentSecurityPolicy {
    return new OwnPolicy(policy);
  }

  /**
   * Refuses a wrong policy before the site creates anything.
   *
   * @internal
   */
  public abstract _validate(site: Construct, called: CalledOrigins): void;

  /**
   * The directives, with what the site adds to `connect-src`.
   *
   * @internal
   */
  public abstract _directives(connectSources: string[]): Directives;

  /**
   * The header.
   *
   * @internal
   */
  public _header(connectSources: string[]): string {
    return [...this._directives(connectSources)].map(([name, values]) => [name, ...values].join(' ')).join('; ');
  }

  /**
   * Where violations are reported to.
   *
   * @internal
   */
  public _reportUri(): string | undefined {
    return this._directives([]).get('report-uri')?.[0];
  }

  /**
   * Whether pages load parts from elsewhere.
   *
   * @internal
   */
  public _embedsOthers(): boolean {
    const directives = this._directives([]);
    return EMBEDDED.some(name => directives.get(name)?.some(source => !/^('.*'|data:|blob:)$/.test(source)));
  }
}

class StrictPolicy extends ContentSecurityPolicy {
  constructor(private readonly sources: ContentSecurityPolicySources) {
    super();
  }

  public _validate(site: Construct, { connectSources, required }: CalledOrigins): void {
    const prefix = 'securityHeaders.contentSecurityPolicy.';
    validateSources(site, 'connectSources', 'connectSources', connectSources);
    for (const list of Object.keys(LISTS) as (keyof typeof LISTS)[]) { validateSources(site, `${prefix}${list}`, list, this.sources[list] ?? []); }
    validateMatch(site, {
      prop: `${prefix}reportUri`,
      value: this.sources.reportUri,
      pattern: HOST,
      problem: 'it is no https address',
      remedy: 'Give the address that takes reports, such as "https://reports.example.com/csp".',
    });
    validateLength(site, this._header([...connectSources, ...required]));
  }

  public _directives(connectSources: string[]): Directives {
    const { reportUri } = this.sources;
    const directives: Directives = new Map([['default-src', ["'self'"]]]);
    for (const [list, { directive, always }] of Object.entries(LISTS)) {
      const more = [...this.sources[list as keyof typeof LISTS] ?? [], ...list === 'connectSources' ? connectSources : []];
      // what is not widened follows `default-src` where it can
      if (more.length || NOT_BY_DEFAULT.includes(directive)) { directives.set(directive, [...new Set([...always, ...more])]); }
    }
    if (!this.sources.frameAncestors?.length) { directives.set('frame-ancestors', ["'none'"]); }
    directives.set('object-src', ["'none'"]);
    directives.set('upgrade-insecure-requests', []);
    if (reportUri) { directives.set('report-uri', [reportUri]).set('report-to', ['csp']); }
    return directives;
  }
}

/** Directives that are always written: those that say more than `default-src`, and those that do not follow it; workers follow the scripts. */
const NOT_BY_DEFAULT = ['connect-src', 'img-src', 'font-src', 'worker-src', 'form-action', 'base-uri', 'frame-ancestors'];

class OwnPolicy extends ContentSecurityPolicy {
  constructor(private readonly policy: string) {
    super();
  }

  public _validate(site: Construct, { connectSources, required, domainName = CLOUDFRONT_NAME }: CalledOrigins): void {
    const prop = 'securityHeaders.contentSecurityPolicy';
    if (isDeployTime(this.policy)) { return; }
    validateMatch(site, {
      prop, value: this.policy, pattern: /^[\x20-\x7e]*[a-z][\x20-\x7e]*$/, problem: 'it is no header', remedy: 'Write it as one line of printable ASCII characters.',
    });
    if (connectSources.length) {
      reject(site, {
        prop: 'connectSources',
        value: connectSources[0],
        problem: 'a policy of your own names all its sources itself',
        remedy: 'Add it to `connect-src` in ContentSecurityPolicy.of(), or use ContentSecurityPolicy.strict().',
      });
    }
    const directives = this._directives();
    const connect = directives.get('connect-src') ?? directives.get('default-src') ?? ['*'];
    for (const source of ["'self'", ...required]) {
      const origin = source === "'self'" ? `https://${domainName}` : source;
      if (isDeployTime(origin) || connect.some(allowed => allowed === source || allows(allowed, origin))) { continue; }
      reject(site, {
        prop,
        value: this.policy,
        problem: source === "'self'" ? 'it forbids the pages to call their own site and its API' : `it forbids the pages to call ${source}`,
        remedy: `Add ${source} to \`connect-src\`.`,
      });
    }
    validateLength(site, this.policy);
  }

  public _directives(): Directives {
    const parts = this.policy.split(';').map(part => part.trim().split(/\s+/)).filter(([name]) => name);
    // of a directive that is there twice, browsers take the first
    return new Map(parts.reverse().map(([name, ...values]) => [name.toLowerCase(), values]));
  }

  public _header(): string {
    return this.policy;
  }
}

/** Stands for the names that CloudFront gives, of which the site's is known at deployment only. */
const CLOUDFRONT_NAME = 'd111111abcdef8.cloudfront.net';

/** A source with a host, which may be `*.` and a domain; a scheme and a port may be left out. */
const HOST_SOURCE = /^(?:https:\/\/)?(\*\.)?([a-z0-9.-]+)(?::(?:443|\*))?\/?$/i;

/** Whether a source of a policy lets the pages call every path of an `https:` origin. */
function allows(allowed: string, origin: string): boolean {
  if (allowed === '*' || allowed === 'https:') { return true; }
  const [, wildcard, domain] = HOST_SOURCE.exec(allowed) ?? [];
  if (!domain) { return false; }
  const host = origin.slice('https://'.length);
  return wildcard ? host.endsWith(`.${domain.toLowerCase()}`) : host === domain.toLowerCase();
}

function validateSources(site: Construct, prop: string, list: keyof typeof LISTS, values: string[]): void {
  const { also } = LISTS[list];
  const origin = list === 'connectSources' ? SOCKET : HOST;
  const hashes = list === 'scriptSources' || list === 'styleSources';
  values.forEach((value, index) => {
    if (isDeployTime(value) || also.includes(value) || origin.test(value) || hashes && HASH.test(value)) { return; }
    const others = [list === 'connectSources' && 'a wss address', hashes && 'a hash', ...also].filter(Boolean);
    reject(site, {
      prop: `${prop}[${index}]`,
      value,
      problem: 'it is not an origin that this part of a content security policy can name',
      remedy: `Give an https address such as "https://login.example.com" or "https://*.example.com"${others.length ? ` (or ${others.join(', ')})` : ''}.`,
    });
  });
}

function validateLength(site: Construct, header: string): void {
  if (isDeployTime(header) || header.length <= MAX_LENGTH) { return; }
  reject(site, {
    prop: 'securityHeaders.contentSecurityPolicy',
    value: `${header.slice(0, 60)}…`,
    problem: `the header has ${header.length} characters and CloudFront takes ${MAX_LENGTH}`,
    remedy: 'Name fewer sources, or one wildcard such as "https://*.example.com" for several.',
  });
}
