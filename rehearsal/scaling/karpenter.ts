/** The real Karpenter as a local process: with the token of the chart's service account, and so its RBAC, and with the environment of the chart's Deployment. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../failure';
import { freePorts, kubeconfigOf, type Kubernetes } from '../kubernetes/control-plane';
import { start } from '../process';
import type { KubernetesApi } from './kubernetes-api';
import type { LocalEc2 } from './local-ec2';

const NAMESPACE = 'kube-system';
const NAME = 'karpenter';

export interface KarpenterOptions {
  readonly karpenter: string;
  readonly kubernetes: Kubernetes;
  readonly ec2: LocalEc2;
  readonly directory: string;
}

interface ContainerVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string }; readonly resourceFieldRef?: { readonly resource: string } };
}

export async function startKarpenter(options: KarpenterOptions, api: KubernetesApi): Promise<ChildProcess> {
  const { karpenter, kubernetes, ec2, directory } = options;
  const deployment = await api.get(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${NAME}`);
  const { serviceAccountName, containers: [container] } = deployment.spec.template.spec;
  const request = await api.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${serviceAccountName}/token`, {
    apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 24 * 3600 },
  });
  const kubeconfig = path.join(directory, 'karpenter.kubeconfig');
  fs.writeFileSync(kubeconfig, kubeconfigOf({ ...kubernetes, token: request.status.token }), { mode: 0o600 });
  const [metrics, health] = await freePorts(2);
  const output = fs.openSync(path.join(directory, `${NAME}.log`), 'w');
  const child = start(karpenter, [], {
    stdio: ['ignore', output, output],
    cwd: directory,
    env: {
      HOME: directory,
      PATH: process.env.PATH,
      ...environmentOf(container),
      ...ec2.environment(),
      KUBECONFIG: kubeconfig,
      // a process in a pod finds it in a file
      LEADER_ELECTION_NAMESPACE: NAMESPACE,
      METRICS_PORT: String(metrics),
      HEALTH_PROBE_PORT: String(health),
    },
  });
  fs.closeSync(output);
  return child;
}

interface Container {
  readonly env: ContainerVariable[];
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
}

function environmentOf({ env, resources }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => {
    if (value !== undefined) { return [name, value]; }
    switch (valueFrom?.fieldRef?.fieldPath ?? valueFrom?.resourceFieldRef?.resource) {
      case 'metadata.namespace': return [name, NAMESPACE];
      case 'requests.cpu': return [name, String(millicores(resources.requests.cpu))];
      case 'limits.memory': return [name, String(bytes(resources.limits.memory))];
      default: throw new Failure(`Karpenter's Deployment takes ${name} from where the rehearsal does not look; teach rehearsal/scaling/karpenter.ts.`);
    }
  }));
}

export function millicores(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000;
}

const UNITS: Record<string, number> = { '': 1, 'Ki': 2 ** 10, 'Mi': 2 ** 20, 'Gi': 2 ** 30 };

function bytes(quantity: string): number {
  const [, amount, unit] = /^([\d.]+)(\w*)$/.exec(quantity)!;
  return Number(amount) * UNITS[unit];
}
