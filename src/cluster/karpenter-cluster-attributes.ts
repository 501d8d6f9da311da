import * as ec2 from 'aws-cdk-lib/aws-ec2';

/** What is known of a `KarpenterCluster` of another stack: of an app of its own, or of a stack that must not be tied to this one. */
export interface KarpenterClusterAttributes {
  /** `clusterName` of the cluster. */
  readonly clusterName: string;

  /** The network of cluster and load balancer. */
  readonly vpc: ec2.IVpc;

  /** `cluster.clusterSecurityGroupId`: the group of nodes, pods and API endpoint. */
  readonly clusterSecurityGroupId: string;

  /** `loadBalancer.loadBalancerArn` of the cluster. */
  readonly loadBalancerArn: string;

  /** `loadBalancer.loadBalancerDnsName` of the cluster. */
  readonly loadBalancerDnsName: string;

  /** The only id of `loadBalancer.connections.securityGroups`. */
  readonly loadBalancerSecurityGroupId: string;

  /**
   * `loadBalancer.loadBalancerCanonicalHostedZoneId` of the cluster, for an alias in Route 53.
   *
   * @default - no alias can be made
   */
  readonly loadBalancerCanonicalHostedZoneId?: string;

  /**
   * `cluster.clusterEndpoint`, for whoever speaks to the Kubernetes API.
   *
   * @default - not known here
   */
  readonly clusterEndpoint?: string;

  /**
   * `cluster.clusterCertificateAuthorityData`, with which the endpoint is known.
   *
   * @default - not known here
   */
  readonly clusterCertificateAuthorityData?: string;
}
