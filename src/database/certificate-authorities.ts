import * as table from './certificate-authorities.json';

/** Certificates without their first and last lines, by region. */
const RDS = new Map<string, string[]>(Object.entries(table.rds));

/** Whether the authorities of RDS in this region are known; a region that only the deployment knows has none. */
export function hasCertificateAuthorities(region: string): boolean {
  return RDS.has(region);
}

/**
 * Who signs the certificates of a region's databases, in PEM: all three roots, so that a database may be given a certificate of another one.
 *
 * @param proxy whether Amazon's roots are among them: proxies have certificates of ACM
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
 */
export function certificateAuthoritiesOf(region: string, proxy: boolean): string {
  return [...RDS.get(region) ?? [], ...proxy ? table.amazon : []].map(toPem).join('');
}

/** The one root that a connection needs, for an environment with little room: of the cluster's certificate, or of a proxy's. */
export function leadingAuthorityOf(region: string, viaProxy: boolean): string {
  const [, rsa2048] = RDS.get(region) ?? [];
  return toPem(viaProxy ? table.amazon[0] : rsa2048);
}

function toPem(base64: string): string {
  return ['-----BEGIN CERTIFICATE-----', ...base64.match(/.{1,64}/g) ?? [], '-----END CERTIFICATE-----', ''].join('\n');
}
