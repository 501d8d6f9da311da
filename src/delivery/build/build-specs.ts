import * as fs from 'node:fs';
import * as path from 'node:path';
import { REPORTS_FOLDER } from './build-project';
import { ImageGate, imageGateCommand } from './image-gate';
import { downloadCommand, HELM, SYFT } from './tools';
import { BranchingStrategy } from '../github/branching-strategy';

/** Values file that the API's build writes into the chart: which image this release is. */
export const IMAGE_VALUES_FILE = 'image-values.yaml';

/** Both scripts of the application may need both languages. */
const RUNTIMES = { 'runtime-versions': { python: '3.11', nodejs: 22 } };
const SHELL = { shell: 'bash' };
const IMAGE_LOOKUP = 'aws ecr describe-images --repository-name "${IMAGE_REPOSITORY#*/}" --image-ids "imageTag=$COMMIT" --query "imageDetails[0].imageDigest" --output text';

const KEPT_ASSET = 'public,max-age=31536000,immutable';

/** Marks the assets of the bucket that are not in this folder; what is marked already keeps the date of its copy. */
const SUPERSEDE = `set -o pipefail
supersede() {
  found="$(aws s3api head-object --bucket "$SITE_BUCKET" --key "$1" --query '[Metadata.superseded, ContentType, ContentEncoding]' --output text)" || return
  IFS=$'\\t' read -r marked type encoding <<< "$found"
  encoded=(); [ "$encoding" = None ] || encoded=(--content-encoding "$encoding")
  [ "$marked" = true ] || aws s3api copy-object --bucket "$SITE_BUCKET" --key "$1" --copy-source "$SITE_BUCKET/$1" \\
    --metadata-directive REPLACE --metadata superseded=true --content-type "$type" "\${encoded[@]}" \\
    --cache-control "${KEPT_ASSET}" --tagging-directive REPLACE --tagging superseded=true > /dev/null
}
export -f supersede
aws s3api list-objects-v2 --bucket "$SITE_BUCKET" --prefix assets/ --query 'Contents[].Key' --output json | jq --raw-output '.[]?' \\
  | while read -r key; do [ -f "$key" ] || echo "$key"; done | xargs --no-run-if-empty --delimiter '\\n' --max-procs 8 --replace={} bash -c 'supersede "$1"' - {}`;

/** Where bills of materials are written, from the root of the repository. */
const BILLS_FOLDER = 'bills';
/** What package managers keep for the next build. */
const CACHE = { cache: { paths: ['/root/.cache/pip/**/*', '/root/.npm/**/*'] } };
const PREPARE = `export REPORTS_DIR="$PWD/${REPORTS_FOLDER}" TOOLS_DIR="$PWD/.tools"; mkdir -p "$REPORTS_DIR" ${BILLS_FOLDER}`;

export interface ApiBuildOptions {
  /** Folder of the API. */
  readonly folder: string;
  /** Folder of the chart. */
  readonly chart: string;
  /** Names of what is handed on: the chart, and what the image is made of. */
  readonly artifacts: { readonly release: string; readonly bill: string };
  /** @default - no finding stops the release */
  readonly gate?: ImageGate;
  /** The release that is rendered and measured by the contract in `DEPLOYMENT_CONTRACT`. @default - nobody checks the chart */
  readonly check?: { readonly releaseName: string; readonly namespace: string };
}

/**
 * Tests the API, builds its image once and hands on the chart with the image's digest. A commit that is released again keeps its image:
 * tags cannot be overwritten.
 */
export function apiBuildSpec({ folder, chart, artifacts, gate, check }: ApiBuildOptions) {
  return {
    env: { ...SHELL, 'exported-variables': ['IMAGE_DIGEST'] },
    phases: {
      install: RUNTIMES,
      pre_build: {
        commands: [
          PREPARE,
          `bash ${folder}/test.sh`,
          'aws ecr get-login-password | docker login --username AWS --password-stdin "${IMAGE_REPOSITORY%%/*}"',
        ],
      },
      build: {
        commands: [
          // an index with a provenance beside the image is nothing that ECR scans
          'export BUILDX_NO_DEFAULT_ATTESTATIONS=1',
          `${IMAGE_LOOKUP} || { docker build --platform linux/arm64 --file ${folder}/Containerfile --tag "$IMAGE_REPOSITORY:$COMMIT" ${folder} && docker push "$IMAGE_REPOSITORY:$COMMIT"; }`,
          `IMAGE_DIGEST="$(${IMAGE_LOOKUP})"`,
          'export IMAGE_DIGEST',
          downloadCommand(SYFT),
          `"$TOOLS_DIR/syft" scan "registry:$IMAGE_REPOSITORY@$IMAGE_DIGEST" --quiet --output cyclonedx-json=${BILLS_FOLDER}/api.cdx.json`,
          ...gate ? [imageGateCommand(gate)] : [],
          `printf 'image:\\n  repository: %s\\n  digest: %s\\n' "$IMAGE_REPOSITORY" "$IMAGE_DIGEST" > ${chart}/${IMAGE_VALUES_FILE}`,
          ...check ? checkCommands(chart, check) : [],
        ],
      },
    },
    ...CACHE,
    artifacts: { 'secondary-artifacts': { [artifacts.release]: { files: [`${chart}/**/*`] }, [artifacts.bill]: { files: [`${BILLS_FOLDER}/*`] } } },
  };
}

/** The cluster would refuse a Deployment that breaks its rules when it is applied, and a chart without Helm's approval earlier. */
function checkCommands(chart: string, { releaseName, namespace }: { readonly releaseName: string; readonly namespace: string }): string[] {
  return [
    downloadCommand(HELM),
    'printf %s "$DEPLOYMENT_CONTRACT" > "$TOOLS_DIR/contract.json"',
    `"$TOOLS_DIR/helm" template ${releaseName} ${chart} --namespace ${namespace} --values ${chart}/${IMAGE_VALUES_FILE} > "$TOOLS_DIR/rendered.yaml"`,
    `npx --yes cdk-innovate-platform@${libraryVersion()} check-deployment --contract "$TOOLS_DIR/contract.json" "$TOOLS_DIR/rendered.yaml"`,
  ];
}

/** The command line has the rules of the version that made the pipeline. */
function libraryVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '..', '..', '..', 'package.json'), 'utf8')) as { version: string }).version;
}

/** Tests the single-page application and hands on what its script built, and what that is made of. */
export function siteBuildSpec(folder: string, artifacts: { readonly site: string; readonly bill: string }) {
  return {
    env: SHELL,
    phases: {
      install: RUNTIMES,
      build: {
        commands: [
          PREPARE,
          `bash ${folder}/test.sh`,
          `test -f ${folder}/dist/index.html`,
          `npm --prefix ${folder} sbom --omit dev --package-lock-only --sbom-format cyclonedx > ${BILLS_FOLDER}/site.cdx.json`,
        ],
      },
    },
    ...CACHE,
    artifacts: {
      'secondary-artifacts': {
        [artifacts.site]: { 'base-directory': `${folder}/dist`, 'files': ['**/*'] },
        [artifacts.bill]: { files: [`${BILLS_FOLDER}/*`] },
      },
    },
  };
}

/**
 * Runs the scripts of the application and keeps nothing but reports. A pull request that the strategy does not allow fails before anything
 * of it runs: neither a ruleset of GitHub nor a webhook can say which branch may go where.
 */
export function checksBuildSpec(folders: string[], strategy: BranchingStrategy) {
  return {
    env: SHELL,
    phases: {
      install: RUNTIMES,
      build: { commands: [pullRequestCommand(strategy), PREPARE, ...folders.map(folder => `bash ${folder}/test.sh`)] },
    },
  };
}

function pullRequestCommand({ rules }: BranchingStrategy): string {
  // a colon stands in no branch's name
  const allowed = rules.flatMap(({ branch, pullRequestsFrom = [] }) => pullRequestsFrom.map(source => `${source}${source.endsWith('/') ? '?*' : ''}:${branch}`));
  return `case "$CODEBUILD_WEBHOOK_EVENT" in PULL_REQUEST_*)
  head="\${CODEBUILD_WEBHOOK_HEAD_REF#refs/heads/}" base="\${CODEBUILD_WEBHOOK_BASE_REF#refs/heads/}"
  case "$head:$base" in
    ${allowed.join(' | ')}) ;;
    *) echo "A pull request from $head into $base is against the branching strategy. Allowed: ${allowed.map(pair => pair.replace('?*', '…').replace(':', ' into ')).join(', ')}."; false ;;
  esac ;;
esac`;
}

/**
 * Uploads a built site: what pages refer to before the pages, nothing removed, so that an open browser tab still finds its chunks.
 * The settings in `runtime-config.json` are the site's own; `release.json` is the pipeline's. The invalidation is not waited for;
 * it only shortens the minimum time that the distribution may keep a page.
 *
 * Assets that this release no longer has are then copied onto themselves with a tag, by which the bucket can expire them: S3 counts
 * the days from the copy, and an asset that is released again is written again, without the tag.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function siteUploadBuildSpec() {
  const upload = 'aws s3 cp --no-progress';
  const site = '"s3://$SITE_BUCKET/"';
  return {
    env: SHELL,
    phases: {
      build: {
        commands: [
          `${upload} --recursive --exclude "*" --include "assets/*" --cache-control "${KEPT_ASSET}" . ${site}`,
          'jq --null-input --arg environment "$ENVIRONMENT" --arg release "$COMMIT" \'{environment: $environment, release: $release}\' > release.json',
          `${upload} --recursive --exclude "assets/*" --exclude index.html --exclude runtime-config.json --cache-control no-cache . ${site}`,
          `${upload} --cache-control no-cache index.html ${site}`,
          'aws cloudfront create-invalidation --distribution-id "$DISTRIBUTION_ID" --paths / /index.html',
          SUPERSEDE,
        ],
      },
    },
  };
}
