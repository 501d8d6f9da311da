import { SecureVpcOptions } from './secure-vpc-options';

/** Properties of a `SecureVpc`. */
export interface SecureVpcProps extends SecureVpcOptions {
  /**
   * The VPC's range: private, from /16 to /20. Environments that may one day be connected need ranges that do not overlap.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * How many availability zones the VPC spans, from 2 to 6: the first ones of the region.
   *
   * @default 3
   */
  readonly maxAzs?: number;
}
