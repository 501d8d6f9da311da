import * as lambda from 'aws-cdk-lib/aws-lambda';
import { BundleDelivery, ClusterBootstrapTarget } from './bundle-delivery';
import { KubectlDelivery } from './kubectl-delivery';
import { PipelineDelivery } from './pipeline-delivery';
import { PublishedBundle } from './published-bundle';

/**
 * How the Kubernetes objects of a `KarpenterCluster` reach it: Karpenter, its NodePools and everything around the web services.
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
   * @param layer kubectl and Helm, of the cluster's Kubernetes version.
   */
  public static kubectl(layer: lambda.ILayerVersion): ClusterBootstrap {
    return new KubectlBootstrap(layer);
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
  constructor(public readonly _kubectlLayer: lambda.ILayerVersion) { super(); }

  public _bind(target: ClusterBootstrapTarget): BundleDelivery {
    return new KubectlDelivery(target.scope, 'Bootstrap', target);
  }
}

class NoBootstrap extends ClusterBootstrap {
  constructor() { super(); }

  public _bind(target: ClusterBootstrapTarget): BundleDelivery {
    return new PublishedBundle(target.scope, 'Bootstrap');
  }
}
