import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnAddon, CfnAddonProps } from 'aws-cdk-lib/aws-eks';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BASELINE } from './node-hardware';
import { createPodRole } from './pod-identity';

export interface BaselineCapacityProps {
  readonly cluster: eks.Cluster;
  readonly clusterName: string;
  readonly vpcSubnets: ec2.SubnetSelection;
}

/** What runs before Karpenter does, in the order in which it has to exist: the network add-ons, two workers, the other add-ons. */
export class BaselineCapacity extends Construct {
  public readonly nodegroup: eks.Nodegroup;

  constructor(scope: Construct, id: string, props: BaselineCapacityProps) {
    super(scope, id);
    const network = this.createNetworkAddons(props);
    this.nodegroup = this.createWorkers(props);
    this.nodegroup.node.addDependency(...network);
    for (const name of ['coredns', 'metrics-server']) {
      this.createAddon(props.cluster, name).node.addDependency(this.nodegroup);
    }
  }

  private createNetworkAddons({ cluster, clusterName }: BaselineCapacityProps): CfnAddon[] {
    const cniRole = createPodRole(this, 'NetworkInterfaceRole', clusterName);
    cniRole.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonEKS_CNI_Policy'));
    return [
      this.createAddon(cluster, 'eks-pod-identity-agent'),
      this.createAddon(cluster, 'kube-proxy'),
      this.createAddon(cluster, 'vpc-cni', {
        podIdentityAssociations: [{ serviceAccount: 'aws-node', roleArn: cniRole.roleArn }],
        configurationValues: JSON.stringify({
          enableNetworkPolicy: 'true',
          // prefixes instead of single addresses: a small node holds as many pods as its CPU can feed
          env: { ENABLE_PREFIX_DELEGATION: 'true', WARM_PREFIX_TARGET: '1' },
        }),
      }),
    ];
  }

  /** Without a version, EKS installs the one that is the default for the cluster's Kubernetes version. */
  private createAddon(cluster: eks.Cluster, addonName: string, options: Partial<CfnAddonProps> = {}): CfnAddon {
    return new CfnAddon(this, addonName, {
      clusterName: cluster.clusterName, addonName, resolveConflicts: 'OVERWRITE', preserveOnDelete: false, ...options,
    });
  }

  private createWorkers({ cluster, vpcSubnets }: BaselineCapacityProps): eks.Nodegroup {
    const volume = (gib: number) => ec2.BlockDeviceVolume.ebs(gib, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 });
    const template = new ec2.LaunchTemplate(this, 'WorkerTemplate', {
      requireImdsv2: true,
      // pods cannot reach the instance's credentials
      httpPutResponseHopLimit: 1,
      detailedMonitoring: true,
      blockDevices: [
        { deviceName: '/dev/xvda', volume: volume(BASELINE.volumesGib.root) },
        { deviceName: '/dev/xvdb', volume: volume(BASELINE.volumesGib.data) },
      ],
    });
    return cluster.addNodegroupCapacity('Baseline', {
      amiType: eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
      instanceTypes: [new ec2.InstanceType(BASELINE.instanceType)],
      minSize: BASELINE.nodes,
      desiredSize: BASELINE.nodes,
      maxSize: BASELINE.nodes,
      maxUnavailable: 1,
      // an update waits for disruption budgets instead of breaking them
      forceUpdate: false,
      enableNodeAutoRepair: true,
      nodeRole: createNodeRole(this, 'WorkerRole'),
      subnets: vpcSubnets,
      launchTemplateSpec: { id: template.launchTemplateId!, version: template.latestVersionNumber },
    });
  }
}

/** What a machine needs to join the cluster and to pull images; pods have roles of their own. */
export function createNodeRole(scope: Construct, id: string): iam.Role {
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: ['AmazonEKSWorkerNodePolicy', 'AmazonEC2ContainerRegistryPullOnly'].map(name => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
}
