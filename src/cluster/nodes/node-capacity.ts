/** What a month's budget buys in one region, at worst. */
export interface NodeCapacity {
  /** The vCPUs that may be launched, besides the baseline workers. */
  readonly vcpus: number;
  /** The memory that may be launched, in GiB. */
  readonly memoryGib: number;
  /** The nodes that may be launched. */
  readonly nodes: number;
  /** The instance types that may be launched. */
  readonly instanceTypes: string[];
  /**
   * The most that all of it costs in a month of 31 days, on demand: every permitted vCPU at the dearest price, what runs beside it while
   * nodes are replaced, and the baseline workers, where the budget pays them.
   */
  readonly monthlyUsd: number;
}
