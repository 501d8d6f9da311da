/** The table of good and wrong Deployments that the rules' own tests use, asked of a real API server with the policy that the bundle brings. */
import { type ClusterClient, eventually, firstError, someAtATime } from './cluster-client';
import { deploymentPolicies } from '../../src/cluster/services/deployment-policy';
import { DEPLOYMENT_EXAMPLES, EXAMPLE_CONTRACT } from '../../test/cluster/services/deployment-examples';

export interface Verdicts {
  readonly admitted: number;
  readonly refused: number;
  /** Examples about which the API server thinks otherwise than the table. */
  readonly problems: readonly string[];
}

export async function tryDeploymentExamples(client: ClusterClient): Promise<Verdicts> {
  const { namespace } = EXAMPLE_CONTRACT;
  await client.applyForReal([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...deploymentPolicies(namespace, [EXAMPLE_CONTRACT])]);
  const wrong = DEPLOYMENT_EXAMPLES.find(({ violates }) => violates.length > 0)!;
  await eventually('the policy of Deployments to be in force', async () => (await client.tryOut([wrong.deployment], 'create')).exitCode !== 0);
  const outcomes = await someAtATime(DEPLOYMENT_EXAMPLES, async ({ name, deployment, violates }) => {
    const { exitCode, output } = await client.tryOut([deployment], 'create');
    const isRefused = exitCode !== 0;
    const differs = isRefused !== violates.length > 0;
    return { isRefused, problem: differs ? `the Deployment "${name}" is ${isRefused ? `refused: ${firstError(output)}` : `admitted, and breaks ${violates.join(', ')}`}` : undefined };
  });
  return {
    admitted: outcomes.filter(({ isRefused }) => !isRefused).length,
    refused: outcomes.filter(({ isRefused }) => isRefused).length,
    problems: outcomes.flatMap(({ problem }) => problem ?? []),
  };
}
