import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The key of a template's metadata that holds the stack's steps, by their ids. */
export const FIRST_RUN_METADATA = 'cdk-innovate-platform:first-run';

/**
 * What stands for an id that is not known when the app is synthesized: the command line asks AWS for it.
 * `{account:<name>}` is the id of the account of this name.
 */
export const ORGANIZATION_ID = '{organizationId}';
export const ROOT_ID = '{rootId}';
export const MANAGEMENT_ACCOUNT = '{managementAccount}';
export const CALLER_ACCOUNT = '{callerAccount}';

/** How the state of a step is asked for: a call of the AWS CLI, and what its answer has to be. */
export interface FirstRunCheck {
  /** Arguments after `aws`; `--query` picks the text, number, boolean or list that is compared. */
  readonly command: string[];
  /** What the picked list has to include, or the picked value has to be. */
  readonly expected: string;
}

/** One preparation that CloudFormation cannot make. */
export interface FirstRunStep {
  /** Unique in the app and the same in every synthesis, e.g. `trusted-access-cloudtrail`. */
  readonly id: string;
  /** What is true once the step is done, e.g. `CloudTrail may see the organization`. */
  readonly title: string;
  /** What does not work without it: one sentence. */
  readonly why: string;
  /** The account that is asked and changed: an id, or one of the names above. @default - the account of the stack */
  readonly account?: string;
  /** @default - the region of the stack */
  readonly region?: string;
  /** Whether the deployment fails without it. */
  readonly beforeDeployment: boolean;
  readonly check: FirstRunCheck;
  /** Arguments after `aws`, one list a command, in this order. @default - no command does it */
  readonly commands?: string[][];
  /** What a person does where no command can. @default - the commands do it */
  readonly manual?: string;
}

/** A step as it stands in a template. */
export interface RecordedStep extends FirstRunStep {
  readonly account: string;
}

/**
 * Adds a step to the first-run checklist, which `cdk-innovate-platform preflight` reads from the templates of the cloud assembly.
 * Ids that are not known yet are given by the names above: a step cannot hold a reference.
 */
export function addFirstRunStep(scope: IConstruct, { id, ...step }: FirstRunStep): void {
  const { templateOptions, account, region } = Stack.of(scope);
  const content: Omit<RecordedStep, 'id'> = {
    account: Token.isUnresolved(account) ? CALLER_ACCOUNT : account,
    region: Token.isUnresolved(region) ? undefined : region,
    ...step,
  };
  templateOptions.metadata = {
    ...templateOptions.metadata,
    [FIRST_RUN_METADATA]: { ...templateOptions.metadata?.[FIRST_RUN_METADATA], [id]: content },
  };
}
