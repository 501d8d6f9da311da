import * as rds from 'aws-cdk-lib/aws-rds';
import { isDeployTime } from '../private/validation';

/** What not every version of Aurora PostgreSQL can do. */
export type EngineFeature = 'serverless' | 'pausing' | 'dataApi';

/**
 * The first minor version of each major version that can do it; newer major versions can from the start.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.ServerlessV2.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html#aurora-serverless-v2.how-it-works.capacity
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
 */
const FIRST_MINOR_VERSIONS: Record<EngineFeature, Record<number, number>> = {
  serverless: { 13: 6, 14: 3, 15: 2, 16: 1 },
  pausing: { 13: 15, 14: 12, 15: 7, 16: 3 },
  dataApi: { 13: 11, 14: 8, 15: 3, 16: 1, 17: 4, 18: 3 },
};

/** Whether this version can do it; a version that only the deployment knows is taken to. */
export function supports(engineVersion: rds.AuroraPostgresEngineVersion, feature: EngineFeature): boolean {
  const version = engineVersion.auroraPostgresFullVersion;
  if (isDeployTime(version)) { return true; }
  if (isLimitless(engineVersion)) { return false; }
  const [major, minor] = version.split('.').map(part => Number.parseInt(part, 10));
  const first = FIRST_MINOR_VERSIONS[feature];
  return minor >= (first[major] ?? (major > Math.max(...Object.keys(first).map(Number)) ? 0 : Infinity));
}

/** Whether SQL can be run through the Data API. */
export function supportsDataApi(engineVersion: rds.AuroraPostgresEngineVersion): boolean {
  return supports(engineVersion, 'dataApi');
}

/** Whether it is a version of Aurora Limitless Database, which is made of other parts. */
export function isLimitless({ auroraPostgresFullVersion: version }: rds.AuroraPostgresEngineVersion): boolean {
  return version.endsWith('limitless');
}
