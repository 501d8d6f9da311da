/** Every object of a cluster, as far as somebody wanted it: what controllers write about it is left out. */
import type { ClusterClient, KubernetesObject } from './cluster-client';

/** `apps/Deployment kube-system/karpenter`, and what it is. */
export type Snapshot = ReadonlyMap<string, KubernetesObject>;

/** Made by controllers, from other objects or by the minute. */
const DERIVED = ['Event', 'Lease', 'Endpoints', 'EndpointSlice', 'Pod', 'ReplicaSet', 'ControllerRevision', 'Node', 'CSINode', 'IPAddress', 'APIService', 'PodMetrics', 'NodeMetrics', 'ComponentStatus'];
/** What each namespace is given by itself. */
const OF_EVERY_NAMESPACE = ['ConfigMap kube-root-ca.crt', 'ServiceAccount default'];
/** The records that Helm keeps of its releases. */
const HELM_RECORD = 'helm.sh/release.v1';

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export async function takeSnapshot(client: ClusterClient): Promise<Snapshot> {
  const groups = (await client.find('/apis'))!.groups as { name: string; preferredVersion: { groupVersion: string } }[];
  const roots = [['', '/api/v1'], ...groups.map(({ name, preferredVersion }) => [name, `/apis/${preferredVersion.groupVersion}`])];
  const snapshot = new Map<string, KubernetesObject>();
  await Promise.all(roots.map(async ([group, root]) => {
    const { resources = [] } = (await client.find(root) ?? {}) as { resources?: ApiResource[] };
    const listed = resources.filter(({ name, kind, verbs }) => !name.includes('/') && verbs.includes('list') && !DERIVED.includes(kind));
    await Promise.all(listed.map(async ({ name, kind }) => {
      for (const object of await client.list(`${root}/${name}`)) {
        if (object.type !== HELM_RECORD && !OF_EVERY_NAMESPACE.includes(`${kind} ${object.metadata.name}`)) { snapshot.set(keyOf(group, kind, object), { ...object, kind }); }
      }
    }));
  }));
  return snapshot;
}

export function keyOf(group: string, kind: string, { metadata }: Pick<KubernetesObject, 'metadata'>): string {
  return `${group ? `${group}/` : ''}${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}

/** The key of an object as a manifest has it. */
export function keyOfManifest(object: KubernetesObject): string {
  return keyOf(object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '', object.kind, object);
}

/** What is there beyond another snapshot. */
export function beyond(before: Snapshot, after: Snapshot): Snapshot {
  return new Map([...after].filter(([key]) => !before.has(key)));
}

/** What somebody wanted of an object, as text. */
export function intentOf({ metadata, status, ...object }: KubernetesObject): string {
  const { name, namespace, labels, annotations, generation } = metadata;
  return JSON.stringify(sorted({ ...object, metadata: { name, namespace, labels, annotations, generation } }));
}

/** What two snapshots do not have in common. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const gone = [...before.keys()].filter(key => !after.has(key)).map(key => `${key} is gone`);
  const made = [...after.keys()].filter(key => !before.has(key)).map(key => `${key} is new`);
  const changed = [...after].flatMap(([key, object]) => {
    const known = before.get(key);
    return known && intentOf(known) !== intentOf(object) ? [`${key} changed: ${difference(intentOf(known), intentOf(object))}`] : [];
  });
  return [...gone, ...made, ...changed];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) { return value.map(sorted); }
  if (typeof value !== 'object' || value === null) { return value; }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, inner]) => [key, sorted(inner)]));
}

/** Made anew by each cluster: certificates, and what is made of them. */
const OF_THIS_CLUSTER = /^Secret |WebhookConfiguration /;
/** What AWS or the cluster chose, and what stands for it. */
const CHOSEN: [RegExp, string][] = [
  [/"arn:aws[^"]*"/g, '"chosen"'],
  [/\b(vpc|subnet|sg|lt)-[0-9a-f]{8,17}\b/g, 'chosen'],
  [/"[^"]*\.(aws\.example|amazonaws\.com)"/g, '"chosen"'],
  [/"(clusterIPs?|instanceProfile)":("[^"]*"|\[[^\]]*\])/g, '"$1":"chosen"'],
];

/** Where objects of the same key say something else, apart from what was chosen for them. */
export function differencesInContent(one: Snapshot, other: Snapshot): string[] {
  return [...one].flatMap(([key, object]) => {
    const twin = other.get(key);
    if (!twin || OF_THIS_CLUSTER.test(key)) { return []; }
    const [expected, found] = [contentOf(object), contentOf(twin)];
    return expected === found ? [] : [`${key} says something else: ${difference(expected, found)}`];
  });
}

function contentOf({ metadata, status, ...object }: KubernetesObject): string {
  return CHOSEN.reduce((text, [pattern, value]) => text.replace(pattern, value), JSON.stringify(sorted(object)));
}

function difference(expected: string, found: string): string {
  const at = [...found].findIndex((character, index) => character !== expected[index]);
  const around = (text: string) => text.slice(Math.max(at - 80, 0), at + 80);
  return `…${around(expected)}… and …${around(found)}…`;
}
