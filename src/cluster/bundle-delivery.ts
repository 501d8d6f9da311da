import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, IDependable } from 'constructs';
import { BootstrapBundle } from './bootstrap-bundle';

/** What a strategy has to know of the cluster. */
export interface ClusterBootstrapTarget {
  readonly scope: Construct;
  readonly cluster: eks.Cluster;
  readonly clusterName: string;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly encryptionKey: kms.IKey;
  /** @default - one year */
  readonly logRetention?: logs.RetentionDays;
  /** What has to exist before anything is applied, and goes after it. */
  readonly after: IDependable[];
}

/** Brings the bundle to one cluster. */
export interface BundleDelivery {
  readonly pipeline?: codepipeline.Pipeline;
  readonly failureAlarm?: cloudwatch.Alarm;
  /** Called once, when everything that belongs to the cluster is known. */
  deliver(bundle: BootstrapBundle): void;
}
