import { Stack } from 'aws-cdk-lib';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { validateAddressList } from './firewall-address-list';
import { knownRules, MANAGED_GROUPS, MANAGED_VERSION, PUBLISHED_ON } from './firewall-managed-groups';
import { fitsPattern, leadsOut } from './firewall-paths';
import { FirewallProps } from './firewall-props';
import { FirewallRateLimit } from './firewall-rate-limit';
import { validateUnchallenged } from './firewall-unchallenged';
import { isDeployTime, reject, validateMatch, validateRange, validateUnique } from '../../private/validation';

const SMALLEST_LIMIT = 10;
const LARGEST_LIMIT = 2_000_000_000;
const WINDOWS = [60, 120, 300, 600];
/** The global limit looks back on this many seconds. */
export const GLOBAL_WINDOW = 300;
export const DEFAULT_LIMIT = 2000;

/** Rules of the construct have the priorities from the first to below the second. */
export const OWN_PRIORITIES = [100, 1000] as const;
/** Shield Advanced puts its rule here. */
const SHIELD_PRIORITY = 10_000_000;

/** Refuses props that WAF would, or that would not do what they say, in a firewall whose web ACL is in the region. */
export function validateFirewall(scope: Construct, props: FirewallProps, region: string): void {
  validateLimits(scope, props);
  validateAddressList(scope, 'allowList', props.allowList);
  validateAddressList(scope, 'denyList', props.denyList);
  validateUploadPaths(scope, props.uploadPaths ?? []);
  validateUnchallenged(scope, props.unchallengedPaths);
  validatePaths(scope, 'botControl.paths', props.botControl?._settings.paths);
  validateCountedRules(scope, props);
  Object.keys(props.managedRuleVersions ?? {}).sort().forEach(group => validateVersion(scope, group, props.managedRuleVersions![group]));
  validateAdditionalRules(scope, props.additionalRules ?? []);
  props.redactedHeaders?.forEach((value, index) => validateMatch(scope, {
    prop: `redactedHeaders[${index}]`, value, pattern: /^[a-zA-Z0-9_-]{1,64}$/, problem: 'it is not the name of a header', remedy: 'Write a name such as "x-session-token".',
  }));
  validateRegionOf(scope, 'encryptionKey', props.encryptionKey?.env.region, region, 'WAF writes to a log of the web ACL\'s region, whose key has to be of that region too');
  validateRegionOf(scope, 'alerts', props.alerts?.env.region, region, 'an alarm tells topics of its own region only, which is that of the web ACL');
  validateRange(scope, { prop: 'blockedRequestsThreshold', value: props.blockedRequestsThreshold, min: 1, max: LARGEST_LIMIT, unit: 'requests' });
  if (props.blockedRequestsThreshold !== undefined && !props.alerts) {
    reject(scope, { prop: 'blockedRequestsThreshold', value: props.blockedRequestsThreshold, problem: 'nobody is told', remedy: 'Give `alerts`, or leave it out.' });
  }
}

function validateLimits(scope: Construct, { rateLimit, rateLimits = [] }: FirewallProps): void {
  validateRange(scope, { prop: 'rateLimit', value: rateLimit, min: SMALLEST_LIMIT, max: LARGEST_LIMIT, unit: 'requests' });
  rateLimits.forEach((limit, index) => validateLimit(scope, `rateLimits[${index}]`, limit, rateLimit ?? DEFAULT_LIMIT));
  validateUnique(scope, 'rateLimits', rateLimits.map(({ name }) => name), 'name');
}

function validateLimit(scope: Construct, prop: string, { name, limit, window, paths, methods }: FirewallRateLimit, rateLimit: number): void {
  validateMatch(scope, {
    prop: `${prop}.name`, value: name, pattern: /^[A-Za-z][A-Za-z0-9]{0,59}$/, problem: 'it is not a letter followed by letters and digits', remedy: 'Write a name such as "Login".',
  });
  validateRange(scope, { prop: `${prop}.limit`, value: limit, min: SMALLEST_LIMIT, max: LARGEST_LIMIT, unit: 'requests' });
  const seconds = window?.toSeconds() ?? GLOBAL_WINDOW;
  if (!WINDOWS.includes(seconds)) {
    reject(scope, { prop: `${prop}.window`, value: `${seconds} seconds`, problem: 'WAF does not look back on that', remedy: 'Give Duration.minutes(1), (2), (5) or (10).' });
  }
  const reached = rateLimit * Math.max(1, seconds / GLOBAL_WINDOW);
  if (!isDeployTime(limit) && !isDeployTime(rateLimit) && limit >= reached) {
    reject(scope, {
      prop: `${prop}.limit`, value: limit, problem: `\`rateLimit\` blocks an address after ${reached} requests at the latest, so this limit never does`,
      remedy: 'Give a smaller limit, or raise `rateLimit`.',
    });
  }
  validatePaths(scope, `${prop}.paths`, paths);
  refuseEmpty(scope, `${prop}.methods`, methods);
  methods?.forEach((value, index) => validateMatch(scope, {
    prop: `${prop}.methods[${index}]`, value, pattern: /^[A-Z]{3,20}$/, problem: 'it is not an HTTP method', remedy: 'Write it in capital letters, such as "POST".',
  }));
  validateUnique(scope, `${prop}.methods`, methods ?? [], 'method');
}

/** Beginnings of paths, as a person writes them. */
function validatePaths(scope: Construct, prop: string, paths: string[] | undefined): void {
  refuseEmpty(scope, prop, paths);
  paths?.forEach((value, index) => {
    const rejection = {
      prop: `${prop}[${index}]`,
      value,
      problem: 'it is not the beginning of a path',
      remedy: 'Write it with a leading "/", plainly, and without wildcard or query, such as "/api/login"; it covers everything that begins with it.',
    };
    if (isDeployTime(value)) { reject(scope, { ...rejection, value: undefined, problem: 'a path has to be known at synthesis' }); }
    validateMatch(scope, { ...rejection, pattern: /^\/(?!.*(\/\/|\/\.))[^\s*?#%;\\]{1,199}$/ });
    if (!fitsPattern(value)) { reject(scope, { ...rejection, problem: 'it is longer than WAF takes', remedy: 'Name the path above it.' }); }
  });
  validateUnique(scope, prop, paths ?? [], 'path');
}

function validateUploadPaths(scope: Construct, paths: string[]): void {
  paths.forEach((value, index) => {
    const rejection = {
      prop: `uploadPaths[${index}]`,
      value,
      problem: 'it is not the beginning of a path',
      remedy: 'Write it with a leading "/", as clients send it, and without wildcard or query, such as "/api/uploads/"; it covers everything below.',
    };
    validateMatch(scope, { ...rejection, pattern: /^\/[^\s*?#]{1,199}$/ });
    if (!isDeployTime(value) && leadsOut(value)) { reject(scope, rejection); }
    const wider = paths.find((path, other) => other !== index && value !== path && value.startsWith(path));
    if (wider) { reject(scope, { ...rejection, problem: `"${wider}" covers it already`, remedy: 'Leave one of them out.' }); }
  });
  validateUnique(scope, 'uploadPaths', paths, 'path');
}

function validateCountedRules(scope: Construct, { countedRules = [], uploadPaths = [] }: FirewallProps): void {
  const known = knownRules();
  countedRules.forEach((value, index) => {
    const prop = `countedRules[${index}]`;
    if (!isDeployTime(value) && !known.includes(value)) {
      // WAF itself ignores such a name in silence
      reject(scope, {
        prop, value, problem: `no rule of these groups had this name on ${PUBLISHED_ON}`,
        remedy: 'Copy the rule\'s name from the log (`ruleId`), such as "SizeRestrictions_QUERYSTRING".',
      });
    }
    if (value === 'SizeRestrictions_BODY' && uploadPaths.length > 0) {
      reject(scope, { prop, value, problem: '`uploadPaths` says where bodies may be larger', remedy: 'Leave out one of the two.' });
    }
  });
  validateUnique(scope, 'countedRules', countedRules, 'name');
}

function validateVersion(scope: Construct, name: string, value: string): void {
  const prop = `managedRuleVersions.${name}`;
  const group = MANAGED_GROUPS[name];
  if (!group) {
    reject(scope, {
      prop, value, problem: `AWS published no rule group of this name by ${PUBLISHED_ON}`, remedy: `Give one of ${Object.keys(MANAGED_GROUPS).sort().join(', ')}.`,
    });
  }
  if (!group.versioned) { reject(scope, { prop, value, problem: 'AWS does not version this group', remedy: 'Leave it out.' }); }
  validateMatch(scope, { prop, value, pattern: MANAGED_VERSION, problem: 'AWS does not name versions like this', remedy: 'Write it as "Version_1.23".' });
  const newest = group.versions[group.versions.length - 1];
  if (isDeployTime(value) || !newest || group.versions.includes(value) || isNewer(value, newest)) { return; }
  reject(scope, {
    prop, value, problem: `AWS's list of ${PUBLISHED_ON} has no such version`, remedy: `Give one of ${group.versions.join(', ')}, or leave it out for AWS's default version.`,
  });
}

/** AWS releases versions after this library was; whether such a one exists, the deployment tells. */
function isNewer(version: string, than: string): boolean {
  const [[major, minor], [otherMajor, otherMinor]] = [version, than].map(name => MANAGED_VERSION.exec(name)!.slice(1).map(Number));
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}

function validateAdditionalRules(scope: Construct, rules: wafv2.CfnWebACL.RuleProperty[]): void {
  const [first, end] = OWN_PRIORITIES;
  rules.forEach(({ name, priority }, index) => {
    if (!isDeployTime(priority) && ((priority >= first && priority < end) || !(priority >= 0 && priority < SHIELD_PRIORITY))) {
      reject(scope, {
        prop: `additionalRules[${index}].priority`, value: priority, problem: `the priorities from ${first} to ${end - 1} and from ${SHIELD_PRIORITY} on are taken`,
        remedy: `Give one below ${first}, so that the rule comes first, or one from ${end} on.`,
      });
    }
    validateMatch(scope, {
      prop: `additionalRules[${index}].name`, value: name, pattern: /^(?!ShieldMitigationRuleGroup)[\w-]{1,128}$/, problem: 'WAF does not take this name',
      remedy: 'Write up to 128 letters, digits, "-" and "_"; names that begin with "ShieldMitigationRuleGroup" belong to Shield Advanced.',
    });
  });
  validateUnique(scope, 'additionalRules', rules.map(({ priority }) => String(priority)), 'priority');
}

function validateRegionOf(scope: Construct, prop: string, value: string | undefined, region: string, problem: string): void {
  if (value === undefined || isDeployTime(value) || isDeployTime(region) || value === region) { return; }
  reject(scope, { prop, value, problem, remedy: `Give one of ${region}${region === Stack.of(scope).region ? '' : ', from a stack of that region'}.` });
}

function refuseEmpty(scope: Construct, prop: string, value: string[] | undefined): void {
  if (value?.length === 0) { reject(scope, { prop, value, problem: 'it names none', remedy: 'Leave it out for all of them.' }); }
}
