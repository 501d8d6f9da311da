/**
 * The kind of organization policy that a guardrail is written as.
 *
 * Each kind has to be switched on once for the organization before a policy of it can be made.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
 *
 * @example
 * import { Guardrail, GuardrailPolicyType } from 'cdk-innovate-platform';
 *
 * const noChatClients = Guardrail.customPolicy({
 *   name: 'no chat clients',
 *   policyType: GuardrailPolicyType.of('CHATBOT_POLICY'),
 *   content: { chatbot: { platforms: { slack: { client: { '@@assign': 'disabled' } } } } },
 * });
 */
export class GuardrailPolicyType {
  /** What the identities of an account can do at most. */
  public static readonly SERVICE_CONTROL = new GuardrailPolicyType('SERVICE_CONTROL_POLICY', { maxCharacters: 5120, maxPerTarget: 5, id: '' });

  /** What can be done with the resources of an account at most, whoever asks. */
  public static readonly RESOURCE_CONTROL = new GuardrailPolicyType('RESOURCE_CONTROL_POLICY', {
    maxCharacters: 5120, maxPerTarget: 5, id: '-ResourceControl-',
  });

  /** How EC2 and VPC are set in an account, enforced by the service itself. */
  public static readonly DECLARATIVE_EC2 = new GuardrailPolicyType('DECLARATIVE_POLICY_EC2', { id: '-DeclarativeEc2-' });

  /** How S3 is set in an account, enforced by the service itself. */
  public static readonly S3 = new GuardrailPolicyType('S3_POLICY');

  /** Backup plans. */
  public static readonly BACKUP = new GuardrailPolicyType('BACKUP_POLICY');

  /** How tags are written. */
  public static readonly TAG = new GuardrailPolicyType('TAG_POLICY');

  /** Whether AWS may store and use what its AI services are given. */
  public static readonly AI_SERVICES_OPT_OUT = new GuardrailPolicyType('AISERVICES_OPT_OUT_POLICY', {
    maxCharacters: 2500, maxPerTarget: 5, id: '-AiServicesOptOut-',
  });

  /** Where Amazon Inspector scans. */
  public static readonly INSPECTOR = new GuardrailPolicyType('INSPECTOR_POLICY');

  /** Where Security Hub is on. */
  public static readonly SECURITY_HUB = new GuardrailPolicyType('SECURITYHUB_POLICY', { id: '-SecurityHub-' });

  /**
   * A kind that the library has no constant for.
   *
   * @param name as in the `Type` of `AWS::Organizations::Policy`, e.g. `CHATBOT_POLICY`
   */
  public static of(name: string): GuardrailPolicyType {
    return GuardrailPolicyType.known.find(known => known.name === name) ?? new GuardrailPolicyType(name);
  }

  private static readonly known = [
    GuardrailPolicyType.SERVICE_CONTROL, GuardrailPolicyType.RESOURCE_CONTROL, GuardrailPolicyType.DECLARATIVE_EC2, GuardrailPolicyType.S3,
    GuardrailPolicyType.BACKUP, GuardrailPolicyType.TAG, GuardrailPolicyType.AI_SERVICES_OPT_OUT, GuardrailPolicyType.INSPECTOR,
    GuardrailPolicyType.SECURITY_HUB,
  ];

  /**
   * Characters in one policy.
   * @internal
   */
  public readonly _maxCharacters: number;

  /**
   * Policies of this kind on one unit or account.
   * @internal
   */
  public readonly _maxPerTarget: number;

  /**
   * The kind in construct ids. Nothing for service control policies, whose ids are older than the other kinds.
   * @internal
   */
  public readonly _id: string;

  private constructor(
    /** As in the `Type` of `AWS::Organizations::Policy`. */
    public readonly name: string,
    limits: PolicyTypeLimits = {},
  ) {
    this._maxCharacters = limits.maxCharacters ?? 10000;
    this._maxPerTarget = limits.maxPerTarget ?? 10;
    this._id = limits.id ?? `-${name.replace(/_POLICY$/, '').toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}-`;
  }

  /**
   * The policy that Organizations attaches by itself to every unit and account, where it takes one of the places.
   * @internal
   */
  public get _policyOfAws(): string | undefined {
    return { SERVICE_CONTROL_POLICY: 'FullAWSAccess', RESOURCE_CONTROL_POLICY: 'RCPFullAWSAccess' }[this.name];
  }
}

/**
 * The limits that this library keeps to: without others, 10,000 characters and ten policies. Since May 2026 AWS admits
 * service control policies of 10,240 characters, ten of them on a target. They keep to 5,120 and five, because it is not
 * verified that `AWS::Organizations::Policy` accepts more.
 *
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
 */
interface PolicyTypeLimits {
  readonly maxCharacters?: number;
  readonly maxPerTarget?: number;
  readonly id?: string;
}
