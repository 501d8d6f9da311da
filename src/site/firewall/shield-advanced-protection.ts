import { Names, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as shield from 'aws-cdk-lib/aws-shield';
import { Construct } from 'constructs';
import { valueFor } from '../edge-scope';
import { EdgeFirewall } from './edge-firewall';
import { MOST_CAPACITY } from './firewall-capacity';
import { FirewallMode } from './firewall-mode';
import { reject } from '../../private/validation';

/** Properties of a `ShieldAdvancedProtection`. */
export interface ShieldAdvancedProtectionProps {
  /** What is protected, such as the `distribution` of a `SpaStaticSite`, in whatever stack. */
  readonly distribution: cloudfront.IDistribution;

  /**
   * The firewall in front of the distribution, such as the `firewall` of the same site: Shield Advanced writes its rules into the web ACL of the distribution,
   * and this one is asked whether it has room for them. Another one than the distribution's is refused.
   */
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
 * AWS Shield Advanced for one distribution: detection of attacks on it and automatic mitigation in its web ACL, and credits for what an attack costs.
 *
 * The account has to be subscribed to Shield Advanced, which CloudFormation cannot do: 3,000 US dollars a month for the whole organization,
 * for a year at least, and transfer fees. Without a subscription the deployment fails. The response team is for subscribers who have a support plan
 * and let it in. The anti-DDoS group of an `EdgeFirewall` needs no subscription, and stays beside this.
 *
 * @example
 * import { ShieldAdvancedProtection, SpaStaticSite } from 'cdk-innovate-platform';
 *
 * const site = new SpaStaticSite(this, 'Site');
 * new ShieldAdvancedProtection(this, 'Shield', { distribution: site.distribution, firewall: site.firewall });
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/ddos-advanced-summary.html
 */
export class ShieldAdvancedProtection extends Construct {
  /** The ARN of the protection. */
  public readonly protectionArn: string;

  constructor(scope: Construct, id: string, { distribution, firewall, mode }: ShieldAdvancedProtectionProps) {
    super(scope, id);
    validateRoom(this, firewall);
    validatePair(this, distribution, firewall);
    const protection = new shield.CfnProtection(this, 'Resource', {
      name: Names.uniqueResourceName(this, { maxLength: 128 }),
      resourceArn: Stack.of(this).formatArn({
        service: 'cloudfront', region: '', resource: 'distribution', resourceName: valueFor(this, distribution, 'DistributionId', distribution.distributionId),
      }),
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

/** A distribution that is imported does not tell its web ACL. */
function validatePair(scope: Construct, distribution: cloudfront.IDistribution, firewall: EdgeFirewall): void {
  const { defaultChild } = distribution.node;
  if (!(defaultChild instanceof cloudfront.CfnDistribution)) { return; }
  const stack = Stack.of(distribution);
  const { webAclId } = stack.resolve(defaultChild.distributionConfig) as cloudfront.CfnDistribution.DistributionConfigProperty;
  const expected = [firewall.webAclArn, valueFor(distribution as cloudfront.Distribution, firewall, 'WebAclArn', firewall.webAclArn)];
  if (expected.some(arn => JSON.stringify(stack.resolve(arn)) === JSON.stringify(webAclId))) { return; }
  reject(scope, { prop: 'firewall', value: firewall.node.path, problem: `it is not in front of ${distribution.node.path}`, remedy: 'Give the `firewall` of the same site.' });
}
