import { Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CONTROLLER_NAMESPACE } from '../karpenter/karpenter-controller';
import { associatePodIdentity, createPodRole } from '../pod-identity';

export interface LoadBalancerControllerProps {
  readonly cluster: eks.ICluster;
  readonly clusterName: string;
}

/** The AWS side of the AWS Load Balancer Controller, which only binds pods to target groups here: it owns no load balancer. */
export class LoadBalancerController extends Construct {
  private readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: LoadBalancerControllerProps) {
    super(scope, id);
    this.role = createPodRole(this, 'Role', props.clusterName);
    this.role.addToPolicy(new iam.PolicyStatement({
      sid: 'ReadTargets',
      // these actions know no resource-level permissions
      actions: [
        'ec2:DescribeAvailabilityZones', 'ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets', 'ec2:DescribeVpcs', 'elasticloadbalancing:DescribeTags', 'elasticloadbalancing:DescribeTargetGroupAttributes',
        'elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(this).region } },
    }));
    associatePodIdentity(this, 'Identity', {
      clusterName: props.cluster.clusterName, namespace: CONTROLLER_NAMESPACE, serviceAccount: 'aws-load-balancer-controller', role: this.role,
    });
  }

  /** Lets the controller register pods with a target group, and with no other. */
  public bind(targetGroup: elbv2.IApplicationTargetGroup): void {
    this.role.addToPolicy(new iam.PolicyStatement({
      sid: 'RegisterPods',
      actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
      resources: [targetGroup.targetGroupArn],
    }));
  }
}
