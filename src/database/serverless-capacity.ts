import { Duration } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IConstruct } from 'constructs';
import { isDeployTime, reject, validateRange } from '../private/validation';

export interface ServerlessCapacity {
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly autoPauseAfter?: Duration;
  readonly engineVersion: rds.AuroraPostgresEngineVersion;
}

/**
 * The first minor version of each major version that runs as Aurora Serverless v2, and the first that can pause;
 * newer major versions do both from the start.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.ServerlessV2.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html#aurora-serverless-v2.how-it-works.capacity
 */
const FIRST_MINOR_VERSIONS: Record<number, { readonly serverless: number; readonly pausing: number }> = {
  13: { serverless: 6, pausing: 15 },
  14: { serverless: 3, pausing: 12 },
  15: { serverless: 2, pausing: 7 },
  16: { serverless: 1, pausing: 3 },
};

/** Refuses a capacity range, a pause or an engine version that Aurora Serverless v2 does not run. */
export function validateServerlessCapacity(scope: IConstruct, capacity: ServerlessCapacity): void {
  const { minCapacity, maxCapacity, autoPauseAfter, engineVersion } = capacity;
  validateRange(scope, { prop: 'minCapacity', value: minCapacity, min: 0, max: 256, unit: 'ACU', step: 0.5 });
  validateRange(scope, { prop: 'maxCapacity', value: maxCapacity, min: 1, max: 256, unit: 'ACU', step: 0.5 });
  if (!isDeployTime(minCapacity) && !isDeployTime(maxCapacity) && minCapacity > maxCapacity) {
    reject(scope, {
      prop: 'minCapacity',
      value: minCapacity,
      problem: `it is above \`maxCapacity\`, which is ${maxCapacity}`,
      remedy: 'Lower `minCapacity` or raise `maxCapacity`.',
    });
  }
  validateEngineVersion(scope, engineVersion, 'serverless', 'Aurora Serverless v2 does not run it');
  validatePausing(scope, capacity);
  if (autoPauseAfter) { validateEngineVersion(scope, engineVersion, 'pausing', 'Aurora cannot pause it'); }
}

/** Pausing costs the first caller up to half a minute, so a zero alone is more likely a slip than a wish. */
function validatePausing(scope: IConstruct, { minCapacity, autoPauseAfter }: ServerlessCapacity): void {
  if (minCapacity === 0 && !autoPauseAfter) {
    reject(scope, {
      prop: 'minCapacity',
      value: 0,
      problem: 'at 0 ACU the database pauses when idle and `autoPauseAfter` does not ask for that',
      remedy: 'Give 0.5 or more, or set `autoPauseAfter` too.',
    });
  }
  if (!autoPauseAfter) { return; }
  if (minCapacity !== 0 && !isDeployTime(minCapacity)) {
    reject(scope, {
      prop: 'autoPauseAfter',
      value: autoPauseAfter.toHumanString(),
      problem: `a database pauses only where \`minCapacity\` is 0 and it is ${minCapacity}`,
      remedy: 'Set `minCapacity` to 0, or leave `autoPauseAfter` out.',
    });
  }
  if (!autoPauseAfter.isUnresolved()) {
    validateRange(scope, { prop: 'autoPauseAfter', value: autoPauseAfter.toSeconds(), min: 300, max: 86_400, unit: 'seconds' });
  }
}

function validateEngineVersion(
  scope: IConstruct, { auroraPostgresFullVersion: version }: rds.AuroraPostgresEngineVersion, feature: 'serverless' | 'pausing', problem: string,
): void {
  if (isDeployTime(version)) { return; }
  const [major, minor] = version.split('.').map(part => Number.parseInt(part, 10));
  const first = major > 16 ? 0 : FIRST_MINOR_VERSIONS[major]?.[feature] ?? Infinity;
  if (!(minor >= first) || version.endsWith('limitless')) {
    reject(scope, {
      prop: 'engineVersion', value: version, problem, remedy: 'Leave it out, or give a newer rds.AuroraPostgresEngineVersion such as VER_17_7.',
    });
  }
}
