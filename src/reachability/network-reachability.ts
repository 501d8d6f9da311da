import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { cloudFrontPaths } from './cloudfront-paths';
import { NetworkPaths } from './network-paths';
import { PathEntrance, ReachablePath } from './reachable-path';
import { publicPolicyPaths, serviceEndpointPaths } from './service-endpoints';
import { StackTemplates } from './stack-templates';
import { reject } from '../private/validation';

/**
 * Which paths lead from the internet to a workload or a store, read from the templates of an app, in a test.
 *
 * It follows gateways, routes, network ACLs, security groups, load balancers, CloudFront with its VPC origins, public endpoints and public policies,
 * across stacks, accounts and regions. A value that the templates do not hold counts as open, and the path says which one it is.
 *
 * @example
 * import { App, Stack } from 'aws-cdk-lib';
 * import { NetworkReachability, SecureVpc } from 'cdk-innovate-platform';
 *
 * const app = new App();
 * new SecureVpc(new Stack(app, 'Network'), 'Network');
 *
 * NetworkReachability.of(app).expectNoPath();
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/infrastructure-security.html
 */
export class NetworkReachability {
  /**
   * Reads every stack of an app, a stage or a stack.
   *
   * @throws if there is no stack in it
   */
  public static of(scope: IConstruct): NetworkReachability {
    const stacks = scope.node.findAll().filter((node): node is Stack => Stack.isStack(node));
    if (stacks.length === 0) {
      reject(scope, { prop: 'scope', value: scope.node.path, problem: 'there is no stack in it', remedy: 'Give the app, a stage or a stack.' });
    }
    return NetworkReachability.fromStacks(stacks);
  }

  /** Reads some stacks of an app. What they take from others is not known, and counts as open. */
  public static fromStacks(stacks: Stack[]): NetworkReachability {
    return new NetworkReachability(new StackTemplates(stacks));
  }

  private paths?: ReachablePath[];

  private constructor(private readonly templates: StackTemplates) {}

  /** Every path, ordered by destination. */
  public pathsFromInternet(): ReachablePath[] {
    this.paths ??= this.findPaths();
    return this.paths;
  }

  /** The paths to one workload or store, or to what is inside it. */
  public pathsTo(destination: IConstruct): ReachablePath[] {
    const { path } = destination.node;
    return this.pathsFromInternet().filter(found => found.destination === path || found.destination.startsWith(`${path}/`));
  }

  /**
   * Passes if nothing is reached from the internet.
   *
   * @throws an error that prints each path, hop by hop
   */
  public expectNoPath(): void {
    refuse(this.pathsFromInternet(), 'no path from the internet is expected');
  }

  /**
   * Passes if every path enters through a CloudFront distribution with a web ACL.
   *
   * @throws an error that prints each other path, hop by hop
   */
  public expectOnlyThroughFirewall(): void {
    const others = this.pathsFromInternet().filter(({ entrance, webAcl }) => entrance !== PathEntrance.CLOUDFRONT || webAcl === undefined);
    refuse(others, 'every path has to enter through a CloudFront distribution with a web ACL');
  }

  private findPaths(): ReachablePath[] {
    const network = new NetworkPaths(this.templates);
    const paths = [
      ...cloudFrontPaths(this.templates, network),
      ...network.fromGateways(),
      ...network.fromAccelerators(),
      ...serviceEndpointPaths(this.templates, network),
      ...publicPolicyPaths(this.templates),
    ];
    const byText = new Map(paths.map(path => [`${path.destination}\n${path.hops.join('\n')}`, path]));
    return [...byText.keys()].sort().map(key => byText.get(key)!);
  }
}

function refuse(paths: ReachablePath[], expectation: string): void {
  if (paths.length === 0) { return; }
  const found = paths.length === 1 ? 'one was found' : `${paths.length} were found`;
  throw new Error([`NetworkReachability: ${expectation}, but ${found}:`, ...paths.map(print)].join('\n\n'));
}

function print({ destination, traffic, guards, certain, hops }: ReachablePath): string {
  const facts = [traffic, certain ? 'certain' : 'possible', guards.length > 0 ? `guarded by ${guards.join(' and ')}` : 'not guarded'];
  return [`${destination} (${facts.join(', ')})`, ...hops.map((hop, index) => `  ${index === 0 ? '' : '→ '}${hop}`)].join('\n');
}
