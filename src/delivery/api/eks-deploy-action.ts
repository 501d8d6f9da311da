import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import { Construct } from 'constructs';
import { EksDeployment } from './eks-deployment';
import { eksActionProperties, NativeEksDeployAction } from '../../private/native-eks-deploy-action';
import { validateMatch } from '../../private/validation';

/** What an EKS deploy action needs. */
export interface EksDeployActionProps {
  /** Name of the action, unique in its stage. */
  readonly actionName: string;
  /** Artifact that holds the chart or the manifests. */
  readonly input: codepipeline.Artifact;
  /** What to apply. */
  readonly deployment: EksDeployment;
  /** The cluster, private or not; it has to use access entries. */
  readonly cluster: eks.ICluster;
  /**
   * The cluster's name as text, where it is known: it then needs no export of the cluster's stack.
   *
   * @default - the name that `cluster` knows
   */
  readonly clusterName?: string;
  /** The cluster's network. */
  readonly vpc: ec2.IVpc;
  /**
   * Subnets that the action runs in; they need a way to the cluster's API server and to AWS.
   *
   * @default - the private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** The only namespace that the action may change. It has to exist. */
  readonly namespace: string;
  /**
   * Replace `$NAME` in the manifests and in the values files named by the deployment when the action runs.
   * A value may be a variable of an earlier action, such as `#{Build.IMAGE_DIGEST}`.
   *
   * @default - nothing is replaced
   */
  readonly variables?: { readonly [name: string]: string };
  /**
   * Order among the actions of its stage.
   *
   * @default 1
   */
  readonly runOrder?: number;
}

/**
 * CodePipeline's own deployment to EKS: Helm or manifests, private clusters included, no function and no kubectl of yours.
 *
 * It runs with a role of its own, which may edit one namespace, in a security group of its own, which may open HTTPS connections only.
 * The access entry and the rule that lets it reach the API server belong to the pipeline's stack.
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html
 *
 * @example
 * import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as eks from 'aws-cdk-lib/aws-eks-v2';
 * import { EksDeployAction, EksDeployment } from 'cdk-innovate-platform';
 *
 * declare const pipeline: codepipeline.Pipeline;
 * declare const source: codepipeline.Artifact;
 * declare const vpc: ec2.IVpc;
 * declare const cluster: eks.ICluster;
 *
 * pipeline.addStage({
 *   stageName: 'Deploy',
 *   actions: [new EksDeployAction({
 *     actionName: 'Notes',
 *     input: source,
 *     cluster,
 *     vpc,
 *     namespace: 'notes',
 *     deployment: EksDeployment.helm({ releaseName: 'notes', chart: 'deploy/chart', valuesFiles: ['../staging.yaml'] }),
 *     variables: { IMAGE_DIGEST: '#{Build.IMAGE_DIGEST}' },
 *   })],
 * });
 */
export class EksDeployAction extends codepipeline.Action {
  /** What the pipeline is told of the action. */
  protected readonly providedActionProperties: codepipeline.ActionProperties;

  constructor(private readonly props: EksDeployActionProps) {
    super();
    const { actionName, runOrder, input } = props;
    this.providedActionProperties = eksActionProperties({ actionName, runOrder, input });
  }

  /** Called by the pipeline that the action is added to. */
  protected bound(scope: Construct, stage: codepipeline.IStage, options: codepipeline.ActionBindOptions): codepipeline.ActionConfig {
    const { actionName, input, deployment, cluster, clusterName = cluster.clusterName, namespace, vpc, variables = {} } = this.props;
    validateVariables(scope, variables);
    const vpcSubnets = this.props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
    this.grantNamespace(scope, options);
    const securityGroup = this.addSecurityGroup(scope);
    return new NativeEksDeployAction({
      actionName, input, clusterName, namespace, variables, vpc, vpcSubnets, securityGroup, role: options.role, ...deployment._bind(),
    }).bind(scope, stage, options);
  }

  private grantNamespace(scope: Construct, { role }: codepipeline.ActionBindOptions): void {
    new eks.AccessEntry(scope, 'Access', {
      cluster: this.props.cluster,
      principal: role.roleArn,
      accessPolicies: [eks.AccessPolicy.fromAccessPolicyName('AmazonEKSEditPolicy', {
        accessScopeType: eks.AccessScopeType.NAMESPACE, namespaces: [this.props.namespace],
      })],
    });
  }

  private addSecurityGroup(scope: Construct): ec2.ISecurityGroup {
    const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
      vpc: this.props.vpc, description: `Deployment to EKS by CodePipeline: ${this.props.actionName}`, allowAllOutbound: false,
    });
    // the addresses of AWS's own services are not known beforehand
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'HTTPS to AWS and to the API server');
    securityGroup.connections.allowTo(this.props.cluster.clusterSecurityGroup, ec2.Port.HTTPS, 'API server');
    return securityGroup;
  }
}

/** @see https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EnvironmentVariable.html */
function validateVariables(scope: Construct, variables: { readonly [name: string]: string }): void {
  for (const name of Object.keys(variables)) {
    validateMatch(scope, {
      prop: 'variables',
      value: name,
      pattern: /^[A-Za-z0-9_]{1,128}$/,
      problem: 'the name of a variable has letters, digits and underscores only',
      remedy: 'Give a name such as "IMAGE_DIGEST".',
    });
    validateMatch(scope, {
      prop: `variables.${name}`,
      value: variables[name],
      pattern: /^.{1,2000}$/,
      problem: 'a value has 1 to 2000 characters on one line',
      remedy: 'Put longer values into a values file of the chart.',
    });
  }
}
