import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { BoundHost, HostContext } from './bound-host';
import { createContainerHost } from './container-host';
import { createInstanceHost } from './instance-host';

/** Options of a bastion in a container. */
export interface ContainerBastionOptions {
  /**
   * The image, for `linux/arm64`: it has to run until it is stopped and to have a writable root file system. Without a shell in it, no session
   * can open one.
   *
   * @default - the pause image of EKS Distro in ECR Public, which holds one program and no shell; the subnets have to reach the internet for it
   */
  readonly image?: ecs.ContainerImage;
}

/**
 * What the ports of a `VendorBastion` are forwarded by.
 *
 * @example
 * import { BastionHost, VendorBastion, VendorTarget } from 'cdk-innovate-platform';
 * import { aws_ec2 as ec2 } from 'aws-cdk-lib';
 *
 * declare const vpc: ec2.IVpc;
 *
 * new VendorBastion(this, 'Vendors', {
 *   vpc,
 *   host: BastionHost.container(),
 *   vendors: [],
 *   developers: [{ permissionSet: 'InnovateDeveloper', targets: [VendorTarget.host('reports', '10.0.80.17', 8443)] }],
 * });
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
 */
export class BastionHost {
  /** A Graviton instance in an auto scaling group of one, which replaces it when it fails: what AWS documents for port forwarding. */
  public static instance(): BastionHost {
    return new BastionHost(createInstanceHost);
  }

  /**
   * A task on Fargate, on Graviton, with the agent of ECS Exec: no machine and no operating system to patch.
   *
   * Three things to know: AWS documents port forwarding to instances, not to tasks; the agent needs a writable root file system and runs as root
   * in the container; and AWS recommends to deny sessions that start beside ECS Exec, because its log misses them. Here nothing would be logged of a
   * forwarded port in either way, and no role of the bastion may use ECS Exec itself.
   *
   * @param options the image
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   */
  public static container(options: ContainerBastionOptions = {}): BastionHost {
    return new BastionHost((scope, context) => createContainerHost(scope, context, options.image));
  }

  private constructor(private readonly create: (scope: Construct, context: HostContext) => BoundHost) {}

  /**
   * Makes the host.
   *
   * @param scope the bastion
   * @param context what the host is made with
   *
   * @internal
   */
  public _bind(scope: Construct, context: HostContext): BoundHost {
    return this.create(scope, context);
  }
}
