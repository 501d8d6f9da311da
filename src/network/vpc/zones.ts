import { isDeployTime } from '../../private/validation';

/**
 * Regions by the number of their zones. An account may be given fewer of them: new ones have two in us-west-1. The fourth of ca-central-1
 * is one of old accounts only.
 */
const REGIONS: Record<number, string[]> = {
  3: [
    'af-south-1', 'ap-east-1', 'ap-east-2', 'ap-northeast-3', 'ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3',
    'ap-southeast-4', 'ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'ca-west-1', 'cn-north-1', 'cn-northwest-1', 'eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1',
    'eu-south-2', 'eu-west-1', 'eu-west-3', 'il-central-1', 'me-central-1', 'me-south-1', 'mx-central-1', 'sa-east-1', 'us-east-2', 'us-gov-east-1',
    'us-gov-west-1', 'us-west-1',
  ],
  4: ['ap-northeast-1', 'ap-northeast-2', 'ca-central-1', 'eu-west-2', 'us-west-2'],
  6: ['us-east-1'],
};

/**
 * The most zones that a region has; undefined where only the deployment knows the region, and where the region is none of the table.
 *
 * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
 */
export function zonesOf(region: string): number | undefined {
  if (isDeployTime(region)) { return undefined; }
  const [zones] = Object.entries(REGIONS).find(([, regions]) => regions.includes(region)) ?? [];
  return zones === undefined ? undefined : Number(zones);
}
