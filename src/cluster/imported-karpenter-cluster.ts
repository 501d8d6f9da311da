import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { ClusterAccess } from './cluster-access';
import { validateClusterName } from './cluster-validation';
import { KarpenterClusterAttributes } from './karpenter-cluster-attributes';
import { KarpenterClusterBase } from './karpenter-cluster-base';
import { reject } from '../private/validation';

/** A cluster that lives elsewhere, in the account and region of this stack. */
export class ImportedKarpenterCluster extends KarpenterClusterBase {
  public readonly cluster: eks.ICluster;
  public readonly clusterName: string;
  public readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  public readonly connections: ec2.Connections;
  protected readonly _access: ClusterAccess;

  constructor(scope: Construct, id: string, attributes: KarpenterClusterAttributes) {
    super(scope, id);
    validateClusterName(this, attributes.clusterName);
    this.clusterName = attributes.clusterName;
    this.cluster = eks.Cluster.fromClusterAttributes(this, 'Cluster', attributes);
    this.connections = new ec2.Connections({ securityGroups: [this.cluster.clusterSecurityGroup], defaultPort: ec2.Port.HTTPS });
    this.loadBalancer = elbv2.ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(this, 'LoadBalancer', {
      loadBalancerArn: attributes.loadBalancerArn,
      loadBalancerDnsName: attributes.loadBalancerDnsName,
      loadBalancerCanonicalHostedZoneId: attributes.loadBalancerCanonicalHostedZoneId,
      securityGroupId: attributes.loadBalancerSecurityGroupId,
      vpc: attributes.vpc,
    });
    this._access = new ClusterAccess(this, 'Access', { cluster: this.cluster, namespaces: () => this.refuseUnknownNamespaces() });
  }

  private refuseUnknownNamespaces(): never {
    reject(this, {
      prop: 'namespaces', value: undefined, problem: 'the web services of an imported cluster are not known here', remedy: 'Name them: `grantView(role, [\'app\'])`.',
    });
  }
}
