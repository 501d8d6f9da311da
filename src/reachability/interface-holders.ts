/** What has a network interface: where it is, which groups it wears, whether it has a public address. */
import { Step } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { Reference, Unknown, describe, names } from './template-values';

/** Something with network interfaces. */
export interface InterfaceHolder {
  readonly resource: TemplateResource;
  readonly subnets: unknown[];
  readonly groups: unknown[];
  /** How it gets a public address in a subnet; `undefined` where it gets none. */
  publicAddress(subnet: unknown, family: 4 | 6): Step | undefined;
}

type Reader = (resource: TemplateResource, app: StackTemplates) => Omit<InterfaceHolder, 'resource'>;

/** A flag as it may be at deployment: absent takes the default, what is not known counts as on. */
export function flag(values: unknown[], byDefault: boolean, on: (value: unknown) => boolean = value => String(value) === 'true'): { readonly unknown?: string } | undefined {
  const isOn = (value: unknown) => value === undefined ? byDefault : !isOpen(value) && on(value);
  if (values.length === 0 ? byDefault : values.some(isOn)) { return {}; }
  const doubt = values.find(isOpen);
  return doubt === undefined ? undefined : { unknown: describe(doubt) };
}

function isOpen(value: unknown): boolean {
  return value instanceof Unknown || value instanceof Reference;
}

/** As the subnet gives addresses to what asks for none. */
function bySubnet(subnet: unknown, family: 4 | 6): Step | undefined {
  const resource = resourceOf(subnet, 'AWS::EC2::Subnet');
  if (!resource) { return { hop: 'public address, if the subnet gives one', unknown: 'whether the subnet gives public addresses' }; }
  const property = family === 4 ? 'MapPublicIpOnLaunch' : 'AssignIpv6AddressOnCreation';
  const on = flag(resource.at(property), false) ?? (family === 6 ? flag(resource.at('Ipv6Native'), false) : undefined);
  return on && { hop: `${family === 4 ? 'public' : 'IPv6'} address by ${property} of ${resource.path}`, ...on };
}

/** A data store whose flag decides; it has no public IPv6 address. */
function byFlag(property: string, values: unknown[], byDefault: boolean): InterfaceHolder['publicAddress'] {
  return (_subnet, family) => {
    const on = family === 4 ? flag(values, byDefault) : undefined;
    return on && { hop: `public address by ${property}${values[0] === undefined ? ' (not given)' : ''}`, ...on };
  };
}

/** What the interface itself says about addresses, and else the subnet. */
function byInterface(resource: TemplateResource, app: StackTemplates, associate: unknown[], ipv6: unknown[]): InterfaceHolder['publicAddress'] {
  return (subnet, family) => {
    if (family === 6) { return ipv6.some(value => value !== undefined && value !== 0) ? { hop: `IPv6 address of ${resource.path}` } : bySubnet(subnet, 6); }
    const elastic = elasticAddress(resource, app);
    if (elastic) { return elastic; }
    const given = associate.filter(value => value !== undefined);
    const on = flag(given, false);
    return on ? { hop: 'public address by AssociatePublicIpAddress', ...on } : given.length > 0 && given.length === associate.length ? undefined : bySubnet(subnet, 4);
  };
}

function elasticAddress(resource: TemplateResource, app: StackTemplates): Step | undefined {
  const found = [
    ...app.naming(resource, 'AWS::EC2::EIP', 'InstanceId'),
    ...app.naming(resource, 'AWS::EC2::EIPAssociation', 'InstanceId'),
    ...app.naming(resource, 'AWS::EC2::EIPAssociation', 'NetworkInterfaceId'),
  ];
  return found.length > 0 ? { hop: `elastic address ${found[0].path}` } : undefined;
}

const LAUNCH_PROPERTIES = ['LaunchTemplate', 'LaunchConfigurationName', 'MixedInstancesPolicy'];

/** The launch templates or configurations that instances start from. */
function launchValues(resource: TemplateResource, app: StackTemplates): TemplateResource[] {
  const properties = LAUNCH_PROPERTIES.map(name => resource.property(name));
  return app.ofType('AWS::EC2::LaunchTemplate', 'AWS::AutoScaling::LaunchConfiguration').filter(template => names(properties, template));
}

function inLaunch(templates: TemplateResource[], ...path: string[]): unknown[] {
  return templates.flatMap(template => template.type === 'AWS::EC2::LaunchTemplate'
    ? template.at('LaunchTemplateData', ...path)
    : template.at(path[path.length - 1] === 'SecurityGroupIds' || path[path.length - 1] === 'Groups' ? 'SecurityGroups' : path[path.length - 1]));
}

function launched(resource: TemplateResource, app: StackTemplates, subnets: unknown[], fallbackGroups: unknown[] = []): Omit<InterfaceHolder, 'resource'> {
  const templates = launchValues(resource, app);
  const foreign = templates.length === 0 && LAUNCH_PROPERTIES.some(name => resource.isWritten(name))
    ? [new Unknown(`the launch template of ${resource.path}, which is not in these stacks`)] : [];
  const own = [...inLaunch(templates, 'SecurityGroupIds'), ...inLaunch(templates, 'NetworkInterfaces', 'Groups')].filter(present);
  const associate = [...inLaunch(templates, 'NetworkInterfaces', 'AssociatePublicIpAddress'), ...foreign];
  const ipv6 = [...inLaunch(templates, 'NetworkInterfaces', 'Ipv6AddressCount'), ...inLaunch(templates, 'NetworkInterfaces', 'Ipv6Addresses')];
  const groups = [...own, ...foreign];
  return { subnets, groups: groups.length > 0 ? groups : fallbackGroups, publicAddress: byInterface(resource, app, associate, ipv6) };
}

function subnetGroup(values: unknown[], fallback: unknown[] = []): unknown[] {
  const subnets = values.flatMap(value => resourceOf(value)?.given('SubnetIds') ?? (value === undefined ? [] : [value]));
  return subnets.length > 0 ? subnets : fallback;
}

function present(value: unknown): boolean {
  return value !== undefined;
}

const READERS: Record<string, Reader> = {
  'AWS::EC2::Instance': (instance, app) => {
    const launch = launchValues(instance, app);
    const interfaces = (property: string) => [...instance.at('NetworkInterfaces', property), ...inLaunch(launch, 'NetworkInterfaces', property)];
    return {
      subnets: [...instance.given('SubnetId'), ...interfaces('SubnetId').filter(present)],
      groups: [...instance.given('SecurityGroupIds'), ...interfaces('GroupSet').filter(present), ...inLaunch(launch, 'SecurityGroupIds').filter(present)],
      // an interface that is a resource of its own is looked at there
      publicAddress: interfaces('NetworkInterfaceId').some(present) ? () => undefined : byInterface(instance, app, interfaces('AssociatePublicIpAddress'), [
        ...instance.given('Ipv6AddressCount'), ...instance.given('Ipv6Addresses'), ...interfaces('Ipv6AddressCount'), ...interfaces('Ipv6Addresses'),
      ]),
    };
  },
  'AWS::EC2::NetworkInterface': (card, app) => ({
    subnets: card.given('SubnetId'), groups: card.given('GroupSet'),
    // an interface of its own takes no address from the subnet
    publicAddress: (subnet, family) => family === 4 ? elasticAddress(card, app) : byInterface(card, app, [], card.given('Ipv6AddressCount'))(subnet, 6),
  }),
  'AWS::AutoScaling::AutoScalingGroup': (group, app) => launched(group, app, group.given('VPCZoneIdentifier')),
  'AWS::EKS::Nodegroup': (nodes, app) => {
    const cluster = nodes.at('ClusterName').map(value => resourceOf(value)).find(present);
    // EKS opens SSH to everybody where nobody is named
    const remote = nodes.given('RemoteAccess', 'Ec2SshKey').length > 0 && nodes.given('RemoteAccess', 'SourceSecurityGroups').length === 0
      ? [new Unknown(`the group that EKS makes for RemoteAccess of ${nodes.path}`)] : [];
    return launched(nodes, app, nodes.given('Subnets'), [...cluster ? [cluster.attribute('ClusterSecurityGroupId')] : [], ...remote]);
  },
  'AWS::ECS::Service': service => {
    const at = (name: string) => service.at('NetworkConfiguration', 'AwsvpcConfiguration', name);
    // on instances, without a network of its own, a service is as open as they are
    const own = at('Subnets').some(present);
    const assigned = flag(at('AssignPublicIp'), false, value => value === 'ENABLED');
    return {
      subnets: at('Subnets').filter(present), groups: at('SecurityGroups').filter(present),
      publicAddress: (subnet, family) => !own ? undefined : family === 6 ? bySubnet(subnet, 6) : assigned && { hop: 'public address by AssignPublicIp', ...assigned },
    };
  },
  'AWS::RDS::DBInstance': database => {
    const cluster = database.at('DBClusterIdentifier').map(value => resourceOf(value)).find(present);
    const groups = [...database.given('VPCSecurityGroups'), ...cluster?.given('VpcSecurityGroupIds') ?? []];
    const subnets = subnetGroup([...database.at('DBSubnetGroupName'), ...cluster?.at('DBSubnetGroupName') ?? []].filter(present));
    // not given, RDS decides by the subnets: where the internet has a route to them, the instance is public
    return { subnets, groups, publicAddress: byFlag('PubliclyAccessible', database.at('PubliclyAccessible'), true) };
  },
  'AWS::RDS::DBCluster': cluster => ({
    subnets: subnetGroup(cluster.given('DBSubnetGroupName')), groups: cluster.given('VpcSecurityGroupIds'),
    publicAddress: byFlag('PubliclyAccessible', cluster.at('PubliclyAccessible'), false),
  }),
  'AWS::Redshift::Cluster': cluster => ({
    subnets: subnetGroup(cluster.given('ClusterSubnetGroupName')), groups: cluster.given('VpcSecurityGroupIds'),
    publicAddress: byFlag('PubliclyAccessible', cluster.at('PubliclyAccessible'), false),
  }),
  'AWS::RedshiftServerless::Workgroup': workgroup => ({
    subnets: workgroup.given('SubnetIds'), groups: workgroup.given('SecurityGroupIds'),
    publicAddress: byFlag('PubliclyAccessible', workgroup.at('PubliclyAccessible'), false),
  }),
  'AWS::DMS::ReplicationInstance': replication => ({
    subnets: subnetGroup(replication.given('ReplicationSubnetGroupIdentifier')), groups: replication.given('VpcSecurityGroupIds'),
    publicAddress: byFlag('PubliclyAccessible', replication.at('PubliclyAccessible'), true),
  }),
  'AWS::AmazonMQ::Broker': broker => ({
    subnets: broker.given('SubnetIds'), groups: broker.given('SecurityGroups'),
    publicAddress: byFlag('PubliclyAccessible', broker.at('PubliclyAccessible'), false),
  }),
  'AWS::MSK::Cluster': cluster => {
    const on = flag(cluster.at('BrokerNodeGroupInfo', 'ConnectivityInfo', 'PublicAccess', 'Type'), false, value => value !== 'DISABLED');
    return {
      subnets: cluster.given('BrokerNodeGroupInfo', 'ClientSubnets'), groups: cluster.given('BrokerNodeGroupInfo', 'SecurityGroups'),
      publicAddress: (_subnet, family) => family === 4 && on ? { hop: 'public address by PublicAccess', ...on } : undefined,
    };
  },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': balancer => ({
    subnets: [...balancer.given('Subnets'), ...balancer.given('SubnetMappings', 'SubnetId')],
    groups: balancer.given('SecurityGroups'),
    publicAddress: facing(balancer, family => family === 4 || balancer.given('IpAddressType').some(type => type !== 'ipv4')),
  }),
  'AWS::ElasticLoadBalancing::LoadBalancer': balancer => ({
    subnets: balancer.given('Subnets'), groups: balancer.given('SecurityGroups'), publicAddress: facing(balancer, family => family === 4),
  }),
};

/** A load balancer without a scheme faces the internet. */
function facing(balancer: TemplateResource, speaks: (family: 4 | 6) => boolean): InterfaceHolder['publicAddress'] {
  const scheme = balancer.at('Scheme');
  const on = flag(scheme, true, value => value === 'internet-facing');
  // a gateway load balancer has no address of its own on the internet
  if (!on || balancer.property('Type') === 'gateway') { return () => undefined; }
  const hop = `public address by Scheme ${scheme[0] === undefined ? '(not given: internet-facing)' : 'internet-facing'}`;
  return (_subnet, family) => speaks(family) ? { hop, ...on } : undefined;
}

/** Everything with a network interface, by the id of its resource. */
export function interfaceHolders(app: StackTemplates): InterfaceHolder[] {
  return Object.entries(READERS).flatMap(([type, read]) => app.ofType(type).map(resource => {
    const holder = read(resource, app);
    return { ...holder, resource, groups: holder.groups.length > 0 ? holder.groups : implicitGroups(resource, holder.subnets) };
  }));
}

/** Without a group of its own, an interface wears the network's default one; a network load balancer wears none. */
function implicitGroups(resource: TemplateResource, subnets: unknown[]): unknown[] {
  if (resource.property('Type') === 'network' || resource.property('Type') === 'gateway') { return []; }
  return (subnets.length > 0 ? subnets.slice(0, 1) : [undefined]).map(subnet => {
    const vpc = resourceOf(resourceOf(subnet)?.property('VpcId'), 'AWS::EC2::VPC');
    return vpc ? vpc.attribute('DefaultSecurityGroup') : new Unknown(`the default group of the network of ${resource.path}`);
  });
}

