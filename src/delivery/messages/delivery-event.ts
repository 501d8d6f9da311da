/** What is worth a message during a release. */
export enum DeliveryEvent {
  /** A commit was read and its release began, or a failed stage is tried again. */
  STARTED = 'STARTED',
  /** A stage before the deployment succeeded. */
  STAGE_SUCCEEDED = 'STAGE_SUCCEEDED',
  /** Somebody has to approve. */
  APPROVAL_REQUESTED = 'APPROVAL_REQUESTED',
  /** The release runs in its environment. */
  SUCCEEDED = 'SUCCEEDED',
  /** The release, or a rollback, failed. */
  FAILED = 'FAILED',
  /** A rollback began, or ended well. */
  ROLLED_BACK = 'ROLLED_BACK',
  /** Somebody stopped or did not approve the release, or the pipeline was changed meanwhile. */
  STOPPED = 'STOPPED',
  /** A newer commit took the place of this one. */
  SUPERSEDED = 'SUPERSEDED',
}
