/** What has a network interface: where it is, which groups it wears, whether it has a public address. */
import { INSTANCE_READERS } from './launched-instances';
import { PublicAddress, flag } from './public-address';
import { Step } from './route';
import { StackTemplates, TemplateResource, resourceOf } from './stack-templates';
import { STORE_READERS } from './store-interfaces';
import { TASK_READERS } from './task-interfaces';
import { Unknown, mayBe, valuesAt } from './template-values';

/** Something with network interfaces. */
export interface InterfaceHolder {
  readonly resource: TemplateResource;
  readonly subnets: unknown[];
  readonly groups: unknown[];
  readonly publicAddress: PublicAddress;
}

export type InterfaceReader = (resource: TemplateResource, app: StackTemplates) => Omit<InterfaceHolder, 'resource'>;

const BALANCER_READERS: Record<string, InterfaceReader> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': balancer => ({
    subnets: [...balancer.given('Subnets'), ...balancer.given('SubnetMappings', 'SubnetId')],
    groups: balancer.given('SecurityGroups'),
    publicAddress: (subnet, family) => facing(balancer, asked => asked === 4 || speaksIpv6(balancer))(subnet, family)
      ?? (family === 6 ? opened(balancer) : undefined),
  }),
  'AWS::ElasticLoadBalancing::LoadBalancer': balancer => ({
    subnets: balancer.given('Subnets'), groups: balancer.given('SecurityGroups'), publicAddress: facing(balancer, family => family === 4),
  }),
};

/** Types whose interfaces are read. */
export const INTERFACE_READERS: Record<string, InterfaceReader> = { ...INSTANCE_READERS, ...TASK_READERS, ...STORE_READERS, ...BALANCER_READERS };

/** A load balancer without a scheme faces the internet. */
function facing(balancer: TemplateResource, speaks: (family: 4 | 6) => boolean): PublicAddress {
  const scheme = balancer.at('Scheme');
  const on = flag(scheme, true, value => value === 'internet-facing');
  // a gateway load balancer has no address of its own on the internet
  if (!on || balancer.property('Type') === 'gateway') { return () => undefined; }
  const hop = `public address by Scheme ${scheme[0] === undefined ? '(not given: internet-facing)' : 'internet-facing'}`;
  return (_subnet, family) => speaks(family) ? { hop, ...on } : undefined;
}

function speaksIpv6(balancer: TemplateResource): boolean {
  return balancer.given('IpAddressType').some(type => type !== 'ipv4');
}

const DENIES_GATEWAYS = 'ipv6.deny_all_igw_traffic';

/** The IPv6 addresses of an internal load balancer are public ones, which an attribute closes to internet gateways unless it is switched off. */
function opened(balancer: TemplateResource): Step | undefined {
  if (!speaksIpv6(balancer) || balancer.property('Type') === 'gateway') { return undefined; }
  const values = balancer.given('LoadBalancerAttributes').flatMap(attribute => {
    const keys = valuesAt(attribute, ['Key']).filter(key => mayBe(key, DENIES_GATEWAYS));
    return keys.includes(DENIES_GATEWAYS) ? valuesAt(attribute, ['Value']) : keys;
  });
  const off = flag(values, false, value => String(value) === 'false');
  return off && { hop: `IPv6 address, with ${DENIES_GATEWAYS} off`, ...off };
}

/** Everything with a network interface. What does not say where it is, is somewhere that is not known. */
export function interfaceHolders(app: StackTemplates): InterfaceHolder[] {
  return Object.entries(INTERFACE_READERS).flatMap(([type, read]) => app.ofType(type).map(resource => {
    const holder = read(resource, app);
    const subnets = holder.subnets.length > 0 ? holder.subnets : [new Unknown(`the subnets of ${resource.path}`)];
    return { ...holder, resource, subnets, groups: holder.groups.length > 0 ? holder.groups : implicitGroups(resource, subnets) };
  }));
}

/** Without a group of its own, an interface wears the network's default one; a network load balancer wears none. */
function implicitGroups(resource: TemplateResource, subnets: unknown[]): unknown[] {
  const isBalancer = resource.type === 'AWS::ElasticLoadBalancingV2::LoadBalancer';
  if (isBalancer && resource.at('Type').some(type => type !== undefined && type !== 'application')) { return []; }
  return subnets.slice(0, 1).map(subnet => {
    const vpc = resourceOf(resourceOf(subnet)?.property('VpcId'), 'AWS::EC2::VPC');
    return vpc ? vpc.attribute('DefaultSecurityGroup') : new Unknown(`the default group of the network of ${resource.path}`);
  });
}
