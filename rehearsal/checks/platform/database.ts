import { DescribeDBClusterParametersCommand, DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { type Check, unlessProblems } from '../check';
import { deployed, environmentOf, unmet } from './resources';

export const databaseIsEncryptedAndBackedUp: Check = {
  name: 'databases are encrypted and backed up',
  proves: 'Each Aurora cluster has a customer key, IAM login, forced TLS, backups, deletion protection, and instances in two zones.',
  needs: [/\/Data$/],
  async run(context) {
    const problems: string[] = [];
    const evidence: string[] = [];
    for (const { stack, resource } of await deployed(context, 'AWS::RDS::DBCluster')) {
      const client = context.client(RDSClient, stack);
      const [cluster] = (await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier: resource.physicalId }))).DBClusters ?? [];
      const all = (await client.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
      const instances = all.filter(instance => instance.DBClusterIdentifier === resource.physicalId);
      const group = { DBClusterParameterGroupName: cluster.DBClusterParameterGroup, Source: 'user' };
      const parameters = (await client.send(new DescribeDBClusterParametersCommand(group))).Parameters ?? [];
      const zones = new Set(instances.map(instance => instance.AvailabilityZone));
      problems.push(...unmet({
        'it is not encrypted with a customer key': cluster.StorageEncrypted === true && cluster.KmsKeyId?.startsWith('arn:aws:kms:') === true,
        'it has no IAM login': cluster.IAMDatabaseAuthenticationEnabled === true,
        'it accepts connections without TLS': parameters.some(parameter => parameter.ParameterName === 'rds.force_ssl' && parameter.ParameterValue === '1'),
        'it has no backups': (cluster.BackupRetentionPeriod ?? 0) >= 7,
        'it is not protected from deletion': cluster.DeletionProtection === true,
        'its instances are not in two zones': instances.length >= 2 && zones.size >= 2,
        'an instance is public': instances.every(instance => !instance.PubliclyAccessible),
      }, environmentOf(stack)));
      evidence.push(`${environmentOf(stack)}: ${cluster.Engine} ${cluster.EngineVersion}, ${instances.length} instances in ${zones.size} zones, ${cluster.BackupRetentionPeriod} days`);
    }
    return unlessProblems(problems, ...evidence);
  },
};
