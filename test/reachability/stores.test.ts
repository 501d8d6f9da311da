import { CfnResource, Stack } from 'aws-cdk-lib';
import * as amazonmq from 'aws-cdk-lib/aws-amazonmq';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as dms from 'aws-cdk-lib/aws-dms';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as redshift from 'aws-cdk-lib/aws-redshift';
import * as redshiftserverless from 'aws-cdk-lib/aws-redshiftserverless';
import { ANYBODY, Links, found, onlyHops, openedNetwork, securityGroup } from './opened-network';

/** Makes something in the network, which admits everybody. */
type Make = (stack: Stack, subnet: string, group: string) => void;

const paths = (make: Make, links: Links = { publicAddresses: false }) => (stack: Stack) => {
  const network = openedNetwork(stack, links);
  make(stack, network.subnet.ref, securityGroup(stack, network, ANYBODY).attrGroupId);
};

const database = (publiclyAccessible?: boolean): Make => (stack, subnet, group) => {
  const subnets = new rds.CfnDBSubnetGroup(stack, 'Subnets', { dbSubnetGroupDescription: 'test', subnetIds: [subnet] });
  const cluster = new rds.CfnDBCluster(stack, 'Cluster', { engine: 'aurora-postgresql', vpcSecurityGroupIds: [group], dbSubnetGroupName: subnets.ref });
  new rds.CfnDBInstance(stack, 'Store', { publiclyAccessible, dbClusterIdentifier: cluster.ref });
};

test('a public database flag, hop by hop', () => {
  expect(onlyHops(paths(database(true)))).toEqual([
    '0.0.0.0/0, tcp 22',
    'internet gateway Test/Gateway',
    'route 0.0.0.0/0 to Test/Gateway (Test/Route)',
    'network ACL: the default one, which allows all',
    'subnet Test/Subnet',
    'public address by PubliclyAccessible',
    'security group Test/Group admits tcp 22 from 0.0.0.0/0 (rule in Test/Group)',
    'DB instance Test/Store',
  ]);
});

const launched = (associatePublicIpAddress: boolean): Make => (stack, subnet, group) => {
  const template = new ec2.CfnLaunchTemplate(stack, 'Template', { launchTemplateData: { networkInterfaces: [{ groups: [group], associatePublicIpAddress }] } });
  new autoscaling.CfnAutoScalingGroup(stack, 'Store', {
    minSize: '1', maxSize: '1', vpcZoneIdentifier: [subnet], launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
  });
};

const nodes = (remoteAccess?: eks.CfnNodegroup.RemoteAccessProperty): Make => (stack, subnet) => {
  const cluster = new eks.CfnCluster(stack, 'Cluster', { roleArn: 'arn', resourcesVpcConfig: { subnetIds: [subnet], endpointPublicAccess: false } });
  new eks.CfnNodegroup(stack, 'Store', { clusterName: cluster.ref, nodeRole: 'arn', subnets: [subnet], remoteAccess });
};

test.each<[string, Make, Make]>([
  ['RDS, which is public by its subnets where nothing is said', database(), database(false)],
  ['a Multi-AZ cluster of RDS', ...both(publiclyAccessible => (stack, subnet, group) => {
    const subnets = new rds.CfnDBSubnetGroup(stack, 'Subnets', { dbSubnetGroupDescription: 'test', subnetIds: [subnet] });
    new rds.CfnDBCluster(stack, 'Store', { publiclyAccessible, engine: 'postgres', vpcSecurityGroupIds: [group], dbSubnetGroupName: subnets.ref });
  })],
  ['Redshift', ...both(publiclyAccessible => (stack, subnet, group) => {
    const subnets = new redshift.CfnClusterSubnetGroup(stack, 'Subnets', { description: 'test', subnetIds: [subnet] });
    new redshift.CfnCluster(stack, 'Store', {
      publiclyAccessible, clusterSubnetGroupName: subnets.ref, vpcSecurityGroupIds: [group], clusterType: 'single-node', dbName: 'x', masterUsername: 'x', nodeType: 'ra3.large',
    });
  })],
  ['Redshift Serverless', ...both(publiclyAccessible => (stack, subnet, group) => {
    new redshiftserverless.CfnWorkgroup(stack, 'Store', { publiclyAccessible, workgroupName: 'x', subnetIds: [subnet], securityGroupIds: [group] });
  })],
  ['DMS', ...both(publiclyAccessible => (stack, subnet, group) => {
    const subnets = new dms.CfnReplicationSubnetGroup(stack, 'Subnets', { replicationSubnetGroupDescription: 'test', subnetIds: [subnet] });
    new dms.CfnReplicationInstance(stack, 'Store', {
      publiclyAccessible: publiclyAccessible ? undefined : false, replicationInstanceClass: 'x', replicationSubnetGroupIdentifier: subnets.ref, vpcSecurityGroupIds: [group],
    });
  })],
  ['Amazon MQ', ...both(publiclyAccessible => (stack, subnet, group) => {
    new amazonmq.CfnBroker(stack, 'Store', {
      publiclyAccessible, brokerName: 'x', deploymentMode: 'SINGLE_INSTANCE', engineType: 'RABBITMQ', hostInstanceType: 'mq.m7g.large', subnetIds: [subnet], securityGroups: [group],
    });
  })],
  ['MSK', ...both(open => (stack, subnet, group) => {
    new msk.CfnCluster(stack, 'Store', {
      clusterName: 'x', kafkaVersion: '3.8.x', numberOfBrokerNodes: 1,
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m7g.large', clientSubnets: [subnet], securityGroups: [group],
        connectivityInfo: { publicAccess: { type: open ? 'SERVICE_PROVIDED_EIPS' : 'DISABLED' } },
      },
    });
  })],
  ...(['AWS::Timestream::InfluxDBInstance', 'AWS::Timestream::InfluxDBCluster'] as const).map((type): [string, Make, Make] =>
    [type, ...both(open => generic(type, { PubliclyAccessible: open }, 'VpcSubnetIds', 'VpcSecurityGroupIds'))]),
  ['a mainframe environment', ...both(open => generic('AWS::M2::Environment', { PubliclyAccessible: open }, 'SubnetIds', 'SecurityGroupIds'))],
  ['Neptune', ...both(publiclyAccessible => member('AWS::Neptune::DBInstance', 'AWS::Neptune::DBCluster', publiclyAccessible))],
  ['a shard of Aurora, which is public where nothing is said', member('AWS::RDS::DBShardGroup', 'AWS::RDS::DBCluster'), member('AWS::RDS::DBShardGroup', 'AWS::RDS::DBCluster', false)],
  ['a task set of ECS', ...both(open => tasks('AWS::ECS::TaskSet', open, network => ({ NetworkConfiguration: { AwsVpcConfiguration: network } })))],
  ['tasks of a rule', ...both(open => tasks('AWS::Events::Rule', open, network => ({ Targets: [{ EcsParameters: { NetworkConfiguration: { AwsVpcConfiguration: network } } }] })))],
  ['tasks of a schedule', ...both(open => tasks('AWS::Scheduler::Schedule', open, network => ({ Target: { EcsParameters: { NetworkConfiguration: { AwsvpcConfiguration: network } } } })))],
  ['tasks of a pipe', ...both(open => tasks('AWS::Pipes::Pipe', open, network => ({
    TargetParameters: { EcsTaskParameters: { NetworkConfiguration: { AwsvpcConfiguration: network } } },
  })))],
  ['jobs of Batch', ...both(open => (stack, subnet, group) => {
    new CfnResource(stack, 'Store', { type: 'AWS::Batch::ComputeEnvironment', properties: { ComputeResources: { Subnets: [subnet], SecurityGroupIds: [group] } } });
    new CfnResource(stack, 'Job', {
      type: 'AWS::Batch::JobDefinition', properties: { ContainerProperties: { NetworkConfiguration: { AssignPublicIp: open ? 'ENABLED' : 'DISABLED' } } },
    });
  })],
  ['a service of ECS', ...both(open => (stack, subnet, group) => {
    new ecs.CfnService(stack, 'Store', {
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [group], assignPublicIp: open ? 'ENABLED' : undefined } },
    });
  })],
  ['an auto scaling group', launched(true), launched(false)],
])('%s is found where it is public, and only there', (_what, open, closed) => {
  expect(found(paths(open)).map(({ destination }) => destination)).toEqual(['Test/Store']);
  expect(found(paths(closed))).toEqual([]);
  expect(found(paths(open, { route: false }))).toEqual([]);
});

test('nodes with a key for SSH and no group named are open to everybody', () => {
  const open = found(paths(nodes({ ec2SshKey: 'key' }), {}));
  expect(open.map(({ destination, certain }) => [destination, certain])).toContainEqual(['Test/Store', false]);
  expect(found(paths(nodes(), {}))).toEqual([]);
});

/** A store that names its network itself. */
function generic(type: string, properties: object, subnets: string, groups: string): Make {
  return (stack, subnet, group) => { new CfnResource(stack, 'Store', { type, properties: { ...properties, [subnets]: [subnet], [groups]: [group] } }); };
}

/** A part of a cluster, which names the network. */
function member(type: string, clusterType: string, PubliclyAccessible?: boolean): Make {
  return (stack, subnet, group) => {
    const subnets = new rds.CfnDBSubnetGroup(stack, 'Subnets', { dbSubnetGroupDescription: 'test', subnetIds: [subnet] });
    const cluster = new CfnResource(stack, 'Cluster', { type: clusterType, properties: { VpcSecurityGroupIds: [group], DBSubnetGroupName: subnets.ref } });
    new CfnResource(stack, 'Store', { type, properties: { DBClusterIdentifier: cluster.ref, PubliclyAccessible } });
  };
}

function tasks(type: string, open: boolean, properties: (network: object) => object): Make {
  return (stack, subnet, group) => {
    const network = { Subnets: [subnet], SecurityGroups: [group], AssignPublicIp: open ? 'ENABLED' : 'DISABLED' };
    new CfnResource(stack, 'Store', { type, properties: { ...properties(network) } });
  };
}

function both(make: (open: boolean) => Make): [Make, Make] {
  return [make(true), make(false)];
}
