/** A certificate for the site's name, which only the browser of this rehearsal trusts. */
import { createHash, X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { run } from '../process';

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
  /** The hash of its public key, as Chromium wants it. */
  readonly keyHash: string;
}

export async function createCertificate(name: string, directory: string): Promise<Certificate> {
  const [keyFile, certificateFile] = ['edge.key', 'edge.crt'].map(file => path.join(directory, file));
  const made = await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', `subjectAltName=DNS:${name}`, '-keyout', keyFile, '-out', certificateFile,
  ]).catch((error: Error) => ({ exitCode: 1, output: error.message }));
  if (made.exitCode !== 0) { throw new Failure('openssl cannot make a certificate; install it and run again.', made.output); }
  const certificate = fs.readFileSync(certificateFile, 'utf8');
  const publicKey = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return { key: fs.readFileSync(keyFile, 'utf8'), certificate, keyHash: createHash('sha256').update(publicKey).digest('base64') };
}
