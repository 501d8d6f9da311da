import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

/** A `KarpenterCluster` of this stack, or of another one. */
export interface IKarpenterCluster extends IConstruct, ec2.IConnectable {
  /** The EKS cluster. */
  readonly cluster: eks.ICluster;

  /** The cluster's name, as a literal. */
  readonly clusterName: string;

  /** The internal load balancer of all web services: an origin of CloudFront's, or a target of the bastion's. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /**
   * Lets a role read everything but secrets in some namespaces: an access entry with `AmazonEKSViewPolicy`. To log in, the role also needs
   * `eks:DescribeCluster` on the cluster by a policy of its own, and a way to the private endpoint.
   *
   * @param role People's role, of this account.
   * @param namespaces The namespaces; without them, those of all web services, which only the cluster's own stack knows.
   * @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
   */
  grantView(role: iam.IRole, namespaces?: string[]): void;

  /**
   * Responses of the load balancer itself that are server errors, such as "no pod is healthy".
   *
   * @param options Period, statistic and more.
   */
  metricLoadBalancerErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Responses of pods that are server errors.
   *
   * @param options Period, statistic and more.
   */
  metricServiceErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How long pods take to answer.
   *
   * @param options Period, statistic and more.
   */
  metricResponseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Pods that fit on no node: for a minute or two while a node is launched, for longer when the budget is spent or a pod asks for what no node has.
   *
   * @param options Period, statistic and more.
   * @see https://docs.aws.amazon.com/eks/latest/userguide/cloudwatch.html
   */
  metricUnschedulablePods(options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}
