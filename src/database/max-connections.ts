import { isDeployTime } from '../private/validation';

/** What no formula of AWS goes beyond. */
const MOST = 5000;
/** What a Serverless v2 cluster is limited to that may shrink to the smallest instance. */
const MOST_OF_SMALL_MINIMUM = 2000;
/** GiB of the size `large`, which is twice `medium`; `xlarge` is twice `large`, `2xlarge` four times, … */
const LARGE: Record<string, number> = { t: 8, r: 16, x: 32 };

/**
 * How many connections an instance of Serverless v2 permits by default, which its most capacity decides; undefined where only the deployment knows.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html#aurora-serverless-v2.max-connections
 */
export function connectionsOfRange({ min, max }: { readonly min: number; readonly max: number }): number | undefined {
  if (isDeployTime(min) || isDeployTime(max)) { return undefined; }
  // an ACU is 2 GiB
  return Math.min(connectionsOfMemory(2 * max), min <= 0.5 ? MOST_OF_SMALL_MINIMUM : MOST);
}

/** The same of an instance of a class, within some percent: AWS reckons with the memory that its own processes leave. */
export function connectionsOfClass(instanceType: string): number | undefined {
  const [, family, size, times] = /^([a-z])\w*\.((\d*)x?large|medium)$/.exec(instanceType) ?? [];
  const large = LARGE[family];
  if (large === undefined) { return undefined; }
  return connectionsOfMemory(size === 'medium' ? large / 2 : size === 'large' ? large : 2 * large * Number(times || 1));
}

/** A straight line through AWS's table of Serverless v2. */
function connectionsOfMemory(gibibytes: number): number {
  return Math.min(MOST, Math.round(105.7 * gibibytes - 22.4));
}
