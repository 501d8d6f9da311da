/**
 * Mistakes that the schemas of Kubernetes and Karpenter let pass: machines of the wrong kind, money without a limit, data without a
 * key, doors that stand open. Each rule looks at one object and says what is wrong and what would be right.
 */
import type { KubernetesObject } from './cluster-client';
import * as prices from '../../src/cluster/nodes/node-prices.json';

type Check = (object: KubernetesObject) => string[];

/** Where the platform's own controllers live; their charts say more than a web service may. */
const CONTROLLERS_NAMESPACE = 'kube-system';
const PRICED = new Set(Object.keys(prices.types));
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'];
/** Of what a node of the platform can be told: longer, and draining a node ends in a kill. */
const LONGEST_SHUTDOWN_SECONDS = 120;
const LONGEST_NODE_AGE_HOURS = 21 * 24;

/** What is wrong with an object; nothing where the rules have nothing against it. */
export function mistakesOf(object: KubernetesObject): string[] {
  const checks = [unreplacedVariables, ...RULES[object.kind] ?? [], ...WORKLOADS.includes(object.kind) || object.kind === 'Pod' ? [podsOf] : []];
  return checks.flatMap(check => check(object)).map(mistake => `${describe(object)}: ${mistake}`);
}

/** What is wrong between objects that are applied together. */
export function contradictionsOf(objects: readonly KubernetesObject[]): string[] {
  const named = (kind: string, name: string, namespace?: string) => objects.some(other =>
    other.kind === kind && other.metadata.name === name && (namespace === undefined || other.metadata.namespace === namespace));
  return objects.flatMap(object => {
    const { kind, spec, metadata } = object;
    if (kind === 'NetworkPolicy') { return openDirections(object, objects); }
    if (kind === 'NodePool') {
      const reference = spec.template.spec.nodeClassRef as { kind: string; name: string };
      return named(reference.kind, reference.name) ? [] : [`${describe(object)}: there is no ${reference.kind} ${reference.name} beside it`];
    }
    if (kind === 'TargetGroupBinding') {
      return named('Service', spec.serviceRef.name as string, metadata.namespace) ? [] : [`${describe(object)}: there is no Service ${spec.serviceRef.name} beside it`];
    }
    if (kind === 'ValidatingAdmissionPolicyBinding') {
      return named('ValidatingAdmissionPolicy', spec.policyName as string) ? [] : [`${describe(object)}: there is no policy ${spec.policyName} beside it`];
    }
    return [];
  });
}

/** A direction of a pod is closed by any of the policies that select it; pods are told apart by the labels that policies speak of. */
function openDirections(policy: KubernetesObject, objects: readonly KubernetesObject[]): string[] {
  const others = objects.filter(other => other.kind === 'NetworkPolicy' && other.metadata.namespace === policy.metadata.namespace);
  return ['Ingress', 'Egress'].flatMap(direction => {
    const closing = others.filter(({ spec }) => ((spec.policyTypes ?? []) as string[]).includes(direction));
    const closed = closing.map(({ spec }) => spec.podSelector as PodSelector);
    const open = podsIn(policy.spec.podSelector as PodSelector).filter(pod => !closed.some(selector => selects(selector, pod)));
    return open.map(pod => `${describe(policy)}: ${direction} of the pods ${pod.join('=') || 'of the namespace'} is in no policy's policyTypes: it is open`);
  });
}

interface PodSelector {
  readonly matchLabels?: Record<string, string>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** Label and value of each kind of pods that is selected; an empty one stands for any other pod. */
function podsIn({ matchLabels = {}, matchExpressions = [] }: PodSelector): string[][] {
  const pods = [...Object.entries(matchLabels), ...matchExpressions.flatMap(({ key, values = [] }) => values.map(value => [key, value]))];
  return pods.length > 0 ? pods : [[]];
}

function selects(selector: PodSelector, pod: readonly string[]): boolean {
  return podsIn(selector).some(each => each.length === 0 || each.join('=') === pod.join('='));
}

export function describe({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;
}

const RULES: Record<string, Check[]> = {
  NodePool: [poolLimits, poolMachines, poolDisruption],
  EC2NodeClass: [nodeClassVolumes, nodeClassMetadata, nodeClassIdentity],
  NodeClass: [autoModeNodeClass],
  Deployment: [replicasOfADeployment, machinesOfADeployment],
  HorizontalPodAutoscaler: [autoscalerFloor],
  PodDisruptionBudget: [disruptionBudgetThatBlocks],
  NetworkPolicy: [openNetworkPolicy],
  Service: [serviceThatCosts],
  Namespace: [namespaceSecurity],
  ServiceAccount: [serviceAccountToken],
  StorageClass: [storageEncryption],
  TargetGroupBinding: [targetsOfABinding],
  ResourceQuota: [quotaOfEverything],
  ClusterRole: [unlimitedRole],
  ClusterRoleBinding: [bindingToEverybody],
  ValidatingAdmissionPolicyBinding: [bindingThatOnlyWarns],
};

function poolLimits({ spec }: KubernetesObject): string[] {
  const limits = (spec.limits ?? {}) as Record<string, string>;
  const missing = ['cpu', 'memory'].filter(name => limits[name] === undefined);
  const empty = Object.entries(limits).filter(([, value]) => parseFloat(value) === 0).map(([name]) => name);
  return [
    ...missing.length > 0 ? [`no limit of ${missing.join(' and ')}: what it may cost has no end`] : [],
    ...empty.length > 0 ? [`its limit of ${empty.join(' and ')} is zero: it launches nothing`] : [],
  ];
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[];
}

function poolMachines({ spec }: KubernetesObject): string[] {
  const requirements = (spec.template?.spec?.requirements ?? []) as Requirement[];
  const allowed = (key: string) => requirements.filter(each => each.key === key && each.operator === 'In').flatMap(({ values = [] }) => values);
  const architectures = allowed('kubernetes.io/arch');
  const systems = allowed('kubernetes.io/os');
  const types = allowed('node.kubernetes.io/instance-type');
  const purchases = allowed('karpenter.sh/capacity-type');
  return [
    ...architectures.length === 0 ? ['it does not say kubernetes.io/arch In [arm64]: x86 machines may come'] : [],
    ...architectures.filter(value => value !== 'arm64').map(value => `kubernetes.io/arch ${value}: Kubernetes calls Graviton arm64, and no other machine is in the budget`),
    ...systems.filter(value => value !== 'linux').map(value => `kubernetes.io/os ${value}: only linux is in the budget`),
    ...types.length === 0 ? ['it names no instance types: those that the budget was computed with have to be listed'] : [],
    ...types.filter(type => !PRICED.has(type)).map(type => `the instance type ${type} has no price in the table of Graviton machines, so no budget holds for it`),
    ...purchases.length === 0 ? ['it does not say karpenter.sh/capacity-type: spot and on-demand have to be a decision'] : [],
    ...purchases.filter(value => !['spot', 'on-demand'].includes(value)).map(value => `karpenter.sh/capacity-type ${value}: the budget knows spot and on-demand`),
  ];
}

function poolDisruption({ spec }: KubernetesObject): string[] {
  const budgets = (spec.disruption?.budgets ?? []) as { nodes: string; schedule?: string; reasons?: string[] }[];
  // an empty node goes without a replacement
  const always = budgets.filter(({ schedule, reasons }) => schedule === undefined && ['Drifted', 'Underutilized'].every(reason => reasons?.includes(reason) ?? true));
  const bound = always.some(({ nodes }) => nodes === '0' || nodes === '1');
  const { expireAfter, terminationGracePeriod } = (spec.template?.spec ?? {}) as Record<string, string | undefined>;
  return [
    ...bound ? [] : ['no disruption budget of one node that always holds: the spending budget has room for one surplus node'],
    ...hours(expireAfter) > LONGEST_NODE_AGE_HOURS ? [`nodes live for ${expireAfter ?? 'ever'}: patches come with new ones, after ${LONGEST_NODE_AGE_HOURS} h at the latest`] : [],
    ...terminationGracePeriod === undefined ? ['no terminationGracePeriod: a pod that does not end keeps its node for ever'] : [],
  ];
}

function nodeClassVolumes({ spec }: KubernetesObject): string[] {
  const volumes = (spec.blockDeviceMappings ?? []) as { deviceName: string; ebs?: Record<string, unknown> }[];
  return [
    ...volumes.length === 0 ? ['no blockDeviceMappings: the volumes would be those of the AMI, neither encrypted nor in the budget'] : [],
    ...volumes.filter(({ ebs }) => ebs?.encrypted !== true).map(({ deviceName }) => `the volume ${deviceName} is not encrypted`),
    ...volumes.filter(({ ebs }) => ebs?.encrypted === true && ebs.kmsKeyID === undefined).map(({ deviceName }) => `the volume ${deviceName} has no key of the customer's: kmsKeyID`),
    ...volumes.filter(({ ebs }) => ebs?.deleteOnTermination === false).map(({ deviceName }) => `the volume ${deviceName} outlives its node, and goes on to cost`),
    ...volumes.filter(({ ebs }) => ebs?.volumeType !== undefined && ebs.volumeType !== 'gp3').map(({ deviceName, ebs }) => `the volume ${deviceName} is ${String(ebs!.volumeType)}: the budget is computed with gp3`),
  ];
}

function nodeClassMetadata({ spec }: KubernetesObject): string[] {
  const { httpTokens, httpPutResponseHopLimit } = (spec.metadataOptions ?? {}) as { httpTokens?: string; httpPutResponseHopLimit?: number };
  return [
    ...httpTokens === 'required' ? [] : ['instance metadata answers version 1: httpTokens has to be required'],
    ...httpPutResponseHopLimit === 1 ? [] : [`pods reach the node's credentials over ${httpPutResponseHopLimit ?? 'an unknown number of'} hops: httpPutResponseHopLimit has to be 1`],
  ];
}

function nodeClassIdentity({ spec }: KubernetesObject): string[] {
  const aliases = ((spec.amiSelectorTerms ?? []) as { alias?: string }[]).flatMap(({ alias }) => alias ?? []);
  return [
    ...aliases.filter(alias => alias.endsWith('@latest')).map(alias => `the AMI ${alias} changes by itself, under everybody's feet: name a version`),
    ...spec.instanceProfile === undefined ? ['no instanceProfile: with a role the controller would have to be allowed to change IAM'] : [],
    ...spec.associatePublicIPAddress === true ? ['nodes would have public addresses'] : [],
  ];
}

/** @see https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html */
function autoModeNodeClass({ spec, metadata }: KubernetesObject): string[] {
  return [
    ...metadata.name === 'default' ? ['default is the name of the class that EKS makes'] : [],
    ...spec.ephemeralStorage?.kmsKeyID === undefined ? ['its storage has no key of the customer\'s: ephemeralStorage.kmsKeyID'] : [],
  ];
}

function replicasOfADeployment({ spec, metadata }: KubernetesObject): string[] {
  return metadata.namespace !== CONTROLLERS_NAMESPACE && spec.replicas !== undefined
    ? ['it names replicas: the HorizontalPodAutoscaler owns their number, and an apply would undo it'] : [];
}

function machinesOfADeployment({ spec, metadata }: KubernetesObject): string[] {
  if (metadata.namespace === CONTROLLERS_NAMESPACE) { return []; }
  const pod = spec.template.spec as { nodeSelector?: Record<string, string>; affinity?: { nodeAffinity?: unknown }; topologySpreadConstraints?: unknown[] };
  const architecture = pod.nodeSelector?.['kubernetes.io/arch'];
  return [
    ...architecture !== undefined && architecture !== 'arm64' ? [`it asks for ${architecture} machines: there are arm64 ones only`] : [],
    ...architecture === undefined && pod.affinity?.nodeAffinity === undefined ? ['it does not say kubernetes.io/arch: arm64, although its image is for one architecture'] : [],
    ...(pod.topologySpreadConstraints ?? []).length === 0 ? ['its pods may all be in one zone: topologySpreadConstraints over topology.kubernetes.io/zone'] : [],
  ];
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
}

function podsOf(object: KubernetesObject): string[] {
  const pod = (object.kind === 'Pod' ? object.spec : object.spec.template?.spec ?? {}) as {
    containers?: Container[]; initContainers?: Container[]; terminationGracePeriodSeconds?: number;
  };
  const containers = [...pod.containers ?? [], ...pod.initContainers ?? []];
  const ownServices = object.metadata.namespace !== CONTROLLERS_NAMESPACE;
  const grace = pod.terminationGracePeriodSeconds ?? 0;
  return [
    ...containers.flatMap(({ name, resources = {} }) => [
      ...['cpu', 'memory'].filter(resource => resources.requests?.[resource] === undefined).map(resource => `the container ${name} requests no ${resource}: neither Karpenter nor the autoscaler can count it`),
      ...resources.limits?.memory === undefined ? [`the container ${name} has no memory limit: it may take its neighbours' memory`] : [],
    ]),
    ...containers.filter(({ image }) => isMovable(image, ownServices)).map(({ name, image }) => `the container ${name} runs ${image}, which can change: name ${ownServices ? 'its digest' : 'a version'}`),
    ...ownServices && grace > LONGEST_SHUTDOWN_SECONDS ? [`its pods take up to ${grace} s to end, and a node has ${LONGEST_SHUTDOWN_SECONDS} s for them`] : [],
  ];
}

function autoscalerFloor({ spec }: KubernetesObject): string[] {
  return [
    ...(spec.minReplicas ?? 1) < 2 ? ['one pod is not a service: minReplicas is 2 at least, one in each of two zones'] : [],
    ...(spec.metrics ?? []).length === 0 ? ['it has no metrics'] : [],
  ];
}

function disruptionBudgetThatBlocks({ spec }: KubernetesObject): string[] {
  const { maxUnavailable, minAvailable } = spec as { maxUnavailable?: unknown; minAvailable?: unknown };
  const blocks = [0, '0', '0%'].includes(maxUnavailable as never) || minAvailable === '100%';
  return blocks ? ['it lets no pod go: no node could ever be replaced'] : [];
}

interface Rule {
  readonly from?: { ipBlock?: { cidr: string } }[];
  readonly to?: unknown[];
  readonly ports?: unknown[];
}

function openNetworkPolicy({ spec }: KubernetesObject): string[] {
  const { ingress = [], egress = [] } = spec as { ingress?: Rule[]; egress?: Rule[] };
  const everywhere = ['0.0.0.0/0', '::/0'];
  return [
    ...ingress.filter(({ from = [] }) => from.length === 0).map(() => 'an ingress rule without `from` admits everybody'),
    ...ingress.flatMap(({ from = [] }) => from).filter(({ ipBlock }) => ipBlock && everywhere.includes(ipBlock.cidr)).map(() => 'it admits the whole internet'),
    ...egress.filter(({ to = [], ports = [] }) => to.length === 0 && ports.length === 0).map(() => 'an egress rule without `to` and `ports` opens everything'),
  ];
}

function serviceThatCosts({ spec }: KubernetesObject): string[] {
  return ['LoadBalancer', 'NodePort'].includes(spec.type as string) ? [`type ${spec.type}: the way in is the platform's load balancer, a Service is a ClusterIP`] : [];
}

function namespaceSecurity({ metadata }: KubernetesObject): string[] {
  return metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'restricted' ? [] : ['it does not enforce restricted pods: pod-security.kubernetes.io/enforce'];
}

function serviceAccountToken({ metadata, ...object }: KubernetesObject): string[] {
  return metadata.namespace !== CONTROLLERS_NAMESPACE && object.automountServiceAccountToken !== false
    ? ['its pods get a token of the Kubernetes API that they do not need: automountServiceAccountToken: false'] : [];
}

function storageEncryption({ parameters = {}, volumeBindingMode, allowVolumeExpansion }: KubernetesObject): string[] {
  return [
    ...parameters.encrypted === 'true' ? [] : ['its volumes are not encrypted: parameters.encrypted "true"'],
    ...parameters.kmsKeyId === undefined ? ['its volumes have no key of the customer\'s: parameters.kmsKeyId'] : [],
    ...volumeBindingMode === 'WaitForFirstConsumer' ? [] : ['a volume may be in another zone than its pod: volumeBindingMode WaitForFirstConsumer'],
    ...allowVolumeExpansion === false ? ['its volumes cannot grow: allowVolumeExpansion'] : [],
  ];
}

function targetsOfABinding({ spec }: KubernetesObject): string[] {
  return [
    ...spec.targetType === 'ip' ? [] : ['targetType has to be ip: TLS ends in the pod'],
    ...typeof spec.targetGroupARN !== 'string' || /^arn:aws[\w-]*:elasticloadbalancing:[\w-]+:\d{12}:targetgroup\//.test(spec.targetGroupARN) ? [] : [`${spec.targetGroupARN} is not the ARN of a target group`],
  ];
}

function quotaOfEverything({ spec }: KubernetesObject): string[] {
  const { hard = {} } = spec as { hard?: Record<string, string> };
  return ['pods', 'requests.cpu', 'requests.memory'].filter(name => hard[name] === undefined).map(name => `no quota of ${name}`);
}

function unlimitedRole({ rules }: KubernetesObject): string[] {
  const unlimited = ((rules ?? []) as Record<string, string[] | undefined>[]).some(({ verbs = [], resources = [] }) => verbs.includes('*') && resources.includes('*'));
  return unlimited ? ['it may do everything with everything'] : [];
}

function bindingToEverybody({ subjects, roleRef }: KubernetesObject): string[] {
  const everybody = ['system:authenticated', 'system:unauthenticated', 'system:anonymous', 'system:serviceaccounts'];
  return [
    ...((subjects ?? []) as { name: string }[]).filter(({ name }) => everybody.includes(name)).map(({ name }) => `it gives ${roleRef.name} to ${name}`),
    ...roleRef.name === 'cluster-admin' ? ['it makes an administrator: access entries do that, where they are seen'] : [],
  ];
}

function bindingThatOnlyWarns({ spec }: KubernetesObject): string[] {
  return ((spec.validationActions ?? []) as string[]).includes('Deny') ? [] : ['what breaks the policy is let in: validationActions has to hold Deny'];
}

function unreplacedVariables(object: KubernetesObject): string[] {
  const [found] = /\$[A-Z][A-Z0-9_]*__/.exec(JSON.stringify(object)) ?? [];
  return found ? [`${found} was not replaced by a value`] : [];
}

/** `Never` and nothing are for ever. */
function hours(duration: string | undefined): number {
  const [, amount, unit] = /^(\d+)(h|m|s)$/.exec(duration ?? '') ?? [];
  return amount ? Number(amount) / { h: 1, m: 60, s: 3600 }[unit as 'h' | 'm' | 's'] : Infinity;
}

function isMovable(image: string, needsDigest: boolean): boolean {
  if (image.includes('@sha256:')) { return false; }
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return needsDigest || tag === undefined || tag === 'latest';
}
