/** What the day has to have shown; each sentence says what was measured. */
import type { DayFacts, ShortageFacts } from './day';
import type { Machine } from './local-ec2';
import { isKarpenters, type Sample, type Sampler } from './sampling';

export interface Assertion {
  readonly name: string;
  readonly holds: boolean;
  readonly measured: string;
}

export interface Expectations {
  readonly sampler: Sampler;
  readonly facts: DayFacts;
  readonly minReplicas: number;
  readonly clusterName: string;
  readonly instanceProfile: string;
  readonly securityGroup: string;
}

/** Two requests of one sample may be answered before and after one pod's change. */
const BETWEEN_TWO_ANSWERS = 1;

export function assertionsOf(expected: Expectations): Assertion[] {
  const { sampler: { samples, launched, budget }, facts, minReplicas } = expected;
  const machines = [...launched.values()];
  return [
    launchedAsDeclared('arm64 only', machines, ({ architecture }) => architecture === 'arm64'),
    launchedAsDeclared('permitted types only', machines, ({ type }) => budget.instanceTypes.includes(type)),
    launchedAsDeclared('volumes encrypted', machines, ({ security: { volumes } }) => volumes.length > 0 && volumes.every(({ encrypted }) => encrypted)),
    launchedAsDeclared('IMDSv2 with one hop', machines, ({ security: { httpTokens, hopLimit } }) => httpTokens === 'required' && hopLimit === 1),
    launchedAsDeclared('own instance profile and security group', machines,
      ({ security }) => security.instanceProfile === expected.instanceProfile && security.securityGroups.join() === expected.securityGroup),
    launchedAsDeclared('tagged as the cluster\'s', machines, ({ tags, security: { volumes } }) => [tags, ...volumes.map(volume => volume.tags)]
      .every(each => each[`kubernetes.io/cluster/${expected.clusterName}`] === 'owned' && each['karpenter.sh/nodepool'] !== undefined)),
    atMost('never above the budget', samples, ({ usdPerHour }) => usdPerHour, budget.usdPerHour, value => `$${value.toFixed(3)} an hour`),
    atMost('vCPUs within the limit and its surplus', samples, ({ vcpus }) => vcpus, budget.vcpus + budget.surplusVcpus, value => `${value} vCPUs`),
    atMost('nodes within the limit and one in flight', samples, ({ machines: { onDemand, spot } }) => onDemand + spot, budget.nodes + 1, value => `${value} nodes`),
    replicasKept(samples, minReplicas),
    scaled(facts),
    ...survived('a Spot interruption was survived', samples, facts.interrupted, facts.interrupted && `its machine was gone after ${seconds(facts.interrupted.goneAfterSeconds)}`),
    ...survived('a lack of Spot was survived', samples, facts.noSpot, facts.noSpot && shortageOf(facts.noSpot, launched)),
    servedOnDemand(samples, launched, facts.noSpot),
    ...survived('an empty zone was survived', samples, facts.emptyZone, facts.emptyZone && shortageOf(facts.emptyZone, launched)),
    grewElsewhere(samples, launched, facts.emptyZone),
    capHeld(samples, facts, budget.vcpus + budget.surplusVcpus),
    backToBaseline(samples, facts, minReplicas),
  ];
}

function launchedAsDeclared(name: string, machines: readonly Machine[], isRight: (machine: Machine) => boolean): Assertion {
  const wrong = machines.filter(machine => isKarpenters(machine) && !isRight(machine));
  const measured = wrong.length ? `not so: ${wrong.map(({ id, type }) => `${id} (${type})`).join(', ')}` : `${machines.length} machines launched`;
  return { name, holds: machines.length > 0 && wrong.length === 0, measured };
}

function atMost(name: string, samples: readonly Sample[], amount: (sample: Sample) => number, most: number, text: (value: number) => string): Assertion {
  const top = samples.reduce((best, sample) => amount(sample) > amount(best) ? sample : best);
  return { name, holds: amount(top) <= most, measured: `at most ${text(amount(top))} of ${text(most)}, ${samples.length} samples (${top.phase}, ${top.second.toFixed(0)} s)` };
}

/** After the first time that they were all ready. */
function replicasKept(samples: readonly Sample[], minReplicas: number): Assertion {
  const since = samples.slice(samples.findIndex(({ pods }) => pods.ready >= minReplicas));
  const wanted = Math.min(...since.map(({ pods }) => pods.wanted));
  const ready = Math.min(...since.map(({ pods }) => pods.ready));
  // what the disruption budget permits a drain to take of the least number of pods
  const floor = Math.min(...since.map(({ pods }) => pods.floor).filter(value => value > 0));
  return {
    name: 'replicas floor kept', holds: wanted >= minReplicas && ready >= floor,
    measured: `wanted at least ${wanted}, ready at least ${ready}; disruption budget ${floor} of ${minReplicas}`,
  };
}

function scaled({ timeToScaleSeconds, podsForRise, riseFactor }: DayFacts): Assertion {
  const measured = timeToScaleSeconds ? `${podsForRise} pods were ready after ${seconds(timeToScaleSeconds)}` : `there were never ${podsForRise} pods ready`;
  return { name: `the traffic rose ${riseFactor}fold`, holds: timeToScaleSeconds !== undefined, measured };
}

/** In it, never fewer pods ready than the disruption budget says of those that were there when it began. */
function survived(name: string, samples: readonly Sample[], window?: { from: number; to: number }, more?: string): Assertion[] {
  if (!window) { return [{ name, holds: false, measured: 'it could not be played: there was no Spot machine' }]; }
  const before = samples.filter(({ second }) => second <= window.from).at(-1)!;
  const floor = Math.min(before.pods.floor, before.pods.ready);
  const within = samples.filter(({ second }) => second >= window.from && second <= window.to);
  const ready = Math.min(...within.map(({ pods }) => pods.ready));
  const last = within.at(-1)!;
  return [{
    name, holds: ready + BETWEEN_TWO_ANSWERS > floor && last.pods.ready >= before.pods.ready,
    measured: `${ready} or more of ${before.pods.ready} pods were ready throughout (disruption budget ${floor}), ${last.pods.ready} after ${
      seconds(window.to - window.from)}; ${more}`,
  }];
}

/** The fallback is the point of two capacity types. */
function servedOnDemand(samples: readonly Sample[], launched: ReadonlyMap<string, Machine>, facts?: ShortageFacts): Assertion {
  const name = 'without Spot the traffic was served on demand';
  if (!facts) { return { name, holds: false, measured: 'it was not played' }; }
  const last = samples.filter(({ second }) => second <= facts.to).at(-1)!;
  const onDemand = facts.launched.filter(id => launched.get(id)!.lifecycle === 'on-demand').length;
  return {
    name, holds: facts.refusals > 0 && onDemand > 0 && last.pods.ready >= facts.needed,
    measured: `${last.pods.ready} of ${facts.needed} needed pods ready, ${onDemand} machines on demand`,
  };
}

/** New machines, and none in the zone that had none. */
function grewElsewhere(samples: readonly Sample[], launched: ReadonlyMap<string, Machine>, facts?: ShortageFacts): Assertion {
  const name = 'without a zone the traffic was served from the others';
  if (!facts) { return { name, holds: false, measured: 'it was not played' }; }
  const last = samples.filter(({ second }) => second <= facts.to).at(-1)!;
  const zones = facts.launched.map(id => launched.get(id)!.zone);
  return {
    name, holds: zones.length > 0 && !zones.includes(facts.zone!) && last.pods.ready >= facts.needed,
    measured: `${last.pods.ready} of ${facts.needed} needed pods ready, ${zones.length} machines in ${[...new Set(zones)].sort().join(' and ') || 'no zone'}, none in ${facts.zone}`,
  };
}

function shortageOf({ refusals, launched: ids, needed }: ShortageFacts, launched: ReadonlyMap<string, Machine>): string {
  const machines = ids.map(id => launched.get(id)!);
  const offers = [...new Set(machines.map(({ type, lifecycle, zone }) => `${type} ${lifecycle} ${zone}`))].sort();
  return `the traffic needed ${needed}; ${refusals} offers refused, ${machines.length} machines instead: ${offers.join(', ') || 'none'}`;
}

function capHeld(samples: readonly Sample[], { peak }: DayFacts, most: number): Assertion {
  const name = 'the node cap held while the demand was above it';
  if (!peak) { return { name, holds: false, measured: 'it was not played' }; }
  const within = samples.filter(({ second }) => second >= peak.from && second <= peak.to);
  const last = within.at(-1)!;
  const vcpus = Math.max(...within.map(sample => sample.vcpus));
  return { name, holds: vcpus <= most && last.pods.pending > 0, measured: `${vcpus} vCPUs at most, ${last.pods.pending} pods left pending` };
}

function backToBaseline(samples: readonly Sample[], { evening }: DayFacts, minReplicas: number): Assertion {
  const last = samples.at(-1)!;
  const nodes = last.machines.onDemand + last.machines.spot;
  return {
    name: 'back to the baseline', holds: evening?.backAfterSeconds !== undefined && nodes === 0 && last.pods.ready === minReplicas,
    measured: `${nodes} of Karpenter's machines, ${last.pods.ready} pods, ${evening?.backAfterSeconds ? `${seconds(evening.backAfterSeconds)} after the traffic fell` : 'not within the time'}`,
  };
}

export interface Overrun {
  /** vCPUs above the limit, at most. */
  readonly most: number;
  /** In how many samples. */
  readonly samples: number;
  readonly phases: Readonly<Record<string, number>>;
}

/** How far the limits were exceeded, which they are not made to prevent. @see https://github.com/kubernetes-sigs/karpenter/issues/2657 */
export function overrunOf({ samples, budget }: Sampler): Overrun {
  const over = samples.filter(({ vcpus }) => vcpus > budget.vcpus);
  const phases: Record<string, number> = {};
  for (const { phase, vcpus } of over) { phases[phase] = Math.max(phases[phase] ?? 0, vcpus - budget.vcpus); }
  return { most: Math.max(0, ...over.map(({ vcpus }) => vcpus - budget.vcpus)), samples: over.length, phases };
}

function seconds(value: number | undefined): string {
  return value === undefined ? 'more than two minutes' : `${value.toFixed(0)} s`;
}
