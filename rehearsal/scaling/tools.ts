/** The real programs that scale a cluster, built from Go modules: Karpenter for AWS, the metrics server, and kwok, which plays the machines. */
import * as path from 'node:path';
import type { Failure } from '../failure';
import { goProgram } from '../kubernetes/go-program';
import type { Progress } from '../progress';

export interface ScalingTools {
  readonly karpenter: string;
  /** Undefined where it cannot be built. */
  readonly metricsServer?: string;
  readonly kwok: string;
  /** What cannot be had here, and what follows from it. */
  readonly leftOut: readonly string[];
}

const FOLDER = path.join(__dirname, 'go');

export async function scalingTools(cacheDirectory: string, progress: Progress): Promise<ScalingTools> {
  const build = (name: string, minutes: number) => goProgram({ name, folder: path.join(FOLDER, name), minutes }, cacheDirectory, progress);
  // one after another: each keeps every core busy
  const kwok = await build('kwok', 4);
  const leftOut: string[] = [];
  const metricsServer = await build('metrics-server', 3).catch((error: Failure) => {
    leftOut.push(`the metrics server and with it the work of the HorizontalPodAutoscaler: the rehearsal sets the number of pods itself (${error.message})`);
    return undefined;
  });
  return { karpenter: await build('karpenter', 5), metricsServer, kwok, leftOut };
}
