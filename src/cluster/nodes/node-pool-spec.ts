import { Duration, Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { NODE_VOLUMES_GIB } from './node-hardware';
import { NodePoolSettings, NodePurchase, TaintEffect } from './node-pool-options';
import { validateLabels, validatePurchases, validateTaints } from './node-pool-validation';
import { validateQuietWindows } from './quiet-windows';
import { reject, validateRange } from '../../private/validation';

/** A pool's settings, checked, with defaults filled in and in the units of the manifests. */
export interface NodePoolSpec {
  readonly labels: Record<string, string>;
  readonly taints: { readonly key: string; readonly value?: string; readonly effect: TaintEffect }[];
  readonly purchases: NodePurchase[];
  readonly weight?: number;
  readonly consolidateAfterMinutes: number;
  readonly maxAgeMinutes: number;
  readonly drainMinutes: number;
  readonly nodesAtOnce: number;
  readonly quietWindows: { readonly schedule: string; readonly minutes: number }[];
  readonly volumesGib: { readonly root: number; readonly data: number };
}

const DAY = 24 * 60;
/** Auto Mode ends every node after 21 days, drained or not. */
const MAX_AGE_DAYS = { karpenter: 365, autoMode: 20 };

/**
 * Checks what the user wrote.
 *
 * @param prop where he wrote it, such as `nodePool`
 */
export function resolvePoolSettings(scope: IConstruct, prop: string, settings: NodePoolSettings, autoMode: boolean): NodePoolSpec {
  const { labels = {}, taints = [], purchases = [NodePurchase.SPOT, NodePurchase.ON_DEMAND], weight, disruption = {} } = settings;
  const maxAgeDays = autoMode ? MAX_AGE_DAYS.autoMode : MAX_AGE_DAYS.karpenter;
  const time = `${prop}.disruption`;
  validateLabels(scope, `${prop}.labels`, labels);
  validateTaints(scope, `${prop}.taints`, taints);
  validatePurchases(scope, `${prop}.purchases`, purchases);
  validateRange(scope, { prop: `${prop}.weight`, value: weight, min: 1, max: 100, unit: 'points', step: 1 });
  validateRange(scope, { prop: `${time}.nodesAtOnce`, value: disruption.nodesAtOnce, min: 1, max: 10, unit: 'nodes', step: 1 });
  return {
    labels: Object.fromEntries(Object.keys(labels).sort().map(key => [key, labels[key]])),
    taints: taints.map(({ key, value, effect }) => ({ key, ...(value === undefined ? {} : { value }), effect: effect ?? TaintEffect.NO_SCHEDULE })),
    purchases: [...purchases].sort(),
    weight,
    consolidateAfterMinutes: minutes(scope, `${time}.consolidateAfter`, disruption.consolidateAfter ?? Duration.minutes(1), { min: 1, max: DAY }),
    maxAgeMinutes: minutes(scope, `${time}.maxNodeAge`, disruption.maxNodeAge ?? Duration.days(14), { min: DAY, max: maxAgeDays * DAY }),
    drainMinutes: minutes(scope, `${time}.drainTimeout`, disruption.drainTimeout ?? Duration.minutes(5), { min: 1, max: 60 }),
    nodesAtOnce: disruption.nodesAtOnce ?? 1,
    quietWindows: validateQuietWindows(scope, `${time}.quietWindows`, disruption.quietWindows ?? []),
    volumesGib: { root: NODE_VOLUMES_GIB.root, data: volumeGib(scope, `${prop}.nodeVolumeSize`, settings.nodeVolumeSize) },
  };
}

function minutes(scope: IConstruct, prop: string, duration: Duration, { min, max }: { readonly min: number; readonly max: number }): number {
  if (duration.isUnresolved()) {
    reject(scope, {
      prop, value: 'a deploy-time value', problem: 'the limits of the budget follow from it at synthesis', remedy: 'Give a duration such as Duration.minutes(10).',
    });
  }
  const value = duration.toMinutes({ integral: false });
  validateRange(scope, { prop, value, min, max, unit: 'minutes', step: 1 });
  return value;
}

function volumeGib(scope: IConstruct, prop: string, size: Size | undefined): number {
  const gib = size?.toGibibytes({ rounding: SizeRoundingBehavior.NONE }) ?? NODE_VOLUMES_GIB.data;
  validateRange(scope, { prop, value: gib, min: 20, max: 1024, unit: 'GiB', step: 1 });
  return gib;
}
