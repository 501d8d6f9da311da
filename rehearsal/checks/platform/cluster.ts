import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf, models, unmet } from './resources';

export const clusterIsPrivate: Check = {
  name: 'clusters are private and encrypted',
  proves: 'Each API server is reachable from its VPC only, its secrets have a customer key, its logs are on, and two Graviton workers carry the baseline.',
  needs: [/\/Cluster$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::EKS::Cluster')) {
      const { cluster } = await context.client(EKSClient, stack).send(new DescribeClusterCommand({ name: resource.physicalId }));
      const [workers] = (await models(context, 'AWS::EKS::Nodegroup', new RegExp(`^${stack.displayName}$`))).map(({ model }) => model);
      problems.push(...unmet({
        'its endpoint is public': cluster?.resourcesVpcConfig?.endpointPublicAccess === false,
        'its endpoint is not private': cluster?.resourcesVpcConfig?.endpointPrivateAccess === true,
        'its secrets have no customer key': cluster?.encryptionConfig?.[0]?.provider?.keyArn?.startsWith('arn:aws:kms:') === true,
        'it has no two workers': workers?.ScalingConfig?.DesiredSize === 2,
        'its workers are not Graviton': /^\w+g\w*\./.test(workers?.InstanceTypes?.[0]),
      }, environmentOf(stack)));
      evidence.push(`${cluster?.name} ${cluster?.version}, workers ${workers?.ScalingConfig?.DesiredSize} × ${workers?.InstanceTypes}`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const interruptionsReachKarpenter: Check = {
  name: 'interruptions reach Karpenter',
  proves: 'Each cluster has an encrypted queue named like it, and the rules for spot, health, rebalance and state changes send to it.',
  needs: [/\/Cluster$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource: cluster } of await deployed(context, 'AWS::EKS::Cluster')) {
      const inStack = new RegExp(`^${stack.displayName}$`);
      const queue = (await deployed(context, 'AWS::SQS::Queue', inStack)).find(({ resource }) => resource.physicalId.endsWith(`/${cluster.physicalId}`));
      if (!queue) {
        problems.push(`${cluster.physicalId} has no queue of its name`);
        continue;
      }
      const command = new GetQueueAttributesCommand({ QueueUrl: queue.resource.physicalId, AttributeNames: ['All'] });
      const { Attributes: attributes = {} } = await context.client(SQSClient, stack).send(command);
      if (!attributes.KmsMasterKeyId) { problems.push(`the queue of ${cluster.physicalId} has no customer key`); }
      const rules = await deployed(context, 'AWS::Events::Rule', inStack);
      const targets = await Promise.all(rules.map(async ({ resource }) =>
        (await context.client(EventBridgeClient, stack).send(new ListTargetsByRuleCommand({ Rule: ruleName(resource.physicalId) }))).Targets ?? []));
      const sending = targets.filter(each => each.some(target => target.Arn === attributes.QueueArn)).length;
      if (sending < 5) { problems.push(`${sending} of 5 rules send to the queue of ${cluster.physicalId}`); }
      evidence.push(`${cluster.physicalId}: ${sending} rules`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const nodesAreBootstrapped: Check = {
  name: 'the bootstrap bundle is where its pipeline looks',
  proves: 'The pipeline that installs Karpenter finds its bundle in the account\'s asset bucket, and its role may administer the cluster.',
  needs: [/\/Cluster$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, model } of await models(context, 'AWS::CodePipeline::Pipeline', /\/Cluster$/)) {
      const { S3Bucket: bucket, S3ObjectKey: key } = model.Stages[0].Actions[0].Configuration;
      const bundle = await context.client(S3Client, stack).send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
      if (!bundle?.ContentLength) { problems.push(`${environmentOf(stack)}: there is no ${key} in ${bucket}`); }
      const actions = model.Stages.slice(1).flatMap((stage: any) => stage.Actions);
      const deployers = new Set(actions.map((action: any) => action.RoleArn));
      const administrators = (await models(context, 'AWS::EKS::AccessEntry', /\/Cluster$/)).map(entry => entry.model)
        .filter(entry => entry.AccessPolicies?.some((policy: any) => policy.PolicyArn.endsWith('/AmazonEKSClusterAdminPolicy'))).map(entry => entry.PrincipalArn);
      if (![...deployers].every(role => administrators.includes(role))) { problems.push(`${environmentOf(stack)}: the pipeline's role has no access entry`); }
      evidence.push(`${environmentOf(stack)}: ${actions.length} deployments from a bundle of ${bundle?.ContentLength} bytes`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

/** CloudFormation's id of a rule may carry its bus. */
function ruleName(physicalId: string): string {
  return physicalId.split('|').at(-1)!.split('/').at(-1)!;
}
