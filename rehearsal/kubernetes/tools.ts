/** The real programs of Kubernetes, built from Go modules: one for the control plane and kubectl, and Helm. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { goProgram } from './go-program';
import type { Progress } from '../progress';

export interface KubernetesTools {
  /** etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl, by its first argument. */
  readonly kubernetes: string;
  /** Called `kubectl`, so that its directory can be put on a PATH. */
  readonly kubectl: string;
  /** Called `helm`, likewise. */
  readonly helm: string;
  /** `1.36.3`. */
  readonly version: string;
}

const TOOLBOX = path.join(__dirname, 'toolbox');
const HELM = path.join(__dirname, 'helm');

export async function kubernetesTools(cacheDirectory: string, progress: Progress): Promise<KubernetesTools> {
  const version = required(TOOLBOX, 'k8s.io/kubernetes');
  const [major, minor] = version.split('.');
  const variable = 'k8s.io/component-base/version';
  const kubernetes = await goProgram({
    name: 'kubernetes',
    folder: TOOLBOX,
    aliases: ['kubectl'],
    minutes: 6,
    linkerFlags: [`-X ${variable}.gitVersion=v${version}`, `-X ${variable}.gitMajor=${major}`, `-X ${variable}.gitMinor=${minor}`],
  }, cacheDirectory, progress);
  const helm = await goProgram({ name: 'helm', folder: HELM, package: 'helm.sh/helm/v4/cmd/helm', minutes: 2 }, cacheDirectory, progress);
  return { kubernetes, kubectl: path.join(path.dirname(kubernetes), 'kubectl'), helm, version };
}

/** The version of a module in a go.mod. */
function required(folder: string, module: string): string {
  const text = fs.readFileSync(path.join(folder, 'go.mod'), 'utf8');
  return new RegExp(`${module.replace(/[./]/g, '\\$&')} v(\\S+)`).exec(text)![1];
}
