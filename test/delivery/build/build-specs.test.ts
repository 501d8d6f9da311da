import { execFileSync } from 'child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { apiBuildSpec, checksBuildSpec, siteBuildSpec, siteUploadBuildSpec } from '../../../src/delivery/build/build-specs';
import { BranchingStrategy } from '../../../src/delivery/github/branching-strategy';

const ARTIFACTS = { site: 'Site', bill: 'Bill' };
const VERSION = (JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as { version: string }).version;
const DIGEST = `sha256:${'a'.repeat(64)}`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-specs-'));
  for (const name of ['bin', 'api', 'spa/dist', 'deploy/chart']) { mkdirSync(join(folder, name), { recursive: true }); }
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a command onto the PATH that writes down how it was called before it runs the body. */
function fake(name: string, body: string = ''): void {
  const file = join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/bash\necho "${name} $*" >> "${folder}/calls"\n${body}\n`);
  chmodSync(file, 0o755);
}

/** Runs the phases one command after the other in one shell, as CodeBuild does; the first that fails ends it. */
function run({ phases }: { phases: object }, environment: { [name: string]: string } = {}): string[] {
  const commands = Object.values(phases).flatMap((phase: { commands?: string[] }) => phase.commands ?? []);
  const script = commands.map(command => `${command}\ncode=$?; [ $code = 0 ] || exit $code`).join('\n');
  execFileSync('bash', ['-c', script], { cwd: folder, env: { PATH: `${folder}/bin:${process.env.PATH}`, ...environment }, stdio: 'ignore' });
  return existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : [];
}

/** What a build downloads is a program that writes down how it was called; `curl` and `sha256sum` only pretend. */
function fakeDownloads(): void {
  fake('curl');
  fake('sha256sum', 'cat > /dev/null');
  fake('tar', `name="\${*: -1}"; printf '#!/bin/bash\necho "tool %s $*" >> "${folder}/calls"\ncase "$1" in template) echo rendered;; esac\n' "\${name##*/}"`);
}

describe('the API', () => {
  const environment = { IMAGE_REPOSITORY: '222222222222.dkr.ecr.eu-west-1.amazonaws.com/images', COMMIT: 'c0ffee' };
  const image = `${environment.IMAGE_REPOSITORY}:c0ffee`;
  const options = { folder: 'api', chart: 'deploy/chart', artifacts: { release: 'Release', bill: 'Bill' } };
  const values = () => join(folder, 'deploy/chart/image-values.yaml');

  beforeEach(() => {
    writeFileSync(join(folder, 'api/test.sh'), `echo "test $REPORTS_DIR" >> "${folder}/calls"`);
    fakeDownloads();
  });

  test('is tested, built for Graviton, pushed, and named by its digest in the values', () => {
    fake('docker', `[ "$1" != push ] || touch "${folder}/pushed"`);
    fake('aws', `if [ "$1 $2" = "ecr describe-images" ]; then [ -f "${folder}/pushed" ] || exit 254; echo ${DIGEST}; fi`);
    const calls = run(apiBuildSpec(options), environment);
    expect(calls[0]).toBe(`test ${folder}/reports`);
    expect(calls).toContain('docker login --username AWS --password-stdin 222222222222.dkr.ecr.eu-west-1.amazonaws.com');
    expect(calls).toContain('aws ecr describe-images --repository-name images --image-ids imageTag=c0ffee --query imageDetails[0].imageDigest --output text');
    expect(calls.filter(call => /^docker (build|push)/.test(call))).toEqual([
      `docker build --platform linux/arm64 --file api/Containerfile --tag ${image} api`, `docker push ${image}`,
    ]);
    expect(readFileSync(values(), 'utf8')).toBe(`image:\n  repository: ${environment.IMAGE_REPOSITORY}\n  digest: ${DIGEST}\n`);
  });

  test('is not built again for a commit that has an image, whose bill of materials is made all the same', () => {
    fake('docker');
    fake('aws', `[ "$1 $2" != "ecr describe-images" ] || echo ${DIGEST}`);
    const calls = run(apiBuildSpec(options), environment);
    expect(calls.filter(call => /^docker (build|push)/.test(call))).toEqual([]);
    expect(calls).toContain(`tool syft scan registry:${environment.IMAGE_REPOSITORY}@${DIGEST} --quiet --output cyclonedx-json=bills/api.cdx.json`);
    expect(readFileSync(values(), 'utf8')).toContain(DIGEST);
  });

  test.each([
    { what: 'tests', test: 'exit 1', docker: '' },
    { what: 'build', test: '', docker: '[ "$1" != build ]' },
    { what: 'push', test: '', docker: '[ "$1" != push ]' },
  ])('is not handed on where its $what fails', ({ test: script, docker }) => {
    writeFileSync(join(folder, 'api/test.sh'), script);
    fake('docker', docker);
    fake('aws', '[ "$1 $2" != "ecr describe-images" ]');
    expect(() => run(apiBuildSpec(options), environment)).toThrow();
    expect(existsSync(values())).toBe(false);
  });

  test('is not handed on where a program that it needs is not the one that is known', () => {
    fake('docker');
    fake('aws', `[ "$1 $2" != "ecr describe-images" ] || echo ${DIGEST}`);
    fake('sha256sum', 'cat > /dev/null; exit 1');
    expect(() => run(apiBuildSpec(options), environment)).toThrow();
    expect(existsSync(values())).toBe(false);
  });

  test('hands on its chart and its bill of materials, and exports the digest', () => {
    expect(apiBuildSpec(options)).toMatchObject({
      env: { 'exported-variables': ['IMAGE_DIGEST'] },
      artifacts: { 'secondary-artifacts': { Release: { files: ['deploy/chart/**/*'] }, Bill: { files: ['bills/*'] } } },
    });
  });

  describe('that is scanned', () => {
    const gated = { ...options, gate: { severities: ['HIGH', 'CRITICAL'], accepted: ['CVE-2025-2'] } };
    const PUSHED = '2026-11-24T10:00:00.500000+01:00';
    const AFTER = '2026-11-24T09:02:00.123000+00:00';
    const BEFORE = '2026-11-24T09:59:00+01:00';
    const status = (value: string) => JSON.stringify({ imageScanStatus: { status: value } });
    const basic = (...findings: [string, string][]) => JSON.stringify({
      imageScanStatus: { status: 'COMPLETE' }, imageScanFindings: { imageScanCompletedAt: AFTER, findings: findings.map(([severity, name]) => ({ severity, name })) },
    });
    const inspected = (imageScanCompletedAt: string | undefined, ...findings: [string, string][]) => JSON.stringify({
      imageScanStatus: { status: 'ACTIVE' },
      imageScanFindings: {
        imageScanCompletedAt, enhancedFindings: findings.map(([severity, vulnerabilityId]) => ({ severity, packageVulnerabilityDetails: { vulnerabilityId } })),
      },
    });
    const enhanced = (...findings: [string, string][]) => inspected(AFTER, ...findings);
    /** Before Inspector has answered. */
    const bare = JSON.stringify({ imageScanStatus: { status: 'ACTIVE', description: 'Continuous scan is selected for image.' } });

    /** Answers of ECR, one a question; the last one stays. */
    function answers(...all: string[]): void {
      all.forEach((answer, index) => writeFileSync(join(folder, `answer-${index + 1}`), answer));
      fake('docker');
      fake('sleep');
      fake('aws', `case "$2" in
        describe-images) case "$*" in *imagePushedAt*) echo ${PUSHED};; *) echo ${DIGEST};; esac;;
        describe-image-scan-findings)
          n=$(($(cat "${folder}/asked" 2>/dev/null || echo 0) + 1)); [ $n -le ${all.length} ] || n=${all.length}; echo $n > "${folder}/asked"
          [ -s "${folder}/answer-$n" ] || exit 254; cat "${folder}/answer-$n";;
        start-image-scan) exit 254;;
      esac`);
    }

    // an answer counts when it has come three times
    test.each<[string, string[], number]>([
      ['nothing was found', [basic()], 3],
      ['what was found is mild', [basic(['LOW', 'CVE-2025-1'], ['MEDIUM', 'CVE-2025-3'])], 3],
      ['what was found is accepted', [basic(['CRITICAL', 'CVE-2025-2'])], 3],
      ['the enhanced scan found nothing bad', [enhanced(['MEDIUM', 'CVE-2025-1'])], 3],
      ['the scan took a while', ['', status('PENDING'), status('IN_PROGRESS'), basic()], 6],
      ['findings went on arriving', [enhanced(), enhanced(['LOW', 'CVE-2025-1']), enhanced(['LOW', 'CVE-2025-1'], ['LOW', 'CVE-2025-3'])], 5],
      ['the first answer was of a scan before the push', [inspected(BEFORE), inspected(BEFORE), enhanced()], 5],
      ['nobody ever says when a clean image was scanned', [bare], 30],
    ])('is handed on where %s', (_, all, asked) => {
      answers(...all);
      const calls = run(apiBuildSpec(gated), environment);
      const question = `aws ecr describe-image-scan-findings --repository-name images --image-id imageDigest=${DIGEST} --output json`;
      expect(calls.filter(call => call === question)).toHaveLength(asked);
      expect(calls.filter(call => call === 'sleep 10')).toHaveLength(asked - 1);
      expect(existsSync(values())).toBe(true);
    });

    test.each<[string, string[]]>([
      ['a finding is critical', [basic(['CRITICAL', 'CVE-2025-1'])]],
      ['a finding is as bad as the threshold', [basic(['LOW', 'CVE-2025-9'], ['HIGH', 'CVE-2025-1'])]],
      ['Inspector found something', [enhanced(['CRITICAL', 'CVE-2025-1'])]],
      ['Inspector finds something after ECR has called the scan active', [bare, bare, bare, inspected(undefined, ['CRITICAL', 'CVE-2025-1'])]],
      ['the bad finding is not among the first', [enhanced(), enhanced(), enhanced(['LOW', 'CVE-2025-3'], ['CRITICAL', 'CVE-2025-1'])]],
      ['Inspector found something and nobody says when', [inspected(undefined, ['HIGH', 'CVE-2025-1'])]],
      ['every answer is of a scan before the push', [inspected(BEFORE)]],
      ['the scan failed', [status('FAILED')]],
      ['the image cannot be scanned', [status('UNSUPPORTED_IMAGE')]],
      ['the quota of scans is used up', [status('LIMIT_EXCEEDED')]],
      ['the scan does not end', [status('PENDING')]],
      ['ECR never answers', ['']],
    ])('is not handed on where %s', (_, all) => {
      answers(...all);
      expect(() => run(apiBuildSpec(gated), environment)).toThrow();
      expect(existsSync(values())).toBe(false);
    });
  });

  test('has its chart rendered and measured by the contract of the cluster', () => {
    fake('docker');
    fake('npx');
    fake('aws', `[ "$1 $2" != "ecr describe-images" ] || echo ${DIGEST}`);
    const calls = run(apiBuildSpec({ ...options, check: { releaseName: 'api', namespace: 'app' } }), { ...environment, DEPLOYMENT_CONTRACT: '{"cluster":"a"}' });
    expect(calls).toContain('tool helm template api deploy/chart --namespace app --values deploy/chart/image-values.yaml');
    expect(calls.pop()).toBe(`npx --yes cdk-innovate-platform@${VERSION} check-deployment --contract ${folder}/.tools/contract.json ${folder}/.tools/rendered.yaml`);
    expect(readFileSync(join(folder, '.tools/contract.json'), 'utf8')).toBe('{"cluster":"a"}');
    fake('npx', 'exit 1');
    expect(() => run(apiBuildSpec({ ...options, check: { releaseName: 'api', namespace: 'app' } }), { ...environment, DEPLOYMENT_CONTRACT: '{}' })).toThrow();
  });
});

describe('the site', () => {
  test('is what its script built', () => {
    writeFileSync(join(folder, 'spa/test.sh'), 'touch spa/dist/index.html');
    fake('npm', 'echo bill');
    run(siteBuildSpec('spa', ARTIFACTS));
    expect(siteBuildSpec('spa', ARTIFACTS).artifacts['secondary-artifacts']).toEqual({ Site: { 'base-directory': 'spa/dist', 'files': ['**/*'] }, Bill: { files: ['bills/*'] } });
    expect(readFileSync(join(folder, 'bills/site.cdx.json'), 'utf8')).toBe('bill\n');
  });

  test('is not handed on where its script built nothing', () => {
    writeFileSync(join(folder, 'spa/test.sh'), '');
    expect(() => run(siteBuildSpec('spa', ARTIFACTS))).toThrow();
  });

  const environment = { SITE_BUCKET: 'site', DISTRIBUTION_ID: 'E1', ENVIRONMENT: 'staging', COMMIT: 'c0ffee' };

  const marked = "'[Metadata.superseded, ContentType, ContentEncoding]'".replace(/'/g, '');
  const uploads = [
    'aws s3 cp --no-progress --recursive --exclude * --include assets/* --cache-control public,max-age=31536000,immutable . s3://site/',
    'aws s3 cp --no-progress --recursive --exclude assets/* --exclude index.html --exclude runtime-config.json --cache-control no-cache . s3://site/',
    'aws s3 cp --no-progress --cache-control no-cache index.html s3://site/',
    'aws cloudfront create-invalidation --distribution-id E1 --paths / /index.html',
    'aws s3api list-objects-v2 --bucket site --prefix assets/ --query Contents[].Key --output json',
  ];

  test('is uploaded assets first and pages last, nothing removed, and not waited for; the settings are not the pipeline\'s', () => {
    fake('aws', '[ "$2" != list-objects-v2 ] || echo null');
    expect(run(siteUploadBuildSpec(), environment)).toEqual(uploads);
    expect(JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8'))).toEqual({ environment: 'staging', release: 'c0ffee' });
    expect(existsSync(join(folder, 'runtime-config.json'))).toBe(false);
  });

  test('marks the assets that it no longer has, each once, and none of its own', () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'assets/new-2.js'), '');
    fake('aws', `case "$2 $6" in
      "list-objects-v2 assets/") echo '["assets/new-2.js", "assets/old 1.js", "assets/older-0.css"]';;
      "head-object assets/old 1.js") printf 'None\\ttext/javascript; charset=utf-8\\tNone\\n';;
      "head-object assets/older-0.css") printf 'true\\ttext/css\\tNone\\n';;
    esac`);
    const [first, second, copy, ...more] = run(siteUploadBuildSpec(), environment).slice(uploads.length).sort((one, other) => other.localeCompare(one));
    expect([first, second]).toEqual(['older-0.css', 'old 1.js'].map(name => `aws s3api head-object --bucket site --key assets/${name} --query ${marked} --output text`));
    expect(copy).toBe('aws s3api copy-object --bucket site --key assets/old 1.js --copy-source site/assets/old 1.js --metadata-directive REPLACE --metadata superseded=true '
      + '--content-type text/javascript; charset=utf-8 --cache-control public,max-age=31536000,immutable --tagging-directive REPLACE --tagging superseded=true');
    expect(more).toEqual([]);
  });

  test('an asset that is packed stays so', () => {
    mkdirSync(join(folder, 'assets'));
    fake('aws', 'case "$2" in list-objects-v2) echo \'["assets/old-1.js"]\';; head-object) printf "None\\\\ttext/javascript\\\\tbr\\\\n";; esac');
    expect(run(siteUploadBuildSpec(), environment).pop()).toContain('--content-type text/javascript --content-encoding br --cache-control');
  });

  test('says so where an old asset cannot be marked', () => {
    fake('aws', 'case "$2" in list-objects-v2) echo \'["assets/old-1.js"]\';; head-object) exit 254;; esac');
    expect(() => run(siteUploadBuildSpec(), environment)).toThrow();
  });

  test('keeps its old page where an asset cannot be uploaded', () => {
    fake('aws', '[[ "$*" != *assets/\\** ]]');
    expect(() => run(siteUploadBuildSpec(), environment)).toThrow();
    expect(readFileSync(join(folder, 'calls'), 'utf8')).not.toContain('no-cache');
  });
});

describe('the checks', () => {
  const strategy = BranchingStrategy.simplifiedGitFlow({ hotfixes: true });
  const pullRequest = (head: string, base: string) => ({
    CODEBUILD_WEBHOOK_EVENT: 'PULL_REQUEST_CREATED', CODEBUILD_WEBHOOK_HEAD_REF: `refs/heads/${head}`, CODEBUILD_WEBHOOK_BASE_REF: `refs/heads/${base}`,
  });

  test('run every script and stop at the first that fails', () => {
    writeFileSync(join(folder, 'api/test.sh'), `echo api >> "${folder}/calls"; exit 1`);
    writeFileSync(join(folder, 'spa/test.sh'), `echo spa >> "${folder}/calls"`);
    expect(() => run(checksBuildSpec(['api', 'spa'], strategy))).toThrow();
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('api\n');
    expect(run(checksBuildSpec(['spa'], strategy), { CODEBUILD_WEBHOOK_EVENT: 'PUSH', CODEBUILD_WEBHOOK_HEAD_REF: 'refs/heads/feature/a' })).toEqual(['api', 'spa']);
  });

  const heads = ['main', 'develop', 'feature/a', 'feature/a/b', 'bugfix/b', 'hotfix/c', 'feature', 'feature/', 'release/d', 'xfeature/a', 'develop2', 'a:develop'];
  const pairs = heads.flatMap(head => ['main', 'develop', 'feature/z'].map(base => [head, base] as const));

  test.each(pairs)('a pull request from %s into %s runs if the strategy allows it', (head, base) => {
    writeFileSync(join(folder, 'api/test.sh'), `touch "${folder}/ran"`);
    const attempt = () => run(checksBuildSpec(['api'], strategy), pullRequest(head, base));
    if (strategy.allowsPullRequest(head, base)) { attempt(); } else { expect(attempt).toThrow(); }
    expect(existsSync(join(folder, 'ran'))).toBe(strategy.allowsPullRequest(head, base));
  });
});
