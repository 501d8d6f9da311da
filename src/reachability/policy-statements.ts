/** Policies that admit everybody. */
import { valuesAt, Unknown } from './template-values';

/** Keys that leave the callers of one organization, account, network or resource. */
const NARROWING = /^aws:(PrincipalOrgID|PrincipalOrgPaths|PrincipalAccount|PrincipalArn|SourceOrgID|SourceArn|SourceAccount|SourceVpc|SourceVpce|SourceVpcArn|VpcSourceIp|SourceOwner)$/i;

/** Whether a policy has a statement that admits anybody; a policy that is not known has. */
export function admitsAnybody(policies: readonly unknown[]): { readonly unknown?: string } | undefined {
  for (const policy of policies.map(parsed)) {
    if (policy instanceof Unknown) { return { unknown: policy.why }; }
    if (valuesAt(policy, ['Statement']).some(isOpen)) { return {}; }
  }
  return undefined;
}

function isOpen(statement: unknown): boolean {
  const at = (...path: string[]) => valuesAt(statement, path);
  const anybody = [...at('Principal'), ...at('Principal', 'AWS')].includes('*') || at('NotPrincipal').some(value => value !== undefined);
  const keys = at('Condition').flatMap(condition => typeof condition === 'object' && condition !== null ? Object.values(condition) : [])
    .flatMap(test => typeof test === 'object' && test !== null ? Object.keys(test) : []);
  return anybody && at('Effect').includes('Allow') && !keys.some(key => NARROWING.test(key));
}

function parsed(policy: unknown): unknown {
  if (typeof policy !== 'string') { return policy; }
  try {
    return JSON.parse(policy) as unknown;
  } catch {
    return new Unknown('a policy that is no JSON');
  }
}
