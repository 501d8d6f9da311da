/** Where the parts of an application are in its repository; a part without a folder is not there. */
export interface ApplicationFolders {
  /**
   * The API in Python: `Containerfile`, `requirements-dev.txt` and `test.sh`.
   *
   * @default - no API
   */
  readonly api?: string;
  /**
   * The single-page application: `package-lock.json` and `test.sh`.
   *
   * @default - no site
   */
  readonly site?: string;
  /**
   * The API's Helm chart.
   *
   * @default - no chart
   */
  readonly chart?: string;
}
