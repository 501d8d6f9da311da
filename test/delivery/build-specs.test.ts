import { execFileSync } from 'child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { apiBuildSpec, checksBuildSpec, siteBuildSpec, siteUploadBuildSpec } from '../../src/delivery/build-specs';

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

describe('the API', () => {
  const environment = { IMAGE_REPOSITORY: '222222222222.dkr.ecr.eu-west-1.amazonaws.com/images', COMMIT: 'c0ffee' };
  const image = `${environment.IMAGE_REPOSITORY}:c0ffee`;

  beforeEach(() => writeFileSync(join(folder, 'api/test.sh'), `echo test >> "${folder}/calls"`));

  test('is tested, built for Graviton, pushed, and named by its digest in the values', () => {
    fake('docker', `[ "$1" != push ] || touch "${folder}/pushed"`);
    fake('aws', `if [ "$1 $2" = "ecr describe-images" ]; then [ -f "${folder}/pushed" ] || exit 254; echo ${DIGEST}; fi`);
    const calls = run(apiBuildSpec('api', 'deploy/chart'), environment);
    expect(calls[0]).toBe('test');
    expect(calls).toContain('docker login --username AWS --password-stdin 222222222222.dkr.ecr.eu-west-1.amazonaws.com');
    expect(calls).toContain('aws ecr describe-images --repository-name images --image-ids imageTag=c0ffee --query imageDetails[0].imageDigest --output text');
    expect(calls.filter(call => /^docker (build|push)/.test(call))).toEqual([
      `docker build --platform linux/arm64 --file api/Containerfile --tag ${image} api`, `docker push ${image}`,
    ]);
    expect(readFileSync(join(folder, 'deploy/chart/image-values.yaml'), 'utf8')).toBe(`image:\n  repository: ${environment.IMAGE_REPOSITORY}\n  digest: ${DIGEST}\n`);
  });

  test('is not built again for a commit that has an image', () => {
    fake('docker');
    fake('aws', `[ "$1 $2" != "ecr describe-images" ] || echo ${DIGEST}`);
    expect(run(apiBuildSpec('api', 'deploy/chart'), environment).filter(call => /^docker (build|push)/.test(call))).toEqual([]);
    expect(readFileSync(join(folder, 'deploy/chart/image-values.yaml'), 'utf8')).toContain(DIGEST);
  });

  test.each([
    { what: 'tests', test: 'exit 1', docker: '' },
    { what: 'build', test: '', docker: '[ "$1" != build ]' },
    { what: 'push', test: '', docker: '[ "$1" != push ]' },
  ])('is not handed on where its $what fails', ({ test: script, docker }) => {
    writeFileSync(join(folder, 'api/test.sh'), script);
    fake('docker', docker);
    fake('aws', '[ "$1 $2" != "ecr describe-images" ]');
    expect(() => run(apiBuildSpec('api', 'deploy/chart'), environment)).toThrow();
    expect(existsSync(join(folder, 'deploy/chart/image-values.yaml'))).toBe(false);
  });

  test('hands on its chart and exports the digest', () => {
    expect(apiBuildSpec('api', 'deploy/chart')).toMatchObject({ env: { 'exported-variables': ['IMAGE_DIGEST'] }, artifacts: { files: ['deploy/chart/**/*'] } });
  });
});

describe('the site', () => {
  test('is what its script built', () => {
    writeFileSync(join(folder, 'spa/test.sh'), 'touch spa/dist/index.html');
    run(siteBuildSpec('spa'));
    expect(siteBuildSpec('spa').artifacts).toEqual({ 'base-directory': 'spa/dist', 'files': ['**/*'] });
  });

  test('is not handed on where its script built nothing', () => {
    writeFileSync(join(folder, 'spa/test.sh'), '');
    expect(() => run(siteBuildSpec('spa'))).toThrow();
  });

  const environment = { SITE_BUCKET: 'site', DISTRIBUTION_ID: 'E1', ENVIRONMENT: 'staging', COMMIT: 'c0ffee' };

  const marked = "'[Metadata.superseded, ContentType]'".replace(/'/g, '');
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
      "head-object assets/old 1.js") printf 'None\\ttext/javascript; charset=utf-8\\n';;
      "head-object assets/older-0.css") printf 'true\\ttext/css\\n';;
    esac`);
    const [first, second, copy, ...more] = run(siteUploadBuildSpec(), environment).slice(uploads.length).sort((one, other) => other.localeCompare(one));
    expect([first, second]).toEqual(['older-0.css', 'old 1.js'].map(name => `aws s3api head-object --bucket site --key assets/${name} --query ${marked} --output text`));
    expect(copy).toBe('aws s3api copy-object --bucket site --key assets/old 1.js --copy-source site/assets/old 1.js --metadata-directive REPLACE --metadata superseded=true '
      + '--content-type text/javascript; charset=utf-8 --cache-control public,max-age=31536000,immutable --tagging-directive REPLACE --tagging superseded=true');
    expect(more).toEqual([]);
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

test('checks run every script and stop at the first that fails', () => {
  writeFileSync(join(folder, 'api/test.sh'), `echo api >> "${folder}/calls"; exit 1`);
  writeFileSync(join(folder, 'spa/test.sh'), `echo spa >> "${folder}/calls"`);
  expect(() => run(checksBuildSpec(['api', 'spa']))).toThrow();
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('api\n');
  expect(run(checksBuildSpec(['spa']))).toEqual(['api', 'spa']);
});
