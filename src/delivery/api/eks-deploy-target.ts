import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';

/** Where the API goes: a Helm release in one namespace of a cluster. */
export interface EksDeployTarget {
  /** The cluster; it has to use access entries, which `aws-eks-v2` clusters always do. */
  readonly cluster: eks.ICluster;
  /**
   * The cluster's name as text, where it is known: the pipeline then needs no export of the cluster's stack.
   *
   * @default - the name that `cluster` knows
   */
  readonly clusterName?: string;
  /** The cluster's network. */
  readonly vpc: ec2.IVpc;
  /**
   * Subnets that the deployment runs in; they need a way to the cluster's API server and to AWS.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** The only namespace that the deployment may change. It has to exist. */
  readonly namespace: string;
  /** Name of the Helm release. */
  readonly releaseName: string;
  /**
   * What the cluster demands of the Deployment, as JSON: a `contract.json` of `npx cdk-innovate-platform check-deployment`. The chart is then
   * rendered and checked before anything is shipped.
   *
   * @default - nobody checks the chart before the cluster does
   */
  readonly deploymentContract?: string;
}
