/** Where things lie in the repository. */
export interface SourceFolders {
  /**
   * The API: `Containerfile` and `test.sh`.
   *
   * @default 'api'
   */
  readonly api?: string;
  /**
   * The single-page application: `test.sh`, which checks it and leaves the build in `dist`.
   *
   * @default 'spa'
   */
  readonly site?: string;
  /**
   * The API's Helm chart; it takes `image.repository` and `image.digest`.
   *
   * @default 'deploy/chart'
   */
  readonly chart?: string;
}
