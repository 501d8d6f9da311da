import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

export interface WeakReferenceOptions {
  /** The construct that the value belongs to; its stack gets the output. */
  readonly producer: Construct;
  /** The construct that needs the value. */
  readonly consumer: Construct;
  /** A name for the output, unique inside the producer. */
  readonly id: string;
  readonly value: string;
  /** Role that may describe the producer's stack, where it is in another account. @default - the consumer's own */
  readonly roleArn?: string;
}

/**
 * Hands a value from one stack to another without an export, so that neither can block the other's update,
 * across regions and accounts too. The stacks are ordered; the value is read when the consumer is deployed.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
 */
export function weakReference({ producer, consumer, id, value, roleArn }: WeakReferenceOptions): string {
  const from = Stack.of(producer);
  const to = Stack.of(consumer);
  if (from === to) { return value; }
  const outputId = `WeakReference${id}`;
  const output = producer.node.tryFindChild(outputId) as CfnOutput | undefined ?? new CfnOutput(producer, outputId, { value });
  to.addDependency(from);
  return Fn.getStackOutput(from.stackName, from.resolve(output.logicalId), from.region === to.region ? undefined : from.region, roleArn);
}
