/** Network interfaces of instances, alone or in groups, and of what their launch templates say. */
import { InterfaceReader } from './interface-holders';
import { PublicAddress, byInterface, elasticAddress, flag } from './public-address';
import { TemplateResource, resourceOf } from './stack-templates';
import { Unknown, describe, names } from './template-values';

/** Where a resource may say what its instances start from. */
const LAUNCH_PATHS: [string, ...string[]][] = [
  ['LaunchTemplate', 'LaunchTemplateId'], ['LaunchTemplate', 'LaunchTemplateName'], ['LaunchTemplate', 'Id'], ['LaunchTemplate', 'Name'], ['LaunchConfigurationName'],
  ['MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification', 'LaunchTemplateId'],
  ['MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification', 'LaunchTemplateName'],
  ['MixedInstancesPolicy', 'LaunchTemplate', 'Overrides', 'LaunchTemplateSpecification', 'LaunchTemplateId'],
  ['MixedInstancesPolicy', 'LaunchTemplate', 'Overrides', 'LaunchTemplateSpecification', 'LaunchTemplateName'],
  ['ComputeResources', 'LaunchTemplate', 'LaunchTemplateId'], ['ComputeResources', 'LaunchTemplate', 'LaunchTemplateName'],
  // an auto scaling group that copies an instance
  ['InstanceId'],
];

const IPV6 = ['Ipv6AddressCount', 'Ipv6Addresses', 'Ipv6PrefixCount', 'Ipv6Prefixes', 'PrimaryIpv6'];

/** What launch templates and configurations say; `foreign` stands for those that are not in these stacks. */
class Launch {
  public readonly foreign: unknown[];
  private readonly templates: TemplateResource[];

  constructor(resource: TemplateResource) {
    const values = LAUNCH_PATHS.flatMap(path => resource.given(...path));
    this.templates = values.flatMap(value => resourceOf(value, 'AWS::EC2::LaunchTemplate') ?? resourceOf(value, 'AWS::AutoScaling::LaunchConfiguration') ?? []);
    this.foreign = values.length > this.templates.length ? [new Unknown(`the launch template of ${resource.path}, which is not in these stacks`)] : [];
  }

  public network(property: string): unknown[] {
    return this.templates.flatMap(template => template.type === 'AWS::EC2::LaunchTemplate'
      ? template.at('LaunchTemplateData', 'NetworkInterfaces', property)
      : template.at(property));
  }

  public get groups(): unknown[] {
    const own = this.templates.flatMap(template => ['SecurityGroupIds', 'SecurityGroups'].flatMap(name =>
      template.type === 'AWS::EC2::LaunchTemplate' ? template.given('LaunchTemplateData', name) : template.given(name)));
    return [...own, ...this.network('Groups').filter(present), ...this.foreign];
  }

  public get ipv6(): unknown[] {
    return IPV6.flatMap(property => this.network(property));
  }
}

const instanceReader: InterfaceReader = (instance, app) => {
  const launch = new Launch(instance);
  const own = (property: string) => instance.at('NetworkInterfaces', property);
  const attached = [...own('NetworkInterfaceId'), ...launch.network('NetworkInterfaceId')];
  const foreign = attached.filter(card => card !== undefined && !resourceOf(card, 'AWS::EC2::NetworkInterface'))
    .map(card => new Unknown(`the network interface ${describe(card)} of ${instance.path}, which is not in these stacks`));
  const associate = [...own('AssociatePublicIpAddress'), ...launch.network('AssociatePublicIpAddress'), ...launch.foreign, ...foreign];
  const ipv6 = [...instance.given('Ipv6AddressCount'), ...instance.given('Ipv6Addresses'), ...own('Ipv6AddressCount'), ...own('Ipv6Addresses'), ...launch.ipv6];
  // interfaces that are resources of their own are looked at there
  const isElsewhere = attached.length > 0 && foreign.length === 0 && attached.every(present);
  return {
    subnets: [...instance.given('SubnetId'), ...own('SubnetId').filter(present), ...launch.network('SubnetId').filter(present), ...foreign],
    groups: [...instance.given('SecurityGroupIds'), ...instance.given('SecurityGroups'), ...own('GroupSet').filter(present), ...launch.groups, ...foreign],
    publicAddress: isElsewhere ? () => undefined : byInterface(instance, app, associate, ipv6),
  };
};

/** A card takes no IPv4 address from the subnet, but those of the instance that has it. */
const cardReader: InterfaceReader = (card, app) => {
  const wearers = app.ofType('AWS::EC2::Instance').filter(instance => instance.at('NetworkInterfaces', 'NetworkInterfaceId').some(value => names(value, card)));
  const address: PublicAddress = (subnet, family) => family === 4
    ? [card, ...wearers].map(owner => elasticAddress(owner, app)).find(present)
    : byInterface(card, app, [], IPV6.flatMap(property => card.given(property)))(subnet, 6);
  return { subnets: card.given('SubnetId'), groups: card.given('GroupSet'), publicAddress: address };
};

function groupReader(subnets: [string, ...string[]], groups?: [string, ...string[]]): InterfaceReader {
  return (resource, app) => {
    const launch = new Launch(resource);
    const associate = [...launch.network('AssociatePublicIpAddress'), ...launch.foreign];
    return {
      subnets: resource.given(...subnets), groups: [...launch.groups, ...groups ? resource.given(...groups) : []],
      publicAddress: byInterface(resource, app, associate, launch.ipv6),
    };
  };
}

/** Without a group in a launch template, nodes wear the cluster's. */
const nodesReader: InterfaceReader = (nodes, app) => {
  const holder = groupReader(['Subnets'])(nodes, app);
  if (holder.groups.length > 0) { return holder; }
  const clusters = nodes.at('ClusterName').map(value => resourceOf(value)?.attribute('ClusterSecurityGroupId') ?? new Unknown(`the group of the cluster of ${nodes.path}`));
  // EKS opens SSH to everybody where nobody is named
  const isOpen = nodes.given('RemoteAccess', 'Ec2SshKey').length > 0 && nodes.given('RemoteAccess', 'SourceSecurityGroups').length === 0;
  return { ...holder, groups: [...clusters, ...isOpen ? [new Unknown(`the group that EKS makes for RemoteAccess of ${nodes.path}`)] : []] };
};

/** Jobs on Fargate ask for an address of their own. */
const batchReader: InterfaceReader = (environment, app) => {
  const holder = groupReader(['ComputeResources', 'Subnets'], ['ComputeResources', 'SecurityGroupIds'])(environment, app);
  const jobs = app.ofType('AWS::Batch::JobDefinition').flatMap(job => [
    ...job.given('ContainerProperties', 'NetworkConfiguration', 'AssignPublicIp'), ...job.given('EcsProperties', 'TaskProperties', 'NetworkConfiguration', 'AssignPublicIp'),
  ]);
  const assigned = flag(jobs, false, value => value === 'ENABLED');
  const address: PublicAddress = (subnet, family) => family === 4 && assigned ? { hop: 'public address by AssignPublicIp of a job', ...assigned } : holder.publicAddress(subnet, family);
  return { ...holder, publicAddress: address };
};

export const INSTANCE_READERS: Record<string, InterfaceReader> = {
  'AWS::EC2::Instance': instanceReader,
  'AWS::EC2::NetworkInterface': cardReader,
  'AWS::AutoScaling::AutoScalingGroup': groupReader(['VPCZoneIdentifier']),
  'AWS::EKS::Nodegroup': nodesReader,
  'AWS::Batch::ComputeEnvironment': batchReader,
};

function present<T>(value: T | undefined): value is T {
  return value !== undefined;
}
