/** What the user declares about values that the stacks do not hold. It closes nothing that the templates show open. */
import { IConstruct } from 'constructs';
import { ReachablePath } from './reachable-path';
import { StackTemplates } from './stack-templates';
import { Unknown, identityOf } from './template-values';

export class DeclaredFacts {
  private readonly privateSubnets: Set<string>;
  private readonly closedGroups: Set<string>;
  private readonly trustedPaths: string[];

  constructor(app: StackTemplates, subnetIds: readonly string[], securityGroupIds: readonly string[], trusted: readonly IConstruct[]) {
    const keys = (ids: readonly string[]) => new Set(app.everywhere(ids).flatMap(value => keyOf(value) ?? []));
    this.privateSubnets = keys(subnetIds);
    this.closedGroups = keys(securityGroupIds);
    this.trustedPaths = trusted.map(({ node }) => node.path);
  }

  public isPrivate(subnet: unknown): boolean {
    return this.privateSubnets.has(keyOf(subnet) ?? '');
  }

  public isClosed(group: unknown): boolean {
    return this.closedGroups.has(keyOf(group) ?? '');
  }

  /** Whether a path is left out, because all that it is made of is an unknown value that the user has looked at. */
  public excuses({ certain, destination }: ReachablePath): boolean {
    return !certain && this.trustedPaths.some(path => destination === path || destination.startsWith(`${path}/`));
  }
}

/** Two unknown values are the same one where the same text says what they are. */
function keyOf(value: unknown): string | undefined {
  return value instanceof Unknown ? `unknown: ${value.why}` : identityOf(value);
}
