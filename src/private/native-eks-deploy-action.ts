import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { setActionVariables } from './action-variables';
import { createLogGroup, EncryptedLogGroupOptions } from './log-group';

/** A Helm release that the action installs or upgrades from a chart in its input artifact. */
export interface HelmRelease {
  readonly releaseName: string;
  /** Folder of the chart inside the artifact. */
  readonly chart: string;
  /** Values files, relative to the chart's folder. @default - the chart's own */
  readonly valuesFiles?: string[];
}

export interface EksActionOptions {
  readonly actionName: string;
  readonly runOrder?: number;
  readonly input: codepipeline.Artifact;
  /** @default - the pipeline makes one */
  readonly role?: iam.IRole;
}

export interface EksDeployConfiguration extends EksActionOptions {
  readonly clusterName: string;
  /** Of a Helm release. Manifests name their own, and kubectl refuses to be told another. @default - the manifests' */
  readonly namespace?: string;
  /** Exactly one of `helm` and `manifests`. */
  readonly helm?: HelmRelease;
  readonly manifests?: string[];
  /** Replaces `$NAME` in manifests and values files when the action runs. @default - none */
  readonly variables?: Record<string, string>;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly role: iam.IRole;
}

/**
 * CodePipeline's native EKS action, which has no L2 in aws-cdk-lib: Helm or manifests, private clusters included.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html
 */
export class NativeEksDeployAction extends codepipeline.Action {
  protected readonly providedActionProperties: codepipeline.ActionProperties;

  constructor(private readonly configuration: EksDeployConfiguration) {
    super();
    this.providedActionProperties = eksActionProperties(configuration);
  }

  protected bound(_scope: Construct, stage: codepipeline.IStage, options: codepipeline.ActionBindOptions): codepipeline.ActionConfig {
    const { actionName, clusterName, namespace, helm, manifests, variables = {}, vpc, vpcSubnets, securityGroup } = this.configuration;
    options.bucket.grantRead(options.role);
    grantEksDeploy(options.role, clusterName, vpc.selectSubnets(vpcSubnets).subnetIds, stage.pipeline);
    setActionVariables(stage, actionName, variables);
    return {
      configuration: {
        ClusterName: clusterName,
        Namespace: namespace,
        HelmReleaseName: helm?.releaseName,
        HelmChartLocation: helm?.chart,
        HelmValuesFiles: helm?.valuesFiles?.join(','),
        ManifestFiles: manifests?.join(','),
        Subnets: vpc.selectSubnets(vpcSubnets).subnetIds.join(','),
        SecurityGroupIds: securityGroup.securityGroupId,
      },
    };
  }
}

/** The log group of a pipeline's EKS actions, which would make it themselves, without key and without end. */
export function createEksDeployLog(scope: Construct, id: string, pipelineName: string, options: EncryptedLogGroupOptions): logs.LogGroup {
  return createLogGroup(scope, id, { ...options, logGroupName: `/aws/codepipeline/${pipelineName}` });
}

/** How a pipeline knows the action. */
export function eksActionProperties({ actionName, runOrder, input, role }: EksActionOptions): codepipeline.ActionProperties {
  return {
    actionName,
    runOrder,
    role,
    category: codepipeline.ActionCategory.DEPLOY,
    owner: 'AWS',
    provider: 'EKS',
    version: '1',
    artifactBounds: { minInputs: 1, maxInputs: 1, minOutputs: 0, maxOutputs: 0 },
    inputs: [input],
  };
}

/** What the action's role needs besides its Kubernetes access entry: find the cluster, join its network, write its log. */
function grantEksDeploy(role: iam.IGrantable, clusterName: string, subnetIds: string[], pipeline: codepipeline.IPipeline): void {
  const stack = Stack.of(pipeline);
  // a reference would have the permissions wait for the pipeline, whose first execution needs them: without a literal name any pipeline's log will do
  const { name = '*' } = pipeline.node.defaultChild as codepipeline.CfnPipeline;
  const subnetArns = subnetIds.map(resourceName => stack.formatArn({ service: 'ec2', resource: 'subnet', resourceName }));
  const statements = [
    new iam.PolicyStatement({
      actions: ['eks:DescribeCluster'],
      resources: [stack.formatArn({ service: 'eks', resource: 'cluster', resourceName: clusterName })],
    }),
    new iam.PolicyStatement({
      // these actions know no resource-level permissions
      actions: [
        'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeDhcpOptions', 'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeRouteTables', 'ec2:DescribeSecurityGroups', 'ec2:DescribeSubnets', 'ec2:DescribeVpcs',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
    }),
    new iam.PolicyStatement({
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: [stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' })],
      conditions: { ArnEquals: { 'ec2:Subnet': subnetArns } },
    }),
    new iam.PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: (name === '*' ? ['*'] : [name, `${name}:*`]).map(logGroup => stack.formatArn({
        service: 'logs', resource: 'log-group', resourceName: `/aws/codepipeline/${logGroup}`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })),
    }),
  ];
  for (const statement of statements) { role.grantPrincipal.addToPrincipalPolicy(statement); }
}
