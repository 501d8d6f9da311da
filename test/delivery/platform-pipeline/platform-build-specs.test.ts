import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { deployBuildSpec, diffBuildSpec, synthBuildSpec } from '../../../src/delivery/platform-pipeline/platform-build-specs';

const MODULES = path.resolve('node_modules');
const COMMIT = 'c0ffee';
const OFFLINE = { AWS_CONFIG_FILE: os.devNull, AWS_SHARED_CREDENTIALS_FILE: os.devNull, AWS_EC2_METADATA_DISABLED: 'true' };

/** A small CDK app, as a team has it; `COMMIT_OF_APP` is what a later commit makes of it. */
const APP = `
const { App, Annotations, CfnOutput, RemovalPolicy, Stack, Stage } = require('aws-cdk-lib');
const dynamodb = require('aws-cdk-lib/aws-dynamodb');
const ec2 = require('aws-cdk-lib/aws-ec2');
const s3 = require('aws-cdk-lib/aws-s3');
const is = commit => process.env.COMMIT_OF_APP === commit;
const stage = new Stage(new App(), 'Notes', { env: { account: '222222222222', region: 'eu-west-1' } });
const stack = new Stack(stage, 'Data');
new dynamodb.Table(stack, 'Table', { partitionKey: { name: is('lossy') ? 'key' : 'id', type: 'S' }, removalPolicy: RemovalPolicy.RETAIN });
if (!is('lossy')) { new s3.Bucket(stack, 'Uploads', { removalPolicy: RemovalPolicy.DESTROY }); }
if (!is('harmless')) { new s3.Bucket(stack, 'Kept'); }
const group = new ec2.CfnSecurityGroup(stack, 'Group', { groupDescription: is('harmless') ? 'new' : 'old' });
new CfnOutput(stack, 'Note', { value: is('output') ? 'new' : 'old' });
if (is('finding')) { Annotations.of(group).addError('AwsSolutions-EC23: the group is open'); }
stage.node.root.synth();
`;

interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
  readonly variables: Record<string, string>;
}

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'platform-'));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** What CodeBuild does: every command of every phase in one shell, to the first that fails. */
function build(spec: any, cwd: string, env: Record<string, string> = {}): Ran {
  const commands: string[] = Object.values<any>(spec.phases).flatMap(({ commands: own = [] }) => own);
  const exported: string[] = spec.env['exported-variables'] ?? [];
  const script = [...commands.map(command => `${command}\n[ $? = 0 ] || exit 1`), ...exported.map(name => `printf '%s=%s\\n' ${name} "$${name}" >> "$CODEBUILD_SRC_DIR/variables"`)].join('\n');
  fs.rmSync(path.join(cwd, 'variables'), { force: true });
  const { status, stdout, stderr } = spawnSync(spec.env.shell, ['-c', script], {
    cwd, encoding: 'utf8', env: { ...process.env, CODEBUILD_SRC_DIR: cwd, CODEBUILD_BUILD_URL: 'https://console.example/build', COMMIT, ...env },
  });
  const file = path.join(cwd, 'variables');
  const variables = fs.existsSync(file) ? Object.fromEntries(fs.readFileSync(file, 'utf8').trim().split('\n').map(line => line.split(/=(.*)/s).slice(0, 2))) : {};
  return { exitCode: status, output: stdout + stderr, variables };
}

function synthesize(commit: string, synthCommand = 'npx cdk synth --quiet --no-lookups \'Notes/*\''): Ran & { readonly source: string } {
  const source = fs.mkdtempSync(path.join(folder, `${commit}-`));
  fs.mkdirSync(path.join(source, 'app'));
  fs.writeFileSync(path.join(source, 'app/app.js'), APP);
  fs.writeFileSync(path.join(source, 'app/package.json'), JSON.stringify({ name: 'app', version: '0.0.0', scripts: { test: 'echo the app is tested' } }));
  fs.writeFileSync(path.join(source, 'app/cdk.json'), JSON.stringify({ app: 'node app.js' }));
  const spec = synthBuildSpec({ appFolder: 'app', nodeVersion: 22, installCommands: [`ln -s ${MODULES} node_modules`], testCommands: ['npm test --if-present'], synthCommand });
  return { ...build(spec, source, { COMMIT_OF_APP: commit, ...OFFLINE }), source };
}

/** What the synthesis says of its assembly, whatever happened to it since. */
const checksum = (source: string) => createHash('sha256').update(fs.readFileSync(path.join(source, 'assembly.tgz'))).digest('hex');

/** What the deployed template of `before` and the assembly of `after` differ in: the CLI reads a file for what CloudFormation would answer. */
function compare(before: string, after: string, env: Record<string, string> = {}): Ran {
  const cwd = fs.mkdtempSync(path.join(folder, 'diff-'));
  fs.copyFileSync(path.join(after, 'assembly.tgz'), path.join(cwd, 'assembly.tgz'));
  const spec = diffBuildSpec(22, 'Notes/Data');
  const asked = spec.phases.build.commands.findIndex(command => command.includes('cdk diff'));
  spec.phases.build.commands[asked] = spec.phases.build.commands[asked].replace('--method template', `--template ${before}/app/cdk.out/assembly-Notes/NotesData*.template.json`);
  return build(spec, cwd, { ASSEMBLY_SHA256: checksum(after), APPROVAL: 'false', ACCEPT_DATA_LOSS: 'none', ...env });
}

/** The end of a comparison again, with another answer to who was asked. */
function decideOn(text: string, env: Record<string, string>): Ran {
  const cwd = fs.mkdtempSync(path.join(folder, 'decision-'));
  fs.writeFileSync(path.join(cwd, 'changes.txt'), text);
  const spec = diffBuildSpec(22, 'Notes/Data');
  spec.phases.build.commands = spec.phases.build.commands.slice(spec.phases.build.commands.findIndex(command => command.startsWith('cat > summary.cjs')));
  return build(spec, cwd, { APPROVAL: 'false', ACCEPT_DATA_LOSS: 'none', ...env });
}

describe('the real command line, from synthesis to the summary', () => {
  let before: string;
  let tested: string;
  let exported: Record<string, string>;
  beforeAll(() => { ({ source: before, output: tested, variables: exported } = synthesize('first')); });

  test('tests the app and hands on the assembly with the command line that made it', () => {
    expect(tested).toContain('the app is tested');
    const listed = spawnSync('tar', ['--list', '--gzip', '--file', path.join(before, 'assembly.tgz')], { encoding: 'utf8' }).stdout;
    expect(listed).toMatch(/^cdk\.out\/manifest\.json$/m);
    expect(listed).toMatch(/^aws-cdk\/bin\/cdk$/m);
  });

  test('tells the checksum of the assembly', () => expect(exported).toEqual({ ASSEMBLY_SHA256: checksum(before) }));

  test.each<[string, any]>([['compared', diffBuildSpec(22, 'Notes/Data')], ['deployed', deployBuildSpec(22, 'Notes/Data', 4)]])(
    'an assembly that somebody has exchanged is not %s, nor taken apart', (_, spec) => {
      const cwd = fs.mkdtempSync(path.join(folder, 'exchanged-'));
      spawnSync('tar', ['--create', '--gzip', '--file', 'assembly.tgz', '--files-from', os.devNull], { cwd });
      const { exitCode, output } = build(spec, cwd, { ASSEMBLY_SHA256: exported.ASSEMBLY_SHA256, ...OFFLINE });
      expect(output).toContain('assembly.tgz: FAILED');
      expect(exitCode).toBe(1);
      expect(fs.readdirSync(cwd)).toEqual(['assembly.tgz']);
    });

  test('a finding of a rule pack ends the synthesis', () => {
    const { exitCode, output } = synthesize('finding');
    expect(output).toContain('AwsSolutions-EC23: the group is open');
    expect(exitCode).toBe(1);
  });

  test('a synthesis that leaves no assembly is told so', () => {
    expect(synthesize('nothing', 'true')).toMatchObject({ exitCode: 1, output: expect.stringContaining('The synthesis left no cloud assembly in cdk.out.') });
  });

  test('the same commit changes nothing', () => {
    expect(compare(before, before)).toMatchObject({ exitCode: 0, variables: { CHANGES: 'Nothing changes.', CHANGES_URL: 'https://console.example/build' } });
  });

  test('an output alone is a change', () => {
    expect(compare(before, synthesize('output').source)).toMatchObject({ exitCode: 0, variables: { CHANGES: '1 of 1 stacks change: Data +0 ~0 -0.' } });
  });

  test('what holds no data may be replaced, and what is retained may leave', () => {
    const summary = '1 of 1 stacks change: Data +0 ~1 -1. Besides: leaves behind AWS::S3::Bucket Data/Kept, replaces AWS::EC2::SecurityGroup Data/Group.';
    expect(compare(before, synthesize('harmless').source)).toMatchObject({ exitCode: 0, variables: { CHANGES: summary } });
  });

  test('what would be lost ends the execution where nobody is asked', () => {
    const { exitCode, output, variables } = compare(before, synthesize('lossy').source);
    expect(output).toContain('DATA: deletes AWS::S3::Bucket Data/Uploads, replaces AWS::DynamoDB::Table Data/Table. 1 of 1 stacks change: Data +0 ~1 -1.\nData would be lost.');
    expect({ exitCode, variables }).toEqual({ exitCode: 1, variables: {} });
  });

  test('a stack that cannot be compared ends the comparison', () => {
    const cwd = fs.mkdtempSync(path.join(folder, 'alone-'));
    fs.copyFileSync(path.join(before, 'assembly.tgz'), path.join(cwd, 'assembly.tgz'));
    const { exitCode, output } = build(diffBuildSpec(22, 'Notes/*'), cwd, { ASSEMBLY_SHA256: checksum(before), APPROVAL: 'true', ACCEPT_DATA_LOSS: 'none', ...OFFLINE });
    expect(exitCode).toBe(1);
    expect(output).toMatch(/credentials/i);
  });
});

const LOSSY = 'Stack Notes/Data (Notes-Data)\nResources\n[~] AWS::RDS::DBCluster Data/Db Db1234 may be replaced\n\n✨  Number of stacks with differences: 1\n';

test.each<{ who: string; env: Record<string, string>; exitCode: number }>([
  { who: 'nobody was asked', env: {}, exitCode: 1 },
  { who: 'somebody is asked', env: { APPROVAL: 'true' }, exitCode: 0 },
  { who: 'the commit was accepted', env: { ACCEPT_DATA_LOSS: COMMIT }, exitCode: 0 },
  { who: 'an earlier commit was accepted', env: { ACCEPT_DATA_LOSS: 'decade' }, exitCode: 1 },
])('data and $who: $exitCode', ({ env, exitCode }) => {
  const decision = decideOn(LOSSY, env);
  expect(decision.output).toContain('DATA: may replace AWS::RDS::DBCluster Data/Db.');
  expect(decision.exitCode).toBe(exitCode);
});

test.each([
  { form: 'another form', text: 'Stack A\nResources\n  ~ AWS::S3::Bucket A (replace)\n\n✨  Number of stacks with differences: 1\n', message: '1 stacks differ and 0 were read' },
  { form: 'no end', text: 'Stack A\nResources\n[~] AWS::S3::Bucket A A1 replace\n', message: 'no count of stacks differ and 1 were read' },
])('a diff of $form is refused, not taken for no change', ({ text, message }) => {
  const { exitCode, output } = decideOn(text, { APPROVAL: 'true' });
  expect(output).toContain(message);
  expect(exitCode).toBe(1);
});

test('a long list keeps to the length that an approval takes, data first', () => {
  const stack = (index: number) => `Stack Innovate/Staging/AStackWithAName${index}\nResources\n[-] AWS::S3::Bucket A/Bucket/Of/Records${index} Bucket${index} destroy\n`;
  const { variables } = decideOn(`${Array.from({ length: 60 }, (_, index) => stack(index)).join('')}\n✨  Number of stacks with differences: 60\n`, { APPROVAL: 'true' });
  expect(variables.CHANGES).toHaveLength(900);
  expect(variables.CHANGES).toMatch(/^DATA: deletes AWS::S3::Bucket AStackWithAName0\/A\/Bucket\/Of\/Records0, .* and 55 more\. 60 of 60 stacks change/);
});

test('the deployment takes the assembly apart and installs nothing', () => {
  expect(deployBuildSpec(22, 'Notes/*', 4).phases.build.commands).toEqual([
    'echo "$ASSEMBLY_SHA256  assembly.tgz" | sha256sum --check --quiet',
    'tar --extract --gzip --file assembly.tgz',
    'node aws-cdk/bin/cdk deploy \'Notes/*\' --app cdk.out --exclusively --require-approval never --concurrency 4 --progress events --ci --no-color --no-notices',
  ]);
});
