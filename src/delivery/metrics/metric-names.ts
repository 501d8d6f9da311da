/** Where the measures of deliveries are, each with the dimension `PipelineName`. */
export const DELIVERY_NAMESPACE = 'InnovatePlatform/Delivery';

export const DELIVERY_METRICS = {
  /** 1 for each release that succeeded. */
  deployments: 'DeploymentFrequency',
  /** Seconds from the commit's author date to the end of the release. */
  leadTime: 'LeadTimeForChanges',
  /** For each release that got as far as to deploy: 1 where it failed, 0 where it succeeded. */
  changeFailure: 'ChangeFailure',
  /** 1 for each release that had succeeded and that somebody rolled back, 0 for each other. */
  manualRollback: 'ManualRollback',
  /** Seconds from the first release that failed to the next that succeeded, or to the end of the rollback. */
  timeToRestore: 'TimeToRestore',
} as const;
