/** Root and data volume of a node that Karpenter launches, unless a pool says otherwise. */
export const NODE_VOLUMES_GIB = { root: 4, data: 40 };

/** The two workers that run before Karpenter does, and run Karpenter. Not burstable: unlimited credits have no cap. */
export const BASELINE = { instanceType: 'm7g.large', nodes: 2, volumesGib: { root: 4, data: 20 } };
