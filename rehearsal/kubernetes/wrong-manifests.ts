/** Manifests that are wrong on purpose, one mistake each: whoever lets one pass does not check what it says it checks. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type ClusterClient, firstError, someAtATime } from './cluster-client';
import { objectsIn } from './rendering';
import { contradictionsOf, mistakesOf } from './semantics';

const FOLDER = path.join(__dirname, 'wrong-manifests');
/** The namespace they speak of, in which nothing but the mistake is in the way. */
const NAMESPACE = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'wrong', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'wrong' }, automountServiceAccountToken: false },
  { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'wrong', namespace: 'wrong' }, spec: { hard: { 'pods': '20', 'requests.cpu': '5', 'requests.memory': '10Gi' } } },
];

export interface WrongManifests {
  readonly byServer: number;
  readonly byRules: number;
  /** Those that pass, or are rejected for another reason than the one they are wrong for. */
  readonly problems: readonly string[];
}

/** Where only Karpenter's definitions are others than before, only its objects can fare otherwise. */
export async function tryWrongManifests(client: ClusterClient, ofKarpenterOnly: boolean): Promise<WrongManifests> {
  await client.applyForReal(NAMESPACE);
  await client.quotaIsKnown('wrong', 'wrong');
  const files = fs.readdirSync(FOLDER).filter(name => name.endsWith('.yaml') && (!ofKarpenterOnly || /^(pool|class)-/.test(name))).sort();
  const outcomes = await someAtATime(files, file => tryOne(client, file));
  return {
    byServer: outcomes.filter(({ by }) => by === 'server').length,
    byRules: outcomes.filter(({ by }) => by === 'rules').length,
    problems: outcomes.flatMap(({ problem }) => problem ?? []).sort(),
  };
}

interface Outcome {
  readonly by?: 'server' | 'rules';
  readonly problem?: string;
}

async function tryOne(client: ClusterClient, file: string): Promise<Outcome> {
  const location = path.join(FOLDER, file);
  const text = fs.readFileSync(location, 'utf8');
  const [, expected] = /^# rejected by: (.+)\n/.exec(text) ?? [];
  if (!expected) { return { problem: `${file} does not begin with "# rejected by: ` + '<message>"' }; }
  const answer = await client.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', location);
  if (answer.exitCode !== 0) {
    return answer.output.includes(expected) ? { by: 'server' } : { problem: `${file} is not rejected by "${expected}" but by "${firstError(answer.output)}"` };
  }
  const objects = objectsIn(text, file);
  const mistakes = [...objects.flatMap(mistakesOf), ...contradictionsOf(objects)];
  if (mistakes.some(mistake => mistake.includes(expected))) { return { by: 'rules' }; }
  return { problem: `${file} passes, and should be rejected by "${expected}"${mistakes.length > 0 ? `; the rules say only: ${mistakes.join('; ')}` : ''}` };
}
