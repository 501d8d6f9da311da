import * as table from './managed-rule-groups.json';

/** What AWS publishes of one of its managed rule groups. */
export interface ManagedGroup {
  /** Units of capacity (WCU). */
  readonly capacity: number;
  /** Groups without versions are changed by AWS at any time. */
  readonly versioned: boolean;
  /** Static versions that were released and have not been reported as expired, the oldest first. Empty where the source names none. */
  readonly versions: string[];
  /** Its rules and what each does: `Block`, `Count`, `Captcha` or `Challenge`. Empty where the source names none. */
  readonly rules: { readonly [name: string]: string };
}

/** The groups that a firewall is made of, in the order in which it asks them. */
export const GROUPS = {
  antiDdos: 'AWSManagedRulesAntiDDoSRuleSet',
  reputation: ['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesAnonymousIpList'],
  core: 'AWSManagedRulesCommonRuleSet',
  attacks: ['AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesSQLiRuleSet', 'AWSManagedRulesLinuxRuleSet', 'AWSManagedRulesUnixRuleSet'],
  botControl: 'AWSManagedRulesBotControlRuleSet',
};

/** The day on which the table was written by `scripts/refresh-managed-rule-groups.ts`, or compared with AWS's documentation. */
export const PUBLISHED_ON = table.readOn;

/** A version as AWS names it. */
export const MANAGED_VERSION = /^Version_(\d+)\.(\d+)$/;

/**
 * The published rule groups, with what `AWS::WAFv2::WebACL` needs to know of them.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-changelog.html
 */
export const MANAGED_GROUPS: Readonly<Record<string, ManagedGroup>> = table.groups;

/** Names of the rules in the groups that a firewall is made of. */
export function knownRules(): string[] {
  return Object.values(GROUPS).flat().flatMap(group => Object.keys(MANAGED_GROUPS[group].rules));
}
