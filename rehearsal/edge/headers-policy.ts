/** Response headers policies: what CloudFront removes from a response and adds to it on its way to the viewer. */
import type { Headers } from './exchange';

interface Overridable {
  readonly Override: boolean;
}

export interface HeadersPolicy {
  readonly RemoveHeadersConfig?: { readonly Items: readonly { readonly Header: string }[] };
  readonly CustomHeadersConfig?: { readonly Items: readonly (Overridable & { readonly Header: string; readonly Value: string })[] };
  readonly CorsConfig?: {
    readonly AccessControlAllowOrigins: { readonly Items: readonly string[] };
    readonly AccessControlAllowHeaders: { readonly Items: readonly string[] };
    readonly AccessControlAllowMethods: { readonly Items: readonly string[] };
    readonly AccessControlAllowCredentials: boolean;
    readonly OriginOverride: boolean;
  };
  readonly SecurityHeadersConfig?: {
    readonly ContentSecurityPolicy?: Overridable & { readonly ContentSecurityPolicy: string };
    readonly ContentTypeOptions?: Overridable;
    readonly FrameOptions?: Overridable & { readonly FrameOption: string };
    readonly ReferrerPolicy?: Overridable & { readonly ReferrerPolicy: string };
    readonly StrictTransportSecurity?: Overridable & {
      readonly AccessControlMaxAgeSec: number; readonly IncludeSubdomains?: boolean; readonly Preload?: boolean;
    };
    readonly XSSProtection?: Overridable & { readonly Protection: boolean; readonly ModeBlock?: boolean };
  };
}

/** The headers that viewers get, names in lower case; what the origin sent stays where the policy does not override it. */
export function applyPolicy(policy: HeadersPolicy, headers: Headers, requestOrigin: string | undefined): Headers {
  const removed = new Set(policy.RemoveHeadersConfig?.Items.map(({ Header }) => Header.toLowerCase()));
  const result: Headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !removed.has(name)));
  for (const { name, value, override } of [...security(policy), ...custom(policy), ...cors(policy, requestOrigin)]) {
    if (override || result[name] === undefined) { result[name] = value; }
  }
  return result;
}

interface Added {
  readonly name: string;
  readonly value: string;
  readonly override: boolean;
}

function security({ SecurityHeadersConfig: given = {} }: HeadersPolicy): Added[] {
  const { ContentSecurityPolicy: csp, ContentTypeOptions: type, FrameOptions: frame, ReferrerPolicy: referrer } = given;
  const { StrictTransportSecurity: hsts, XSSProtection: xss } = given;
  const list: (Added | undefined)[] = [
    csp && { name: 'content-security-policy', value: csp.ContentSecurityPolicy, override: csp.Override },
    type && { name: 'x-content-type-options', value: 'nosniff', override: type.Override },
    frame && { name: 'x-frame-options', value: frame.FrameOption, override: frame.Override },
    referrer && { name: 'referrer-policy', value: referrer.ReferrerPolicy, override: referrer.Override },
    hsts && {
      name: 'strict-transport-security',
      value: [`max-age=${hsts.AccessControlMaxAgeSec}`, hsts.IncludeSubdomains && 'includeSubDomains', hsts.Preload && 'preload'].filter(Boolean).join('; '),
      override: hsts.Override,
    },
    xss && { name: 'x-xss-protection', value: xss.Protection ? `1${xss.ModeBlock ? '; mode=block' : ''}` : '0', override: xss.Override },
  ];
  return list.filter(each => each !== undefined);
}

function custom({ CustomHeadersConfig: given }: HeadersPolicy): Added[] {
  return (given?.Items ?? []).map(({ Header, Value, Override }) => ({ name: Header.toLowerCase(), value: Value, override: Override }));
}

/** Only for requests of another origin, which browsers mark with the header `Origin`. */
function cors({ CorsConfig: given }: HeadersPolicy, requestOrigin: string | undefined): Added[] {
  if (!given || requestOrigin === undefined) { return []; }
  const { AccessControlAllowOrigins: origins, AccessControlAllowHeaders: headers, AccessControlAllowMethods: methods } = given;
  const allowed = origins.Items.includes('*') ? '*' : origins.Items.find(each => each === requestOrigin);
  if (!allowed) { return []; }
  const values: Record<string, string> = {
    'access-control-allow-origin': allowed,
    'access-control-allow-headers': headers.Items.join(', '),
    'access-control-allow-methods': methods.Items.join(', '),
    ...given.AccessControlAllowCredentials && { 'access-control-allow-credentials': 'true' },
  };
  return Object.entries(values).map(([name, value]) => ({ name, value, override: given.OriginOverride }));
}
