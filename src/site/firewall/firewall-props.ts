import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { FirewallBotControl } from './firewall-bot-control';
import { FirewallMode } from './firewall-mode';
import { FirewallRateLimit } from './firewall-rate-limit';

/** What an `EdgeFirewall` and a `RegionalFirewall` have in common. */
export interface FirewallProps {
  /**
   * Whether requests that a rule matches are blocked, or counted and let through.
   *
   * @default FirewallMode.BLOCK
   */
  readonly mode?: FirewallMode;

  /**
   * Requests that one IP address may make in five minutes before it is blocked, from 10 to 2,000,000,000.
   *
   * @default 2000
   */
  readonly rateLimit?: number;

  /**
   * Tighter limits, such as on the paths of a login. A web ACL has room for ten limits with `rateLimit`.
   *
   * @default - `rateLimit` is the only one
   */
  readonly rateLimits?: FirewallRateLimit[];

  /**
   * Ranges of IPv4 and IPv6 addresses, such as `192.0.2.0/24`, that rate limits, address reputation and Bot Control spare.
   * What these clients send is inspected as everybody's is.
   *
   * @default - everybody is treated alike
   */
  readonly allowList?: string[];

  /**
   * Ranges of IPv4 and IPv6 addresses, such as `192.0.2.0/24`, that are blocked, even where the allow list names them.
   *
   * @default - none
   */
  readonly denyList?: string[];

  /**
   * Beginnings of the paths that receive bodies of more than 8 KB, such as `/api/uploads/`.
   *
   * Everywhere else the core rule set's limit holds, and the answer is `413`. A path with `/..`, `%2f` or the like in it is elsewhere.
   *
   * @default - no path receives them
   */
  readonly uploadPaths?: string[];

  /**
   * AWS's anti-DDoS rule group: under attack browsers answer a silent challenge, and the most suspicious requests are blocked.
   * AWS charges for it by the month and by the request.
   *
   * @default true
   */
  readonly antiDdos?: boolean;

  /**
   * Paths whose clients cannot answer the browser challenge of the anti-DDoS group, as CloudFront writes patterns: `*` for any characters, `?` for one.
   * What is below `/.well-known/`, and files by their endings, are exempt anyway. A `SpaStaticSite` gives its `apiPaths` to the firewall that it makes.
   *
   * @default ['/api/*']
   */
  readonly unchallengedPaths?: string[];

  /**
   * AWS WAF Bot Control. AWS charges for it by the month and by the request.
   *
   * @default - none
   */
  readonly botControl?: FirewallBotControl;

  /**
   * Rules of AWS's groups, such as `NoUserAgent_HEADER`, that count what they match instead of blocking it, because they are wrong about this application.
   *
   * @default - all of them block
   */
  readonly countedRules?: string[];

  /**
   * Static versions of AWS's groups, by the group's name: `{ AWSManagedRulesCommonRuleSet: 'Version_1.23' }`.
   * A web ACL cannot be changed any more once a version that it names has expired.
   *
   * @default - AWS's default version, which AWS keeps up to date
   */
  readonly managedRuleVersions?: { readonly [group: string]: string };

  /**
   * Rules of your own. A priority below 100 places a rule before this construct's, one from 1,000 to 9,999,999 after them.
   *
   * @default - none
   */
  readonly additionalRules?: wafv2.CfnWebACL.RuleProperty[];

  /**
   * Names of headers that carry secrets, besides `authorization`, `cookie`, `proxy-authorization` and `x-api-key`.
   * Log and samples show `REDACTED` instead of their values.
   *
   * @default - no other
   */
  readonly redactedHeaders?: string[];

  /**
   * Whether log and samples show `REDACTED` instead of the query string, for applications that put tokens into it.
   *
   * @default false
   */
  readonly redactQueryString?: boolean;

  /**
   * Whether requests that no rule matched are logged too.
   *
   * @default true
   */
  readonly logAllowedRequests?: boolean;

  /**
   * How long the log is kept.
   *
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Encrypts the log. It has to be a key of the web ACL's region whose policy lets CloudWatch Logs use it.
   *
   * @default - a key of this construct, rotated yearly and retained
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Told when the firewall blocks unusually many requests. It has to be a topic of the web ACL's region.
   *
   * @default - nobody is told
   */
  readonly alerts?: sns.ITopic;

  /**
   * Blocked requests in five minutes from which on `alerts` is told.
   *
   * @default 1000
   */
  readonly blockedRequestsThreshold?: number;
}
