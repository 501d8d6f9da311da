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
  found="$(aws s3api head-object --bucket "$SITE_BUCKET" --key "$1" --query '[Metadata.superseded, ContentType]' --output text)" || return
  [ "\${found%%$'\\t'*}" = true ] || aws s3api copy-object --bucket "$SITE_BUCKET" --key "$1" --copy-source "$SITE_BUCKET/$1" \\
    --metadata-directive REPLACE --metadata superseded=true --content-type "\${found#*$'\\t'}" --cache-control "${KEPT_ASSET}" \\
    --tagging-directive REPLACE --tagging superseded=true > /dev/null
}
export -f supersede
aws s3api list-objects-v2 --bucket "$SITE_BUCKET" --prefix assets/ --query 'Contents[].Key' --output json | jq --raw-output '.[]?' \\
  | while read -r key; do [ -f "$key" ] || echo "$key"; done | xargs --no-run-if-empty --delimiter '\\n' --max-procs 8 --replace={} bash -c 'supersede "$1"' - {}`;

/**
 * Tests the API, builds its image once and hands on the chart with the image's digest. A commit that is released again keeps its image:
 * tags cannot be overwritten.
 */
export function apiBuildSpec(folder: string, chart: string) {
  return {
    env: { ...SHELL, 'exported-variables': ['IMAGE_DIGEST'] },
    phases: {
      install: RUNTIMES,
      pre_build: {
        commands: [
          `bash ${folder}/test.sh`,
          'aws ecr get-login-password | docker login --username AWS --password-stdin "${IMAGE_REPOSITORY%%/*}"',
        ],
      },
      build: {
        commands: [
          `${IMAGE_LOOKUP} || { docker build --platform linux/arm64 --file ${folder}/Containerfile --tag "$IMAGE_REPOSITORY:$COMMIT" ${folder} && docker push "$IMAGE_REPOSITORY:$COMMIT"; }`,
          `IMAGE_DIGEST="$(${IMAGE_LOOKUP})"`,
          'export IMAGE_DIGEST',
          `printf 'image:\\n  repository: %s\\n  digest: %s\\n' "$IMAGE_REPOSITORY" "$IMAGE_DIGEST" > ${chart}/${IMAGE_VALUES_FILE}`,
        ],
      },
    },
    artifacts: { files: [`${chart}/**/*`] },
  };
}

/** Tests the single-page application and hands on what its script built. */
export function siteBuildSpec(folder: string) {
  return {
    env: SHELL,
    phases: {
      install: RUNTIMES,
      build: { commands: [`bash ${folder}/test.sh`, `test -f ${folder}/dist/index.html`] },
    },
    artifacts: { 'base-directory': `${folder}/dist`, 'files': ['**/*'] },
  };
}

/** Runs the scripts of the application and keeps nothing. */
export function checksBuildSpec(folders: string[]) {
  return {
    env: SHELL,
    phases: {
      install: RUNTIMES,
      build: { commands: folders.map(folder => `bash ${folder}/test.sh`) },
    },
  };
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
