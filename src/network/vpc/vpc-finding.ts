/** Something that a VPC lacks, or that has to be asked about, with what mends it. */
export interface VpcFinding {
  /** Unique among the findings of a VPC, such as `internal-load-balancer-tags`. */
  readonly id: string;

  /** What is to be true, such as "the application subnets are tagged for internal load balancers". */
  readonly requirement: string;

  /** What does not work without it: one sentence. */
  readonly why: string;

  /** Whether it is seen to be missing. Otherwise the app cannot tell, and `check` asks AWS. */
  readonly missing: boolean;

  /** A command of the AWS CLI that prints `expected` where nothing is to be done. */
  readonly check: string;

  /** What `check` prints where nothing is to be done. */
  readonly expected: string;

  /** What mends it, in this order: commands of the AWS CLI. Ids that the app cannot know stand in angle brackets. */
  readonly commands: string[];

  /** The line of code that mends it where the VPC is made by this app, whose next deployment may undo a command. */
  readonly code?: string;
}
