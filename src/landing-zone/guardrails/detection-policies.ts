import { assign } from './declarative-policies';
import { GuardrailContext } from './guardrail-context';

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inspector_syntax.html */
export function inspectorScans({ permittedRegions }: GuardrailContext): object {
  const scans = ['ec2_scanning', 'ecr_scanning', 'lambda_standard_scanning'];
  return { inspector: { enablement: Object.fromEntries(scans.map(scan => [scan, inRegions(permittedRegions)])) } };
}

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_security_hub_syntax.html */
export function securityHub({ permittedRegions }: GuardrailContext): object {
  return { securityhub: inRegions(permittedRegions) };
}

/** Both lists are required. */
function inRegions(regions: string[]): object {
  return { enable_in_regions: assign([...regions].sort()), disable_in_regions: assign([]) };
}
