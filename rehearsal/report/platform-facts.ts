/** What the picture shows, read from the synthesized templates. */
import { AssemblyStack, TemplateResource } from '../assembly';

export interface Tier {
  readonly name: string;
  readonly cidrs: string[];
}

export interface AccountFacts {
  readonly title: string;
  readonly account: string;
  readonly regions: string[];
  readonly organization?: {
    readonly units: string[];
    readonly policies: string[];
    readonly budgets: string[];
    readonly trail: boolean;
    readonly workloads: boolean;
  };
  readonly network?: { readonly cidr: string; readonly nat: string; readonly tiers: Tier[] };
  readonly edge?: { readonly names: string[]; readonly firewallRules: number; readonly behaviours: string[]; readonly vpcOrigin: boolean };
  readonly loadBalancer?: { readonly scheme: string; readonly listeners: string[] };
  readonly cluster?: { readonly version: string; readonly workers: string; readonly karpenter: boolean };
  readonly database?: { readonly engine: string; readonly capacity: string; readonly instances: number; readonly guards: string[] };
  readonly pipelines: { readonly startedBy: string; readonly stages: string[] }[];
  readonly bastion: boolean;
  readonly stacks: number;
  readonly resources: number;
}

type Properties = Record<string, any>;

/** One entry an account, the one that holds the organization first, then in the order of the stacks. */
export function platformFacts(stacks: readonly AssemblyStack[]): AccountFacts[] {
  const accounts = [...new Set(stacks.map(stack => stack.account))];
  const facts = accounts.map(account => accountFacts(account, stacks.filter(stack => stack.account === account)));
  return facts.sort((a, b) => Number(!a.organization) - Number(!b.organization) || Number(a.account) - Number(b.account));
}

function accountFacts(account: string, stacks: AssemblyStack[]): AccountFacts {
  const resources = stacks.flatMap(stack => Object.values(stack.template.Resources ?? {}));
  const all = (type: string): Properties[] => resources.filter(resource => resource.Type === type).map(properties);
  const facts = { account, regions: [...new Set(stacks.map(stack => stack.region))].sort(), stacks: stacks.length, resources: resources.length };
  const organization = organizationFacts(all);
  return {
    ...facts,
    title: organization ? 'Management' : environmentName(stacks),
    organization,
    network: networkFacts(all),
    edge: edgeFacts(all),
    loadBalancer: loadBalancerFacts(all),
    cluster: clusterFacts(all),
    database: databaseFacts(all),
    pipelines: all('AWS::CodePipeline::Pipeline').map(pipeline => ({
      startedBy: pipelineTrigger(pipeline), stages: (pipeline.Stages as Properties[]).map(stage => text(stage.Name, '')),
    })),
    bastion: all('AWS::SSM::Document').some(document => document.DocumentType === 'Session'),
  };
}

/** What no management account runs. */
const WORKLOADS = ['AWS::EC2::Instance', 'AWS::EC2::VPC', 'AWS::EKS::Cluster', 'AWS::ECS::Service', 'AWS::RDS::DBCluster', 'AWS::RDS::DBInstance', 'AWS::AutoScaling::AutoScalingGroup'];

type ResourcesOf = (type: string) => Properties[];

function organizationFacts(all: ResourcesOf): AccountFacts['organization'] {
  const units = all('AWS::Organizations::OrganizationalUnit').map(unit => text(unit.Name, 'unit'));
  const policies = all('AWS::Organizations::Policy').map(policy => text(policy.Name, 'policy'));
  if (units.length + policies.length === 0) { return undefined; }
  return {
    units,
    policies,
    budgets: all('AWS::Budgets::Budget').map(({ Budget: { CostFilters: filters, BudgetLimit: limit } }) => `${text(filters?.LinkedAccount?.[0], 'all accounts')}: ${text(limit?.Amount, '?')} ${text(limit?.Unit, '')}`),
    trail: all('AWS::CloudTrail::Trail').some(trail => trail.IsOrganizationTrail && trail.KMSKeyId),
    workloads: WORKLOADS.some(type => all(type).length > 0),
  };
}

function networkFacts(all: ResourcesOf): AccountFacts['network'] {
  const [vpc] = all('AWS::EC2::VPC');
  if (!vpc) { return undefined; }
  const tiers = new Map<string, string[]>();
  for (const subnet of all('AWS::EC2::Subnet')) {
    const name = (subnet.Tags as Properties[] | undefined)?.find(tag => tag.Key === 'aws-cdk:subnet-name')?.Value ?? 'subnets';
    tiers.set(name, [...tiers.get(name) ?? [], text(subnet.CidrBlock, '')]);
  }
  const gateways = all('AWS::EC2::NatGateway');
  const regional = gateways.some(gateway => gateway.AvailabilityMode === 'regional');
  const nat = gateways.length === 0 ? 'no NAT gateway' : regional ? 'regional NAT gateway' : `${gateways.length} NAT gateway${gateways.length > 1 ? 's' : ''}`;
  return { cidr: text(vpc.CidrBlock, ''), nat, tiers: [...tiers].map(([name, cidrs]) => ({ name, cidrs: cidrs.sort() })) };
}

function edgeFacts(all: ResourcesOf): AccountFacts['edge'] {
  const config = all('AWS::CloudFront::Distribution')[0]?.DistributionConfig as Properties | undefined;
  if (!config) { return undefined; }
  const acl = all('AWS::WAFv2::WebACL').find(each => each.Scope === 'CLOUDFRONT');
  return {
    names: ((config.Aliases ?? []) as unknown[]).map(alias => text(alias, '')),
    firewallRules: (acl?.Rules as unknown[] | undefined)?.length ?? 0,
    behaviours: ['*', ...((config.CacheBehaviors ?? []) as Properties[]).map(behaviour => text(behaviour.PathPattern, ''))],
    vpcOrigin: all('AWS::CloudFront::VpcOrigin').length > 0,
  };
}

function loadBalancerFacts(all: ResourcesOf): AccountFacts['loadBalancer'] {
  const [loadBalancer] = all('AWS::ElasticLoadBalancingV2::LoadBalancer');
  if (!loadBalancer) { return undefined; }
  return {
    scheme: text(loadBalancer.Scheme, 'internal'),
    listeners: all('AWS::ElasticLoadBalancingV2::Listener').map(listener => `${text(listener.Protocol, '')} ${listener.Port}`),
  };
}

function clusterFacts(all: ResourcesOf): AccountFacts['cluster'] {
  const [cluster] = all('AWS::EKS::Cluster');
  if (!cluster) { return undefined; }
  const [group] = all('AWS::EKS::Nodegroup');
  const types = ((group?.InstanceTypes ?? []) as unknown[]).map(type => text(type, ''));
  return {
    version: text(cluster.Version, ''),
    workers: group ? `${group.ScalingConfig?.DesiredSize ?? '?'} × ${types.join(', ')}` : 'no baseline',
    karpenter: all('AWS::EKS::PodIdentityAssociation').some(association => association.ServiceAccount === 'karpenter'),
  };
}

function databaseFacts(all: ResourcesOf): AccountFacts['database'] {
  const [cluster] = all('AWS::RDS::DBCluster');
  if (!cluster) { return undefined; }
  const scaling = cluster.ServerlessV2ScalingConfiguration as Properties | undefined;
  return {
    engine: `${text(cluster.Engine, '')} ${text(cluster.EngineVersion, '')}`,
    capacity: scaling ? `${scaling.MinCapacity} to ${scaling.MaxCapacity} ACU` : 'provisioned',
    instances: all('AWS::RDS::DBInstance').length,
    guards: [
      ...all('AWS::RDS::DBClusterParameterGroup').some(group => group.Parameters?.['rds.force_ssl'] === '1') ? ['TLS forced'] : [],
      ...cluster.EnableIAMDatabaseAuthentication ? ['IAM login'] : [],
      ...cluster.StorageEncrypted && cluster.KmsKeyId ? ['customer key'] : [],
      ...cluster.BackupRetentionPeriod ? [`${cluster.BackupRetentionPeriod} days point in time`] : [],
    ],
  };
}

/** What starts a pipeline: pushes to branches, or a change of the bundle it takes from a bucket. */
function pipelineTrigger(pipeline: Properties): string {
  const source = pipeline.Stages[0].Actions[0] as Properties;
  if (source.ActionTypeId.Provider === 'S3') { return 'a changed bundle'; }
  const pushes = ((pipeline.Triggers ?? []) as Properties[]).flatMap(trigger => trigger.GitConfiguration?.Push ?? []);
  const branches = pushes.flatMap(push => push.Branches?.Includes ?? []);
  return `a push to ${(branches.length > 0 ? branches : [source.Configuration.BranchName]).join(', ')}`;
}

/** `Innovate/Staging/Network` belongs to Staging. */
function environmentName(stacks: AssemblyStack[]): string {
  const names = stacks.map(stack => stack.displayName.split('/').at(-2) ?? stack.displayName);
  const counts = names.map(name => names.filter(each => each === name).length);
  return names[counts.indexOf(Math.max(...counts))];
}

function properties(resource: TemplateResource): Properties {
  return resource.Properties ?? {};
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}
