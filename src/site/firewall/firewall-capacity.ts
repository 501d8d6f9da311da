import { Annotations } from 'aws-cdk-lib';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { MANAGED_GROUPS } from './firewall-managed-groups';
import { isDeployTime, reject } from '../../private/validation';

type Rule = wafv2.CfnWebACL.RuleProperty;

/** Included in the price of a web ACL. */
export const INCLUDED_CAPACITY = 1500;
/** More than this is not to be had. */
export const MOST_CAPACITY = 5000;

const MOST_RATE_RULES = 10;
const MOST_REFERENCES = 50;
const TRANSFORMATION = 10;

/** A part of a rule, as it is written in a template. */
type Part = { readonly [key: string]: any };

/** What a statement costs before the parts of the request that it looks at. */
const BASE_COSTS: Readonly<Record<string, (statement: Part) => number>> = {
  byteMatchStatement: ({ positionalConstraint }) => String(positionalConstraint).startsWith('CONTAINS') ? 10 : 2,
  regexMatchStatement: () => 3,
  regexPatternSetReferenceStatement: () => 25,
  sizeConstraintStatement: () => 1,
  sqliMatchStatement: ({ sensitivityLevel }) => sensitivityLevel === 'HIGH' ? 30 : 20,
  xssMatchStatement: () => 40,
  ipSetReferenceStatement: ({ ipSetForwardedIpConfig }) => ipSetForwardedIpConfig?.position === 'ANY' ? 5 : 1,
  labelMatchStatement: () => 1,
  geoMatchStatement: () => 1,
  asnMatchStatement: () => 1,
};

/** What rules cost at the most; WAF may charge less where rules share transformations. */
export interface RuleCosts {
  /** Units of capacity. */
  readonly capacity: number;
  /** Names of the rules whose cost AWS alone knows, which is not in the sum. */
  readonly unknown: string[];
}

/**
 * Sums up the capacity that rules need.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements.html
 */
export function ruleCosts(rules: Rule[]): RuleCosts {
  const costs = rules.map(({ name, statement }) => ({ name, cost: statementCost(statement) }));
  return {
    capacity: costs.reduce((sum, { cost }) => sum + (cost ?? 0), 0),
    unknown: costs.filter(({ cost }) => cost === undefined).map(({ name }) => name),
  };
}

/** Refuses rules that WAF has no room for. */
export function validateCapacity(scope: Construct, rules: Rule[]): void {
  const { capacity } = ruleCosts(rules);
  refuseMoreThan(scope, 'rules', capacity, MOST_CAPACITY, 'units of capacity', 'Leave out rules, `botControl` or paths of `rateLimits`: each path costs about 45 units.');
  refuseMoreThan(scope, 'rateLimits', keyCount(rules, /^rateBasedStatement$/), MOST_RATE_RULES, 'rate limits with `rateLimit` and those in `additionalRules`',
    'Put several paths into one rate limit.');
  refuseMoreThan(scope, 'additionalRules', keyCount(rules, /^(ipSet|regexPatternSet|ruleGroup)ReferenceStatement$/), MOST_REFERENCES, 'references to sets and groups',
    'Combine sets that are used together.');
}

/** Tells whoever synthesizes what the capacity costs. */
export function reportCapacity(scope: Construct, { capacity, unknown }: RuleCosts): void {
  if (capacity <= INCLUDED_CAPACITY && unknown.length === 0) { return; }
  const steps = Math.ceil(Math.max(0, capacity - INCLUDED_CAPACITY) / 500);
  Annotations.of(scope).addInfoV2('cdk-innovate-platform:firewallCapacity', [
    `The web ACL needs up to ${capacity} units of capacity (WCU)`,
    ...steps ? [`; ${INCLUDED_CAPACITY} are included, and AWS charges each request for ${steps} time${steps > 1 ? 's' : ''} 500 more`] : [],
    '.',
    ...unknown.length ? [` Not counted, because AWS alone knows: ${unknown.join(', ')}.`] : [],
  ].join(''));
}

function refuseMoreThan(scope: Construct, prop: string, value: number, most: number, what: string, remedy: string): void {
  if (value > most) { reject(scope, { prop, value, problem: `a web ACL has room for ${most} ${what}`, remedy }); }
}

/** What a statement costs; undefined where something in it is not known at synthesis. */
function statementCost(statement: unknown): number | undefined {
  if (typeof statement !== 'object' || statement === null || isDeployTime(statement)) { return undefined; }
  const [[kind, part] = ['', undefined]] = Object.entries(statement as Part).filter(([, value]) => value !== undefined);
  if (part === undefined || isDeployTime(part)) { return undefined; }
  if (kind === 'managedRuleGroupStatement') {
    const group = part.vendorName === 'AWS' ? MANAGED_GROUPS[part.name]?.capacity : undefined;
    return total([group, part.scopeDownStatement ? statementCost(part.scopeDownStatement) : 0]);
  }
  if (kind === 'rateBasedStatement') {
    return total([2 + 30 * (part.customKeys?.length ?? 0), part.scopeDownStatement ? statementCost(part.scopeDownStatement) : 0]);
  }
  if (kind === 'notStatement') { return statementCost(part.statement); }
  if (kind === 'andStatement' || kind === 'orStatement') { return Array.isArray(part.statements) ? total(part.statements.map(statementCost)) : undefined; }
  const base = BASE_COSTS[kind]?.(part);
  if (base === undefined) { return undefined; }
  return base * (part.fieldToMatch?.jsonBody ? 2 : 1) + (part.fieldToMatch?.allQueryArguments ? 10 : 0) + transformationCost(part);
}

function transformationCost({ textTransformations }: Part): number {
  return ((textTransformations ?? []) as Part[]).filter(({ type }) => type !== 'NONE').length * TRANSFORMATION;
}

function total(costs: (number | undefined)[]): number | undefined {
  return costs.reduce((sum, cost) => sum === undefined || cost === undefined ? undefined : sum + cost, 0);
}

/** How often a key stands in the rules, however deep. */
function keyCount(value: unknown, key: RegExp): number {
  if (Array.isArray(value)) { return value.reduce((sum: number, entry) => sum + keyCount(entry, key), 0); }
  if (typeof value !== 'object' || value === null || isDeployTime(value)) { return 0; }
  return Object.entries(value).reduce((sum, [name, entry]) => sum + keyCount(entry, key)
    + (entry !== undefined && key.test(name) ? 1 : 0), 0);
}
