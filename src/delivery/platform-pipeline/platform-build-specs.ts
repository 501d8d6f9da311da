import { CHANGE_SUMMARY_PROGRAM } from './change-summary';

const ASSEMBLY = 'assembly.tgz';
/** What is compared and deployed is what was synthesized, whatever an artifact has become since; `ASSEMBLY_SHA256` is told. */
const UNPACK = [`echo "$ASSEMBLY_SHA256  ${ASSEMBLY}" | sha256sum --check --quiet`, `tar --extract --gzip --file ${ASSEMBLY}`];
/** The full text of the changes, an artifact of its own. */
const CHANGES = 'changes.txt';

export interface SynthSpecOptions {
  readonly appFolder: string;
  readonly nodeVersion: number;
  readonly installCommands: string[];
  readonly testCommands: string[];
  readonly synthCommand: string;
}

/**
 * Installs, tests and synthesizes. The cloud assembly is handed on together with the command line that made it: what is approved and deployed
 * is run by no other program and installs nothing; its checksum (`ASSEMBLY_SHA256`) goes another way. An archive keeps links and modes, which artifacts do not.
 */
export function synthBuildSpec({ appFolder, nodeVersion, installCommands, testCommands, synthCommand }: SynthSpecOptions) {
  const cli = '$(node -p "require(\'path\').resolve(require.resolve(\'aws-cdk/package.json\'), \'../..\')")';
  return {
    env: { 'shell': 'bash', 'exported-variables': ['ASSEMBLY_SHA256'] },
    phases: {
      install: { ...runtime(nodeVersion), commands: [...appFolder === '.' ? [] : [`cd ${appFolder}`], ...installCommands] },
      ...testCommands.length > 0 ? { pre_build: { commands: testCommands } } : {},
      build: {
        commands: [
          synthCommand,
          'test -f cdk.out/manifest.json || { echo "The synthesis left no cloud assembly in cdk.out."; false; }',
          `tar --create --gzip --file "$CODEBUILD_SRC_DIR/${ASSEMBLY}" cdk.out -C "${cli}" aws-cdk`,
          `ASSEMBLY_SHA256="$(sha256sum < "$CODEBUILD_SRC_DIR/${ASSEMBLY}" | cut -d ' ' -f 1)"`,
          'export ASSEMBLY_SHA256',
        ],
      },
    },
    artifacts: { files: [ASSEMBLY] },
  };
}

/** Says what would change, and ends badly where data would be lost without anybody being asked. */
export function diffBuildSpec(nodeVersion: number, stacks: string) {
  return {
    env: { 'shell': 'bash', 'exported-variables': ['CHANGES', 'CHANGES_URL'] },
    phases: {
      install: runtime(nodeVersion),
      build: {
        commands: [
          'set -o pipefail',
          ...UNPACK,
          // compares templates: a change set would take a role that may change something
          `node aws-cdk/bin/cdk diff '${stacks}' --app cdk.out --exclusively --method template --no-color --no-notices 2>&1 | tee ${CHANGES}`,
          `cat > summary.cjs <<'PROGRAM'\n${CHANGE_SUMMARY_PROGRAM}\nPROGRAM`,
          `node summary.cjs ${CHANGES} > summary.txt`,
          'CHANGES="$(tail -n 1 summary.txt)"; CHANGES_URL="$CODEBUILD_BUILD_URL"; export CHANGES CHANGES_URL; echo "$CHANGES"',
          [
            '[ "$(head -n 1 summary.txt)" = 0 ] || [ "$APPROVAL" = true ] || [ "$ACCEPT_DATA_LOSS" = "$COMMIT" ] || {',
            '  echo "Data would be lost. Where this is meant, start the pipeline once more with the variable ACCEPT_DATA_LOSS=$COMMIT."',
            '  false',
            '}',
          ].join('\n'),
        ],
      },
    },
    artifacts: { files: [CHANGES] },
  };
}

/** Deploys what was synthesized, in the order of the stacks' dependencies. */
export function deployBuildSpec(nodeVersion: number, stacks: string, concurrency: number) {
  const options = `--app cdk.out --exclusively --require-approval never --concurrency ${concurrency} --progress events --ci --no-color --no-notices`;
  return {
    env: { shell: 'bash' },
    phases: {
      install: runtime(nodeVersion),
      build: { commands: [...UNPACK, `node aws-cdk/bin/cdk deploy '${stacks}' ${options}`] },
    },
  };
}

function runtime(nodejs: number) {
  return { 'runtime-versions': { nodejs } };
}
