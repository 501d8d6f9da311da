/** Whether the condition of a policy leaves the callers of one organization, account, network or resource. */
import { Reference, Unknown, valuesAt } from './template-values';

const NARROWING = new RegExp(`^(${[
  'aws:Principal(OrgID|OrgPaths|Account|Arn)', 'aws:Source(OrgID|OrgPaths|Arn|Account|Vpc|Vpce|VpcArn|Owner)', 'aws:userid',
  'kms:CallerAccount', 's3:DataAccessPoint(Account|Arn)', 'elasticfilesystem:(AccessedViaMountTarget|AccessPointArn)',
].join('|')})$`, 'i');

/** Operators that fail where the key is missing, and those of a denial that hold where it is. */
const POSITIVE = /^(ForAnyValue:)?(StringEquals(IgnoreCase)?|StringLike|ArnEquals|ArnLike|Bool)$/;
const NEGATIVE = /^(StringNotEquals(IgnoreCase)?|StringNotLike|ArnNotEquals|ArnNotLike)(IfExists)?$/;

/** Of a statement that allows: one test that narrows is enough, in each alternative. */
export function narrows(conditions: readonly unknown[]): boolean {
  return conditions.every(condition => testsOf(condition, POSITIVE).some(({ key, operator, values }) => NARROWING.test(key) && areSpecific(operator, values)));
}

/** Of a statement that denies all others: every test has to. */
export function deniesOthers(conditions: readonly unknown[]): boolean {
  return conditions.length === 1 && conditions.every(condition => {
    const tests = testsOf(condition, NEGATIVE);
    return tests.length > 0 && tests.length === testsOf(condition, /./).length && tests.every(({ key, operator, values }) => NARROWING.test(key) && areSpecific(operator, values));
  });
}

interface ConditionTest {
  readonly operator: string;
  readonly key: string;
  readonly values: unknown[];
}

function testsOf(condition: unknown, operators: RegExp): ConditionTest[] {
  if (!isMap(condition)) { return []; }
  return Object.entries(condition).filter(([operator]) => operators.test(operator)).flatMap(([operator, keys]) => isMap(keys)
    ? Object.entries(keys).map(([key, value]) => ({ operator, key, values: valuesAt(value, []) })) : [{ operator, key: '', values: [keys] }]);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function areSpecific(operator: string, values: unknown[]): boolean {
  return values.length > 0 && values.every(value => isSpecific(operator, value));
}

/** Whether a value means some callers, not all. To `StringEquals`, an asterisk is a letter like others. */
function isSpecific(operator: string, value: unknown): boolean {
  if (value === undefined) { return false; }
  if (value instanceof Reference) { return true; }
  const text = textOf(value);
  // a policy variable is worked out for each caller, and so may fit all of them
  if (/\$\{[\w-]+:/.test(text)) { return false; }
  if (isExact(operator)) { return true; }
  if (operator === 'Bool') { return text === 'true'; }
  if (value instanceof Unknown && value.parts.length === 0) { return value.references.length > 0; }
  return isSpecificPattern(text);
}

function isExact(operator: string): boolean {
  return /^(ForAnyValue:)?String(Not)?Equals/.test(operator);
}

/** Wildcards are narrow behind a literal account of an ARN, id of a caller (`AROA…:*`) or organization of a path (`o-…/*`). */
function isSpecificPattern(pattern: string): boolean {
  const [arn, , , , account, ...resource] = pattern.split(':');
  if (arn === 'arn' && account !== undefined) { return isLiteral(account || resource.join(':')); }
  return isLiteral(pattern) || /^(?!arn:)[\w-]+(:\*$|\/)/.test(pattern);
}

function isLiteral(text: string): boolean {
  return text !== '' && !/[*?]/.test(text);
}

/** A value as a pattern: what these templates do not hold may be a wildcard, what names a resource or the deployment is none. */
function textOf(value: unknown): string {
  if (value instanceof Reference) { return 'resource'; }
  if (!(value instanceof Unknown)) { return String(value); }
  if (value.parts.length === 0) { return value.references.length > 0 ? 'resource' : '*'; }
  if (value.parts.length === 1 && /^AWS::(AccountId|Region)$/.test(String(value.parts[0]))) { return 'deployment'; }
  // what begins with a resource's own id or ARN stays within it
  const [first] = value.parts;
  return first instanceof Reference ? 'resource' : value.parts.map(textOf).join('');
}

/** An issuer of sign-ins to everybody. */
interface Issuer {
  readonly host: string;
  readonly admits: string;
  /** Whether the tests of one condition leave the sign-ins of somebody. */
  isNarrowed(tests: ConditionTest[]): boolean;
}

const GITHUB = 'token.actions.githubusercontent.com';
const COGNITO = 'cognito-identity.amazonaws.com';

const ISSUERS: Issuer[] = [
  { host: GITHUB, admits: 'by a workflow of anybody on GitHub', isNarrowed: tests => hasClaim(tests, GITHUB, 'sub', isOfRepository) },
  {
    host: COGNITO,
    admits: 'by Cognito, without a sign-in',
    isNarrowed: tests => hasClaim(tests, COGNITO, 'sub', isSpecific)
      || (hasClaim(tests, COGNITO, 'amr', (_operator, value) => value === 'authenticated') && hasClaim(tests, COGNITO, 'aud', isSpecific)),
  },
];

/** How a federated principal lets everybody in, if it does; one that is not known may be any issuer. */
export function admittedBy(provider: unknown, conditions: readonly unknown[]): string | undefined {
  const urls = provider instanceof Reference ? provider.resource.given('Url') : [provider];
  const isOpen = ({ host, isNarrowed }: Issuer) => urls.some(url => mayContain(url, host))
    && conditions.some(condition => { const tests = testsOf(condition, POSITIVE); return !isNarrowed(tests) && !isOfOther(tests, host); });
  return ISSUERS.find(isOpen)?.admits;
}

function mayContain(value: unknown, host: string): boolean {
  return typeof value === 'string' ? value.includes(host) : value instanceof Unknown && (value.isAnything || textOf(value).includes(host));
}

/** Whether a claim is asked for that only another issuer makes. */
function isOfOther(tests: ConditionTest[], host: string): boolean {
  return tests.some(({ key }) => /^(SAML|[^:]+\..+):\w+$/i.test(key) && !key.toLowerCase().startsWith(`${host}:`));
}

function hasClaim(tests: ConditionTest[], host: string, claim: string, isNarrow: (operator: string, value: unknown) => boolean): boolean {
  return tests.some(({ operator, key, values }) => key.toLowerCase() === `${host}:${claim}` && values.length > 0 && values.every(value => isNarrow(operator, value)));
}

// A subject is of one repository where owner and name are literal: `repo:owner/name:*`, or `repo:owner@*/name@*:*`, since `@` is part of no name.
function isOfRepository(operator: string, value: unknown): boolean {
  return isExact(operator) ? isSpecific(operator, value) : value !== undefined && /^[\w-]+:[^*?:/$]+(@\*)?\/[^*?:/$]+(@\*)?(:|$)/.test(textOf(value));
}
