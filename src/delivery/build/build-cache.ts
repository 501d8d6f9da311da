/** Where builds keep what they downloaded for the next build. The checks of pull requests never share what a release is built with. */
export enum BuildCache {
  /** Every build downloads what it needs. */
  NONE = 'none',
  /** On the machine of the build, as long as CodeBuild keeps it: costs nothing, and often there is none. */
  LOCAL = 'local',
  /** In the pipeline's bucket: package managers find their downloads again, layers of images do not. */
  BUCKET = 'bucket',
}
