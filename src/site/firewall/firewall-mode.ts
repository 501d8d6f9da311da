/** What a firewall does with a request that one of its rules matches. */
export enum FirewallMode {
  /** It is blocked. */
  BLOCK = 'BLOCK',

  /** It is counted and let through: for the first week, to see in log and metrics what would have been blocked. */
  OBSERVE = 'OBSERVE',
}
