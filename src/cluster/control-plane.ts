import { Annotations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnCluster } from 'aws-cdk-lib/aws-eks';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { createLogGroup } from '../private/log-group';

export interface ControlPlaneOptions {
  readonly clusterName: string;
  readonly version: eks.KubernetesVersion;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly encryptionKey: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly deletionProtection: boolean;
  readonly kubectlLayer?: lambda.ILayerVersion;
  readonly autoMode: boolean;
}

/** The EKS cluster without any capacity: private, encrypted, logged, and nobody's by default. */
export function createControlPlane(scope: Construct, options: ControlPlaneOptions): eks.Cluster {
  const { clusterName, vpc, vpcSubnets, encryptionKey, kubectlLayer, autoMode } = options;
  const controlPlaneLogs = createLogGroup(scope, 'ControlPlaneLogs', {
    encryptionKey,
    retention: options.logRetention,
    // EKS writes to this name only, and would make the group itself, unencrypted and without an end
    logGroupName: `/aws/eks/${clusterName}/cluster`,
  });
  const cluster = new eks.Cluster(scope, 'Cluster', {
    clusterName,
    version: options.version,
    vpc,
    vpcSubnets: [vpcSubnets],
    securityGroup: new ec2.SecurityGroup(scope, 'ControlPlaneSecurityGroup', {
      vpc, description: 'EKS control plane; nodes use the group that EKS makes', allowAllOutbound: false,
    }),
    endpointAccess: eks.EndpointAccess.PRIVATE,
    secretsEncryptionKey: encryptionKey,
    clusterLogging: Object.values(eks.ClusterLoggingTypes),
    ...autoMode
      // the built-in node pools have no limits
      ? { defaultCapacityType: eks.DefaultCapacityType.AUTOMODE, compute: { nodePools: [] } }
      : { defaultCapacityType: eks.DefaultCapacityType.NODEGROUP, defaultCapacity: 0 },
    bootstrapClusterCreatorAdminPermissions: false,
    bootstrapSelfManagedAddons: false,
    outputConfigCommand: false,
    kubectlProviderOptions: kubectlLayer && { kubectlLayer },
  });
  const resource = cluster.node.findChild('Resource') as CfnCluster;
  resource.node.addDependency(controlPlaneLogs);
  resource.deletionProtection = options.deletionProtection;
  resource.upgradePolicy = { supportType: 'STANDARD' };
  resource.zonalShiftConfig = { enabled: true };
  Annotations.of(cluster).acknowledgeWarning('@aws-cdk/aws-eks:clusterMustManuallyTagSubnet', 'Nothing in the cluster looks for subnets by tag.');
  return cluster;
}
