import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { DataPerimeter } from './data-perimeter';
import { DnsQueryLogs } from './dns-query-logs';
import { FlowLogs } from './flow-logs';
import { Ipv6 } from './ipv6';
import { NatGateways } from './nat-gateways';
import { NetworkAcls } from './network-acls';
import { PrivateEndpoint } from './private-endpoint';
import { VpcBlockPublicAccess } from './vpc-block-public-access';

/** What of a `SecureVpc` is chosen besides its place: its ways in and out and its logs. */
export interface SecureVpcOptions {
  /**
   * Ranges that the VPC is or will be connected with: other environments, offices, vendors. One that overlaps `cidr` is refused.
   *
   * @default - none
   */
  readonly connectedCidrs?: string[];

  /**
   * How the application subnets reach the internet.
   *
   * @default NatGateways.regional()
   */
  readonly natGateways?: NatGateways;

  /**
   * Whether there are IPv6 addresses, too, and where they lead.
   *
   * @default Ipv6.none()
   */
  readonly ipv6?: Ipv6;

  /**
   * Whether an internet gateway is attached. NAT gateways need it, and so do CloudFront's VPC origins, although no route leads to it. Without either,
   * the VPC can do without.
   *
   * @default true
   */
  readonly internetGateway?: boolean;

  /**
   * A stateless filter around the subnets, besides the security groups.
   *
   * @default NetworkAcls.none()
   */
  readonly networkAcls?: NetworkAcls;

  /**
   * A block of the internet for the whole account and region, or the VPC's exclusion from one.
   *
   * @default VpcBlockPublicAccess.none()
   */
  readonly blockPublicAccess?: VpcBlockPublicAccess;

  /**
   * Private ways to services of AWS, besides S3's. Each interface endpoint is paid for in each zone by the hour. Those named twice are made once.
   *
   * @default - S3 only
   */
  readonly endpoints?: PrivateEndpoint[];

  /**
   * Whose identities and resources the endpoints serve.
   *
   * @default DataPerimeter.account()
   */
  readonly dataPerimeter?: DataPerimeter;

  /**
   * Where the record of all traffic is kept.
   *
   * @default FlowLogs.cloudWatch()
   */
  readonly flowLogs?: FlowLogs;

  /**
   * Where the record of all names that were asked for is kept. It is paid for by the gigabyte, and a cluster asks much.
   *
   * @default DnsQueryLogs.none()
   */
  readonly dnsQueryLogs?: DnsQueryLogs;

  /**
   * Encrypts the logs; its policy has to let CloudWatch Logs, or for a bucket `delivery.logs.amazonaws.com`, use it.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long the logs are kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}
