/**
 * What a check is. An app brings its own in a module that exports
 * `checks: Check[]`, named on the command line by `--checks <module>`.
 */
import type { AssemblyStack, Environment } from '../assembly';

export interface Check {
  /** Short and in lower case: `accounts are isolated`. */
  readonly name: string;
  /** What is true of the platform when it passes, in one sentence. */
  readonly proves: string;
  /** Paths of stacks that it speaks of. Where only some stacks are rehearsed, it is left out unless each is among them. @default - none in particular */
  readonly needs?: readonly RegExp[];
  run(context: CheckContext): Promise<CheckOutcome>;
}

export interface CheckOutcome {
  readonly passed: boolean;
  /** What the API answered: when it failed, one line for each thing that is wrong. */
  readonly evidence: readonly string[];
}

/** A resource as CloudFormation reports it, with what its template says. */
export interface DeployedResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  /** `undefined` for what an API made without the template naming it. */
  readonly deletionPolicy?: string;
}

/** Any client class of the AWS SDK for JavaScript. */
export type ClientClass<T> = new (configuration: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
}) => T;

export interface CheckContext {
  readonly stacks: readonly AssemblyStack[];
  readonly environments: readonly Environment[];

  /** A client of the local AWS, in the account and region of an environment or a stack. */
  client<T>(type: ClientClass<T>, where: Environment): T;

  /** The resources of a stack, from DescribeStackResources. */
  resourcesOf(stack: AssemblyStack): Promise<readonly DeployedResource[]>;

  /** A stack's outputs, from DescribeStacks. */
  outputsOf(stack: AssemblyStack): Promise<Readonly<Record<string, string>>>;

  /** Properties and attributes of a resource, from Cloud Control; `undefined` if there is none. */
  modelOf(stack: AssemblyStack, resource: DeployedResource): Promise<Record<string, unknown> | undefined>;

  /** What Cloud Control calls a resource; often, not always, the physical id. */
  identifierOf(stack: AssemblyStack, resource: DeployedResource): Promise<string>;

  /** Stacks whose path (`Innovate/Staging/Network`) matches. */
  find(pattern: RegExp): readonly AssemblyStack[];
}

export function passed(...evidence: string[]): CheckOutcome {
  return { passed: true, evidence };
}

export function failed(...evidence: string[]): CheckOutcome {
  return { passed: false, evidence };
}

/** Fails with every problem, or passes with the evidence. */
export function unlessProblems(problems: readonly string[], ...evidence: string[]): CheckOutcome {
  return problems.length > 0 ? failed(...problems) : passed(...evidence);
}
