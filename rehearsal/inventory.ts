/**
 * What is in the accounts, as the services list it. The same list before the
 * deployment and after the destruction tells what was left behind.
 */
import { CloudControlClient, ListResourcesCommand } from '@aws-sdk/client-cloudcontrol';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeLogGroupsCommand, CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeSecurityGroupsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { IAMClient, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DescribeDBClustersCommand, DescribeDBClusterSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AssemblyStack, Environment } from './assembly';
import type { CheckContext } from './checks/check';

export interface InventoryItem extends Environment {
  readonly type: string;
  readonly id: string;
}

export interface Leftover extends InventoryItem {
  /** Why it may stay; absent when it must not. */
  readonly reason?: string;
}

/** Lists one kind of thing; the type is CloudFormation's where there is one. */
type Lister = (context: CheckContext, where: Environment) => Promise<[type: string, ids: (string | undefined)[]]>;

const LISTERS: readonly Lister[] = [
  async (context, where) => ['stack', (await context.client(CloudFormationClient, where).send(new ListStacksCommand({})))
    .StackSummaries?.filter(stack => stack.StackStatus !== 'DELETE_COMPLETE').map(stack => stack.StackName) ?? []],
  async (context, where) => ['AWS::S3::Bucket', (await context.client(S3Client, where).send(new ListBucketsCommand({})))
    .Buckets?.map(bucket => bucket.Name) ?? []],
  async (context, where) => ['AWS::EC2::VPC', (await context.client(EC2Client, where).send(new DescribeVpcsCommand({})))
    .Vpcs?.map(vpc => vpc.VpcId) ?? []],
  async (context, where) => ['AWS::EC2::SecurityGroup', (await context.client(EC2Client, where).send(new DescribeSecurityGroupsCommand({})))
    .SecurityGroups?.map(group => group.GroupId) ?? []],
  async (context, where) => ['AWS::EKS::Cluster', (await context.client(EKSClient, where).send(new ListClustersCommand({}))).clusters ?? []],
  async (context, where) => ['AWS::IAM::Role', (await context.client(IAMClient, where).send(new ListRolesCommand({ MaxItems: 1000 })))
    .Roles?.map(role => role.RoleName) ?? []],
  async (context, where) => ['AWS::IAM::ManagedPolicy', (await context.client(IAMClient, where).send(new ListPoliciesCommand({ Scope: 'Local', MaxItems: 1000 })))
    .Policies?.map(policy => policy.Arn) ?? []],
  async (context, where) => ['AWS::Lambda::Function', (await context.client(LambdaClient, where).send(new ListFunctionsCommand({})))
    .Functions?.map(lambda => lambda.FunctionName) ?? []],
  async (context, where) => ['AWS::Logs::LogGroup', (await context.client(CloudWatchLogsClient, where).send(new DescribeLogGroupsCommand({})))
    .logGroups?.map(group => group.logGroupName) ?? []],
  async (context, where) => ['AWS::RDS::DBCluster', (await context.client(RDSClient, where).send(new DescribeDBClustersCommand({})))
    .DBClusters?.map(cluster => cluster.DBClusterIdentifier) ?? []],
  async (context, where) => ['RDS snapshot', (await context.client(RDSClient, where).send(new DescribeDBClusterSnapshotsCommand({})))
    .DBClusterSnapshots?.map(snapshot => snapshot.DBClusterSnapshotIdentifier) ?? []],
  async (context, where) => ['AWS::SQS::Queue', (await context.client(SQSClient, where).send(new ListQueuesCommand({}))).QueueUrls ?? []],
];

export async function takeInventory(context: CheckContext): Promise<InventoryItem[]> {
  const perEnvironment = await Promise.all(context.environments.map(async where => {
    const lists = await Promise.all([
      ...LISTERS.map(list => list(context, where)),
      ...typesIn(context.stacks, where).map(type => listModels(context, where, type)),
    ]);
    return lists.flatMap(([type, ids]) => ids.flatMap(id => id ? [{ ...where, type, id }] : []));
  }));
  const items = new Map(perEnvironment.flat().map(item => [keyOf(item), item]));
  return [...items.keys()].sort().map(key => items.get(key)!);
}

/** What the second inventory has and the first had not, each with the reason that lets it stay. */
export async function leftBehind(context: CheckContext, before: readonly InventoryItem[], retained: ReadonlyMap<string, string>): Promise<Leftover[]> {
  const known = new Set(before.map(keyOf));
  const left = (await takeInventory(context)).filter(item => !known.has(keyOf(item)));
  return left.map(item => ({ ...item, reason: retained.get(keyOf(item)) ?? serviceMade(item) }));
}

/** The resources whose template says that they outlive their stack, by inventory key. */
export async function retainedResources(context: CheckContext): Promise<Map<string, string>> {
  const retained = new Map<string, string>();
  for (const stack of context.stacks) {
    for (const resource of await context.resourcesOf(stack)) {
      const { deletionPolicy } = resource;
      if (!deletionPolicy || deletionPolicy === 'Delete' || deletionPolicy === 'Snapshot') { continue; }
      const reason = `DeletionPolicy ${deletionPolicy} of ${stack.displayName}/${resource.logicalId}`;
      for (const id of [resource.physicalId, await context.identifierOf(stack, resource)]) {
        retained.set(keyOf({ ...stack, type: resource.type, id }), reason);
      }
    }
  }
  return retained;
}

/** Regions of one account share what is global, so the key leaves the region out where the id is unique anyway. */
function keyOf(item: InventoryItem): string {
  const global = /^AWS::(S3|IAM)::/.test(item.type);
  return [item.account, global ? '' : item.region, item.type, item.id].join('/');
}

function serviceMade(item: InventoryItem): string | undefined {
  if (item.type === 'RDS snapshot') { return 'final snapshot, DeletionPolicy Snapshot'; }
  if (item.type === 'AWS::Logs::LogGroup' && item.id.startsWith('/aws/lambda/')) {
    return 'Lambda made it when the function ran; it holds the function\'s log';
  }
  if (item.type === 'AWS::IAM::Role' && item.id.startsWith('AWSServiceRoleFor')) { return 'service-linked role of the account, which the first-run checklist made'; }
  return undefined;
}

function typesIn(stacks: readonly AssemblyStack[], where: Environment): string[] {
  const own = stacks.filter(stack => stack.account === where.account && stack.region === where.region);
  const types = own.flatMap(stack => Object.values(stack.template.Resources ?? {}).map(resource => resource.Type));
  return [...new Set(types)].filter(type => !/^(Custom::|AWS::CloudFormation::|AWS::CDK::)/.test(type)).sort();
}

async function listModels(context: CheckContext, where: Environment, type: string): Promise<[string, string[]]> {
  const answer = await context.client(CloudControlClient, where).send(new ListResourcesCommand({ TypeName: type }));
  return [type, (answer.ResourceDescriptions ?? []).map(resource => resource.Identifier!)];
}
