import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { agentPolicy, SESSION_CHANNELS } from './agent-policy';
import { BoundHost, HostContext } from './bound-host';

const CONTAINER = 'bastion';

/** One program that sleeps, and no shell. */
const PAUSE_IMAGE = 'public.ecr.aws/eks-distro/kubernetes/pause:3.10';

/** A task on Fargate that a service keeps alive, in a cluster that holds nothing else, so that the cluster's name says which tasks are the bastion's. */
export function createContainerHost(
  scope: Construct, context: HostContext, image: ecs.ContainerImage = ecs.ContainerImage.fromRegistry(PAUSE_IMAGE),
): BoundHost {
  const stack = Stack.of(scope);
  const cluster = new ecs.Cluster(scope, 'Cluster', {
    vpc: context.vpc,
    managedStorageConfiguration: { fargateEphemeralStorageKmsKey: context.encryptionKey },
  });
  const service = createService(scope, context, cluster, image);
  const tasks = stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` });
  const ofCluster = { ArnEquals: { 'ecs:cluster': cluster.clusterArn } };
  return {
    resources: [tasks],
    find: [
      // is asked for container instances, of which Fargate has none
      { sid: 'FindBastion', actions: ['ecs:ListTasks'], resources: ['*'], conditions: ofCluster },
      { sid: 'DescribeBastion', actions: ['ecs:DescribeTasks'], resources: [tasks], conditions: ofCluster },
    ],
    target: targetOf(cluster),
    service,
  };
}

function createService(scope: Construct, { vpcSubnets, securityGroup }: HostContext, cluster: ecs.Cluster, image: ecs.ContainerImage): ecs.FargateService {
  const taskRole = new iam.Role(scope, 'HostRole', {
    description: `Vendor bastion ${scope.node.path}: Session Manager only`,
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
    managedPolicies: [agentPolicy(scope, SESSION_CHANNELS)],
  });
  const taskDefinition = new ecs.FargateTaskDefinition(scope, 'Task', {
    cpu: 256,
    memoryLimitMiB: 512,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    // the service would add the channels once more, for every region
    taskRole: taskRole.withoutPolicyUpdates(),
  });
  taskDefinition.addContainer(CONTAINER, {
    image,
    // the agent leaves processes behind that nobody else would reap
    linuxParameters: new ecs.LinuxParameters(scope, 'Processes', { initProcessEnabled: true }),
  });
  return new ecs.FargateService(scope, 'Service', {
    cluster,
    taskDefinition,
    desiredCount: 1,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { rollback: true },
    enableExecuteCommand: true,
    assignPublicIp: false,
    vpcSubnets,
    securityGroups: [securityGroup],
  });
}

/** `ecs:<cluster>_<task>_<runtime id>`; the runtime id begins with the task's. */
function targetOf({ clusterName }: ecs.ICluster): string {
  const task = `$(aws ecs list-tasks --cluster ${clusterName} --query 'taskArns[0]' --output text)`;
  const runtimeId = `aws ecs describe-tasks --cluster ${clusterName} --tasks "${task}"`
    + ` --query "tasks[0].containers[?name=='${CONTAINER}'].runtimeId | [0]" --output text`;
  return `ecs:${clusterName}_$(${runtimeId} | sed 's/^\\(.*\\)-/\\1_\\1-/')`;
}
