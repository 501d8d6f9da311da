/**
 * One part of an account's baseline. Leave out what the account has already, from a delegated administrator or by hand:
 * AWS refuses the second detector, hub or recorder of a region.
 *
 * @example
 * import { AccountBaseline, SecurityService } from 'cdk-innovate-platform';
 *
 * // GuardDuty is run by the organization's delegated administrator
 * new AccountBaseline(this, 'Baseline', {
 *   services: [SecurityService.CONFIG, SecurityService.SECURITY_HUB, SecurityService.ACCESS_ANALYZER, SecurityService.BACKUP],
 * });
 *
 * @see https://docs.aws.amazon.com/prescriptive-guidance/latest/security-reference-architecture/welcome.html
 */
export class SecurityService {
  /** Amazon GuardDuty: threat detection, with the protection plans of `protectionPlans`. */
  public static readonly GUARD_DUTY = new SecurityService('GUARD_DUTY');

  /** AWS Config: what changed, when; recorded continuously and kept in a bucket. */
  public static readonly CONFIG = new SecurityService('CONFIG');

  /** AWS Security Hub CSPM: checks against the standards of `securityStandards`. It needs AWS Config, from here or from elsewhere. */
  public static readonly SECURITY_HUB = new SecurityService('SECURITY_HUB');

  /** IAM Access Analyzer: what others can reach, and which roles and permissions nobody uses. */
  public static readonly ACCESS_ANALYZER = new SecurityService('ACCESS_ANALYZER');

  /** The vault and the role that the organization's backup policy writes with. */
  public static readonly BACKUP = new SecurityService('BACKUP');

  /**
   * EBS snapshots cannot be shared with everybody. Only for accounts without the organization's declarative policy, which does the same
   * and refuses a setting of the account's own.
   */
  public static readonly SNAPSHOT_PRIVACY = new SecurityService('SNAPSHOT_PRIVACY');

  /** What an account of the landing zone needs: everything but `SNAPSHOT_PRIVACY`. */
  public static standard(): SecurityService[] {
    return [
      SecurityService.GUARD_DUTY, SecurityService.CONFIG, SecurityService.SECURITY_HUB, SecurityService.ACCESS_ANALYZER, SecurityService.BACKUP,
    ];
  }

  private constructor(
    /** The service's name. */
    public readonly name: string,
  ) {}
}
