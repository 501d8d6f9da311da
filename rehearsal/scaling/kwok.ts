/** kwok: plays the pods on every machine, their start, their end and what they use, as the metrics server reads it. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Kubernetes } from '../kubernetes/control-plane';
import { start } from '../process';
import type { KubernetesApi, KubernetesObject } from './kubernetes-api';

const API_VERSION = 'kwok.x-k8s.io/v1alpha1';
const USAGES = `/apis/${API_VERSION}/clusterresourceusages`;

export interface KwokOptions {
  readonly kwok: string;
  readonly kubernetes: Kubernetes;
  readonly directory: string;
  readonly port: number;
  /** With `machine.crt` and `machine.key`. */
  readonly certificates: string;
  /** From a pod's place on a node to its readiness: pulling its image, starting it, its probes. */
  readonly podStartSeconds: { readonly least: number; readonly most: number };
  /** From a pod's deletion to its end: it still answers while the load balancer forgets it. */
  readonly podStopSeconds: number;
}

export async function startKwok(options: KwokOptions, api: KubernetesApi): Promise<ChildProcess> {
  await api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', USAGE_DEFINITION);
  const config = path.join(options.directory, 'kwok.yaml');
  fs.writeFileSync(config, documentsOf(options).map(document => JSON.stringify(document)).join('\n---\n'));
  const output = fs.openSync(path.join(options.directory, 'kwok.log'), 'w');
  const child = start(options.kwok, [
    `--config=${config}`, `--kubeconfig=${options.kubernetes.kubeconfig}`, `--server-address=127.0.0.1:${options.port}`, `--node-port=${options.port}`,
    '--manage-all-nodes=false', '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake', '--node-lease-duration-seconds=40',
    `--tls-cert-file=${path.join(options.certificates, 'machine.crt')}`, `--tls-private-key-file=${path.join(options.certificates, 'machine.key')}`,
    '--enable-crds=ClusterResourceUsage',
  ], { stdio: ['ignore', output, output], cwd: options.directory });
  fs.closeSync(output);
  return child;
}

/** Lets everything else use next to nothing. */
export async function setIdle(api: KubernetesApi, namespace: string): Promise<void> {
  await api.apply(USAGES, usageOf(namespace, { millicores: 5, mebibytes: 50 }));
}

/** Lets every pod of a namespace use this much from now on. */
export async function setUsage(
  api: KubernetesApi, namespace: string, container: string, usage: { readonly millicores: number; readonly mebibytes: number },
): Promise<void> {
  await api.apply(USAGES, usageOf(namespace, usage, container));
}

function usageOf(namespace: string, { millicores, mebibytes }: { millicores: number; mebibytes: number }, container?: string): KubernetesObject {
  const usage = { cpu: { value: `${Math.round(millicores)}m` }, memory: { value: `${Math.round(mebibytes)}Mi` } };
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterResourceUsage',
    metadata: { name: namespace },
    spec: { selector: { matchNamespaces: [namespace] }, usages: [{ ...container ? { containers: [container] } : {}, usage }] },
  };
}

/** kwok reads it from the API, so that it can change while kwok runs. */
const USAGE_DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'clusterresourceusages.kwok.x-k8s.io' },
  spec: {
    group: 'kwok.x-k8s.io',
    scope: 'Cluster',
    names: { kind: 'ClusterResourceUsage', listKind: 'ClusterResourceUsageList', plural: 'clusterresourceusages', singular: 'clusterresourceusage' },
    versions: [{
      name: 'v1alpha1', served: true, storage: true, subresources: { status: {} },
      schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything(), status: anything() } } },
    }],
  },
};

function anything() {
  return { 'type': 'object', 'x-kubernetes-preserve-unknown-fields': true };
}

function documentsOf({ podStartSeconds: { least, most }, podStopSeconds }: KwokOptions): object[] {
  return [
    stage('node-ready', 'Node', [{ key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: 'NotIn', values: ['True'] }], { statusTemplate: NODE_READY }),
    stage('pod-ready', 'Pod', [
      { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
      { key: '.status.phase', operator: 'In', values: ['Pending'] },
      { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: 'NotIn', values: ['True'] },
    ], { statusTemplate: POD_READY }, { durationMilliseconds: least * 1000, jitterDurationMilliseconds: most * 1000 }),
    stage('job-done', 'Pod', [
      { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' },
      { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] },
      { key: '.status.phase', operator: 'In', values: ['Running'] },
    ], { statusTemplate: POD_DONE }, { durationMilliseconds: 2000 }),
    stage('pod-end', 'Pod', [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }], { delete: true }, { durationMilliseconds: podStopSeconds * 1000 }),
    { apiVersion: API_VERSION, kind: 'Metric', metadata: { name: 'resource' }, spec: { path: '/metrics/nodes/{nodeName}/metrics/resource', metrics: METRICS } },
  ];
}

function stage(name: string, kind: string, matchExpressions: object[], next: object, delay?: object): object {
  return { apiVersion: API_VERSION, kind: 'Stage', metadata: { name }, spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, ...delay ? { delay } : {}, next } };
}

const NODE_READY = `{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
phase: Running
`;

const POD_READY = `{{ $now := Now }}
conditions:
{{ range ( list "Initialized" "Ready" "ContainersReady" ) }}
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: {{ . }}
{{ end }}
{{ range .spec.readinessGates }}
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: {{ .conditionType | Quote }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  state:
    running:
      startedAt: {{ $now | Quote }}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  state:
    terminated:
      exitCode: 0
      finishedAt: {{ $now | Quote }}
      reason: Completed
      startedAt: {{ $now | Quote }}
{{ end }}
{{ $podIPs := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
phase: Running
startTime: {{ $now | Quote }}
`;

/** A job, such as the migration of the database, that did what it had to. */
const POD_DONE = `{{ $now := Now }}
conditions:
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: Initialized
{{ range ( list "Ready" "ContainersReady" ) }}
- lastTransitionTime: {{ $now | Quote }}
  reason: PodCompleted
  status: "False"
  type: {{ . }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: 0
      finishedAt: {{ $now | Quote }}
      reason: Completed
      startedAt: {{ $now | Quote }}
{{ end }}
phase: Succeeded
`;

const OF_CONTAINER = [{ name: 'container', value: 'container.name' }, { name: 'namespace', value: 'pod.metadata.namespace' }, { name: 'pod', value: 'pod.metadata.name' }];
const OF_POD = OF_CONTAINER.slice(1);

/** What the metrics server reads of a kubelet. */
const METRICS = [
  { name: 'scrape_error', dimension: 'node', kind: 'gauge', help: 'always 0', value: '0' },
  { name: 'container_start_time_seconds', dimension: 'container', kind: 'gauge', help: 'since the epoch', labels: OF_CONTAINER, value: 'pod.SinceSecond()' },
  { name: 'container_cpu_usage_seconds_total', dimension: 'container', kind: 'counter', help: 'core-seconds', labels: OF_CONTAINER, value: 'pod.CumulativeUsage("cpu", container.name)' },
  { name: 'container_memory_working_set_bytes', dimension: 'container', kind: 'gauge', help: 'bytes', labels: OF_CONTAINER, value: 'pod.Usage("memory", container.name)' },
  { name: 'pod_cpu_usage_seconds_total', dimension: 'pod', kind: 'counter', help: 'core-seconds', labels: OF_POD, value: 'pod.CumulativeUsage("cpu")' },
  { name: 'pod_memory_working_set_bytes', dimension: 'pod', kind: 'gauge', help: 'bytes', labels: OF_POD, value: 'pod.Usage("memory")' },
  { name: 'node_cpu_usage_seconds_total', dimension: 'node', kind: 'counter', help: 'core-seconds', value: 'node.CumulativeUsage("cpu")' },
  { name: 'node_memory_working_set_bytes', dimension: 'node', kind: 'gauge', help: 'bytes', value: 'node.Usage("memory")' },
];
