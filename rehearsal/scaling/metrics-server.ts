/** The real metrics server, which EKS installs as an add-on: behind the API server's aggregation, reading every machine that kwok plays. */
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Kubernetes } from '../kubernetes/control-plane';
import { start } from '../process';
import type { KubernetesApi } from './kubernetes-api';

const NAME = 'metrics-server';
const NAMESPACE = 'kube-system';
/** Its default, which EKS's add-on leaves as it is. */
const RESOLUTION = '15s';

export interface MetricsServerOptions {
  readonly metricsServer: string;
  readonly kubernetes: Kubernetes;
  readonly directory: string;
  readonly port: number;
  readonly certificates: string;
}

/** Arguments of the API server, which shows aggregated servers who asks. */
export function aggregation(certificates: string): string[] {
  const file = (name: string) => path.join(certificates, name);
  return [
    // aggregated servers ask for it, whoever shows a certificate of it
    `--client-ca-file=${file('authority.crt')}`,
    `--requestheader-client-ca-file=${file('authority.crt')}`, '--requestheader-allowed-names=aggregator',
    '--requestheader-username-headers=X-Remote-User', '--requestheader-group-headers=X-Remote-Group', '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${file('aggregator.crt')}`, `--proxy-client-key-file=${file('aggregator.key')}`,
  ];
}

export async function startMetricsServer(options: MetricsServerOptions, api: KubernetesApi): Promise<ChildProcess> {
  const { metricsServer, kubernetes, directory, port, certificates } = options;
  const output = fs.openSync(path.join(directory, `${NAME}.log`), 'w');
  const { kubeconfig } = kubernetes;
  const child = start(metricsServer, [
    `--kubeconfig=${kubeconfig}`, `--authentication-kubeconfig=${kubeconfig}`, `--authorization-kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1', `--secure-port=${port}`,
    `--tls-cert-file=${path.join(certificates, 'machine.crt')}`, `--tls-private-key-file=${path.join(certificates, 'machine.key')}`,
    `--kubelet-certificate-authority=${path.join(certificates, 'authority.crt')}`, '--kubelet-use-node-status-port', '--kubelet-preferred-address-types=ExternalIP',
    `--metric-resolution=${RESOLUTION}`,
  ], { stdio: ['ignore', output, output], cwd: directory });
  fs.closeSync(output);
  await api.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: NAME }, spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, protocol: 'TCP' }] },
  });
  await api.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, service: { namespace: NAMESPACE, name: NAME, port },
      caBundle: fs.readFileSync(path.join(certificates, 'authority.crt')).toString('base64'),
    },
  });
  return child;
}
