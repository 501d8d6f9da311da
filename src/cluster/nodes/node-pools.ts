import { IConstruct } from 'constructs';
import { autoModeNodeClass } from './auto-mode-node-class';
import { NodeBudget } from './node-budget';
import { NodeCapacity } from './node-capacity';
import { nodeClass } from './node-class';
import { NodeImage } from './node-image';
import { PodRequest, podsOf } from './node-pods';
import { NodePool } from './node-pool';
import { nodePoolManifest } from './node-pool-manifest';
import { NodePoolOptions, NodePoolSettings, NodePurchase } from './node-pool-options';
import { NodePoolSpec, resolvePoolSettings } from './node-pool-spec';
import { validatePoolName } from './node-pool-validation';
import { kebabCase } from '../../private/kebab-case';
import { reject } from '../../private/validation';

export interface NodePoolsProps {
  /** As a literal. */
  readonly clusterName: string;
  /** Of the default pool, and of the baseline workers. */
  readonly budget: NodeBudget;
  /** What else the user says of the default pool. */
  readonly defaults?: NodePoolSettings;
  readonly image?: NodeImage;
  readonly autoMode: boolean;
  /** Whether the cluster has baseline workers that the default pool's budget pays. */
  readonly paysBaseline: boolean;
}

/** What nodes are launched into, known at synthesis or deployment. */
export interface NodeTarget {
  /** With Karpenter. */
  readonly instanceProfileName?: string;
  /** With Auto Mode. */
  readonly nodeRoleName?: string;
  readonly subnetIds: string[];
  readonly securityGroupId: string;
  /** Encrypts every volume of every node. */
  readonly encryptionKeyArn: string;
}

const DEFAULT_POOL = 'default';
/** Between EC2's notice and the end of a Spot node. */
const SPOT_NOTICE_SECONDS = 120;

/** The pools of one cluster: a default one, and those that are added. Each keeps to a budget of its own. */
export class NodePools {
  private readonly members: NodePool[];

  constructor(private readonly scope: IConstruct, private readonly props: NodePoolsProps) {
    const settings = props.defaults ?? {};
    if (props.image && props.autoMode) {
      reject(scope, {
        prop: 'nodeImage', value: 'an image of this library\'s', problem: 'EKS Auto Mode brings its own', remedy: 'Leave nodeImage out, or choose ClusterCompute.karpenter().',
      });
    }
    if (settings.taints?.length) {
      reject(scope, {
        prop: 'nodePool.taints', value: settings.taints.map(({ key }) => key),
        problem: 'the default pool takes every pod that names no other, such as those of web services',
        remedy: 'Give the taint to a pool of its own with addNodePool.',
      });
    }
    this.members = [this.pool(DEFAULT_POOL, 'nodePool', props.budget, 'nodeBudget', settings, props.paysBaseline)];
  }

  public add(id: string, options: NodePoolOptions): NodePool {
    const name = options.name ?? kebabCase(id);
    const prop = `addNodePool("${id}")`;
    validatePoolName(this.scope, options.name === undefined ? `${prop}.id` : `${prop}.name`, name);
    if (this.members.some(pool => pool.name === name)) {
      reject(this.scope, { prop: `${prop}.name`, value: name, problem: 'another node pool of this cluster has this name', remedy: 'Give each node pool a name of its own.' });
    }
    const pool = this.pool(name, prop, options.nodeBudget, `${prop}.nodeBudget`, options, false);
    this.members.push(pool);
    return pool;
  }

  /** The default pool first. */
  public get pools(): NodePool[] {
    return [...this.members];
  }

  /** What all budgets buy together. */
  public get total(): NodeCapacity {
    const sum = (value: (capacity: NodeCapacity) => number) => this.members.reduce((total, { capacity }) => total + value(capacity), 0);
    return {
      vcpus: sum(capacity => capacity.vcpus),
      memoryGib: sum(capacity => capacity.memoryGib),
      nodes: sum(capacity => capacity.nodes),
      instanceTypes: [...new Set(this.members.flatMap(({ capacity }) => capacity.instanceTypes))].sort(),
      monthlyUsd: sum(capacity => capacity.monthlyUsd),
    };
  }

  /** How many pods that tolerate nothing have room at least. */
  public podsOf(request: PodRequest): number {
    return this.open.reduce((total, { capacity }) => total + podsOf(capacity, request), 0);
  }

  /** How long pods that tolerate nothing may take to end, on whatever node they are. */
  public get longestGraceSeconds(): number {
    return Math.min(...this.open.map(({ _spec: { drainMinutes, purchases } }) => {
      const drain = 60 * drainMinutes;
      return purchases.includes(NodePurchase.SPOT) ? Math.min(drain, SPOT_NOTICE_SECONDS) : drain;
    }));
  }

  /** The pools that take every pod. */
  private get open(): NodePool[] {
    return this.members.filter(({ _spec }) => _spec.taints.length === 0);
  }

  /** Node classes first, because a NodePool without its class is not ready. Pools of the same hardware share a class. */
  public manifests(target: NodeTarget): object[] {
    const classes = new Map<string, { readonly name: string; readonly manifest: object }>();
    const pools = this.members.map(({ name, capacity, _spec }) => {
      const hardware = JSON.stringify(_spec.volumesGib);
      if (!classes.has(hardware)) { classes.set(hardware, this.nodeClass(name, _spec, target)); }
      return nodePoolManifest({ name, capacity, spec: _spec, autoMode: this.props.autoMode, nodeClassName: classes.get(hardware)!.name });
    });
    return [...[...classes.values()].map(({ manifest }) => manifest), ...pools];
  }

  private pool(name: string, prop: string, budget: NodeBudget, budgetProp: string, settings: NodePoolSettings, paysBaseline: boolean): NodePool {
    const { autoMode } = this.props;
    const spec = resolvePoolSettings(this.scope, prop, settings, autoMode);
    const { volumesGib, drainMinutes, nodesAtOnce } = spec;
    const terms = { autoMode, paysBaseline, volumesGib: volumesGib.root + volumesGib.data, drainMinutes, nodesAtOnce };
    return NodePool._of(name, budget._capacityAt(this.scope, terms, budgetProp), spec);
  }

  private nodeClass(poolName: string, { volumesGib }: NodePoolSpec, target: NodeTarget): { name: string; manifest: object } {
    // Auto Mode keeps the name `default` for a class of its own
    const name = this.props.autoMode ? `${poolName}-nodes` : poolName;
    const common = { name, clusterName: this.props.clusterName, volumesGib, ...target };
    return { name, manifest: this.props.autoMode ? autoModeNodeClass(common) : nodeClass({ ...common, image: this.props.image ?? NodeImage.bottlerocket() }) };
  }
}
