import * as iam from 'aws-cdk-lib/aws-iam';
import {
  administrationRoleStatements, auditStatements, encryptedStorageStatements, iamUserStatements, leavingStatements,
  permittedRegionsStatements, productionDataStatements, rootUserStatements, StatementContext,
} from './guardrail-statements';
import { OrganizationalUnit } from '../organization/organizational-unit';

/** A guardrail of your own. */
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

/**
 * One rule that no identity in a workload account can break, its administrators included.
 *
 * Guardrails are service control policies: they take permissions away and never give any. They do not
 * reach the management account and service-linked roles. Where a guardrail names the administration role,
 * that is `OrganizationAccountAccessRole`, which only the management account can assume.
 *
 * @example
 * import * as iam from 'aws-cdk-lib/aws-iam';
 * import { Guardrail } from 'cdk-innovate-platform';
 *
 * const guardrails = [
 *   Guardrail.DENY_LEAVING,
 *   Guardrail.PERMITTED_REGIONS,
 *   Guardrail.PROTECT_AUDIT,
 *   Guardrail.custom({
 *     name: 'no marketplace',
 *     statements: [new iam.PolicyStatement({
 *       sid: 'NoMarketplace', effect: iam.Effect.DENY, actions: ['aws-marketplace:Subscribe'], resources: ['*'],
 *     })],
 *   }),
 * ];
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
 */
export class Guardrail {
  /** The account can neither leave the organization nor be closed from inside. */
  public static readonly DENY_LEAVING = new Guardrail('deny leaving the organization', leavingStatements);

  /** The root user can do nothing. Sessions that the management account opens by `sts:AssumeRoot` still work. */
  public static readonly DENY_ROOT_USER = new Guardrail('deny the root user', rootUserStatements);

  /**
   * Nothing outside `permittedRegions`, the global services excepted. Where us-east-1 is not permitted
   * it admits what a CloudFront stack needs, and no machine, cluster or database.
   */
  public static readonly PERMITTED_REGIONS = new Guardrail('permitted regions', permittedRegionsStatements);

  /**
   * Trails, detectors, recorders and analyzers cannot be stopped or deleted but by the administration role;
   * their settings are changed by CloudFormation's role of the AWS CDK only.
   */
  public static readonly PROTECT_AUDIT = new Guardrail('protect audit and detection', auditStatements);

  /** Nobody but the administration role itself can change or make a role of its name; the exceptions of other guardrails rely on it. */
  public static readonly PROTECT_ADMINISTRATION_ROLE = new Guardrail('protect the administration role', administrationRoleStatements);

  /** Volumes, databases and file systems are created encrypted or not at all. */
  public static readonly ENCRYPTED_STORAGE = new Guardrail('encrypted storage', encryptedStorageStatements);

  /** No IAM users, and no password, access key or other long-lived credential for one. */
  public static readonly DENY_IAM_USERS = new Guardrail('deny IAM users and long-lived keys', iamUserStatements);

  /** In production, databases, snapshots, backups, buckets, tables, file systems and keys are deleted by the administration role only. */
  public static readonly PROTECT_PRODUCTION_DATA = new Guardrail(
    'protect production data', productionDataStatements, OrganizationalUnit.PRODUCTION,
  );

  /** Every guardrail of the library. */
  public static all(): Guardrail[] {
    return [
      Guardrail.DENY_LEAVING, Guardrail.DENY_ROOT_USER, Guardrail.PERMITTED_REGIONS, Guardrail.PROTECT_AUDIT,
      Guardrail.PROTECT_ADMINISTRATION_ROLE, Guardrail.ENCRYPTED_STORAGE, Guardrail.DENY_IAM_USERS, Guardrail.PROTECT_PRODUCTION_DATA,
    ];
  }

  /** A guardrail of your own, composed into the same policies. */
  public static custom(props: CustomGuardrailProps): Guardrail {
    return new Guardrail(props.name, () => props.statements, props.organizationalUnit);
  }

  private constructor(
    /** What the guardrail does, in a few words. */
    public readonly name: string,
    private readonly render: (context: StatementContext) => iam.PolicyStatement[],
    /** The unit that the guardrail applies to; undefined is every workload account. */
    public readonly organizationalUnit?: OrganizationalUnit,
  ) {}

  /** @internal */
  public _statements(context: StatementContext): iam.PolicyStatement[] {
    return this.render(context);
  }
}
