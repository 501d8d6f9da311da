import {
  type DBCluster, type DBInstance, DescribeDBClusterParametersCommand, DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient,
} from '@aws-sdk/client-rds';
import { CLUSTER_PARAMETERS } from '../../../src/database/cluster-parameters';
import type { AssemblyStack } from '../../assembly';
import { type Check, type CheckContext, type DeployedResource, unlessProblems } from '../check';
import { MEMBERSHIPS, QueryCommand, RDSDataClient, ROLES } from './data-api-client';
import { deployed, environmentOf, type Model, models, unmet } from './resources';

const DATA = /\/Data$/;
/** The platform's API, which reads and writes. */
const API_USER = 'api';

export const databaseIsEncryptedAndBackedUp: Check = {
  name: 'databases are encrypted and backed up',
  proves: 'Each Aurora cluster has a customer key, IAM login, forced TLS, a managed secret, its log in CloudWatch, backups, deletion protection, and instances in two zones.',
  needs: [DATA],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, cluster, instances } of await clusters(context)) {
      const properties = templateOf(stack, 'AWS::RDS::DBCluster');
      const parameters = await parametersOf(context, stack, cluster);
      const zones = new Set(instances.map(instance => instance.AvailabilityZone));
      problems.push(...unmet({
        'it is not encrypted with a customer key': cluster.StorageEncrypted === true && isCustomerKey(cluster.KmsKeyId),
        'it has no IAM login': cluster.IAMDatabaseAuthenticationEnabled === true,
        'RDS does not manage the administrator\'s secret with a customer key': cluster.MasterUserSecret !== undefined && isCustomerKey(cluster.MasterUserSecret.KmsKeyId),
        'it listens on another port than its template says': cluster.Port === properties.Port,
        'its log is not exported': cluster.EnabledCloudwatchLogsExports?.join() === 'postgresql',
        'it has no backups': (cluster.BackupRetentionPeriod ?? 0) >= 7 && cluster.BackupRetentionPeriod === properties.BackupRetentionPeriod,
        'it is not protected from deletion': cluster.DeletionProtection === true,
        'its instances are not in two zones': instances.length >= 2 && zones.size >= 2,
        'an instance is public': instances.every(instance => !instance.PubliclyAccessible),
        ...Object.fromEntries(Object.entries(CLUSTER_PARAMETERS).map(([name, value]) => [`${name} is not ${value}`, parameters.get(name) === value])),
      }, environmentOf(stack)));
      evidence.push(`${environmentOf(stack)}: ${cluster.Engine} ${cluster.EngineVersion} on port ${cluster.Port}, ${instances.length} instances in ${zones.size} zones, `
        + `${cluster.BackupRetentionPeriod} days, ${parameters.size} parameters`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const databaseUsersAreMade: Check = {
  name: 'database users are made',
  proves: 'The deployment ran SQL through the Data API: the API\'s user logs in with IAM and is a member of one role with privileges, which nobody logs in as.',
  needs: [DATA, /\/Cluster$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, cluster } of await clusters(context)) {
      const ask = async (sql: string) => (await context.client(RDSDataClient, stack).send(
        new QueryCommand({ resourceArn: cluster.DBClusterArn!, secretArn: cluster.MasterUserSecret!.SecretArn!, sql }))).map(row => row.join(' '));
      const [roles, memberships] = [await ask(ROLES), await ask(MEMBERSHIPS)];
      const group = `${cluster.DatabaseName}_writers`;
      problems.push(...unmet({
        [`${API_USER} cannot log in`]: roles.includes(`${API_USER} true`),
        [`${API_USER} is no member of rds_iam and ${group} alone`]: memberships.filter(line => line.startsWith(`${API_USER} `)).join()
          === [`${API_USER} ${group}`, `${API_USER} rds_iam`].sort().join(),
        'somebody can log in as a role that holds privileges': ['owners', 'writers', 'readers'].every(name => roles.includes(`${cluster.DatabaseName}_${name} false`)),
      }, environmentOf(stack)));
      evidence.push(`${environmentOf(stack)}: ${roles.length} roles, ${memberships.join(', ')}`);
    }
    return unlessProblems(problems, ...evidence);
  },
};

export const databaseBackupsAreKept: Check = {
  name: 'snapshots of databases are kept in vaults',
  proves: 'Each database whose retention has tiers is selected by a plan whose rules fill encrypted vaults that outlive the stack, locked where a law wants it.',
  needs: [DATA],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    const [vaults, plans, selections] = await Promise.all(['Vault', 'Plan', 'Selection'].map(kind => models(context, `AWS::Backup::Backup${kind}`, DATA)));
    for (const { stack, model: plan } of plans) {
      const rules = (plan.BackupPlan.BackupPlanRule ?? []) as Model[];
      const own = vaults.filter(vault => vault.stack === stack).map(({ model }) => model);
      const kept = await deployedOf(context, stack, 'AWS::Backup::BackupVault');
      const { cluster } = (await clusters(context)).find(each => each.stack === stack)!;
      problems.push(...unmet({
        'a vault has no customer key': own.every(vault => isCustomerKey(vault.EncryptionKeyArn)),
        'a vault goes with the stack': kept.every(({ deletionPolicy }) => deletionPolicy?.startsWith('Retain')),
        'a rule fills a vault of somebody else': rules.every(rule => own.some(vault => vault.BackupVaultName === rule.TargetBackupVault)),
        'a rule keeps its snapshots for ever': rules.every(rule => rule.Lifecycle?.DeleteAfterDays > 0),
        'a vault is locked for longer than the rules that fill it keep anything': own.every(vault => rules
          .filter(rule => rule.TargetBackupVault === vault.BackupVaultName)
          .every(rule => rule.Lifecycle.DeleteAfterDays >= (vault.LockConfiguration?.MinRetentionDays ?? 0))),
        'the plan does not select the database': selections.some(({ model }) => model.BackupSelection.Resources?.join() === cluster.DBClusterArn),
      }, environmentOf(stack)));
      evidence.push(`${environmentOf(stack)}: ${own.length} vaults, rules ${rules.map(rule => `${rule.RuleName} ${rule.Lifecycle?.DeleteAfterDays} days`).join(', ')}`);
    }
    return unlessProblems(problems, ...evidence.length > 0 ? evidence : ['no retention here has tiers']);
  },
};

export const databaseAlarmsAreSet: Check = {
  name: 'databases raise alarms',
  proves: 'Alarms on capacity, connections, lag, storage, deadlocks and transaction ids send to a topic, and name a cluster that is there.',
  needs: [DATA],
  async run(context) {
    const problems: string[] = [];
    const alarms = await models(context, 'AWS::CloudWatch::Alarm', DATA);
    const found = await clusters(context);
    for (const { stack, cluster } of found) {
      const own = alarms.filter(alarm => alarm.stack === stack).map(({ model }) => model);
      const metrics = own.map(alarm => alarm.MetricName);
      problems.push(...unmet({
        'a limit is not watched': ['ACUUtilization', 'DatabaseConnections', 'AuroraReplicaLag', 'AuroraVolumeBytesLeftTotal', 'Deadlocks', 'MaximumUsedTransactionIDs']
          .every(metric => metrics.includes(metric)),
        'an alarm tells nobody': own.every(alarm => String(alarm.AlarmActions).startsWith('arn:aws:sns:')),
        'an alarm watches another cluster': own.flatMap(alarm => (alarm.Dimensions ?? []) as Model[])
          .filter(({ Name }) => Name === 'DBClusterIdentifier').every(({ Value }) => Value === cluster.DBClusterIdentifier),
      }, environmentOf(stack)));
    }
    return unlessProblems(problems, `${alarms.length} alarms of ${found.length} databases`);
  },
};

interface DeployedCluster {
  readonly stack: AssemblyStack;
  readonly cluster: DBCluster;
  readonly instances: readonly DBInstance[];
}

/** Each cluster as RDS describes it. */
async function clusters(context: CheckContext): Promise<DeployedCluster[]> {
  return Promise.all((await deployed(context, 'AWS::RDS::DBCluster')).map(async ({ stack, resource }) => {
    const client = context.client(RDSClient, stack);
    const [cluster] = (await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: resource.physicalId }))).DBClusters ?? [];
    const instances = (await client.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
    return { stack, cluster, instances: instances.filter(instance => instance.DBClusterIdentifier === resource.physicalId) };
  }));
}

async function parametersOf(context: CheckContext, stack: AssemblyStack, cluster: DBCluster): Promise<Map<string | undefined, string | undefined>> {
  const group = { DBClusterParameterGroupName: cluster.DBClusterParameterGroup, Source: 'user' };
  const { Parameters = [] } = await context.client(RDSClient, stack).send(new DescribeDBClusterParametersCommand(group));
  return new Map(Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue]));
}

async function deployedOf(context: CheckContext, stack: AssemblyStack, type: string): Promise<DeployedResource[]> {
  return (await context.resourcesOf(stack)).filter(resource => resource.type === type);
}

function templateOf(stack: AssemblyStack, type: string): Model {
  return Object.values(stack.template.Resources ?? {}).find(({ Type }) => Type === type)?.Properties ?? {};
}

function isCustomerKey(arn: unknown): boolean {
  return String(arn).startsWith('arn:aws:kms:');
}
