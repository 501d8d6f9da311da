import { Names } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as shield from 'aws-cdk-lib/aws-shield';
import { Construct } from 'constructs';
import { EdgeFirewall } from './edge-firewall';
import { MOST_CAPACITY } from './firewall-capacity';
import { FirewallMode } from './firewall-mode';
import { reject } from '../../private/validation';

/** Properties of a `ShieldAdvancedProtection`. */
export interface ShieldAdvancedProtectionProps {
  /** What is protected, such as the `distribution` of a `SpaStaticSite`. */
  readonly distribution: cloudfront.IDistribution;

  /** The firewall in front of it, into whose web ACL Shield Advanced writes its rules. */
  readonly firewall: EdgeFirewall;

  /**
   * Whether the rules that Shield Advanced writes during an attack block or count. AWS recommends to observe for the first 30 days.
   *
   * @default FirewallMode.BLOCK
   */
  readonly mode?: FirewallMode;
}

/** What the group of rules takes that Shield Advanced keeps in the web ACL. */
const MITIGATION_CAPACITY = 150;

/**
 * AWS Shield Advanced for a distribution: detection and automatic mitigation of attacks by volume, the response team, and credits for what an attack costs.
 *
 * The account has to be subscribed to Shield Advanced, which CloudFormation cannot do: 3,000 US dollars a month for the whole organization,
 * for a year at least, and transfer fees. The anti-DDoS group of an `EdgeFirewall` needs no subscription.
 *
 * @example
 * import { EdgeFirewall, ShieldAdvancedProtection, SpaStaticSite } from 'cdk-innovate-platform';
 *
 * const firewall = new EdgeFirewall(this, 'Firewall');
 * const site = new SpaStaticSite(this, 'Site', { firewall });
 * new ShieldAdvancedProtection(this, 'Shield', { distribution: site.distribution, firewall });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/ddos-advanced-summary.html
 */
export class ShieldAdvancedProtection extends Construct {
  /** The ARN of the protection. */
  public readonly protectionArn: string;

  constructor(scope: Construct, id: string, { distribution, firewall, mode }: ShieldAdvancedProtectionProps) {
    super(scope, id);
    validateRoom(this, firewall);
    const protection = new shield.CfnProtection(this, 'Resource', {
      name: Names.uniqueResourceName(this, { maxLength: 128 }),
      resourceArn: distribution.distributionArn,
      applicationLayerAutomaticResponseConfiguration: {
        status: 'ENABLED', action: mode === FirewallMode.OBSERVE ? { count: {} } : { block: {} },
      },
    });
    this.protectionArn = protection.attrProtectionArn;
  }
}

function validateRoom(scope: Construct, { capacity }: EdgeFirewall): void {
  if (capacity + MITIGATION_CAPACITY <= MOST_CAPACITY) { return; }
  reject(scope, {
    prop: 'firewall', value: capacity, problem: `its rules leave less than ${MITIGATION_CAPACITY} of ${MOST_CAPACITY} units of capacity for those of Shield Advanced`,
    remedy: 'Leave out rules of the firewall.',
  });
}
