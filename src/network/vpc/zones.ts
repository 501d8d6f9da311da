import { isDeployTime } from '../../private/validation';

/** Regions with more zones than others. An account may be given fewer of them. */
const LARGE_REGIONS: Record<string, number> = {
  'ap-northeast-1': 4,
  'ap-northeast-2': 4,
  'ca-central-1': 4,
  'us-east-1': 6,
  'us-west-2': 4,
};

/** What a region has unless it is listed above. */
const USUAL_ZONES = 3;

/**
 * The most zones that a region has; undefined where only the deployment knows the region.
 *
 * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
 */
export function zonesOf(region: string): number | undefined {
  return isDeployTime(region) ? undefined : LARGE_REGIONS[region] ?? USUAL_ZONES;
}
