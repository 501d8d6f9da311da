/** The generations of Karpenter's definitions that manifests have to fit: the one that is installed, and the next. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { goModule } from './go-module';
import { VERSIONS } from '../../src/cluster/versions';
import type { Progress } from '../progress';

const CHARTS = path.join(__dirname, '..', '..', 'src', 'cluster', 'charts');
const KARPENTER = 'github.com/aws/karpenter-provider-aws';
/** The newest release; where it is the one that is used, there is one generation. */
const NEXT_KARPENTER = '1.15.1';
const DEFINITIONS = 'pkg/apis/crds';

export interface Generation {
  readonly name: string;
  /** Charts of custom resource definitions. */
  readonly charts: readonly string[];
  /** Files of them. */
  readonly files: readonly string[];
}

export async function generations(cacheDirectory: string, progress: Progress): Promise<Generation[]> {
  const current = {
    name: VERSIONS.karpenter,
    charts: ['karpenter-crd', 'aws-load-balancer-controller-crd'].map(chart => path.join(CHARTS, chart)),
    files: [path.join(__dirname, 'auto-mode-definitions.yaml')],
  };
  if (VERSIONS.karpenter === NEXT_KARPENTER) { return [current]; }
  const module = path.join(await goModule(KARPENTER, `v${NEXT_KARPENTER}`, [DEFINITIONS], cacheDirectory, progress), DEFINITIONS);
  return [current, { name: NEXT_KARPENTER, charts: [], files: fs.readdirSync(module).filter(file => file.endsWith('.yaml')).sort().map(file => path.join(module, file)) }];
}
