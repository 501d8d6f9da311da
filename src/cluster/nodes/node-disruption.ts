import { Duration } from 'aws-cdk-lib';

/** A time in which nodes are left alone. */
export interface QuietWindow {
  /**
   * When the window begins, as a cron expression in UTC: minute, hour, day of the month, month, day of the week; or `@daily`, `@weekly`, `@monthly`.
   *
   * `0 6 * * mon-fri` is six o'clock on working days.
   */
  readonly schedule: string;
  /** How long it lasts, in whole minutes. */
  readonly duration: Duration;
}

/**
 * When nodes of a pool are replaced.
 *
 * @see https://karpenter.sh/docs/concepts/disruption/
 */
export interface NodeDisruption {
  /**
   * How long a node has to be without new or ended pods before it may be removed or replaced by a cheaper one.
   *
   * @default Duration.minutes(1)
   */
  readonly consolidateAfter?: Duration;
  /**
   * The age at which a node ends, from one day. Nodes that were launched together end together, in a quiet window too: their pods move while the budgets of
   * the services hold, for `drainTimeout` at most. A new image or a changed pool replaces nodes earlier and one at a time.
   *
   * @default Duration.days(14)
   */
  readonly maxNodeAge?: Duration;
  /**
   * How long a node that ends waits for its pods to move, before they are ended: 1 to 60 minutes. All nodes may drain at once while others are launched
   * in their place; the budget pays for that, so every minute costs about 1.5 % of the pool's vCPUs.
   *
   * @default Duration.minutes(5)
   */
  readonly drainTimeout?: Duration;
  /**
   * How many nodes are replaced at the same time, 1 to 10. The budget pays as many surplus nodes of the dearest type.
   *
   * @default 1
   */
  readonly nodesAtOnce?: number;
  /**
   * Times in which no node with pods is replaced by choice: neither for a new image nor for a cheaper node. Empty nodes go, and what has to end ends.
   *
   * @default - none
   */
  readonly quietWindows?: QuietWindow[];
}
