/**
 * Who asks, as EKS finds out: the token is a presigned call of sts:GetCallerIdentity, which the local AWS answers, and what the caller may do
 * in the cluster the access entries say. A webhook of the API server's, on the loopback interface.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
 */
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterClient } from './cluster-client';

const HOST = '127.0.0.1';
const PREFIX = 'k8s-aws-v1.';
const CLUSTER_HEADER = 'x-k8s-aws-id';

/** An access policy of EKS, as the access entry's property has it. */
export interface AccessPolicy {
  readonly PolicyArn: string;
  readonly AccessScope: { readonly Type: string; readonly Namespaces?: readonly string[] };
}

export interface AccessEntry {
  readonly ClusterName: string;
  readonly PrincipalArn: string;
  readonly KubernetesGroups?: readonly string[];
  readonly AccessPolicies?: readonly AccessPolicy[];
}

export interface AuthenticationOptions {
  /** Where STS is. */
  readonly aws: () => string;
  /** The access entries as they are now. */
  readonly entries: () => Promise<readonly AccessEntry[]>;
}

/** What EKS's access policies are in Kubernetes' own roles. */
const CLUSTER_ROLES: Record<string, string> = { AmazonEKSAdminPolicy: 'admin', AmazonEKSEditPolicy: 'edit', AmazonEKSViewPolicy: 'view' };

interface Identity {
  readonly username: string;
  readonly groups: string[];
}

export class Authentication {
  /** Whom it let in and whom not, with the reason. */
  readonly admitted = new Set<string>();
  readonly refused = new Set<string>();
  private readonly server = http.createServer((request, response) => { void this.answer(request, response); });
  private client?: ClusterClient;

  constructor(private readonly options: AuthenticationOptions) {}

  /** Returns the address of the webhook. */
  async start(): Promise<string> {
    await new Promise<void>(resolve => this.server.listen(0, HOST, () => resolve()));
    return `http://${HOST}:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Namespaced policies become role bindings of the cluster: it has to be running. */
  authorizeBy(client: ClusterClient): void {
    this.client = client;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) { body += String(chunk); }
    const review = JSON.parse(body) as { apiVersion: string; spec: { token: string } };
    const status = await this.review(review.spec.token).catch((error: Error) => {
      this.refused.add(error.message);
      return { authenticated: false, error: error.message };
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'TokenReview', status }));
  }

  private async review(token: string): Promise<object> {
    if (!token.startsWith(PREFIX)) { throw new Error('the token is not one of EKS'); }
    const url = new URL(Buffer.from(token.slice(PREFIX.length), 'base64url').toString());
    const principal = await this.caller(url);
    refuseForAnyCluster(url);
    const entry = (await this.options.entries()).find(each => each.PrincipalArn === principal);
    if (!entry) { throw new Error(`${principal} has no access entry`); }
    const { username, groups } = await this.identityOf(entry);
    this.admitted.add(principal);
    return { authenticated: true, user: { username, groups } };
  }

  /** The role of the caller's session. The host in the URL is the local AWS: nobody else is asked. */
  private async caller(url: URL): Promise<string> {
    if (url.searchParams.get('Action') !== 'GetCallerIdentity') { throw new Error('the token is not a call of GetCallerIdentity'); }
    const answer = await fetch(new URL(`/${url.search}`, this.options.aws()), { headers: { [CLUSTER_HEADER]: CLUSTER_HEADER } });
    const [, arn] = /<Arn>(.+)<\/Arn>/.exec(await answer.text()) ?? [];
    if (!arn) { throw new Error(`STS does not know the caller: ${answer.status}`); }
    return arn.replace(/^arn:(aws[\w-]*):sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:$1:iam::$2:role/$3');
  }

  private async identityOf({ PrincipalArn, KubernetesGroups = [], AccessPolicies = [] }: AccessEntry): Promise<Identity> {
    const groups = [...KubernetesGroups];
    for (const { PolicyArn, AccessScope } of AccessPolicies) {
      const policy = PolicyArn.split('/').at(-1)!;
      if (policy === 'AmazonEKSClusterAdminPolicy' && AccessScope.Type === 'cluster') {
        groups.push('system:masters');
      } else if (CLUSTER_ROLES[policy]) {
        groups.push(await this.bind(PrincipalArn, CLUSTER_ROLES[policy], AccessScope.Namespaces ?? []));
      }
    }
    return { username: PrincipalArn, groups };
  }

  /** A group of this principal's own, bound to the role in the namespaces that there are. */
  private async bind(principal: string, role: string, namespaces: readonly string[]): Promise<string> {
    const group = `eks-access-policy:${role}:${createHash('sha256').update(principal).digest('hex').slice(0, 12)}`;
    const bindings = namespaces.map(namespace => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: group.replace(/:/g, '-'), namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
    }));
    const known = await Promise.all(bindings.map(async binding => await this.client?.find(`/api/v1/namespaces/${binding.metadata.namespace}`) !== undefined));
    await this.client?.applyForReal(bindings.filter((_, index) => known[index]));
    return group;
  }
}

/** The cluster's name is in a header that is signed with the call; the local AWS does not look at signatures, so what it is does not matter here. */
function refuseForAnyCluster(url: URL): void {
  const signed = url.searchParams.get('X-Amz-SignedHeaders')?.split(';') ?? [];
  if (!signed.includes(CLUSTER_HEADER)) { throw new Error(`the token does not sign ${CLUSTER_HEADER}: it could be for any cluster`); }
}
