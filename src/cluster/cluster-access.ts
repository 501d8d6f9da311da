import { createHash } from 'node:crypto';
import { Lazy, Stack } from 'aws-cdk-lib';
import { CfnAccessEntry } from 'aws-cdk-lib/aws-eks';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { isDeployTime, reject } from '../private/validation';

/** One principal that may enter a cluster. */
export interface AccessEntryOptions {
  readonly cluster: eks.ICluster;
  readonly principalArn: string;
  /** @default 'STANDARD' */
  readonly type?: string;
  /** @default - none */
  readonly policies?: CfnAccessEntry.AccessPolicyProperty[];
}

/** An access policy of EKS for the whole cluster, or for some namespaces. @see https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html */
export function accessPolicy(scope: IConstruct, name: string, namespaces?: string[]): CfnAccessEntry.AccessPolicyProperty {
  return {
    policyArn: `arn:${Stack.of(scope).partition}:eks::aws:cluster-access-policy/${name}`,
    accessScope: namespaces ? { type: 'namespace', namespaces } : { type: 'cluster' },
  };
}

/** Lets one principal into a cluster of this stack's, or of somebody else's. */
export function createAccessEntry(scope: Construct, id: string, { cluster, principalArn, type, policies }: AccessEntryOptions): CfnAccessEntry {
  return new CfnAccessEntry(scope, id, { clusterName: cluster.clusterName, principalArn, type, accessPolicies: policies });
}

export interface ClusterAccessProps {
  readonly cluster: eks.ICluster;
  /** The namespaces of everything that runs, called when the app is complete. */
  readonly namespaces: () => string[];
}

/** People's roles in a cluster: an entry a role, because EKS takes no second one. */
export class ClusterAccess extends Construct {
  private readonly administrators = new Set<string>();
  private readonly viewers = new Map<string, Set<string> | 'all'>();

  constructor(scope: Construct, id: string, private readonly props: ClusterAccessProps) {
    super(scope, id);
  }

  /** Everything in the whole cluster. */
  public administer(role: iam.IRole): void {
    const key = keyOf(role);
    if (this.administrators.has(key)) { return; }
    this.refuseBoth(role, this.viewers.has(key));
    this.administrators.add(key);
    createAccessEntry(this, `Administrator${key}`, {
      cluster: this.props.cluster, principalArn: role.roleArn, policies: [accessPolicy(this, 'AmazonEKSClusterAdminPolicy')],
    });
  }

  /** Reads everything but secrets in the given namespaces, or in all that the cluster's services have. */
  public view(role: iam.IRole, namespaces?: string[]): void {
    const key = keyOf(role);
    this.refuseBoth(role, this.administrators.has(key));
    const known = this.viewers.get(key);
    if (known === undefined) { this.createViewer(key, role); }
    this.viewers.set(key, namespaces === undefined || known === 'all' ? 'all' : new Set([...known ?? [], ...namespaces]));
  }

  private createViewer(key: string, role: iam.IRole): void {
    const produce = () => {
      const chosen = this.viewers.get(key)!;
      const namespaces = [...new Set(chosen === 'all' ? this.props.namespaces() : chosen)].sort();
      // a policy for no namespace is an error of EKS
      return namespaces.length > 0 ? [accessPolicy(this, 'AmazonEKSViewPolicy', namespaces)] : [];
    };
    new CfnAccessEntry(this, `Viewer${key}`, {
      clusterName: this.props.cluster.clusterName, principalArn: role.roleArn, accessPolicies: Lazy.any({ produce }),
    });
  }

  private refuseBoth(role: iam.IRole, both: boolean): void {
    if (both) { refuse(this.node.scope!, role); }
  }
}

/** Refuses a role that is in both lists, before anything is made. */
export function validateApart(scope: IConstruct, administrators: iam.IRole[], developers: iam.IRole[]): void {
  const both = developers.find(developer => administrators.some(administrator => keyOf(administrator) === keyOf(developer)));
  if (both) { refuse(scope, both); }
}

function refuse(scope: IConstruct, role: iam.IRole): never {
  reject(scope, {
    prop: 'developers',
    value: isDeployTime(role.roleArn) ? role.node.path : role.roleArn,
    problem: 'the role is among the `administrators`, and EKS knows a role once',
    remedy: 'Give the role in one of the two.',
  });
}

/** A role by what never changes: its ARN where it is known, and where it is in the app if not. Two that import the same ARN are one. */
function keyOf(role: iam.IRole): string {
  return isDeployTime(role.roleArn) ? role.node.addr : createHash('sha256').update(role.roleArn).digest('hex').slice(0, 32);
}
