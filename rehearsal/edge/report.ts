/** The result in a terminal, and as one HTML page which needs nothing else. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Finding } from './checklist';
import type { Behavior, Distribution } from './distribution';

export interface EdgeReport {
  readonly distribution: Distribution;
  readonly findings: readonly Finding[];
  readonly browser: string;
  readonly seconds: number;
}

/** What CloudFront does and the local edge does not. */
const LEFT_OUT = [
  'The firewall: its rules are evaluated elsewhere. Geo restriction, price class and logs.',
  'HTTP/3, the certificate of the site and its TLS policy: the viewer\'s TLS is a certificate of this run, from 1.2 on.',
  'The load balancer and the VPC origin: the edge speaks TLS with the API itself, and does not check its certificate.',
  'Origin access control: S3 is read by a header that names the account. The bucket\'s policy decides whether files and their absence may be read.',
  'Origin groups: a distribution with failover is refused.',
  'Range requests, timeouts, retries, several edge locations, eviction, request collapsing.',
  'The runtime of CloudFront functions is Node\'s here: no limit of compute, newer syntax would pass.',
  'Errors are kept for ten seconds, as CloudFront documents it, also where caching is disabled.',
];

export function renderTable({ findings, seconds, browser }: EdgeReport): string {
  const passed = findings.filter(finding => finding.passed).length;
  return [
    '',
    ...findings.flatMap(({ name, passed: ok, evidence }) => [`${ok ? 'ok  ' : 'FAIL'} ${name}`, ...evidence.map(line => `       ${line}`)]),
    '',
    `${passed === findings.length ? 'Passed' : 'FAILED'}: ${passed} of ${findings.length} checks in ${seconds.toFixed(1)} s, with Chromium ${browser}.`,
    '',
  ].join('\n');
}

export function renderPage({ distribution, findings, browser, seconds }: EdgeReport): string {
  const passed = findings.every(finding => finding.passed);
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The site behind a local edge</title>
<style>${STYLE}</style>
<h1>The site behind a local edge: <span class="${passed ? 'ok' : 'bad'}">${passed ? 'passed' : 'failed'}</span></h1>
<p>The example's built React app, behind a server that executes the synthesized distribution of <code>${escape(distribution.aliases.join())}</code>, in headless Chromium ${escape(browser)}; ${seconds.toFixed(1)} s.</p>
<h2>Checks</h2>
<div class="wide"><table><tr><th></th><th>claim</th><th>seen</th></tr>
${findings.map(row).join('\n')}</table></div>
<h2>Pictures</h2>
${findings.flatMap(({ name, screenshots }) => screenshots.map(file => picture(name, file))).join('\n')}
<h2>What the edge executed</h2>
<div class="wide"><table><tr><th>path</th><th>methods</th><th>HTTP</th><th>kept at the edge</th><th>functions</th><th>origin</th></tr>
${distribution.behaviors.map(behavior).join('\n')}</table></div>
<h2>What CloudFront does and this edge does not</h2>
<ul>${LEFT_OUT.map(line => `<li>${escape(line)}</li>`).join('\n')}</ul>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
.ok { color: #1a7f37; } .bad { color: #cf222e; }
figure { margin: 0 0 1.5rem; } figure img { max-width: 100%; border: 1px solid #8884; }
`;

function row({ name, passed, evidence }: Finding): string {
  return `<tr><td><strong class="${passed ? 'ok' : 'bad'}">${passed ? 'ok' : 'failed'}</strong></td><td>${escape(name)}</td><td>${evidence.map(escape).join('<br>')}</td></tr>`;
}

function picture(name: string, file: string): string {
  const data = fs.readFileSync(file).toString('base64');
  return `<figure><img alt="${escape(name)}" src="data:image/png;base64,${data}"><figcaption>${escape(path.basename(file, '.png'))}: ${escape(name)}</figcaption></figure>`;
}

function behavior({ pathPattern, methods, viewerProtocol, cachePolicy, requestFunction, responseFunction, origin }: Behavior): string {
  const functions = [requestFunction && 'viewer request', responseFunction && 'viewer response'].filter(Boolean).join(', ') || 'none';
  const kept = cachePolicy.maxTtl === 0 ? 'never' : `${cachePolicy.minTtl} to ${cachePolicy.maxTtl} s`;
  return `<tr>${[pathPattern, methods.join(' '), viewerProtocol, kept, functions, origin.bucket ? 'the bucket' : origin.domainName].map(cell => `<td>${escape(cell)}</td>`).join('')}</tr>`;
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
