import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ClusterAccess } from './cluster-access';
import { unschedulablePods } from './cluster-metrics';
import { IKarpenterCluster } from './karpenter-cluster-ref';

/** What a cluster that is made here and one that is imported have in common. */
export abstract class KarpenterClusterBase extends Construct implements IKarpenterCluster {
  /** The EKS cluster. */
  public abstract readonly cluster: eks.ICluster;
  /** The cluster's name, as a literal. */
  public abstract readonly clusterName: string;
  /** The internal load balancer of all web services. */
  public abstract readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** The cluster's security group, which nodes and pods have; the default port is the API endpoint's. */
  public abstract readonly connections: ec2.Connections;
  /**
   * People's roles.
   *
   * @internal
   */
  protected abstract readonly _access: ClusterAccess;

  /**
   * Lets a role read everything but secrets in some namespaces: an access entry with `AmazonEKSViewPolicy`. To log in, the role also needs
   * `eks:DescribeCluster` on the cluster by a policy of its own, and a way to the private endpoint.
   *
   * @param role People's role, of this account.
   * @param namespaces The namespaces; without them, those of all web services, which only the cluster's own stack knows.
   */
  public grantView(role: iam.IRole, namespaces?: string[]): void {
    this._access.view(role, namespaces);
  }

  /**
   * Responses of the load balancer itself that are server errors, such as "no pod is healthy".
   *
   * @param options Period, statistic and more.
   */
  public metricLoadBalancerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.httpCodeElb(elbv2.HttpCodeElb.ELB_5XX_COUNT, options);
  }

  /**
   * Responses of pods that are server errors.
   *
   * @param options Period, statistic and more.
   */
  public metricServiceErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, options);
  }

  /**
   * How long pods take to answer.
   *
   * @param options Period, statistic and more.
   */
  public metricResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.loadBalancer.metrics.targetResponseTime(options);
  }

  /**
   * Pods that fit on no node: for a minute or two while a node is launched, for longer when the budget is spent or a pod asks for what no node has.
   *
   * @param options Period, statistic and more.
   */
  public metricUnschedulablePods(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return unschedulablePods(this.clusterName, options);
  }
}
