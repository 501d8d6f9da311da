/** A path while it is followed. */
import { PathEntrance, ReachablePath } from './reachable-path';
import { single } from './template-values';

/** One hop of a path. */
export interface Step {
  readonly hop: string;
  readonly guard?: string;
  /** The web ACL, where the guard is one. */
  readonly webAcl?: string;
  /** What is not known at this hop, so that it counts as open. */
  readonly unknown?: string;
  /** The fact by which a user declares it, where it is not `trusted`. */
  readonly fact?: string;
}

/** Where a path ends: a resource, or a stack. */
export interface Destination {
  readonly path: string;
  readonly type: string;
}

/** Hops that lead on; `undefined` where there is no way. */
export type Way = readonly Step[] | undefined;

export interface Ports {
  /** `tcp`, `udp`, a number, or `-1` for all. */
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
}

export const ALL_PORTS: Ports = { protocol: '-1', from: 0, to: 65535 };

const PROTOCOLS: Record<string, string> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/** The name of a protocol that a rule or an entry names, by name or number; what is not known is all of them. */
function protocolName(value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '-1';
  return PROTOCOLS[text] ?? text;
}

/** The ports of a rule or an entry; where it is not known which ones, all. */
export function portsFrom(protocols: unknown[], from: unknown[], to: unknown[]): Ports {
  const protocol = protocolName(single(protocols));
  const [first, last] = [single(from), single(to)].map(value => typeof value === 'object' ? NaN : Number(value));
  const isPort = (value: number) => value >= 0 && value <= 65535;
  // ICMP writes types into the ports, and -1 means all
  return isPort(first) && isPort(last) && !protocol.startsWith('icmp') ? { protocol, from: first, to: last } : { ...ALL_PORTS, protocol };
}

/** A port that may not be known; then all. */
export function tcpOf(port: unknown): Ports {
  return portsFrom(['tcp'], [port], [port]);
}

/** The ports that both permit; `undefined` where there is none. */
export function commonPorts(a: Ports, b: Ports): Ports | undefined {
  if (a.protocol !== b.protocol && a.protocol !== '-1' && b.protocol !== '-1') { return undefined; }
  const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)];
  return from <= to ? { protocol: a.protocol === '-1' ? b.protocol : a.protocol, from, to } : undefined;
}

export function printPorts({ protocol, from, to }: Ports): string {
  if (protocol === '-1' && from === 0 && to === 65535) { return 'all traffic'; }
  const ports = from === to ? `${from}` : `${from}-${to}`;
  return `${protocol === '-1' ? 'any protocol' : protocol} ${ports}`;
}

/** A path while it is followed: where it came from, and through what. */
export class Route {
  constructor(
    public readonly entrance: PathEntrance,
    public readonly source: string,
    public readonly ports: Ports,
    private readonly steps: readonly Step[] = [],
  ) {}

  public via(...steps: readonly Step[]): Route {
    return new Route(this.entrance, this.source, this.ports, [...this.steps, ...steps]);
  }

  public through(ports: Ports): Route {
    return new Route(this.entrance, this.source, ports, this.steps);
  }

  public to(destination: Destination): ReachablePath {
    const doubts = this.steps.filter(({ unknown }) => unknown !== undefined);
    return {
      source: this.source,
      entrance: this.entrance,
      destination: destination.path,
      destinationType: destination.type,
      traffic: printPorts(this.ports),
      hops: this.steps.map(print),
      guards: this.steps.flatMap(({ guard }) => guard ?? []),
      webAcl: this.steps.find(({ webAcl }) => webAcl !== undefined)?.webAcl,
      certain: doubts.length === 0,
    };
  }
}

function print({ hop, unknown, fact = 'trusted' }: Step): string {
  return unknown === undefined ? hop : `${hop} [unknown: ${unknown}, taken as open; if you know better, declare it in ${fact}]`;
}
