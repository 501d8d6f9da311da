/** How a path enters. */
export enum PathEntrance {
  /** A CloudFront distribution. */
  CLOUDFRONT = 'CloudFront',
  /** An internet gateway, to something with a public address. */
  INTERNET_GATEWAY = 'internet gateway',
  /** A Global Accelerator, which reaches private addresses too. */
  GLOBAL_ACCELERATOR = 'Global Accelerator',
  /** An address that an AWS service publishes for a resource: a function's URL, an API, the endpoint of a cluster. */
  SERVICE_ENDPOINT = 'service endpoint',
  /** A policy or access control list that admits everybody. */
  PUBLIC_POLICY = 'public policy',
}

/** One way from the internet to a workload or a store. */
export interface ReachablePath {
  /** Who is admitted: a range, a prefix list, or `internet`. */
  readonly source: string;
  /** How the path enters. */
  readonly entrance: PathEntrance;
  /** Construct path of the workload or store. */
  readonly destination: string;
  /** CloudFormation type of the workload or store. */
  readonly destinationType: string;
  /** Protocol and ports, such as `tcp 443`. */
  readonly traffic: string;
  /** What the path goes through, one readable line a hop; the destination is the last. */
  readonly hops: string[];
  /** What stands in the way: a web ACL, an authorizer, IAM. */
  readonly guards: string[];
  /**
   * Construct path or ARN of the web ACL that inspects the requests.
   *
   * @default - none does
   */
  readonly webAcl?: string;
  /** Whether every value on the way is known. A value that is not counts as open. */
  readonly certain: boolean;
}
