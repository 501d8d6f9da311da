import { IDependable } from 'constructs';

/** The IPv6 side of a VPC. */
export interface Ipv6Network {
  /** The VPC's range. */
  readonly cidr: string;
  /** Has to be there before anything names the range. */
  readonly association: IDependable;
  /** Whether the application subnets open connections to the internet over IPv6. */
  readonly leaves: boolean;
}
