import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The key of a template's metadata that holds the stack's deliveries, by the names of their pipelines. */
export const DELIVERY_METADATA = 'cdk-innovate-platform:delivery';

/** A rule of the branching strategy, as `BranchRule` has it. */
export interface RecordedBranchRule {
  readonly branch: string;
  readonly deploysTo?: string;
  readonly pullRequestsFrom?: string[];
}

/** Where an application's parts are in its repository, from the root. */
export interface RecordedFolders {
  /** @default - the pipeline delivers no API */
  readonly api?: string;
  /** @default - the pipeline delivers no site */
  readonly site?: string;
  /** The Helm chart or the manifests. @default - none */
  readonly chart?: string;
}

/** What is known of a delivery outside AWS: what the workflows of the application's repository need. All of it are literals. */
export interface DeliveryRecord {
  /** Unique in the app; also the key of the record. */
  readonly pipelineName: string;
  /** `owner/name` on GitHub. */
  readonly repository: string;
  readonly environmentName: string;
  readonly branch: string;
  readonly production: boolean;
  /** Name of the role, without a path, by which the repository's workflow reads the pipeline's executions. @default - nothing is reported */
  readonly reporterRoleName?: string;
  readonly rules: RecordedBranchRule[];
  readonly folders: RecordedFolders;
}

/** A delivery as it stands in a template. */
export interface RecordedDelivery extends DeliveryRecord {
  /** @default - the app does not say in which account it is deployed */
  readonly account?: string;
  /** @default - the app does not say in which region it is deployed */
  readonly region?: string;
}

/** Records a delivery in the template of its stack, where `cdk-innovate-platform github` finds it. */
export function recordDelivery(scope: IConstruct, record: DeliveryRecord): void {
  const { account, region, templateOptions } = Stack.of(scope);
  const content: RecordedDelivery = {
    ...record,
    ...Token.isUnresolved(account) ? {} : { account },
    ...Token.isUnresolved(region) ? {} : { region },
  };
  templateOptions.metadata = {
    ...templateOptions.metadata,
    [DELIVERY_METADATA]: { ...templateOptions.metadata?.[DELIVERY_METADATA], [record.pipelineName]: content },
  };
}

/** The deliveries that a template records. */
export function recordedDeliveries(template: { readonly Metadata?: Record<string, unknown> }): RecordedDelivery[] {
  return Object.values((template.Metadata?.[DELIVERY_METADATA] ?? {}) as Record<string, RecordedDelivery>);
}
