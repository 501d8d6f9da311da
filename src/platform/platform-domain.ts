import { hostNameRejection } from '../private/host-name';
import { explain } from '../private/validation';

/** A public hosted zone that exists already. */
export interface PlatformHostedZone {
  /** Id of the zone, e.g. `Z0123456789ABCDEFGHIJ`. */
  readonly hostedZoneId: string;
  /** Name of the zone, e.g. `innovate.example`. */
  readonly zoneName: string;
  /**
   * The account that the zone lives in.
   *
   * @default - the account of the environment that uses it; for the platform's domain, the account of the production environment
   */
  readonly account?: string;
}

/**
 * The domain that a platform or one of its environments answers on.
 *
 * The production environment answers on the zone's own name. Every other environment answers on `<environment>.<zone>`:
 * where it lives in another account, it gets a hosted zone of its own there, and the platform's zone delegates to it.
 *
 * @example
 * import { PlatformDomain } from 'cdk-innovate-platform';
 *
 * const domain = PlatformDomain.hostedZone({ hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'innovate.example' });
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-working-with.html
 */
export class PlatformDomain {
  /** A domain whose public hosted zone exists in Route 53. */
  public static hostedZone(zone: PlatformHostedZone): PlatformDomain {
    const rejection = hostNameRejection('zoneName', zone.zoneName);
    if (rejection) { throw new Error(explain(rejection)); }
    return new PlatformDomain(zone.hostedZoneId, zone.zoneName, zone.account);
  }

  private constructor(
    /** Id of the hosted zone. */
    public readonly hostedZoneId: string,
    /** Name of the hosted zone. */
    public readonly zoneName: string,
    /** The account that the zone lives in, where it was given. */
    public readonly account?: string,
  ) {}
}
