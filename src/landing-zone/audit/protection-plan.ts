/**
 * What GuardDuty looks at besides CloudTrail, DNS and VPC flow logs. Each plan is paid for by what it looks at.
 *
 * @example
 * import { AccountBaseline, ProtectionPlan } from 'cdk-innovate-platform';
 *
 * new AccountBaseline(this, 'Baseline', { protectionPlans: [ProtectionPlan.S3, ProtectionPlan.RDS_LOGINS] });
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/what-is-guardduty.html
 */
export class ProtectionPlan {
  /** Reads and writes of S3 objects. */
  public static readonly S3 = new ProtectionPlan('S3_DATA_EVENTS');

  /** The audit logs of EKS clusters. */
  public static readonly EKS_AUDIT_LOGS = new ProtectionPlan('EKS_AUDIT_LOGS');

  /** Scans the volumes of a machine that behaves suspiciously for malware. */
  public static readonly MALWARE = new ProtectionPlan('EBS_MALWARE_PROTECTION');

  /** Logins to Aurora and RDS databases. */
  public static readonly RDS_LOGINS = new ProtectionPlan('RDS_LOGIN_EVENTS');

  /** Network traffic of Lambda functions. */
  public static readonly LAMBDA_TRAFFIC = new ProtectionPlan('LAMBDA_NETWORK_LOGS');

  /**
   * Processes, files and connections inside machines and containers. GuardDuty installs its agent on EKS, ECS on Fargate and EC2 by
   * itself, and for it an endpoint and a security group in each VPC: remove both before you delete such a VPC.
   */
  public static readonly RUNTIME = new ProtectionPlan('RUNTIME_MONITORING', [
    'EKS_ADDON_MANAGEMENT', 'ECS_FARGATE_AGENT_MANAGEMENT', 'EC2_AGENT_MANAGEMENT',
  ]);

  /** Every plan of the library. */
  public static all(): ProtectionPlan[] {
    return [
      ProtectionPlan.S3, ProtectionPlan.EKS_AUDIT_LOGS, ProtectionPlan.MALWARE, ProtectionPlan.RDS_LOGINS, ProtectionPlan.LAMBDA_TRAFFIC,
      ProtectionPlan.RUNTIME,
    ];
  }

  /**
   * A plan that is newer than this library.
   *
   * @param name the name of the detector's feature in the API of GuardDuty
   */
  public static of(name: string): ProtectionPlan {
    return new ProtectionPlan(name);
  }

  private constructor(
    /** The name of the detector's feature in the API of GuardDuty. */
    public readonly name: string,
    private readonly agents: string[] = [],
  ) {}

  /** @internal */
  public _agents(): string[] {
    return this.agents;
  }
}
