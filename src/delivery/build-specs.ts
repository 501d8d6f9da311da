/** Values file that the API's build writes into the chart: which image this release is. */
export const IMAGE_VALUES_FILE = 'image-values.yaml';

/** Both scripts of the application may need both languages. */
const RUNTIMES = { 'runtime-versions': { python: '3.11', nodejs: 22 } };
const SHELL = { shell: 'bash' };
const IMAGE_LOOKUP = 'aws ecr describe-images --repository-name "${IMAGE_REPOSITORY#*/}" --image-ids "imageTag=$COMMIT" --query "imageDetails[0].imageDigest" --output text';

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
 * The invalidation is not waited for; it only shortens the minimum time that the distribution may keep a page.
 */
export function siteUploadBuildSpec() {
  const upload = 'aws s3 cp --no-progress';
  const site = '"s3://$SITE_BUCKET/"';
  return {
    env: SHELL,
    phases: {
      build: {
        commands: [
          `${upload} --recursive --exclude "*" --include "assets/*" --cache-control "public,max-age=31536000,immutable" . ${site}`,
          `${upload} --recursive --exclude "assets/*" --exclude index.html --exclude runtime-config.json --cache-control "public,max-age=300" . ${site}`,
          // the site's own settings stay; only the release is news
          `settings="$(aws s3 cp ${site}runtime-config.json - || echo '{}')"`,
          'jq --arg environment "$ENVIRONMENT" --arg release "$COMMIT" \'. + {environment: $environment, release: $release}\' <<< "$settings" > runtime-config.json',
          `${upload} --cache-control no-cache runtime-config.json ${site}`,
          `${upload} --cache-control no-cache index.html ${site}`,
          'aws cloudfront create-invalidation --distribution-id "$DISTRIBUTION_ID" --paths / /index.html',
        ],
      },
    },
  };
}
