import { Annotations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { NodePools } from './nodes/node-pools';
import { WebServiceObjects } from './services/web-service-manifests';

const KIND = 'cdk-innovate-platform:nodeCapacity';

/** Says at synthesis, and in the cloud assembly, what the budget buys at worst. */
export function reportCapacity(scope: IConstruct, pools: NodePools, services: WebServiceObjects[] = []): void {
  const { vcpus, memoryGib, nodes, monthlyUsd } = pools.total;
  const pods = Object.fromEntries(services.map(service => [
    `${service.namespace}/${service.name}`, pools.podsOf({ vcpus: service.podVcpus, memoryMib: service.podMemoryMib }),
  ]));
  const perService = services.map(({ namespace, name, podVcpus, podMemoryMib }) =>
    `${pods[`${namespace}/${name}`]} pods of ${name} (${podVcpus} vCPU, ${podMemoryMib} MiB)`);
  scope.node.addMetadata(KIND, { vcpus, memoryGib, nodes, monthlyUsd, pools: pools.pools.map(({ name, capacity }) => ({ name, ...capacity })), pods });
  Annotations.of(scope).addInfoV2(KIND, [
    `The budget pays for at most $${monthlyUsd} a month: ${vcpus} vCPUs and ${memoryGib} GiB on at most ${nodes} nodes at worst`,
    ...perService.length > 0 ? [`which is room for at least ${perService.join(', or ')}`] : [],
  ].join(', ') + '.');
}
