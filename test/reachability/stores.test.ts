import { Stack } from 'aws-cdk-lib';
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

function both(make: (open: boolean) => Make): [Make, Make] {
  return [make(true), make(false)];
}
