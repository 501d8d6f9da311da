import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { isDeployTime } from '../../private/validation';

/** Somebody that pods talk to: other pods of a service, addresses, or somebody in the VPC whose address is not known. */
export type TrafficPeer = { readonly service: ServicePods } | { readonly cidr: string } | 'vpc' | 'anywhere';

/** The pods of a web service, as a network policy selects them. */
export interface ServicePods {
  readonly name: string;
  readonly namespace: string;
}

/** A port that was opened. */
export interface Traffic {
  readonly direction: 'in' | 'out';
  readonly peer: TrafficPeer;
  readonly protocol: 'TCP' | 'UDP';
  /** Undefined where it is every port. */
  readonly port?: number;
  /** The last port of a range. */
  readonly endPort?: number;
}

/**
 * The connections of a service's pods. They share the security group of the cluster, which lets them out everywhere: what they themselves may do
 * stands in their network policy, which is made from what was opened here, by either side.
 */
export class WebServiceConnections extends ec2.Connections {
  private readonly opened: { readonly direction: 'in' | 'out'; readonly other: ec2.IConnectable; readonly port: ec2.Port }[] = [];
  private readonly groups: ec2.ISecurityGroup[];
  private opening = false;

  constructor(public readonly pods: ServicePods, securityGroup: ec2.ISecurityGroup, port: number) {
    super({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(port) });
    // whoever asks before it grants a way in has to hear that the pods need a way out
    this.groups = [Object.create(securityGroup, { allowAllOutbound: { value: false } }) as ec2.ISecurityGroup];
  }

  public override get securityGroups(): ec2.ISecurityGroup[] {
    return this.groups;
  }

  public override allowTo(other: ec2.IConnectable, portRange: ec2.Port, description?: string): void {
    this.open(['out'], other, portRange, () => super.allowTo(other, portRange, description));
  }

  public override allowFrom(other: ec2.IConnectable, portRange: ec2.Port, description?: string): void {
    this.open(['in'], other, portRange, () => super.allowFrom(other, portRange, description));
  }

  public override allowInternally(portRange: ec2.Port, description?: string): void {
    this.open(['in', 'out'], this, portRange, () => super.allowInternally(portRange, description));
  }

  /** What was opened until now, each once and in a fixed order. */
  public get traffic(): Traffic[] {
    const all = this.opened.flatMap(({ direction, other, port }) => protocolsOf(port).map(range => ({ direction, peer: peerOf(other), ...range })));
    const distinct = new Map(all.map(traffic => [JSON.stringify(traffic), traffic]));
    return [...distinct.keys()].sort().map(key => distinct.get(key)!);
  }

  /** The other side answers by opening its own way to here, which is the same once more. */
  private open(directions: Traffic['direction'][], other: ec2.IConnectable, port: ec2.Port, open: () => void): void {
    if (this.opening) { return open(); }
    this.opening = true;
    for (const direction of directions) { this.opened.push({ direction, other, port }); }
    try {
      open();
    } finally {
      this.opening = false;
    }
  }
}

function peerOf(other: ec2.IConnectable): TrafficPeer {
  const { connections } = other;
  if (connections instanceof WebServiceConnections) { return { service: connections.pods }; }
  // a peer by address is its own rule, and has no security group
  if (connections.securityGroups.length > 0) { return 'vpc'; }
  const rule = 'toEgressRuleConfig' in other ? (other as ec2.IPeer).toEgressRuleConfig() as { cidrIp?: string; cidrIpv6?: string } : {};
  const cidr = rule.cidrIp ?? rule.cidrIpv6;
  // the addresses of a prefix list are not known
  return cidr === undefined ? 'anywhere' : { cidr };
}

/** Policies know no ICMP. */
function protocolsOf(port: ec2.Port): Pick<Traffic, 'protocol' | 'port' | 'endPort'>[] {
  const { ipProtocol, fromPort, toPort } = port.toRuleJson() as { ipProtocol: string; fromPort?: number; toPort?: number };
  if (ipProtocol === '-1') { return [{ protocol: 'TCP' }, { protocol: 'UDP' }]; }
  const protocol = ipProtocol.toUpperCase();
  if (protocol !== 'TCP' && protocol !== 'UDP') { return []; }
  const everyPort = fromPort === 0 && toPort === 65535;
  if (everyPort || fromPort === undefined) { return [{ protocol }]; }
  const single = toPort === undefined || toPort === fromPort || isDeployTime(fromPort);
  return [single ? { protocol, port: fromPort } : { protocol, port: fromPort, endPort: toPort }];
}
