import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';

/** What a host is made with. */
export interface HostContext {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly encryptionKey: kms.IKey;
}

/** A host, and how those who come in find it. */
export interface BoundHost {
  /** Where a session may start: ARNs, possibly with wildcards. */
  readonly resources: string[];
  /** What tells the host from others under these ARNs. @default - the ARNs do */
  readonly conditions?: Record<string, Record<string, string>>;
  /** What it takes to find the host of today. */
  readonly find: iam.PolicyStatementProps[];
  /** Shell expression of the session's target. */
  readonly target: string;
  readonly autoScalingGroup?: autoscaling.AutoScalingGroup;
  readonly service?: ecs.FargateService;
}
