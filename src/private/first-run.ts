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

/** What the calendar alone answers. */
export interface FirstRunPeriod {
  /** The last day on which all is well, `YYYY-MM-DD` in UTC; a day that is more than a year away is not well either. */
  readonly lastDay: string;
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
  readonly check: FirstRunCheck | FirstRunPeriod;
  /** Arguments after `aws`, one list a command, in this order. @default - no command does it */
  readonly commands?: string[][];
  /** What a person does where no command can. @default - the commands do it */
  readonly manual?: string;
}

/** A step as it stands in a template. */
export interface RecordedStep extends FirstRunStep {
  readonly account: string;
  /** The stack that it belongs to, which has to be there before a step that follows the deployment. */
  readonly stack: { readonly name: string; readonly account: string; readonly region?: string };
}

/**
 * Adds a step to the first-run checklist, which `cdk-innovate-platform preflight` reads from the templates of the cloud assembly.
 * Ids that are not known yet are given by the names above. A step about a value that only the deployment knows is left out:
 * nobody could ask for it.
 */
export function addFirstRunStep(scope: IConstruct, { id, ...step }: FirstRunStep): void {
  if (Token.isUnresolved(JSON.stringify(step))) { return; }
  const stack = deployedStack(Stack.of(scope));
  const account = Token.isUnresolved(stack.account) ? CALLER_ACCOUNT : stack.account;
  const region = Token.isUnresolved(stack.region) ? undefined : stack.region;
  const content: Omit<RecordedStep, 'id'> = { account, region, ...step, stack: { name: stack.stackName, account, region } };
  const { templateOptions } = stack;
  templateOptions.metadata = {
    ...templateOptions.metadata,
    [FIRST_RUN_METADATA]: { ...templateOptions.metadata?.[FIRST_RUN_METADATA], [id]: content },
  };
}

/** The address of everybody who is sent something: SNS sends nothing to one that has not confirmed. */
export function addSubscriptionStep(scope: IConstruct, email: string): void {
  addFirstRunStep(scope, {
    id: `subscriptions-${email}`,
    title: `${email} has confirmed its subscriptions`,
    why: 'SNS sends nothing to an address that has not confirmed.',
    beforeDeployment: false,
    check: {
      command: ['sns', 'list-subscriptions', '--query', `contains(Subscriptions[?Endpoint==${jmesPath(email)}].SubscriptionArn, 'PendingConfirmation')`],
      expected: 'false',
    },
    manual: 'Follow the link in each message "AWS Notification - Subscription Confirmation".',
  });
}

/** A text as a literal of JMESPath, the language of `--query`. */
export function jmesPath(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, '\\\'')}'`;
}

/** Nested stacks are deployed with the stack around them, and only that one has a template in the cloud assembly. */
function deployedStack(stack: Stack): Stack {
  return stack.nestedStackParent ? deployedStack(stack.nestedStackParent) : stack;
}
