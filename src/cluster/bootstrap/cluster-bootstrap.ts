import { Annotations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { KubectlDelivery } from './kubectl-delivery';
import { PipelineDelivery } from './pipeline-delivery';
import { PublishedBundle } from './published-bundle';
import { isDeployTime, reject, validateRange } from '../../private/validation';
import { minorOf, releaseOf, VERSIONS } from '../versions';

/** Options of `ClusterBootstrap.kubectl`. */
export interface KubectlBootstrapOptions {
  /**
   * The minor version of kubectl in the layer, such as 36 for Kubernetes 1.36; kubectl may be one minor away from the cluster.
   *
   * @default - read from the layer's description or class, as in `KubectlV36Layer`; where neither says it, as with a layer that is imported by its ARN, a
   * warning says that nobody knows
   */
  readonly kubectlMinor?: number;
}

/**
 * How the Kubernetes objects of a cluster reach it: Karpenter, its NodePools and everything around the web services.
 *
 * All strategies apply the same bundle. The default is a pipeline inside the VPC, which needs neither a Lambda function nor a kubectl layer.
 *
 * @example
 * import { ClusterBootstrap, KarpenterCluster, NodeBudget } from 'cdk-innovate-platform';
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as lambda from 'aws-cdk-lib/aws-lambda';
 *
 * declare const vpc: ec2.IVpc;
 * declare const kubectlLayer: lambda.ILayerVersion; // for example new KubectlV36Layer(this, 'Kubectl') of @aws-cdk/lambda-layer-kubectl-v36
 *
 * new KarpenterCluster(this, 'Cluster', {
 *   vpc,
 *   nodeBudget: NodeBudget.usdPerMonth(2000),
 *   bootstrap: ClusterBootstrap.kubectl(kubectlLayer),
 * });
 *
 * @see https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html
 */
export abstract class ClusterBootstrap {
  /** A CodePipeline of the service's own EKS deploy actions, started by every change of the bundle. `cdk deploy` does not wait for it; its alarm tells when it fails. */
  public static pipeline(): ClusterBootstrap {
    return new PipelineBootstrap();
  }

  /**
   * The kubectl provider of `aws-eks-v2`: a finished `cdk deploy` means a running Karpenter. It brings Lambda functions inside the VPC.
   *
   * An imported cluster needs a provider of its own: `eks.Cluster.fromClusterAttributes(…, { kubectlProvider })`.
   *
   * @param layer kubectl and Helm, at most one minor version away from the cluster's Kubernetes.
   */
  public static kubectl(layer: lambda.ILayerVersion, options: KubectlBootstrapOptions = {}): ClusterBootstrap {
    return new KubectlBootstrap(layer, options);
  }

  /** Nothing is applied: the bundle is an asset and its address and variables are outputs, for a GitOps tool. */
  public static none(): ClusterBootstrap {
    return new NoBootstrap();
  }

  /**
   * The layer that the cluster has to be created with.
   *
   * @internal
   */
  public readonly _kubectlLayer?: lambda.ILayerVersion;

  protected constructor() {}

  /**
   * Refuses what does not fit to the cluster, before anything is made.
   *
   * @internal
   */
  public _validate(_scope: IConstruct, _kubernetesVersion: string): void {}

  /**
   * Makes what delivers the bundle to one cluster.
   *
   * @internal
   */
  public abstract _bind(target: ClusterBootstrapTarget): BundleDelivery;
}

class PipelineBootstrap extends ClusterBootstrap {
  constructor() { super(); }

  public _bind(target: ClusterBootstrapTarget): BundleDelivery {
    return new PipelineDelivery(target.scope, 'Bootstrap', target);
  }
}

class KubectlBootstrap extends ClusterBootstrap {
  constructor(public readonly _kubectlLayer: lambda.ILayerVersion, private readonly options: KubectlBootstrapOptions) { super(); }

  public override _validate(scope: IConstruct, kubernetesVersion: string): void {
    validateRange(scope, { prop: 'kubectlMinor', value: this.options.kubectlMinor, min: 20, max: 99, unit: 'minor versions of Kubernetes', step: 1 });
    const kubectl = this.options.kubectlMinor ?? minorOfLayer(this._kubectlLayer);
    if (kubectl === undefined) {
      Annotations.of(scope).addWarningV2('cdk-innovate-platform:kubectlVersion',
        'Nothing says which kubectl is in the layer of `ClusterBootstrap.kubectl`, so nobody has checked that it is at most one minor version away from the cluster: give `kubectlMinor`.');
    }
    if (kubectl === undefined || isDeployTime(kubernetesVersion)) { return; }
    const cluster = minorOf(kubernetesVersion);
    if (Math.abs(kubectl - cluster) > 1) {
      const tried = VERSIONS.kubernetes.includes(kubernetesVersion) ? `, ${releaseOf(kubernetesVersion).kubectlLayer} or newer` : '';
      reject(scope, {
        prop: 'bootstrap', value: `ClusterBootstrap.kubectl of 1.${kubectl}`,
        problem: `kubectl may be one minor version away from the cluster, which is ${kubernetesVersion}`,
        remedy: `Pass a KubectlV${cluster}Layer of @aws-cdk/lambda-layer-kubectl-v${cluster}${tried}.`,
      });
    }
  }

  public _bind(target: ClusterBootstrapTarget): BundleDelivery {
    if (!target.cluster.kubectlProvider) {
      reject(target.scope, {
        prop: 'bootstrap', value: 'ClusterBootstrap.kubectl', problem: 'the imported cluster has no kubectl provider',
        remedy: 'Give `kubectlProvider` to eks.Cluster.fromClusterAttributes, or use ClusterBootstrap.pipeline().',
      });
    }
    return new KubectlDelivery(target.scope, 'Bootstrap', target);
  }
}

class NoBootstrap extends ClusterBootstrap {
  constructor() { super(); }

  public _bind(target: ClusterBootstrapTarget): BundleDelivery {
    return new PublishedBundle(target.scope, 'Bootstrap');
  }
}

/** The layers of the AWS CDK describe what they hold, `/opt/kubectl/kubectl 1.36.3; …`, and are called after it. */
function minorOfLayer(layer: lambda.ILayerVersion): number | undefined {
  const { description } = (layer.node.defaultChild ?? {}) as Partial<lambda.CfnLayerVersion>;
  const minor = /\bkubectl v?1\.(\d+)\b/.exec(description ?? '')?.[1] ?? /^KubectlV(\d+)Layer$/.exec(layer.constructor.name)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
