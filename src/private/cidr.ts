import { IConstruct } from 'constructs';
import { isDeployTime, reject } from './validation';

/** An IPv4 range with its first and last address as numbers. */
export interface Ipv4Range {
  readonly cidr: string;
  readonly prefix: number;
  readonly first: number;
  readonly last: number;
}

const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];

/** Reads a range in CIDR notation; undefined where it is none or has host bits set. */
export function parseCidr(cidr: string): Ipv4Range | undefined {
  // no leading zeros: some programs read them as octal
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\/(0|[1-9]\d?)$/.exec(cidr);
  if (!match) { return undefined; }
  const [octets, prefix] = [match.slice(1, 5).map(Number), Number(match[5])];
  if (octets.some(octet => octet > 255) || prefix > 32) { return undefined; }
  const first = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { cidr, prefix, first, last: first + size - 1 } : undefined;
}

export function overlaps(a: Ipv4Range, b: Ipv4Range): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Refuses what is no private IPv4 range whose prefix lies between the two given. */
export function validatePrivateCidr(scope: IConstruct, prop: string, value: string | undefined, widest: number, narrowest: number): void {
  if (value === undefined || isDeployTime(value)) { return; }
  const remedy = `Give a private range from /${widest} to /${narrowest} whose host bits are zero, such as "10.0.0.0/16".`;
  const range = parseCidr(value);
  if (!range) { reject(scope, { prop, value, problem: 'it is not an IPv4 range in CIDR notation', remedy }); }
  if (!PRIVATE_RANGES.some(cidr => contains(parseCidr(cidr)!, range))) {
    reject(scope, { prop, value, problem: `it is not inside a private range (${PRIVATE_RANGES.join(', ')})`, remedy });
  }
  if (range.prefix < widest || range.prefix > narrowest) {
    reject(scope, { prop, value, problem: `the address plan needs a prefix between /${widest} and /${narrowest}`, remedy });
  }
}

function contains(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}
