import * as table from '../../../src/cluster/nodes/node-prices.json';

/** What the bill needs to know besides the manifests; written down here anew, so that a mistake of the library's is not repeated. */
export interface Bill {
  readonly regionFactor: number;
  readonly autoMode: boolean;
  readonly baselineWorkers: number;
  /** The share of their price on demand that the pool's machines cost, as Spot capacity. @default 1 */
  readonly spotPrice?: number;
}

/** What may happen to a pool. Numbers choose among what is possible at the moment. */
export type PoolEvent =
  | { readonly kind: 'buy'; readonly type: number; readonly count: number }
  | { readonly kind: 'replace'; readonly node: number; readonly type: number; readonly pods: boolean }
  /** Provisioning and replacement decide at the same moment, on the same view of the cluster. */
  | { readonly kind: 'replaceWhileBuying'; readonly node: number; readonly type: number; readonly bought: number }
  /** So much time goes by that what runs is too old, just when so many nodes are being replaced. */
  | { readonly kind: 'age'; readonly minute: number; readonly count: number; readonly replacing: number }
  /** As many of them as the promise covers, unless it is to be broken. */
  | { readonly kind: 'interrupt'; readonly from: number; readonly count: number; readonly type: number; readonly beyond?: boolean }
  | { readonly kind: 'wait'; readonly minutes: number };

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: any;
}

interface Machine {
  readonly type: keyof typeof table.types;
  readonly vcpus: number;
  readonly memoryGib: number;
  endsAt?: number;
}

const HOUR = 60;
const POLLING = 1;
/** Between EC2's notice and the end of a Spot node. */
const NOTICE = 2;

/**
 * One NodePool under the rules of Karpenter's code (v1.14): a pass of provisioning fills what the limits leave beside nodes that are not marked for
 * deletion; a replacement launches first and is bound by the budgets; expiry and interruptions are bound by nothing; what is marked drains as long as
 * `terminationGracePeriod` allows. Every machine costs its price by the minute, until its last: who is told of an interruption ends the node himself, so
 * that EC2 charges for a young one as well.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html
 */
export class NodePurchases {
  /** What each hour cost, the running one included. */
  public readonly hours: number[] = [];
  public readonly limits: { readonly cpu: number; readonly memory: number };
  /** The most vCPUs that ran at one time. */
  public peakVcpus = 0;
  private now = 0;
  private machines: Machine[] = [];
  /** For how many minutes vCPUs ended that nobody chose to end, by the hour: what the budget promises depends on it. */
  private readonly endings: number[] = [];
  private readonly types: Machine['type'][];
  private readonly nodesAtOnce: number;
  private readonly drain: number;
  private readonly volumesGib: number;

  constructor(pool: Manifest, nodeClass: Manifest, private readonly bill: Bill) {
    const { limits, disruption, template } = pool.spec;
    this.limits = { cpu: Number(limits.cpu), memory: parseInt(limits.memory, 10) };
    this.types = template.spec.requirements.find((requirement: any) => requirement.key === 'node.kubernetes.io/instance-type').values;
    this.nodesAtOnce = Number(disruption.budgets[0].nodes);
    this.drain = minutesOf(template.spec.terminationGracePeriod) + POLLING;
    this.volumesGib = bill.autoMode
      ? 4 + parseInt(nodeClass.spec.ephemeralStorage.size, 10)
      : nodeClass.spec.blockDeviceMappings.reduce((total: number, { ebs }: any) => total + parseInt(ebs.volumeSize, 10), 0);
  }

  /** Index of the type whose node costs most. */
  public get dearestType(): number {
    return this.dearestBy(type => this.usdPerMinute({ type }));
  }

  /** Index of the type that costs most for what the limit counts. */
  public get dearestTypePerVcpu(): number {
    return this.dearestBy(type => this.usdPerMinute({ type }) / table.types[type].vcpus);
  }

  public apply(event: PoolEvent): void {
    switch (event.kind) {
      case 'buy': return this.buy(event.type, event.count, this.room());
      case 'replace': return this.replace(event.node, event.type, event.pods, 0);
      case 'replaceWhileBuying': return this.replace(event.node, event.type, true, event.bought);
      case 'age': return this.age(event.minute, event.count, event.replacing);
      case 'interrupt': return this.interrupt(event.from, event.count, event.type, event.beyond ?? false);
      case 'wait': return this.wait(event.minutes);
    }
  }

  /** Time goes on; what has drained ends. */
  public wait(minutes: number): void {
    for (const end = this.now + minutes; this.now < end;) {
      this.machines = this.machines.filter(({ endsAt }) => endsAt === undefined || endsAt > this.now);
      const until = Math.min(end, this.now + HOUR - this.now % HOUR, ...this.machines.flatMap(({ endsAt }) => endsAt ?? []));
      const machines = this.machines.reduce((total, machine) => total + this.usdPerMinute(machine), 0);
      const baseline = this.bill.baselineWorkers * this.usdPerMinute({ type: 'm7g.large' }, 24, false, 1);
      this.charge(this.now, (until - this.now) * (machines + baseline));
      this.peakVcpus = Math.max(this.peakVcpus, this.machines.reduce((total, { vcpus }) => total + vcpus, 0));
      this.now = until;
    }
  }

  private dearestBy(usd: (type: Machine['type']) => number): number {
    return this.types.reduce((dearest, type, index) => usd(type) > usd(this.types[dearest]) ? index : dearest, 0);
  }

  private buy(type: number, count: number, room: { cpu: number; memory: number }): void {
    let left = room;
    for (let bought = 0; bought < count; bought++) {
      const fitting = this.types.filter(name => table.types[name].vcpus <= left.cpu && table.types[name].memoryGib * 0.9 <= left.memory);
      if (fitting.length === 0) { return; }
      const machine = this.machine(fitting[type % fitting.length]);
      this.machines.push(machine);
      left = { cpu: left.cpu - machine.vcpus, memory: left.memory - machine.memoryGib * 0.9 };
    }
  }

  /** One node for the pods of another, or none where they fit elsewhere. */
  private replace(node: number, type: number, pods: boolean, bought: number): void {
    const active = this.active();
    const draining = this.machines.filter(({ endsAt }) => endsAt !== undefined && endsAt > this.now).length;
    if (active.length === 0 || draining >= this.nodesAtOnce) { return; }
    const candidate = active[node % active.length];
    const before = this.room();
    const room = { cpu: before.cpu + candidate.vcpus, memory: before.memory + candidate.memoryGib };
    if (bought > 0) { this.buy(type, bought, before); }
    if (pods) { this.buy(type, 1, room); }
    candidate.endsAt = this.now + (pods ? this.drain : POLLING);
  }

  /** At a standstill every hour costs the same: one stands for the many until nodes that were bought together expire together, and are bought anew while they drain. */
  private age(minute: number, count: number, replacing: number): void {
    this.wait(2 * HOUR - this.now % HOUR + minute);
    for (let replaced = 0; replaced < replacing; replaced++) { this.replace(0, this.types.indexOf(this.active()[0]?.type), true, 0); }
    const expired = this.active().slice(0, count);
    for (const machine of expired) { this.end(machine, this.drain); }
    for (const { type } of expired) { this.buy(this.types.indexOf(type), 1, this.room()); }
  }

  /** EC2 takes Spot nodes away with two minutes' notice. */
  private interrupt(from: number, count: number, type: number, beyond: boolean): void {
    const active = this.active();
    let taken = 0;
    for (const machine of active.slice(from % Math.max(1, active.length)).slice(0, count)) {
      if (!beyond && !this.covered(machine)) { continue; }
      this.end(machine, NOTICE);
      taken++;
    }
    this.buy(type, taken, this.room());
  }

  /** The budget promises that in an hour everything may end as long as it takes to drain it, once. */
  private covered({ vcpus }: Machine): boolean {
    return [this.now, this.now + NOTICE].every(minute => (this.endings[hourOf(minute)] ?? 0) + NOTICE * vcpus <= this.drain * this.limits.cpu);
  }

  private end(machine: Machine, minutes: number): void {
    machine.endsAt = this.now + minutes;
    for (let minute = this.now; minute < machine.endsAt; minute++) { this.endings[hourOf(minute)] = (this.endings[hourOf(minute)] ?? 0) + machine.vcpus; }
  }

  private charge(minute: number, usd: number): void {
    const hour = hourOf(minute);
    this.hours[hour] = (this.hours[hour] ?? 0) + usd;
  }

  private usdPerMinute(
    { type }: { readonly type: Machine['type'] }, volumesGib = this.volumesGib, autoMode = this.bill.autoMode, share = this.bill.spotPrice ?? 1,
  ): number {
    const instance = table.types[type].usdPerHour * this.bill.regionFactor * (share + (autoMode ? 0.15 : 0));
    return (instance + volumesGib * 0.16 / 744) / HOUR;
  }

  private machine(type: Machine['type']): Machine {
    return { type, vcpus: table.types[type].vcpus, memoryGib: table.types[type].memoryGib };
  }

  /** What is not marked for deletion, the largest first. */
  private active(): Machine[] {
    return this.machines.filter(({ endsAt }) => endsAt === undefined).sort((one, other) => other.vcpus - one.vcpus);
  }

  private room(): { cpu: number; memory: number } {
    const active = this.active();
    return {
      cpu: this.limits.cpu - active.reduce((total, { vcpus }) => total + vcpus, 0),
      memory: this.limits.memory - active.reduce((total, { memoryGib }) => total + memoryGib * 0.9, 0),
    };
  }
}

function hourOf(minute: number): number {
  return Math.floor(minute / HOUR);
}

/** `336h`, `5m`. */
function minutesOf(duration: string): number {
  return parseInt(duration, 10) * (duration.endsWith('h') ? HOUR : 1);
}
