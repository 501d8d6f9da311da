/** One day of a web service, in minutes: night, a rise to the hundredfold, a Spot interruption, a lack of capacity, more than the budget pays, and the evening. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ScalingCluster } from './cluster';
import type { Shortage } from './local-ec2';
import { isAlive, isKarpenters, type Sample, type Sampler, type Service } from './sampling';
import { startOther, stopOther, type Traffic } from './traffic';

const POLL_MS = 500;
const RECLAIM_AFTER_SECONDS = 120;

export interface ShortageFacts {
  readonly from: number;
  readonly to: number;
  /** Pods that the traffic needs. */
  readonly needed: number;
  /** Offers that EC2 refused. */
  readonly refusals: number;
  /** Machines that it launched instead. */
  readonly launched: readonly string[];
  /** The one without anything. @default - no zone in particular */
  readonly zone?: string;
}

/** What the day was told and what came of it, for the assertions. */
export interface DayFacts {
  readonly baseDemandVcpus: number;
  readonly riseFactor: number;
  /** From the step of the load until as many pods were ready as it needs. */
  timeToScaleSeconds?: number;
  podsForRise: number;
  interrupted?: { readonly machine: string; readonly from: number; to: number; goneAfterSeconds?: number };
  noSpot?: ShortageFacts;
  emptyZone?: ShortageFacts;
  peak?: { readonly from: number; to: number };
  evening?: { readonly from: number; to: number; backAfterSeconds?: number };
}

export interface DayOptions {
  readonly cluster: ScalingCluster;
  readonly sampler: Sampler;
  readonly traffic: Traffic;
  readonly service: Service;
  readonly minReplicas: number;
  /** What a pod requests, in vCPUs. */
  readonly podVcpus: number;
  /** CPU of one pod at the autoscaler's target, in vCPUs. */
  readonly vcpusPerPod: number;
  /** The longest that the evening may take. */
  readonly eveningMinutes: number;
  readonly onPhase: (name: string) => void;
}

const RISE = 100;
const NEXT_RISE = 40;
const SPOT_SHORTAGE_RISE = 1.5;
/** Of the pods that are wanted, above the machines that are there: a machine or two. */
const ZONE_SHORTAGE_VCPUS = 8;
/** The autoscaler leaves things as they are while the usage is as close to its target. */
const TOLERANCE = 1.1;
/** Of the vCPUs that the budget pays for. */
const OVERLOAD = 2;

export class Day {
  readonly facts: DayFacts;

  constructor(private readonly options: DayOptions) {
    // half of what the least number of pods takes before the autoscaler adds one
    const baseDemandVcpus = options.minReplicas * options.vcpusPerPod / 2;
    this.facts = { baseDemandVcpus, riseFactor: RISE, podsForRise: Math.ceil(baseDemandVcpus * RISE / options.vcpusPerPod / TOLERANCE) };
  }

  async play(): Promise<DayFacts> {
    await this.night();
    await this.rise();
    await this.interruption();
    await this.spotShortage();
    await this.zoneShortage();
    await this.peak();
    await this.evening();
    return this.facts;
  }

  /** A cluster that is deleted is seldom idle. */
  async nextMorning(): Promise<void> {
    this.begin('next day', this.facts.baseDemandVcpus * NEXT_RISE);
    await this.until(({ pods, machines }) => machines.spot + machines.onDemand > 0 && pods.pending === 0 && pods.ready === pods.wanted, 240);
  }

  private async night(): Promise<void> {
    this.begin('night', this.facts.baseDemandVcpus);
    await this.until(({ pods }) => pods.ready >= this.options.minReplicas, 90);
    await this.seconds(20);
  }

  private async rise(): Promise<void> {
    const started = this.options.sampler.second;
    this.begin(`×${RISE}`, this.facts.baseDemandVcpus * RISE);
    const reached = await this.until(({ pods }) => pods.ready >= this.facts.podsForRise, 420);
    if (reached) { this.facts.timeToScaleSeconds = this.options.sampler.second - started; }
    await this.until(({ pods }) => pods.pending === 0 && pods.ready === pods.wanted, 60);
    await this.seconds(10);
  }

  /** EventBridge's message about a Spot machine with pods on it. */
  private async interruption(): Promise<void> {
    const { cluster, sampler } = this.options;
    const spot = (await cluster.ec2.machines()).filter(machine => isAlive(machine) && isKarpenters(machine) && machine.lifecycle === 'spot');
    const [machine] = spot.sort((a, b) => b.type.length - a.type.length);
    if (!machine) { return; }
    this.begin('Spot', undefined);
    const facts = this.facts.interrupted = { machine: machine.id, from: sampler.second, to: 0, goneAfterSeconds: undefined as number | undefined };
    const sqs = new SQSClient(cluster.ec2.clientOptions());
    await sqs.send(new SendMessageCommand({
      QueueUrl: `${cluster.ec2.endpoint}/${cluster.stack.account}/${cluster.surroundings.queue}`,
      MessageBody: JSON.stringify(interruptionOf(machine.id, cluster.stack)),
    }));
    const ended = async () => !(await cluster.ec2.machines()).some(each => each.id === machine.id && isAlive(each));
    if (await this.untilAsync(ended, RECLAIM_AFTER_SECONDS)) {
      facts.goneAfterSeconds = sampler.second - facts.from;
    } else {
      await cluster.ec2.reclaim([machine.id]);
    }
    await this.until(({ pods }) => pods.pending === 0 && pods.ready >= pods.wanted, 180);
    facts.to = sampler.second;
  }

  /** No Spot anywhere, while the traffic grows. */
  private async spotShortage(): Promise<void> {
    this.facts.noSpot = await this.shortage('no Spot', this.facts.baseDemandVcpus * RISE * SPOT_SHORTAGE_RISE, [{ lifecycles: ['spot'] }], 300);
  }

  /** A zone without anything, while it grows on: beyond the machines that are there, or nobody would notice. */
  private async zoneShortage(): Promise<void> {
    const { cluster: { surroundings: { subnets: [{ zone }] } }, sampler, podVcpus, vcpusPerPod } = this.options;
    const pods = Math.ceil((sampler.last!.vcpus + ZONE_SHORTAGE_VCPUS) / podVcpus);
    this.facts.emptyZone = { ...await this.shortage('empty zone', pods * vcpusPerPod * TOLERANCE, [{ zones: [zone] }], 240), zone };
  }

  private async shortage(name: string, demand: number, shortages: Shortage[], patience: number): Promise<ShortageFacts> {
    const { cluster: { ec2 }, sampler, vcpusPerPod } = this.options;
    const before = new Set(sampler.launched.keys());
    const from = sampler.second;
    this.begin(name, demand);
    const refusedBefore = await ec2.setShortages(shortages);
    const needed = Math.ceil(demand / vcpusPerPod / TOLERANCE);
    await this.until(({ pods }) => pods.ready >= needed && pods.pending === 0, patience);
    const refusals = await ec2.setShortages([]) - refusedBefore;
    return { from, to: sampler.second, needed, refusals, launched: [...sampler.launched.keys()].filter(id => !before.has(id)) };
  }

  /** The service wants all that it may have, and somebody else's pods twice what the budget pays for. */
  private async peak(): Promise<void> {
    const { cluster, sampler } = this.options;
    this.begin('over budget', sampler.budget.vcpus);
    const facts = this.facts.peak = { from: sampler.second, to: 0 };
    await startOther(cluster.api, Math.ceil(sampler.budget.vcpus * OVERLOAD));
    await this.until(({ vcpus }) => vcpus >= sampler.budget.vcpus - 8, 240);
    await this.seconds(75);
    facts.to = sampler.second;
    await stopOther(cluster.api);
  }

  private async evening(): Promise<void> {
    const { sampler, minReplicas, eveningMinutes } = this.options;
    this.begin('evening', this.facts.baseDemandVcpus);
    const facts = this.facts.evening = { from: sampler.second, to: 0, backAfterSeconds: undefined as number | undefined };
    const back = await this.until(({ pods, vcpus }) => pods.wanted === minReplicas && pods.ready === minReplicas && vcpus === 0, eveningMinutes * 60);
    if (back) { facts.backAfterSeconds = sampler.second - facts.from; }
    await this.seconds(15);
    facts.to = sampler.second;
  }

  private begin(name: string, demandVcpus: number | undefined): void {
    const { sampler, traffic, onPhase } = this.options;
    sampler.phase = name;
    if (demandVcpus !== undefined) {
      sampler.demandVcpus = demandVcpus;
      traffic.demandMillicores = demandVcpus * 1000;
    }
    onPhase(name);
  }

  private until(holds: (sample: Sample) => boolean, seconds: number): Promise<boolean> {
    const after = this.options.sampler.samples.length; // not of a sample that was taken before
    return this.untilAsync(async () => {
      const { samples, last } = this.options.sampler;
      return samples.length > after + 1 && last !== undefined && holds(last);
    }, seconds);
  }

  private async untilAsync(holds: () => Promise<boolean>, seconds: number): Promise<boolean> {
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline) {
      if (await holds()) { return true; }
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
    return false;
  }

  private seconds(count: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, count * 1000));
  }
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
function interruptionOf(machine: string, { account, region }: { account: string; region: string }): object {
  return {
    'version': '0',
    'id': '00000000-0000-4000-8000-000000000000',
    'detail-type': 'EC2 Spot Instance Interruption Warning',
    'source': 'aws.ec2',
    account,
    'time': new Date().toISOString(),
    region,
    'resources': [`arn:aws:ec2:${region}:${account}:instance/${machine}`],
    'detail': { 'instance-id': machine, 'instance-action': 'terminate' },
  };
}
