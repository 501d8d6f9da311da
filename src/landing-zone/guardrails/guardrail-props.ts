import * as iam from 'aws-cdk-lib/aws-iam';
import { GuardrailPolicyType } from './guardrail-policy-type';
import { OrganizationalUnit } from '../organization/organizational-unit';

/** A guardrail of your own that is written in statements. */
export interface CustomGuardrailProps {
  /** What the guardrail does, in a few words; stands in the policy's description. */
  readonly name: string;

  /** `Deny` statements without principals. One guardrail has to fit into one policy of 5,120 characters. */
  readonly statements: iam.PolicyStatement[];

  /**
   * The unit that the guardrail applies to.
   *
   * @default - every workload account
   */
  readonly organizationalUnit?: OrganizationalUnit;
}

/** A guardrail of your own that is written as the content of a policy. */
export interface CustomPolicyGuardrailProps {
  /** What the guardrail does, in a few words; stands in the policy's description. */
  readonly name: string;

  /** The kind of policy: any but service control and resource control policies, which are written in statements. */
  readonly policyType: GuardrailPolicyType;

  /** The policy's content, with operators such as `@@assign`. It is merged with the other guardrails of the same kind. */
  readonly content: { [key: string]: any };

  /**
   * The unit that the guardrail applies to.
   *
   * @default - every workload account
   */
  readonly organizationalUnit?: OrganizationalUnit;
}

/** Who may come in from outside the organization. */
export interface OrganizationPerimeterProps {
  /**
   * Accounts outside the organization whose identities may assume roles inside, e.g. those of the vendors behind a `VendorBastion`:
   * 12 digits each. The role has to trust them as well, and they have to give an external id. They reach no data except through such a role.
   *
   * @default - none
   */
  readonly trustedAccounts?: string[];

  /**
   * GitHub organizations or users whose repositories may assume roles through GitHub's identity provider.
   *
   * @default - whichever the trust policy of a role admits
   */
  readonly githubOrganizations?: string[];
}

/** How strictly the cost allocation tags are kept. */
export interface CostAllocationTagsProps {
  /**
   * Resource types that cannot be tagged with another capitalisation of a cost allocation tag, e.g. `ec2:instance`.
   * A resource without the tag is never refused.
   *
   * @default - other capitalisations are only reported
   */
  readonly enforcedFor?: string[];
}
