import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { edgeScope, valueFor } from './edge-scope';
import { SiteDomainConfig } from './site-domain-config';
import { EDGE_REGION } from '../private/edge-region';
import { validateHostName } from '../private/host-name';
import { isDeployTime, reject } from '../private/validation';

/**
 * The name of a site, its certificate and its DNS records.
 *
 * @example
 * import { SiteDomain, SpaStaticSite } from 'cdk-innovate-platform';
 * import * as route53 from 'aws-cdk-lib/aws-route53';
 *
 * declare const zone: route53.IHostedZone;
 *
 * new SpaStaticSite(this, 'Site', { domain: SiteDomain.hostedZone('app.innovate.example', zone) });
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html
 */
export abstract class SiteDomain {
  /**
   * A name in a Route 53 hosted zone: a certificate is issued in us-east-1 and validated through the zone, A and AAAA records point to the site.
   *
   * @param domainName the zone's own name or one below it
   * @param zone a zone of the same account; where the site is not in us-east-1, in another stack than the site
   */
  public static hostedZone(domainName: string, zone: route53.IHostedZone): SiteDomain {
    return new ZoneDomain(domainName, zone);
  }

  /**
   * A name with a certificate that exists already.
   *
   * @param domainName a name that the certificate covers
   * @param certificate a certificate of us-east-1, from whatever stack
   * @param zone gets A and AAAA records for the name; without it they are yours to make
   */
  public static certificate(domainName: string, certificate: acm.ICertificate, zone?: route53.IHostedZone): SiteDomain {
    return new CertificateDomain(domainName, certificate, zone);
  }

  /**
   * What browsers call the site.
   *
   * @internal
   */
  public abstract readonly _name: string;

  /**
   * Makes what the domain needs.
   *
   * @internal
   */
  public abstract _bind(site: Construct): SiteDomainConfig;

  /**
   * Refuses a wrong domain before the site creates anything.
   *
   * @internal
   */
  public _validate(_site: Construct): void {}
}

class ZoneDomain extends SiteDomain {
  constructor(public readonly _name: string, private readonly zone: route53.IHostedZone) {
    super();
  }

  public _validate(site: Construct): void {
    validateHostName(site, 'domain.domainName', this._name);
    validateInsideZone(site, this._name, this.zone);
    if (Stack.of(site).region !== EDGE_REGION && Stack.of(this.zone) === Stack.of(site) && isDeployTime(this.zone.hostedZoneId)) {
      reject(site, {
        prop: 'domain.zone',
        value: this.zone.node.path,
        problem: `the certificate's stack in ${EDGE_REGION} is deployed before the site's stack, which makes the zone`,
        remedy: 'Create the zone in a stack of its own.',
      });
    }
  }

  public _bind(site: Construct): SiteDomainConfig {
    const edge = edgeScope(site);
    const certificate = new acm.Certificate(edge, 'Certificate', {
      domainName: this._name,
      validation: acm.CertificateValidation.fromDns(zoneFor(edge, this.zone)),
    });
    return { domainName: this._name, certificate: certificateFor(site, certificate), zone: zoneFor(site, this.zone) };
  }
}

class CertificateDomain extends SiteDomain {
  constructor(public readonly _name: string, private readonly existing: acm.ICertificate, private readonly zone?: route53.IHostedZone) {
    super();
  }

  public _validate(site: Construct): void {
    validateHostName(site, 'domain.domainName', this._name);
    if (this.zone) { validateInsideZone(site, this._name, this.zone); }
    validateCertificateRegion(site, this.existing);
  }

  public _bind(site: Construct): SiteDomainConfig {
    return { domainName: this._name, certificate: certificateFor(site, this.existing), zone: this.zone && zoneFor(site, this.zone) };
  }
}

/** The certificate as the site's stack can use it. */
function certificateFor(site: Construct, certificate: acm.ICertificate): acm.ICertificate {
  const arn = certificate.certificateArn;
  if (Stack.of(certificate) === Stack.of(site)) { return certificate; }
  return acm.Certificate.fromCertificateArn(site, 'CertificateOfEdge', valueFor(site, certificate, 'CertificateArn', arn));
}

/** The zone as the scope's stack can use it. */
function zoneFor(scope: Construct, zone: route53.IHostedZone): route53.IHostedZone {
  if (Stack.of(zone) === Stack.of(scope)) { return zone; }
  return route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', {
    hostedZoneId: valueFor(scope, zone, 'HostedZoneId', zone.hostedZoneId),
    zoneName: zone.zoneName,
  });
}

function validateInsideZone(site: Construct, domainName: string, zone: route53.IHostedZone): void {
  if (isDeployTime(domainName) || isDeployTime(zone.zoneName)) { return; }
  const zoneName = zone.zoneName.replace(/\.$/, '');
  if (`.${domainName}`.endsWith(`.${zoneName}`)) { return; }
  reject(site, {
    prop: 'domain.domainName',
    value: domainName,
    problem: `it is outside the hosted zone "${zoneName}"`,
    remedy: `Give "${zoneName}", a name that ends in ".${zoneName}", or another zone.`,
  });
}

function validateCertificateRegion(site: Construct, certificate: acm.ICertificate): void {
  const arn = certificate.certificateArn;
  const region = isDeployTime(arn) ? Stack.of(certificate).region : Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).region;
  if (isDeployTime(region) || region === EDGE_REGION) { return; }
  reject(site, {
    prop: 'domain.certificate',
    value: isDeployTime(arn) ? certificate.node.path : arn,
    problem: `it is in ${region}, and CloudFront uses certificates of ${EDGE_REGION} only`,
    remedy: `Give a certificate of ${EDGE_REGION}, or let SiteDomain.hostedZone() make it.`,
  });
}
