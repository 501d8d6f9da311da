/** What AWS publishes of one of its managed rule groups. */
export interface ManagedGroup {
  /** Units of capacity (WCU). */
  readonly capacity: number;
  /** Static versions that were released and have not been reported as expired, the oldest first. Empty where the changelog names none. */
  readonly versions: string[];
  /** Groups without versions are changed by AWS at any time. */
  readonly versioned: boolean;
  /** Its rules, as far as this library sets them to counting. */
  readonly rules: string[];
}

/** The day on which the list below was last compared with AWS's documentation, whose latest entry was of 2026-09-16. */
export const PUBLISHED_ON = '2026-10-01';

/** A version as AWS names it. */
export const MANAGED_VERSION = /^Version_(\d+)\.(\d+)$/;

const unversioned = (capacity: number, rules: string[]): ManagedGroup => ({ capacity, versions: [], versioned: false, rules });
const versioned = (capacity: number, versions: string[], rules: string[] = []): ManagedGroup => ({
  capacity, versions: versions.map(version => `Version_${version}`), versioned: true, rules,
});

/** The minor versions of one major version, both included. */
function minors(major: number, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${major}.${first + index}`);
}

/** A rule for each part of the request that is looked at, as AWS names them. */
function each(name: string, ...parts: string[]): string[] {
  return parts.map(part => `${name}_${part}`);
}

/**
 * The published rule groups, with what `AWS::WAFv2::WebACL` needs to know of them.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-changelog.html
 */
export const MANAGED_GROUPS: Readonly<Record<string, ManagedGroup>> = {
  AWSManagedRulesAntiDDoSRuleSet: versioned(50, [], ['ChallengeAllDuringEvent', 'ChallengeDDoSRequests', 'DDoSRequests']),
  AWSManagedRulesAmazonIpReputationList: unversioned(25, ['AWSManagedIPReputationList', 'AWSManagedReconnaissanceList', 'AWSManagedIPDDoSList']),
  AWSManagedRulesAnonymousIpList: unversioned(50, ['AnonymousIPList', 'HostingProviderIPList']),
  // 1.2 and 2.0 have expired; the changelog has no 1.13
  AWSManagedRulesCommonRuleSet: versioned(700, [...minors(1, 3, 12), ...minors(1, 14, 23)], [
    'NoUserAgent_HEADER', 'UserAgent_BadBots_HEADER',
    ...each('SizeRestrictions', 'QUERYSTRING', 'Cookie_HEADER', 'BODY', 'URIPATH'),
    ...each('EC2MetaDataSSRF', 'BODY', 'COOKIE', 'URIPATH', 'QUERYARGUMENTS'),
    ...each('GenericLFI', 'QUERYARGUMENTS', 'URIPATH', 'BODY'),
    ...each('RestrictedExtensions', 'URIPATH', 'QUERYARGUMENTS'),
    ...each('GenericRFI', 'QUERYARGUMENTS', 'BODY', 'URIPATH'),
    ...each('CrossSiteScripting', 'COOKIE', 'QUERYARGUMENTS', 'BODY', 'URIPATH'),
  ]),
  AWSManagedRulesKnownBadInputsRuleSet: versioned(200, [...minors(1, 12, 22), ...minors(1, 24, 26)], [
    ...each('JavaDeserializationRCE', 'HEADER', 'BODY', 'URIPATH', 'QUERYSTRING'),
    'Host_localhost_HEADER', 'PROPFIND_METHOD', 'ExploitablePaths_URIPATH',
    ...each('Log4JRCE', 'HEADER', 'QUERYSTRING', 'BODY', 'URIPATH'),
    'ReactJSRCE_BODY',
  ]),
  // 2.3 succeeds 1.3; 2.0 is a line of its own
  AWSManagedRulesSQLiRuleSet: versioned(200, ['1.2', '1.3', '2.0', '2.3', '2.4', '2.5'], [
    ...each('SQLi', 'QUERYARGUMENTS', 'BODY', 'COOKIE', 'URIPATH'),
    ...each('SQLiExtendedPatterns', 'QUERYARGUMENTS', 'BODY', 'HEADER', 'URIPATH'),
  ]),
  AWSManagedRulesLinuxRuleSet: versioned(200, minors(2, 1, 6), each('LFI', 'URIPATH', 'QUERYSTRING', 'HEADER')),
  AWSManagedRulesUnixRuleSet: versioned(100, ['2.1', '2.2', '3.0', '3.1', '3.2'], each('UNIXShellCommandsVariables', 'QUERYSTRING', 'BODY', 'HEADER')),
  AWSManagedRulesBotControlRuleSet: versioned(50, ['1.0', '2.0', ...minors(3, 0, 3), '4.0', '5.0', '6.0', '6.1']),
  AWSManagedRulesAdminProtectionRuleSet: versioned(100, []),
  AWSManagedRulesWindowsRuleSet: versioned(200, minors(2, 1, 5)),
  AWSManagedRulesPHPRuleSet: versioned(100, minors(2, 0, 2)),
  AWSManagedRulesWordPressRuleSet: versioned(100, ['1.3']),
  AWSManagedRulesATPRuleSet: versioned(50, minors(1, 0, 1)),
  AWSManagedRulesACFPRuleSet: versioned(50, minors(1, 0, 1)),
};
