import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { any } from './firewall-paths';
import { parseCidr } from '../../private/cidr';
import { isDeployTime, reject, validateUnique } from '../../private/validation';

type Statement = wafv2.CfnWebACL.StatementProperty;

/** WAF keeps IPv4 and IPv6 in sets of their own; the ARNs of those that a list needs. */
export type AddressSets = string[];

const MOST_RANGES = 10_000;

/** Refuses what is no range of addresses, and a range that stands in the list twice. */
export function validateAddressList(scope: Construct, prop: string, ranges: string[] | undefined): void {
  if (!ranges) { return; }
  const known = ranges.filter(range => !isDeployTime(range));
  if (ranges.length === 0) {
    reject(scope, { prop, value: ranges, problem: 'it names no address', remedy: 'Name at least one range, or leave the list out.' });
  }
  known.forEach(range => {
    if (isIpv4(range) || isIpv6(range)) { return; }
    reject(scope, {
      prop: `${prop}[${ranges.indexOf(range)}]`,
      value: range,
      problem: 'it is not a range of IPv4 or IPv6 addresses in CIDR notation',
      remedy: 'Give a range from /1 on whose host bits are zero, such as "192.0.2.0/24" or "2001:db8::/32", and a single address as "192.0.2.44/32".',
    });
  });
  validateUnique(scope, prop, known, 'range');
  for (const [family, count] of [['IPv4', ranges.filter(isIpv4).length], ['IPv6', ranges.filter(isIpv6).length]] as const) {
    if (count > MOST_RANGES) {
      reject(scope, { prop, value: count, problem: `WAF takes ${MOST_RANGES} ${family} ranges in a list`, remedy: 'Combine neighbouring ranges.' });
    }
  }
}

/** The sets of a list, below the construct. */
export function createAddressSets(scope: Construct, id: string, webAclScope: string, ranges: string[] | undefined): AddressSets {
  return ([['IPV4', (range: string) => !isIpv6(range)], ['IPV6', isIpv6]] as const).flatMap(([version, belongs]) => {
    const addresses = (ranges ?? []).filter(belongs);
    return addresses.length === 0 ? [] : [
      new wafv2.CfnIPSet(scope, `${id}${version === 'IPV4' ? 'Ipv4' : 'Ipv6'}`, { scope: webAclScope, ipAddressVersion: version, addresses }).attrArn,
    ];
  });
}

/** As many sets as the list will have, to compute with before anything is created. */
export function plannedAddressSets(ranges: string[] | undefined): AddressSets {
  return [...new Set((ranges ?? []).map(range => isIpv6(range) ? 'IPv6' : 'IPv4'))];
}

/**
 * Requests from one of the sets.
 *
 * @param sets ARNs of the sets
 * @param lastForwarded whether a proxy stands in front, whose last word in `X-Forwarded-For` is the address
 */
export function fromAddresses(sets: AddressSets, lastForwarded: boolean): Statement {
  return any(sets.map(arn => ({
    ipSetReferenceStatement: {
      arn,
      ...lastForwarded && { ipSetForwardedIpConfig: { headerName: 'X-Forwarded-For', position: 'LAST', fallbackBehavior: 'NO_MATCH' } },
    },
  })));
}

function isIpv4(range: string): boolean {
  const parsed = parseCidr(range);
  return parsed !== undefined && parsed.prefix > 0;
}

function isIpv6(range: string): boolean {
  const [address, prefix, ...rest] = range.split('/');
  const bits = Number(prefix);
  if (rest.length > 0 || !/^([1-9]\d{0,2})$/.test(prefix ?? '') || bits > 128) { return false; }
  const value = ipv6Value(address);
  return value !== undefined && value % 2n ** BigInt(128 - bits) === 0n;
}

/** The number that an IPv6 address stands for; undefined where it is none. */
function ipv6Value(address: string): bigint | undefined {
  const [head, tail, ...rest] = address.split('::').map(part => part === '' ? [] : part.split(':'));
  const missing = 8 - head.length - (tail ?? []).length;
  if (rest.length > 0 || (tail ? missing < 1 : missing !== 0)) { return undefined; }
  const groups = [...head, ...tail ? Array<string>(missing).fill('0') : [], ...tail ?? []];
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) { return undefined; }
  return BigInt(`0x${groups.map(group => group.padStart(4, '0')).join('')}`);
}
