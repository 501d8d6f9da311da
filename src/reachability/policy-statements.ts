/** Policies that admit everybody. */
import { fromJson } from './json-text';
import { admittedBy, deniesOthers, narrows } from './policy-conditions';
import { Reference, Unknown, describe, mayBe, valuesAt } from './template-values';

/** Why nobody can know; empty where it is certain. */
export interface Doubt {
  readonly unknown?: string;
  /** By what, where it is not by a principal that is everybody. */
  readonly by?: string;
}

/** Whether a policy has a statement that admits anybody; a policy that is not known has. */
export function admitsAnybody(policies: readonly unknown[]): Doubt | undefined {
  const found = policies.map(fromJson).flatMap((policy): Doubt[] => {
    if (policy === undefined) { return [{ unknown: 'a policy that is no JSON' }]; }
    if (policy instanceof Unknown || policy instanceof Reference) { return [{ unknown: describe(policy) }]; }
    const statements = valuesAt(policy, ['Statement']);
    const denials = statements.filter(isDenialOfOthers);
    return statements.flatMap(statement => denials.some(denial => coversAll(denial, statement)) ? [] : openness(statement) ?? []);
  });
  return found.find(({ unknown }) => unknown === undefined) ?? found[0];
}

/** Whether one statement admits anybody. */
function openness(statement: unknown): Doubt | undefined {
  if (statement instanceof Unknown || statement instanceof Reference) { return { unknown: `a statement: ${describe(statement)}` }; }
  const at = (...path: string[]) => valuesAt(statement, path);
  const effects = at('Effect').filter(effect => mayBe(effect, 'Allow'));
  const others = at('NotPrincipal').filter(value => value !== undefined);
  const everybody = [...at('Principal'), ...at('Principal', 'AWS')].filter(principal => mayBe(principal, '*'));
  const conditions = at('Condition');
  if (effects.length === 0 || narrows(conditions)) { return undefined; }
  if (others.length + everybody.length === 0) { return federation(at('Principal', 'Federated'), effects, conditions); }
  const isCertain = effects.includes('Allow') && (others.length > 0 || everybody.includes('*'));
  const doubt = [...isCertain ? [] : [...everybody, ...effects], ...conditions].find(isUnknown);
  return { unknown: doubt?.why };
}

/** Whether an issuer of sign-ins to everybody is trusted without a word on who it is. */
function federation(providers: unknown[], effects: unknown[], conditions: unknown[]): Doubt | undefined {
  const open = providers.flatMap(provider => {
    const by = provider === undefined ? undefined : admittedBy(provider, conditions);
    return by === undefined ? [] : [{ by, doubt: provider instanceof Reference ? provider.resource.given('Url').find(isUnknown) : provider }];
  });
  if (open.length === 0) { return undefined; }
  const [{ by, doubt }] = open;
  return { by, unknown: [doubt, ...effects.includes('Allow') ? [] : effects, ...conditions].find(isUnknown)?.why };
}

function isUnknown(value: unknown): value is Unknown {
  return value instanceof Unknown;
}

function isDenialOfOthers(statement: unknown): boolean {
  const at = (...path: string[]) => valuesAt(statement, path);
  const principals = [...at('Principal'), ...at('Principal', 'AWS')];
  return at('Effect').every(effect => effect === 'Deny') && principals.includes('*') && deniesOthers(at('Condition'));
}

/** Whether a denial has every action and every resource of another statement. */
function coversAll(denial: unknown, statement: unknown): boolean {
  return ['Action', 'Resource'].every(property => {
    const [denied, allowed] = [denial, statement].map(of => valuesAt(of, [property]));
    const isAll = (value: unknown, pattern: unknown) => pattern === '*' || describe(pattern) === describe(value) || within(value, pattern);
    return valuesAt(statement, [`Not${property}`]).concat(valuesAt(denial, [`Not${property}`])).every(value => value === undefined)
      && denied.length > 0 && allowed.every(value => denied.some(pattern => isAll(value, pattern)));
  });
}

function within(value: unknown, pattern: unknown): boolean {
  return typeof value === 'string' && typeof pattern === 'string' && pattern.endsWith('*') && value.startsWith(pattern.slice(0, -1));
}
