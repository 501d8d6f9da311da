import * as table from './node-prices.json';

/** What Karpenter knows of an instance type. */
export interface InstanceShape {
  readonly vcpus: number;
  readonly memoryGib: number;
  /** Pods for which the type has network addresses. */
  readonly maxPods: number;
}

/** What a node is bought as. */
export interface Purchase {
  /** A region that the table lacks, or that is known at deployment only, costs as much as the dearest. */
  readonly region: string;
  readonly autoMode: boolean;
  readonly volumesGib: number;
}

/** A month of 31 days: a shorter one costs less. */
const HOURS_OF_LONGEST_MONTH = 744;
const TYPES: Record<string, InstanceShape & { readonly usdPerHour: number }> = table.types;
const REGION_FACTORS: Record<string, number> = table.regionFactors;

/** Families whose price does not depend on how busy they are: not `t`, whose unlimited credits have no cap. */
export const STEADY_FAMILIES = [...new Set(Object.keys(TYPES).map(familyOf))].filter(family => !family.startsWith('t')).sort();

/** The types of some families that have at most so many vCPUs, in the order of their names. */
export function instanceTypesOf(families: string[], mostVcpus: number): string[] {
  return Object.keys(TYPES).filter(name => families.includes(familyOf(name)) && TYPES[name].vcpus <= mostVcpus).sort();
}

export function shapeOf(instanceType: string): InstanceShape {
  return TYPES[instanceType];
}

/** A node's month on demand, volumes and fee included; the price of Spot capacity never exceeds it. */
export function monthlyUsd(instanceType: string, { region, autoMode, volumesGib }: Purchase): number {
  const factor = REGION_FACTORS[region] ?? Math.max(...Object.values(REGION_FACTORS));
  const fee = autoMode ? table.bounds.autoModeFee : 0;
  return TYPES[instanceType].usdPerHour * factor * (1 + fee) * HOURS_OF_LONGEST_MONTH + volumesGib * table.bounds.volumeUsdPerGibMonth;
}

function familyOf(instanceType: string): string {
  return instanceType.split('.')[0];
}
