import { Names, Stack } from 'aws-cdk-lib';
import * as organizations from 'aws-cdk-lib/aws-organizations';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { Guardrail } from './guardrail';
import { StatementContext } from './guardrail-statements';
import { LandingZoneAccount } from '../organization/landing-zone-account';
import { OrganizationalUnit } from '../organization/organizational-unit';
import { isDeployTime, reject } from '../../private/validation';

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const MAX_POLICY_CHARACTERS = 5120;
const MAX_POLICIES_PER_TARGET = 5;
/** `FullAWSAccess`, which Organizations attaches to every unit and account and which has to stay. */
const POLICIES_OF_AWS = 1;

/** A value that is known at deployment only, such as the partition; its text has a counter in it, whose length may not decide anything. */
const TOKEN = /\$\{Token\[[^\]]*\]\}/g;
const LONGEST_PARTITION = 'aws-us-gov';

/** Guardrails composed into one policy document. */
export interface ComposedPolicy {
  readonly guardrails: string[];
  /** The unit that the policy is attached to; undefined is every workload account. */
  readonly organizationalUnit?: OrganizationalUnit;
  readonly document: PolicyDocument;
}

interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: object[];
}

/** What guardrails are composed for. */
export interface GuardrailScope {
  readonly permittedRegions: string[];
  readonly accounts: LandingZoneAccount[];
}

/**
 * Composes guardrails into as few policies as fit, and refuses what Organizations would.
 * Every guardrail is kept whole, so that a policy's description says what is in it.
 */
export function composeGuardrails(scope: Construct, guardrails: Guardrail[], { permittedRegions, accounts }: GuardrailScope): ComposedPolicy[] {
  const context = { partition: partitionOf(Stack.of(scope)), permittedRegions };
  const units = [undefined, ...new Set(guardrails.map(guardrail => guardrail.organizationalUnit?.name).filter(name => name !== undefined))];
  const policies = units.flatMap(unit => {
    const ofUnit = guardrails.filter(guardrail => guardrail.organizationalUnit?.name === unit);
    const rendered = ofUnit.map(guardrail => ({ guardrail, statements: render(scope, guardrail, context) }));
    return pack(rendered).map(bin => ({
      guardrails: bin.map(({ guardrail }) => guardrail.name),
      organizationalUnit: bin[0].guardrail.organizationalUnit,
      document: documentOf(bin.flatMap(({ statements }) => statements)),
    }));
  });
  for (const unit of units) { validateCount(scope, `unit ${unit ?? 'Workloads'}`, policies, [unit]); }
  for (const account of accounts.filter(({ accountId }) => accountId !== undefined)) {
    validateCount(scope, `account ${account.name}`, policies, [undefined, account.organizationalUnit.name]);
  }
  return policies;
}

export interface GuardrailPolicyProps {
  readonly policy: ComposedPolicy;
  readonly targetIds: string[];
}

/** Attaches one composed policy. */
export function attachPolicy(scope: Construct, id: string, { policy, targetIds }: GuardrailPolicyProps): void {
  const resource = new organizations.CfnPolicy(scope, id, {
    name: id,
    description: policy.guardrails.join('; ').slice(0, 512),
    type: 'SERVICE_CONTROL_POLICY',
    content: policy.document,
    targetIds,
  });
  // Organizations demands a name that no other policy of the organization has
  resource.name = Names.uniqueResourceName(resource, { maxLength: 128, separator: '-' });
}

interface RenderedGuardrail {
  readonly guardrail: Guardrail;
  readonly statements: object[];
}

function render(scope: Construct, guardrail: Guardrail, context: StatementContext): object[] {
  const prop = `guardrails["${guardrail.name}"]`;
  const statements = guardrail._statements(context);
  if (statements.length === 0) {
    reject(scope, { prop, value: [], problem: 'a guardrail without statements does nothing', remedy: 'Give at least one `Deny` statement.' });
  }
  for (const statement of statements) {
    if (statement.hasPrincipal) {
      reject(scope, {
        prop,
        value: statement.toStatementJson(),
        problem: 'a service control policy has no principals',
        remedy: 'Name the identities in a condition on `aws:PrincipalArn`.',
      });
    }
    if (statement.effect !== 'Deny') {
      reject(scope, {
        prop,
        value: statement.toStatementJson(),
        problem: 'an `Allow` beside `FullAWSAccess` changes nothing',
        remedy: 'Say what is denied: `effect: iam.Effect.DENY`.',
      });
    }
  }
  const rendered = statements.map(statement => statement.toStatementJson() as object);
  const size = sizeOf(rendered);
  if (size > MAX_POLICY_CHARACTERS) {
    reject(scope, {
      prop,
      value: `${size} characters`,
      problem: `a service control policy has at most ${MAX_POLICY_CHARACTERS} characters`,
      remedy: 'Shorten the guardrail or make two of it.',
    });
  }
  return rendered;
}

/** First fit, the largest first: deterministic, and as few policies as matter here. */
function pack(rendered: RenderedGuardrail[]): RenderedGuardrail[][] {
  const bins: RenderedGuardrail[][] = [];
  for (const next of [...rendered].sort((a, b) => sizeOf(b.statements) - sizeOf(a.statements))) {
    const bin = bins.find(candidate => sizeOf([...candidate, next].flatMap(({ statements }) => statements)) <= MAX_POLICY_CHARACTERS);
    if (bin) { bin.push(next); } else { bins.push([next]); }
  }
  return bins;
}

function validateCount(scope: Construct, target: string, policies: ComposedPolicy[], units: (string | undefined)[]): void {
  const count = policies.filter(policy => units.includes(policy.organizationalUnit?.name)).length;
  const max = MAX_POLICIES_PER_TARGET - POLICIES_OF_AWS;
  if (count > max) {
    reject(scope, {
      prop: 'guardrails',
      value: `${count} policies on ${target}`,
      problem: `Organizations attaches at most ${MAX_POLICIES_PER_TARGET} and \`FullAWSAccess\` is one of them`,
      remedy: `Shorten or leave out guardrails until they fit into ${max} policies of ${MAX_POLICY_CHARACTERS} characters.`,
    });
  }
}

/** As a literal where the region is known, so that a policy can be measured and evaluated as it will be deployed. */
function partitionOf(stack: Stack): string {
  return (isDeployTime(stack.region) ? undefined : RegionInfo.get(stack.region).partition) ?? stack.partition;
}

function documentOf(statements: object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}

/** Organizations counts the document as CloudFormation sends it: without white space. */
function sizeOf(statements: object[]): number {
  return JSON.stringify(documentOf(statements)).replace(TOKEN, LONGEST_PARTITION).length;
}
