/** Runs every check a pull request has to pass, goes on after a failure, and ends with one line that counts them. */
import { spawnSync } from 'node:child_process';
import { chromiumOnThisMachine } from '../rehearsal/edge/browser';

interface Check {
  readonly name: string;
  readonly command: string;
  /** Why it cannot run on this machine; undefined where it can. @default - it runs everywhere */
  readonly skipped?: () => string | undefined;
}

const CHECKS: Check[] = [
  { name: 'compile', command: 'npx projen compile' },
  { name: 'types of tests, integ, examples and rehearsal', command: 'npx tsc --noEmit -p tsconfig.dev.json' },
  { name: 'lint', command: 'npx projen eslint' },
  { name: 'unit tests', command: 'npx jest --ci' },
  { name: 'API.md is up to date', command: 'npx projen docgen && git diff --exit-code -- API.md' },
  { name: 'examples in README, docs and docstrings compile', command: 'npx projen docs' },
  { name: 'integ snapshots', command: 'npx projen integ' },
  { name: 'example API, on a real PostgreSQL', command: 'examples/application/api/test.sh' },
  { name: 'example SPA', command: 'examples/application/spa/test.sh' },
  { name: 'the picture is up to date', command: 'npx projen picture && git diff --exit-code -- docs/platform.svg' },
  { name: 'rehearsal', command: 'npx projen rehearse' },
  { name: 'from one account to an organization', command: 'npx projen rehearse:new-organization' },
  { name: 'a network that grows', command: 'npx projen rehearse:network-growth' },
  { name: 'the local AWS', command: 'npx projen test:local-aws' },
  { name: 'manifests', command: 'npx projen manifests' },
  { name: 'bootstrap on a real Kubernetes', command: 'npx projen rehearse:bootstrap' },
  { name: 'workflows of GitHub Actions', command: 'npx projen rehearse:workflows' },
  {
    name: 'site at a local edge, in a browser', command: 'npx projen rehearse:edge',
    skipped: () => chromiumOnThisMachine() ? undefined : 'no Chromium on the PATH or in CHROMIUM_PATH; "npx projen rehearse:edge" installs one on Linux',
  },
];

/** What a check is allowed to print where it passed: enough to see that it did something. */
const LAST_LINES = 3;

type Outcome = 'passed' | 'failed' | 'skipped';

function run({ name, command, skipped }: Check): Outcome {
  const reason = skipped?.();
  if (reason) {
    process.stdout.write(`- ${name} skipped: ${reason}\n`);
    return 'skipped';
  }
  const started = Date.now();
  process.stdout.write(`▶ ${name}\n`);
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });
  const passed = status === 0;
  const output = `${stdout}${stderr}`.trimEnd();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (!passed) {
    process.stdout.write(`${output}\n✗ ${name} failed (${seconds} s): ${command}\n`);
  } else {
    process.stdout.write(`${output.split('\n').slice(-LAST_LINES).map(line => `    ${line}\n`).join('')}✓ ${name} (${seconds} s)\n`);
  }
  return passed ? 'passed' : 'failed';
}

const wanted = process.argv.slice(2);
const chosen = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.some(each => name.includes(each)));
if (chosen.length === 0) {
  process.stderr.write(`There is no check called ${wanted.join(' or ')}: name a part of one of ${CHECKS.map(({ name }) => `"${name}"`).join(', ')}.\n`);
  process.exit(1);
}
const results = chosen.map(run);
const count = (outcome: Outcome) => results.filter(each => each === outcome).length;
if (count('skipped') > 0) { process.stdout.write(`\n${count('skipped')} skipped`); }
process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed\n`);
process.exitCode = count('failed') > 0 ? 1 : 0;
