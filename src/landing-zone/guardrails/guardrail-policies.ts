import { Names, Stack } from 'aws-cdk-lib';
import * as organizations from 'aws-cdk-lib/aws-organizations';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { Guardrail } from './guardrail';
import { GuardrailContext } from './guardrail-context';
import { GuardrailPolicyType } from './guardrail-policy-type';
import { mergeParts } from './merge-policies';
import { isDeployTime, reject } from '../../private/validation';
import { LandingZoneAccount } from '../organization/landing-zone-account';
import { OrganizationalUnit } from '../organization/organizational-unit';

/** Values that are known at deployment only; their text has a counter in it, whose length may not decide anything. */
const TOKEN = /\$\{Token\[[^\]]*\]\}/g;
/** The longest of what such a value is here: the id of an organization. */
const LONGEST_VALUE = `o-${'x'.repeat(32)}`;

/** Guardrails composed into one policy. */
export interface ComposedPolicy {
  readonly policyType: GuardrailPolicyType;
  readonly guardrails: string[];
  /** The unit that the policy is attached to; undefined is every workload account. */
  readonly organizationalUnit?: OrganizationalUnit;
  readonly document: object;
}

/** What guardrails are composed for. */
export interface GuardrailScope {
  readonly permittedRegions: string[];
  readonly accounts: LandingZoneAccount[];
  readonly organizationId: string;
  /** Service control policies that something else attaches to an account itself. @default 0 */
  readonly reservedServiceControlPolicies?: number;
}

/** One guardrail as it is written into a policy: statements of a control policy, or content of any other kind. */
interface RenderedGuardrail {
  readonly guardrail: Guardrail;
  readonly statements?: object[];
  readonly content?: object;
}

/**
 * Composes guardrails into as few policies as fit, and refuses what Organizations would.
 * Every guardrail is kept whole, so that a policy's description says what is in it.
 */
export function composeGuardrails(scope: Construct, guardrails: Guardrail[], props: GuardrailScope): ComposedPolicy[] {
  const context = { scope, partition: partitionOf(Stack.of(scope)), permittedRegions: props.permittedRegions, organizationId: props.organizationId };
  const rendered = guardrails.map(guardrail => render(context, guardrail));
  const policyTypes = [...new Set(guardrails.map(({ policyType }) => policyType))];
  return policyTypes.flatMap(policyType => {
    const ofType = rendered.filter(({ guardrail }) => guardrail.policyType === policyType);
    return composeType(scope, policyType, ofType, props);
  });
}

/** The names of the policy types in use, each of which has to be switched on for the organization before the deployment. */
export function policyTypesOf(policies: ComposedPolicy[]): string[] {
  return [...new Set(policies.map(({ policyType }) => policyType.name))].sort();
}

/** Attaches composed policies, one after another: Organizations refuses two changes at once. */
export function attachPolicies(scope: Construct, policies: ComposedPolicy[], targetsOf: (unit?: OrganizationalUnit) => string[]): void {
  const counts: Record<string, number> = {};
  let previous: organizations.CfnPolicy | undefined;
  for (const { policyType, guardrails, organizationalUnit, document } of policies) {
    const prefix = `${organizationalUnit?.name ?? 'Workloads'}${policyType._id}`;
    counts[prefix] = (counts[prefix] ?? 0) + 1;
    const policy = new organizations.CfnPolicy(scope, `${prefix}${counts[prefix]}`, {
      name: prefix,
      description: guardrails.join('; ').slice(0, 512),
      type: policyType.name,
      content: document,
      targetIds: targetsOf(organizationalUnit),
    });
    // Organizations demands a name that no other policy of the organization has
    policy.name = Names.uniqueResourceName(policy, { maxLength: 128, separator: '-' });
    if (previous) { policy.addDependency(previous); }
    previous = policy;
  }
}

function composeType(scope: Construct, policyType: GuardrailPolicyType, rendered: RenderedGuardrail[], props: GuardrailScope): ComposedPolicy[] {
  const units = [undefined, ...new Set(rendered.map(({ guardrail }) => guardrail.organizationalUnit?.name).filter(name => name !== undefined))];
  const of = (...names: (string | undefined)[]) => rendered.filter(({ guardrail }) => names.includes(guardrail.organizationalUnit?.name));
  const policies = units.flatMap(unit => {
    documentOf(scope, of(unit));
    return pack(scope, policyType, of(unit)).map(bin => ({
      policyType,
      guardrails: bin.map(({ guardrail }) => guardrail.name),
      organizationalUnit: bin[0].guardrail.organizationalUnit,
      document: documentOf(scope, bin),
    }));
  });
  for (const unit of units) { validateCount(scope, { policyType, target: `unit ${unit ?? 'Workloads'}`, policies, units: [unit], reserved: 0 }); }
  // an existing account carries the policies of all workloads and of its unit itself, side by side
  for (const account of props.accounts.filter(({ _isCreated }) => !_isCreated)) {
    const ofAccount = [undefined, account.organizationalUnit.name];
    documentOf(scope, of(...ofAccount));
    const reserved = policyType === GuardrailPolicyType.SERVICE_CONTROL ? props.reservedServiceControlPolicies ?? 0 : 0;
    validateCount(scope, { policyType, target: `account ${account.name}`, policies, units: ofAccount, reserved });
  }
  return policies;
}

function render(context: GuardrailContext, guardrail: Guardrail): RenderedGuardrail {
  const { scope } = context;
  const prop = `guardrails["${guardrail.name}"]`;
  const rendered = { guardrail, ...guardrail._render(context, prop) };
  const { policyType } = guardrail;
  const size = sizeOf(documentOf(scope, [rendered]));
  if (size > policyType._maxCharacters) {
    reject(scope, {
      prop,
      value: `${size} characters`,
      problem: `this library keeps to ${policyType._maxCharacters} characters in one ${policyType.name}`,
      remedy: 'Shorten the guardrail or make two of it.',
    });
  }
  return rendered;
}

/** First fit, the largest first: deterministic, and as few policies as matter here. */
function pack(scope: Construct, policyType: GuardrailPolicyType, rendered: RenderedGuardrail[]): RenderedGuardrail[][] {
  const bins: RenderedGuardrail[][] = [];
  const size = (guardrails: RenderedGuardrail[]) => sizeOf(documentOf(scope, guardrails));
  for (const next of [...rendered].sort((a, b) => size([b]) - size([a]))) {
    const bin = bins.find(candidate => size([...candidate, next]) <= policyType._maxCharacters);
    if (bin) { bin.push(next); } else { bins.push([next]); }
  }
  return bins;
}

interface CountRule {
  readonly policyType: GuardrailPolicyType;
  readonly target: string;
  readonly policies: ComposedPolicy[];
  readonly units: (string | undefined)[];
  /** Places that something else takes. */
  readonly reserved: number;
}

function validateCount(scope: Construct, { policyType, target, policies, units, reserved }: CountRule): void {
  const count = policies.filter(policy => units.includes(policy.organizationalUnit?.name)).length;
  const ofAws = policyType._policyOfAws;
  const max = policyType._maxPerTarget - (ofAws ? 1 : 0) - reserved;
  if (count > max) {
    const taken = [...ofAws ? [`\`${ofAws}\` is one of them`] : [], ...reserved ? [`${reserved} is kept for a budget that is overrun`] : []];
    reject(scope, {
      prop: 'guardrails',
      value: `${count} of ${policyType.name} on ${target}`,
      problem: [`this library keeps to ${policyType._maxPerTarget} on one target`, ...taken].join(' and '),
      remedy: `Shorten or leave out guardrails until they fit into ${max} policies of ${policyType._maxCharacters} characters.`,
    });
  }
}

/** As a literal where the region is known, so that a policy can be measured and evaluated as it will be deployed. */
function partitionOf(stack: Stack): string {
  return (isDeployTime(stack.region) ? undefined : RegionInfo.get(stack.region).partition) ?? stack.partition;
}

/** Refuses guardrails that set the same thing differently. */
function documentOf(scope: Construct, rendered: RenderedGuardrail[]): object {
  return rendered.some(({ statements }) => statements)
    ? { Version: '2012-10-17', Statement: rendered.flatMap(({ statements = [] }) => statements) }
    : mergeParts(scope, rendered.map(({ guardrail, content = {} }) => ({ name: guardrail.name, content })));
}

/** Organizations counts the document as CloudFormation sends it: without white space. */
function sizeOf(document: object): number {
  return JSON.stringify(document).replace(TOKEN, LONGEST_VALUE).length;
}
