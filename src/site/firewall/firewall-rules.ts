import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { AddressSets, fromAddresses } from './firewall-address-list';
import { GROUPS, MANAGED_GROUPS } from './firewall-managed-groups';
import { FirewallMode } from './firewall-mode';
import { any, pathsAsWritten, pathsInAnySpelling } from './firewall-paths';
import { FirewallProps } from './firewall-props';
import { FirewallRateLimit } from './firewall-rate-limit';
import { BLOCK, BLOCK_LARGE_BODY, blockUntil } from './firewall-responses';
import { unchallenged } from './firewall-unchallenged';
import { DEFAULT_LIMIT, GLOBAL_WINDOW, OWN_PRIORITIES } from './firewall-validation';

type Rule = wafv2.CfnWebACL.RuleProperty;
type Statement = wafv2.CfnWebACL.StatementProperty;
type RuleAction = wafv2.CfnWebACL.RuleActionProperty;
type ManagedOptions = Partial<wafv2.CfnWebACL.ManagedRuleGroupStatementProperty>;
/** A rule that has no place yet. */
type Draft = Omit<Rule, 'priority'>;

/** What the rules of a web ACL depend on. */
export interface FirewallRulesOptions {
  readonly props: FirewallProps;
  readonly allowed: AddressSets;
  readonly denied: AddressSets;
  /** Whether CloudFront stands in front, which has limited and judged the addresses of clients already. */
  readonly behindCloudFront: boolean;
}

/** The core rule set puts this on a request whose body is larger than 8 KB. */
const LARGE_BODY_LABEL = 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body';
const LARGE_BODY_RULE = 'SizeRestrictions_BODY';

/**
 * The rules in the order in which WAF applies them: attacks by their volume first, then by their source, then by their content.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
export function firewallRules(options: FirewallRulesOptions): Rule[] {
  const { props } = options;
  const drafts = [...volumeRules(options), ...sourceRules(options), ...contentRules(options)];
  const rules = [
    ...drafts.map((draft, index) => ({ ...draft, priority: OWN_PRIORITIES[0] + index })),
    ...props.additionalRules ?? [],
  ];
  return props.mode === FirewallMode.OBSERVE ? rules.map(counting) : rules;
}

/** The anti-DDoS group learns from all the traffic, so nothing of this library stands before it. */
function volumeRules({ props, allowed, denied, behindCloudFront }: FirewallRulesOptions): Draft[] {
  const everybodyElse = butAllowed(allowed, behindCloudFront);
  return [
    ...props.antiDdos ?? !behindCloudFront ? [managed(GROUPS.antiDdos, props, { managedRuleGroupConfigs: [antiDdosConfig(props)] })] : [],
    ...denied.length ? [own('DenyList', BLOCK, fromAddresses(denied, behindCloudFront))] : [],
    ...behindCloudFront ? [] : [
      rateRule('RateLimit', props.rateLimit ?? DEFAULT_LIMIT, GLOBAL_WINDOW, everybodyElse),
      ...(props.rateLimits ?? []).map(limit => namedRateRule(limit, everybodyElse)),
    ],
  ];
}

/** AWS's lists look at the address of the connection, which behind CloudFront is CloudFront's. */
function sourceRules({ props, allowed, behindCloudFront }: FirewallRulesOptions): Draft[] {
  if (behindCloudFront) { return []; }
  const scope = scopedDown(butAllowed(allowed, behindCloudFront));
  return GROUPS.reputation.map(name => managed(name, props, scope));
}

function contentRules({ props, allowed, behindCloudFront }: FirewallRulesOptions): Draft[] {
  const { uploadPaths = [], botControl } = props;
  return [
    managed(GROUPS.core, props),
    ...uploadPaths.length ? [own('LargeBodyOutsideUploadPaths', BLOCK_LARGE_BODY, largeBodyOutside(uploadPaths))] : [],
    ...GROUPS.attacks.map(name => managed(name, props)),
    // the last, because each request that gets here is charged
    ...botControl ? [managed(GROUPS.botControl, props, {
      managedRuleGroupConfigs: [{
        awsManagedRulesBotControlRuleSet: { inspectionLevel: botControl._settings.targeted ? 'TARGETED' : 'COMMON' },
      }],
      ...scopedDown([
        ...botControl._settings.paths ? [pathsInAnySpelling(botControl._settings.paths)] : [],
        ...butAllowed(allowed, behindCloudFront),
      ]),
    })] : [],
  ];
}

/** What the core rule set only counted is blocked after all, unless the path is one of those given. */
function largeBodyOutside(uploadPaths: string[]): Statement {
  return {
    andStatement: {
      statements: [
        { labelMatchStatement: { scope: 'LABEL', key: LARGE_BODY_LABEL } },
        { notStatement: { statement: pathsAsWritten(uploadPaths) } },
      ],
    },
  };
}

function namedRateRule({ name, limit, window, paths, methods }: FirewallRateLimit, everybodyElse: Statement[]): Draft {
  return rateRule(`RateLimit${name}`, limit, window?.toSeconds() ?? GLOBAL_WINDOW, [
    ...paths ? [pathsInAnySpelling(paths)] : [],
    ...methods ? [any(methods.map(hasMethod))] : [],
    ...everybodyElse,
  ]);
}

function rateRule(name: string, limit: number, seconds: number, scope: Statement[]): Draft {
  return own(name, blockUntil(seconds), {
    rateBasedStatement: { limit, evaluationWindowSec: seconds, aggregateKeyType: 'IP', ...scopedDown(scope) },
  });
}

function hasMethod(method: string): Statement {
  return {
    byteMatchStatement: {
      searchString: method, positionalConstraint: 'EXACTLY', fieldToMatch: { method: {} }, textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

function butAllowed(allowed: AddressSets, behindCloudFront: boolean): Statement[] {
  return allowed.length ? [{ notStatement: { statement: fromAddresses(allowed, behindCloudFront) } }] : [];
}

/** Looks only at requests for which each of the statements holds. */
function scopedDown(statements: Statement[]): { scopeDownStatement?: Statement } {
  if (statements.length === 0) { return {}; }
  return { scopeDownStatement: statements.length === 1 ? statements[0] : { andStatement: { statements } } };
}

function antiDdosConfig({ unchallengedPaths }: FirewallProps): wafv2.CfnWebACL.ManagedRuleGroupConfigProperty {
  return {
    awsManagedRulesAntiDDoSRuleSet: {
      clientSideActionConfig: {
        challenge: { usageOfAction: 'ENABLED', exemptUriRegularExpressions: unchallenged(unchallengedPaths).map(regexString => ({ regexString })) },
      },
    },
  };
}

function managed(name: string, props: FirewallProps, options: ManagedOptions = {}): Draft {
  const ruleActionOverrides = overridesOf(name, props);
  const version = props.managedRuleVersions?.[name];
  return {
    name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ...version && { version },
        ...ruleActionOverrides.length && { ruleActionOverrides },
        ...options,
      },
    },
    visibilityConfig: visible(name),
  };
}

/**
 * While the firewall observes, each rule counts by itself, because a group ends at its first rule that would block and hides the others.
 * That the group counts as a whole holds also for rules that AWS adds later. What blocks does so with an answer that an API's clients can read.
 */
function overridesOf(group: string, { mode, countedRules = [], uploadPaths = [] }: FirewallProps): wafv2.CfnWebACL.RuleActionOverrideProperty[] {
  return Object.entries(MANAGED_GROUPS[group].rules).flatMap(([name, action]) => {
    const counted = mode === FirewallMode.OBSERVE || countedRules.includes(name) || (name === LARGE_BODY_RULE && uploadPaths.length > 0);
    if (counted) { return [{ name, actionToUse: { count: {} } }]; }
    return action === 'Block' ? [{ name, actionToUse: BLOCK }] : [];
  });
}

function own(name: string, action: RuleAction, statement: Statement): Draft {
  return { name, action, statement, visibilityConfig: visible(name) };
}

/** The rule without the power to block. */
function counting(rule: Rule): Rule {
  if (rule.overrideAction) { return { ...rule, overrideAction: { count: {} } }; }
  return (rule.action as RuleAction | undefined)?.allow ? rule : { ...rule, action: { count: {} } };
}

function visible(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
