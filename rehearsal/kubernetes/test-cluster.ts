/** A control plane in which what is applied really comes about: controllers, scheduler, nodes and webhooks that stand in for the real ones. */
import { ClusterClient } from './cluster-client';
import { startKubernetes } from './control-plane';
import { NodeStandIns } from './node-stand-ins';
import { type Snapshot, takeSnapshot } from './snapshot';
import type { KubernetesTools } from './tools';
import { WebhookStandIn } from './webhook-stand-in';

export interface TestCluster {
  readonly client: ClusterClient;
  /** Paths of webhooks that the API server asked. */
  readonly webhooksAsked: ReadonlySet<string>;
  /** What a cluster has before anything is applied to it. */
  readonly empty: Snapshot;
  stop(): Promise<void>;
}

/** `webhook` authenticates whoever is not the administrator. */
export async function startTestCluster(tools: KubernetesTools, directory: string, webhook?: string): Promise<TestCluster> {
  const webhooks = new WebhookStandIn();
  const cluster = await startKubernetes({
    directory, tools, webhook, controllers: true, scheduler: true, extraArguments: { 'kube-apiserver': await webhooks.start() },
  });
  const client = new ClusterClient(cluster, tools);
  webhooks.answerFor(client);
  const nodes = new NodeStandIns(client);
  const stop = async (): Promise<void> => {
    await nodes.stop();
    await cluster.stop();
    await webhooks.stop();
  };
  try {
    await nodes.start();
    await client.namespaceIsReady('kube-system');
    return { client, webhooksAsked: webhooks.asked, empty: await takeSnapshot(client), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
