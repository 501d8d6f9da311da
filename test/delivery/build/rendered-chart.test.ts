import { spawnSync } from 'child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { apiBuildSpec } from '../../../src/delivery/build/build-specs';

const ROOT = join(__dirname, '../../..');
/** The rehearsals compile it; without one, the real chart is rendered there and not here. */
const REHEARSAL = join(ROOT, '.rehearsal');
const HELM = (existsSync(REHEARSAL) ? readdirSync(REHEARSAL) : []).filter(name => name.startsWith('helm-')).map(name => join(REHEARSAL, name, 'helm')).find(existsSync);
const CONTRACT = { cluster: 'staging', services: [{ name: 'api', namespace: 'app', port: 8443, podVcpus: 0.25, podMemoryMib: 512, leastGraceSeconds: 31, mostGraceSeconds: 120 }] };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rendered-chart-'));
  for (const name of ['bin', 'tools/linux-arm64']) { mkdirSync(join(folder, name), { recursive: true }); }
  cpSync(join(ROOT, 'examples/application/deploy/chart'), join(folder, 'deploy/chart'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, body: string): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/bash\n${body}\n`);
  chmodSync(file, 0o755);
}

/** The last commands of the API's build, which render and measure the chart, with this machine's Helm and this repository's command line. */
function check(contract: object): { status: number | null; printed: string } {
  const { phases: { build } } = apiBuildSpec({
    folder: 'api', chart: 'deploy/chart', artifacts: { release: 'Release', bill: 'Bill' }, check: { releaseName: 'api', namespace: 'app' },
  });
  symlinkSync(HELM!, join(folder, 'bin/helm-of-this-machine'));
  program('curl', '');
  program('sha256sum', 'cat > /dev/null');
  program('tar', `printf '#!/bin/bash\\nexec "${folder}/bin/helm-of-this-machine" "$@"\\n'`);
  program('npx', `shift 2; exec "${process.execPath}" "${join(ROOT, 'node_modules/tsx/dist/cli.mjs')}" "${join(ROOT, 'src/cli/cdk-innovate-platform.ts')}" "$@"`);
  const first = build.commands.findIndex(command => command.startsWith('printf') && command.includes('image:'));
  const script = build.commands.slice(first).map(command => `${command}\ncode=$?; [ $code = 0 ] || exit $code`).join('\n');
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${folder}/bin:${process.env.PATH}`,
      TOOLS_DIR: join(folder, 'tools'),
      IMAGE_REPOSITORY: '222222222222.dkr.ecr.eu-west-1.amazonaws.com/images',
      IMAGE_DIGEST: `sha256:${'a'.repeat(64)}`,
      DEPLOYMENT_CONTRACT: JSON.stringify(contract),
    },
  });
  return { status, printed: stdout + stderr };
}

(HELM ? describe : describe.skip)('the chart of the example application, rendered by the real Helm', () => {
  test('keeps the contract of its cluster', () => {
    expect(check(CONTRACT)).toEqual({ status: 0, printed: expect.stringMatching(/^ok {6}app\/api/) });
  }, 30_000);

  test('is not handed on where it breaks the contract', () => {
    const [service] = CONTRACT.services;
    expect(check({ ...CONTRACT, services: [{ ...service, port: 9000 }] })).toEqual({ status: 1, printed: expect.stringMatching(/^refused app\/api/) });
  }, 30_000);

  test('is not handed on where Helm cannot render it', () => {
    writeFileSync(join(folder, 'deploy/chart/templates/broken.yaml'), '{{ .Values.missing.field }}');
    expect(check(CONTRACT)).toEqual({ status: 1, printed: expect.stringContaining('broken.yaml') });
  }, 30_000);
});
