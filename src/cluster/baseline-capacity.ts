import { CfnDynamicReference, CfnDynamicReferenceService, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnAddon, CfnAddonProps, CfnNodegroup } from 'aws-cdk-lib/aws-eks';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { BASELINE } from './nodes/node-hardware';
import { createVolumeRole, VOLUME_SERVICE_ACCOUNT } from './persistent-volumes';
import { createPodRole } from './pod-identity';
import { AddonName, KubernetesRelease, VERSIONS } from './versions';

export interface BaselineCapacityProps {
  readonly cluster: eks.Cluster;
  readonly clusterName: string;
  readonly release: KubernetesRelease;
  readonly vpcSubnets: ec2.SubnetSelection;
  /** Encrypts the workers' volumes, and those that pods ask for. */
  readonly encryptionKey: kms.IKey;
}

/** What runs before Karpenter does, in the order in which it has to exist: the network add-ons, two workers, the other add-ons. */
export class BaselineCapacity extends Construct {
  public readonly nodegroup: eks.Nodegroup;

  constructor(scope: Construct, id: string, props: BaselineCapacityProps) {
    super(scope, id);
    const network = this.createNetworkAddons(props);
    this.nodegroup = this.createWorkers(props);
    this.nodegroup.node.addDependency(...network);
    for (const addon of this.createServiceAddons(props)) { addon.node.addDependency(this.nodegroup); }
  }

  private createNetworkAddons(props: BaselineCapacityProps): CfnAddon[] {
    const cniRole = createPodRole(this, 'NetworkInterfaceRole', props.clusterName);
    cniRole.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonEKS_CNI_Policy'));
    return [
      createAddon(this, 'eks-pod-identity-agent', props),
      createAddon(this, 'kube-proxy', props),
      createAddon(this, 'vpc-cni', props, {
        podIdentityAssociations: [{ serviceAccount: 'aws-node', roleArn: cniRole.roleArn }],
        configurationValues: JSON.stringify({
          enableNetworkPolicy: 'true',
          // sixteen addresses at a time, so that new pods seldom wait for EC2; nodes that Karpenter launches hold no more pods by it
          env: { ENABLE_PREFIX_DELEGATION: 'true', WARM_PREFIX_TARGET: '1' },
        }),
      }),
    ];
  }

  private createServiceAddons(props: BaselineCapacityProps): CfnAddon[] {
    const volumeRole = createVolumeRole(this, 'VolumeRole', props);
    return [
      createAddon(this, 'coredns', props),
      createAddon(this, 'metrics-server', props),
      createAddon(this, 'aws-ebs-csi-driver', props, {
        podIdentityAssociations: [{ serviceAccount: VOLUME_SERVICE_ACCOUNT, roleArn: volumeRole.roleArn }],
        // its volumes carry the cluster's name, by which the role knows them; it cannot ask the instance for the region
        configurationValues: Stack.of(this).toJsonString({ controller: { k8sTagClusterId: props.clusterName, region: Stack.of(this).region } }),
      }),
    ];
  }

  private createWorkers({ cluster, vpcSubnets, encryptionKey, release }: BaselineCapacityProps): eks.Nodegroup {
    const volume = (gib: number) => ec2.BlockDeviceVolume.ebs(gib, { encrypted: true, kmsKey: encryptionKey, volumeType: ec2.EbsDeviceVolumeType.GP3 });
    const template = new ec2.LaunchTemplate(this, 'WorkerTemplate', {
      requireImdsv2: true,
      // pods cannot reach the instance's credentials
      httpPutResponseHopLimit: 1,
      blockDevices: [
        { deviceName: '/dev/xvda', volume: volume(BASELINE.volumesGib.root) },
        { deviceName: '/dev/xvdb', volume: volume(BASELINE.volumesGib.data) },
      ],
    });
    const nodegroup = cluster.addNodegroupCapacity('Baseline', {
      amiType: eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
      releaseVersion: bottlerocketRelease(release),
      instanceTypes: [new ec2.InstanceType(BASELINE.instanceType)],
      minSize: BASELINE.nodes,
      desiredSize: BASELINE.nodes,
      maxSize: BASELINE.nodes,
      maxUnavailable: 1,
      // an update never breaks a disruption budget: where one holds back a pod for longer than EKS waits, the update fails and the workers stay as they are
      forceUpdate: false,
      enableNodeAutoRepair: true,
      nodeRole: createNodeRole(this, 'WorkerRole'),
      subnets: vpcSubnets,
      launchTemplateSpec: { id: template.launchTemplateId!, version: template.latestVersionNumber },
    });
    const resource = nodegroup.node.defaultChild as CfnNodegroup;
    // otherwise workers stay behind when the cluster is upgraded
    resource.version = release.version;
    // otherwise an update starts further workers first, which no budget pays for
    resource.addPropertyOverride('UpdateConfig.UpdateStrategy', 'MINIMAL');
    return nodegroup;
  }
}

/** A release is named with the commit that it was built from, which Bottlerocket publishes for each of its versions. */
function bottlerocketRelease({ version }: KubernetesRelease): string {
  return new CfnDynamicReference(
    CfnDynamicReferenceService.SSM, `/aws/service/bottlerocket/aws-k8s-${version}/arm64/${VERSIONS.bottlerocket}/image_version`,
  ).toString();
}

/** An add-on of EKS in the version of the table. */
export function createAddon(
  scope: Construct,
  addonName: AddonName,
  { cluster, release }: { readonly cluster: eks.ICluster; readonly release: KubernetesRelease },
  options: Partial<CfnAddonProps> = {},
): CfnAddon {
  return new CfnAddon(scope, addonName, {
    clusterName: cluster.clusterName,
    addonName,
    addonVersion: release.addons[addonName],
    resolveConflicts: 'OVERWRITE',
    preserveOnDelete: false,
    ...options,
  });
}

/** What a machine needs to join the cluster and to pull images; pods have roles of their own. */
export function createNodeRole(scope: Construct, id: string, workerPolicy: string = 'AmazonEKSWorkerNodePolicy'): iam.Role {
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: [workerPolicy, 'AmazonEC2ContainerRegistryPullOnly'].map(name => iam.ManagedPolicy.fromAwsManagedPolicyName(name)),
  });
}
