/** Network interfaces of managed stores: a flag decides whether they are public. */
import { InterfaceReader } from './interface-holders';
import { byFlag } from './public-address';
import { TemplateResource, resourceOf } from './stack-templates';
import { Unknown, mayBe } from './template-values';

type Path = [string, ...string[]];

/** A store that says everything itself. */
function storeReader(subnets: Path, groups: Path, isPublicByDefault = false, property: Path = ['PubliclyAccessible'], on?: (value: unknown) => boolean): InterfaceReader {
  return store => ({
    subnets: subnetsOf(store.given(...subnets)), groups: store.given(...groups),
    publicAddress: byFlag(property[property.length - 2] ?? property[0], store.at(...property), isPublicByDefault, on),
  });
}

/** An instance or a shard, which leaves the network to its cluster. */
function memberReader(isPublicByDefault: boolean): InterfaceReader {
  return member => {
    const clusters = member.given('DBClusterIdentifier').map(value => resourceOf(value) ?? new Unknown(`the cluster of ${member.path}, which is not in these stacks`));
    const ofCluster = (property: string) => clusters.flatMap(cluster => cluster instanceof Unknown ? [cluster] : cluster.given(property));
    return {
      subnets: subnetsOf([...member.given('DBSubnetGroupName'), ...ofCluster('DBSubnetGroupName')]),
      groups: [...member.given('VPCSecurityGroups'), ...ofCluster('VpcSecurityGroupIds')],
      publicAddress: byFlag('PubliclyAccessible', member.at('PubliclyAccessible'), isPublicByDefault),
    };
  };
}

/** Of a subnet group, its subnets; of one that is not in these stacks, the unknown ones. */
function subnetsOf(values: unknown[]): unknown[] {
  return values.flatMap(value => {
    const group = resourceOf(value);
    return group === undefined || isSubnet(group) ? [value] : group.given('SubnetIds');
  });
}

function isSubnet({ type }: TemplateResource): boolean {
  return type === 'AWS::EC2::Subnet';
}

/** Aurora's instances decide for themselves; a Multi-AZ cluster is public in the default network, where nothing is said. */
function isPublicCluster(cluster: TemplateResource): boolean {
  return cluster.isWritten('DBClusterInstanceClass') && cluster.at('DBSubnetGroupName').some(group => group === undefined || mayBe(group, 'default'));
}

/** Not given, RDS and its like decide by the network: where it has an internet gateway, they are public. */
export const STORE_READERS: Record<string, InterfaceReader> = {
  'AWS::RDS::DBInstance': memberReader(true),
  'AWS::RDS::DBShardGroup': memberReader(true),
  'AWS::Neptune::DBInstance': memberReader(false),
  'AWS::RDS::DBCluster': (cluster, app) => storeReader(['DBSubnetGroupName'], ['VpcSecurityGroupIds'], isPublicCluster(cluster))(cluster, app),
  'AWS::Redshift::Cluster': storeReader(['ClusterSubnetGroupName'], ['VpcSecurityGroupIds']),
  'AWS::RedshiftServerless::Workgroup': storeReader(['SubnetIds'], ['SecurityGroupIds']),
  'AWS::DMS::ReplicationInstance': storeReader(['ReplicationSubnetGroupIdentifier'], ['VpcSecurityGroupIds'], true),
  'AWS::DMS::InstanceProfile': storeReader(['SubnetGroupIdentifier'], ['VpcSecurityGroups'], true),
  'AWS::AmazonMQ::Broker': storeReader(['SubnetIds'], ['SecurityGroups']),
  'AWS::M2::Environment': storeReader(['SubnetIds'], ['SecurityGroupIds']),
  'AWS::Timestream::InfluxDBInstance': storeReader(['VpcSubnetIds'], ['VpcSecurityGroupIds']),
  'AWS::Timestream::InfluxDBCluster': storeReader(['VpcSubnetIds'], ['VpcSecurityGroupIds']),
  'AWS::MSK::Cluster': storeReader(['BrokerNodeGroupInfo', 'ClientSubnets'], ['BrokerNodeGroupInfo', 'SecurityGroups'], false,
    ['BrokerNodeGroupInfo', 'ConnectivityInfo', 'PublicAccess', 'Type'], type => type !== 'DISABLED'),
};
