/** Which addresses a rule or a route means. */
import { resourceOf } from './stack-templates';
import { Reference, Unknown, describe } from './template-values';
import { Ipv4Range, overlaps, parseCidr } from '../private/cidr';
import { CLOUDFRONT_PREFIX_LISTS } from '../private/cloudfront-prefix-lists';

/** Whom a rule admits, as far as it is no group. */
export type AddressScope = 'internet' | 'cloudfront' | 'inside';

export interface AddressRange {
  readonly text: string;
  readonly scope: AddressScope;
  readonly family: 4 | 6;
  /** Why nobody can know; the range then counts as the internet. */
  readonly unknown?: string;
}

/** Ranges that no packet of the internet comes from. */
const NOT_PUBLIC = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4'].map(cidr => parseCidr(cidr)!);
const NOT_PUBLIC_V6 = /^(f[cd][\da-f]{2}|fe[89ab][\da-f]):[^/]*(\/(1\d{2}|\d{2}|[789]))?$/i;

/** The range of a `CidrIp`, `CidrIpv6` or an entry of a prefix list. */
export function addressRange(value: unknown, family?: 4 | 6): AddressRange {
  const text = describe(value);
  if (typeof value === 'string' && /^[\da-f:.]+(\/\d+)?$/i.test(value)) {
    const own = value.includes(':') ? 6 : 4;
    return { text, family: own, scope: isPublic(value) ? 'internet' : 'inside' };
  }
  // the range of a network or a subnet is an attribute of it
  if (value instanceof Reference && /^AWS::EC2::(VPC|Subnet)/.test(value.resource.type)) { return { text, family: family ?? 4, scope: 'inside' }; }
  if (value instanceof Unknown && value.references.length > 0 && value.references.every(({ resource }) => resource.type === 'AWS::EC2::VPC')
    && !value.parts.some(part => part instanceof Unknown && part.references.length === 0)) {
    return { text, family: family ?? 4, scope: 'inside' };
  }
  return { text, family: family ?? 4, scope: 'internet', unknown: text };
}

/** The ranges of a prefix list, in both families where its entries are not known. */
export function prefixListRanges(value: unknown): AddressRange[] {
  const list = resourceOf(value, 'AWS::EC2::PrefixList');
  if (list) { return list.at('Entries', 'Cidr').map(cidr => ({ ...addressRange(cidr), text: `prefix list ${list.path} (${describe(cidr)})` })); }
  const text = `prefix list ${describe(value)}`;
  if (typeof value === 'string' && Object.values(CLOUDFRONT_PREFIX_LISTS).includes(value)) {
    return [{ text: `CloudFront's ${text}`, family: 4, scope: 'cloudfront' }];
  }
  return ([4, 6] as const).map(family => ({ text, family, scope: 'internet', unknown: `the entries of ${text}` }));
}

/** Whether a range has an address that is routed on the internet. */
function isPublic(cidr: string): boolean {
  if (cidr.includes(':')) { return !NOT_PUBLIC_V6.test(cidr); }
  const range = ipv4Range(cidr);
  return !range || !NOT_PUBLIC.some(other => other.first <= range.first && range.last <= other.last);
}

/** Whether every address of a range is in another one. */
export function covers(outer: string, inner: string): boolean {
  if (['0.0.0.0/0', '::/0'].includes(outer)) { return outer.includes(':') === inner.includes(':'); }
  const [a, b] = [ipv4Range(outer), ipv4Range(inner)];
  return a && b ? a.first <= b.first && b.last <= a.last : outer === inner;
}

export function touches(first: string, second: string): boolean {
  const [a, b] = [ipv4Range(first), ipv4Range(second)];
  return a && b ? overlaps(a, b) : first.includes(':') === second.includes(':');
}

/** As EC2 does, takes an address without a prefix as itself and a range with host bits as the range around it. */
function ipv4Range(cidr: string): Ipv4Range | undefined {
  const [address, prefix = '32'] = cidr.split('/');
  const host = parseCidr(`${address}/32`);
  const size = 2 ** (32 - Number(prefix));
  if (!host || !(size >= 1)) { return undefined; }
  const first = host.first - host.first % size;
  return { cidr, prefix: Number(prefix), first, last: first + size - 1 };
}
