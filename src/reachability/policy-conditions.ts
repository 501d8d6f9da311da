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
  if (value instanceof Reference || /^(ForAnyValue:)?String(Not)?Equals/.test(operator)) { return true; }
  if (value instanceof Unknown) { return value.references.length > 0 || value.parts.some(part => typeof part === 'string' && isSpecific(operator, part)); }
  if (operator === 'Bool') { return String(value) === 'true'; }
  const [, , , , account, resource = ''] = String(value).split(':');
  if (account !== undefined) { return account === '' ? !/^\W*$/.test(resource) : !/[*?]/.test(account); }
  return !/^(o|vpc|vpce)?-?\W*$/.test(String(value));
}
