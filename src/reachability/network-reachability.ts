import { Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { apiEndpointPaths } from './api-paths';
import { cloudFrontPaths } from './cloudfront-paths';
import { DeclaredFacts } from './declared-facts';
import { acceleratorPaths } from './edge-paths';
import { NetworkPaths } from './network-paths';
import { PathEntrance, ReachablePath } from './reachable-path';
import { publicPolicyPaths } from './resource-policies';
import { serviceEndpointPaths } from './service-endpoints';
import { StackTemplates } from './stack-templates';
import { transformPaths } from './template-transforms';
import { reject } from '../private/validation';

/** What you know, and the templates do not say. It closes nothing that they show open. */
export interface ReachabilityFacts {
  /**
   * Ids of subnets that no internet gateway routes to, as you give them to `Vpc.fromVpcAttributes`; tokens, too.
   *
   * A load balancer in them is still reached by VPC origins and accelerators, which need no route.
   *
   * @default - a subnet whose routes are not in the stacks counts as public
   */
  readonly privateSubnetIds?: string[];

  /**
   * Ids of security groups whose own rules admit nobody outside the network; tokens, too. Rules that the stacks add to them count.
   *
   * @default - a group whose rules are not in the stacks admits everybody
   */
  readonly closedSecurityGroupIds?: string[];

  /**
   * Constructs whose unknown values you have checked yourself. Paths to them that are not certain are left out.
   *
   * @default - none
   */
  readonly trusted?: IConstruct[];
}

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
   * @param facts what the templates do not say; by default, all that is not known counts as open
   * @throws if there is no stack in it
   */
  public static of(scope: IConstruct, facts?: ReachabilityFacts): NetworkReachability {
    const stacks = scope.node.findAll().filter((node): node is Stack => Stack.isStack(node));
    if (stacks.length === 0) {
      reject(scope, { prop: 'scope', value: scope.node.path, problem: 'there is no stack in it', remedy: 'Give the app, a stage or a stack.' });
    }
    return NetworkReachability.fromStacks(stacks, facts);
  }

  /** Reads some stacks of an app. What they take from others is not known, and counts as open. */
  public static fromStacks(stacks: Stack[], facts?: ReachabilityFacts): NetworkReachability {
    return new NetworkReachability(new StackTemplates(stacks), facts ?? {});
  }

  private paths?: ReachablePath[];

  private constructor(private readonly templates: StackTemplates, private readonly facts: ReachabilityFacts) {}

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
    const { privateSubnetIds = [], closedSecurityGroupIds = [], trusted = [] } = this.facts;
    const facts = new DeclaredFacts(this.templates, privateSubnetIds, closedSecurityGroupIds, trusted);
    const network = new NetworkPaths(this.templates, facts);
    const paths = [
      ...cloudFrontPaths(this.templates, network),
      ...network.fromGateways(),
      ...acceleratorPaths(this.templates, network),
      ...apiEndpointPaths(this.templates, network),
      ...serviceEndpointPaths(this.templates),
      ...publicPolicyPaths(this.templates),
      ...transformPaths(this.templates),
    ].filter(path => !facts.excuses(path));
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
